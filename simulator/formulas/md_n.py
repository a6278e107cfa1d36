"""M/D/n: handling times that are all alike, n agents, first come, first served.

The n agents take turns, so each sees every n-th call: the queue E_n/D/1. Spitzer's identity (1956) gives the waits as
sums over l of what lies beyond n l of a Poisson variable of mean n l rho, C. D. Crommelin's (1932) answer in another
form; the distribution of the waiting time from that of the queue is G. Franx's (2001). Sums of positive terms
throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, expm1, floor, log

import numpy as np

from simulator.formulas.checks import not_negative, offered_load, positive
from simulator.formulas.series import Values, poisson, sum_to

_END = 42.0
"""Terms below e^-42 = 6e-19 of the first are left out."""
_BUSIEST = 0.999
_MOST_STATES = 5_000


@dataclass(frozen=True)
class DeterministicQueue:
    """A settled M/D/n queue."""

    agents: int
    arrival_rate: float
    service_time: float

    @property
    def occupancy(self) -> float:
        """Share of their time that agents handle calls."""
        return self.arrival_rate * self.service_time / self.agents

    @property
    def p_wait(self) -> float:
        """Share of callers who wait at all."""
        return -expm1(-float(self._spitzer[0]))

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers."""
        return float(self._spitzer[2]) / self.arrival_rate

    @property
    def mean_queue(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.arrival_rate * self.mean_wait

    def service_level(self, within: float) -> float:
        """Share of calls answered after waiting *within* or less.

        The work grows with *agents* times *within* in handling times; together they may be 5,000.
        """
        not_negative("within", within, "1/3 of a minute")
        periods = floor(within / self.service_time) + 1
        states = periods * self.agents
        if states > _MOST_STATES:
            raise ValueError(
                f"{self.agents} agents and {within / self.service_time:g} handling times within which to answer are "
                f"more than this formula handles; their product may be {_MOST_STATES}. Simulate instead"
            )
        queue = np.cumsum(self._queue(periods))
        mean = max(0.0, self.arrival_rate * (periods * self.service_time - within))
        count = np.arange(states, dtype=float)
        return float(queue[::-1] @ poisson(count, count - mean))

    @property
    def _rounds(self) -> float:
        """How many terms matter: e^(-n l (rho - 1 - log rho)) bounds term l."""
        spare = 1 - self.occupancy
        return 1 + _END / (self.agents * (-log(self.occupancy) - spare))

    @cached_property
    def _spitzer(self) -> Values:
        """Sums over l of 1/l times ``P(A >= N)``, ``P(A > N)`` and ``a P(A >= N) - N P(A > N)``.

        With N = n l and A a Poisson variable of mean a = N rho. All from the series of ``p(N + i) / p(N)``, summed from
        its end; the last by a recursion of its own because the difference would cancel.
        """
        return sum_to(self._rounds, self._beyond)

    def _beyond(self, rounds: Values) -> Values:
        number = self.agents * rounds
        mean = number * self.occupancy
        steps = ceil(min(_END / -log(self.occupancy), 9.5 * float(number.max()) ** 0.5 + 30))
        more = np.zeros_like(number)
        weighted = np.zeros_like(number)
        for i in range(steps, 0, -1):
            weighted = 1 + more + mean / (number + (i + 1)) * weighted
            more = mean / (number + i) * (1 + more)
        weighted *= mean / (number + 1)
        first = poisson(number, number * (1 - self.occupancy)) / rounds
        return np.stack((first * (1 + more), first * more, first * weighted), axis=1)

    def _queue(self, periods: int) -> Values:
        """The chances of 0, 1, ... waiting calls, from the logarithm of their generating function (Spitzer)."""
        states = periods * self.agents
        count = np.arange(1, states, dtype=float)

        def exactly(rounds: Values) -> Values:
            number = self.agents * rounds[:, None] + count
            return poisson(number, self.agents * (1 - self.occupancy) * rounds[:, None] + count) / rounds[:, None]

        weights = count * sum_to(self._rounds, exactly, smooth_from=ceil(4 * periods * self.agents**0.5))
        queue = np.zeros(states)
        queue[0] = np.exp(-self._spitzer[1])
        for j in range(1, states):
            queue[j] = weights[:j] @ queue[j - 1 :: -1] / j
        return queue


def md_n(agents: int, arrival_rate: float, service_time: float) -> DeterministicQueue:
    """M/D/n with a whole number of *agents*, *arrival_rate* calls and the one *service_time*; occupancy up to 0.999."""
    positive("agents", agents, "12")
    if agents < 1 or agents != floor(agents):
        raise ValueError(f"agents must be a whole number from 1 on, for example 12; not {agents}")
    positive("service_time", service_time, "3 minutes")
    positive("arrival_rate", arrival_rate, "6.0 calls a minute")
    load = offered_load(arrival_rate, 1 / service_time)
    if load > _BUSIEST * agents:
        raise ValueError(
            f"{agents} agents are too few for {load:g} erlangs: this formula needs an occupancy of at most {_BUSIEST}"
        )
    return DeterministicQueue(int(agents), arrival_rate, service_time)
