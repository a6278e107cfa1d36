"""Erlang C, the M/M/n queue: everybody waits until an agent is free.

``p_wait`` from Erlang B: ``C = B / (B + (1 - B)(1 - rho))``; a caller who waits does so for an exponential time of rate
``n mu - lambda`` (Cooper, *Introduction to Queueing Theory*, 3.5; first come, first served). As nobody leaves, every
definition of the service level gives the same figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, inf, log

from simulator.formulas.checks import not_negative, offered_load, positive, share
from simulator.formulas.erlang_b import blocking_and_rest


@dataclass(frozen=True, slots=True)
class ErlangC:
    """A settled M/M/n queue. At a load of *agents* erlangs or more nothing settles: waits and queue are infinite."""

    agents: float
    arrival_rate: float
    service_rate: float
    p_wait: float
    """Share of callers who wait at all."""
    p_no_wait: float
    """The rest, with digits of its own where nearly everybody waits."""

    @property
    def _spare_rate(self) -> float:
        """How much faster the busy agents finish calls than calls arrive."""
        return self.agents * self.service_rate - self.arrival_rate

    @property
    def occupancy(self) -> float:
        """Share of their time that agents handle calls."""
        return min(1.0, self.arrival_rate / (self.agents * self.service_rate))

    @property
    def mean_wait_if_waiting(self) -> float:
        """Mean wait of those who wait."""
        return 1 / self._spare_rate if self._spare_rate > 0 else inf

    @property
    def abandonment(self) -> float:
        """Nobody hangs up."""
        return 0.0

    @property
    def asa(self) -> float:
        """Average speed of answer: mean wait of all."""
        return self.p_wait * self.mean_wait_if_waiting if self.p_wait else 0.0

    @property
    def mean_queue(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.arrival_rate * self.asa

    def service_level(self, within: float) -> float:
        """Share of calls answered after waiting *within* or less."""
        not_negative("within", within, "1/3 of a minute")
        if self._spare_rate <= 0:
            return 0.0
        return self.p_no_wait - self.p_wait * expm1(-self._spare_rate * within)

    def wait_quantile(self, q: float) -> float:
        """The wait that the share *q* of callers does not exceed; 0 where that many do not wait."""
        share("q", q, "0.9")
        if self.p_wait <= 1 - q:
            return 0.0
        return log(self.p_wait / (1 - q)) * self.mean_wait_if_waiting


def erlang_c(agents: float, arrival_rate: float, service_rate: float) -> ErlangC:
    """Erlang C with *agents* (fractions allowed), *arrival_rate* and *service_rate* = 1 / AHT in one time unit."""
    positive("agents", agents, "12")
    load = offered_load(arrival_rate, service_rate)
    return from_blocking(agents, arrival_rate, service_rate, *blocking_and_rest(agents, load))


def from_blocking(agents: float, arrival_rate: float, service_rate: float, blocked: float, rest: float) -> ErlangC:
    """Erlang C from Erlang B: *blocked* and *rest* = 1 - *blocked* at the same agents and load; nothing is checked."""
    idle = rest * max(0.0, (agents * service_rate - arrival_rate) / (agents * service_rate))
    return ErlangC(agents, arrival_rate, service_rate, blocked / (blocked + idle), idle / (blocked + idle))
