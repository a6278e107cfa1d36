"""The least agents that meet targets, by Erlang C or, where callers hang up, by M/M/n+G (Erlang A).

More agents never make any of these measures worse, so the least number is well defined and a bracket finds it. Erlang C
carries Erlang B along while the agents grow; with impatient callers every look costs a quadrature, so the next number
is guessed by the secant of a measure that is nearly straight in the agents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log, sqrt

import numpy as np

from simulator.formulas.checks import LARGEST, not_negative, offered_load, positive, share
from simulator.formulas.erlang_b import blocking_and_rest, one_more
from simulator.formulas.erlang_c import ErlangC, from_blocking
from simulator.formulas.impatient import ImpatientQueue, mmn_g
from simulator.formulas.patience import Patience
from simulator.service_level import Definition


@dataclass(frozen=True, slots=True)
class ServiceLevelTarget:
    """At least the *share* of calls answered within the time *within*, by *definition*: 80/20 is (0.8, 20 seconds)."""

    share: float
    within: float
    definition: Definition = Definition.ABANDONS_NEGATIVE
    short_abandon: float | None = None
    """The limit of a short abandon, where those are excluded; the threshold if not given."""

    def __post_init__(self) -> None:
        share("the service level's share", self.share, "0.8")
        not_negative("the service level's threshold", self.within, "1/3 of a minute")
        if self.short_abandon is not None:
            not_negative("the limit of a short abandon", self.short_abandon, "5 seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is to be met, all of it; at least one."""

    service_level: ServiceLevelTarget | None = None
    asa: float | None = None
    """The answered callers' mean wait, at most."""
    abandonment: float | None = None
    """Share of callers who hang up, at most."""
    occupancy: float | None = None
    """Share of their time that agents handle calls, at most."""

    def __post_init__(self) -> None:
        if self.service_level is None and self.asa is self.abandonment is self.occupancy is None:
            raise ValueError("give at least one target: a service level, an ASA, an abandonment or an occupancy")
        if self.asa is not None:
            positive("the target for the ASA", self.asa, "0.5 minutes")
        if self.abandonment is not None:
            share("the target for abandonment", self.abandonment, "0.03")
        if self.occupancy is not None:
            share("the target for occupancy", self.occupancy, "0.85")


def least_agents(arrival_rate: float, service_rate: float, targets: Targets, patience: Patience | None = None) -> int:
    """The least whole number of agents that meets all *targets*; 0 where nobody calls.

    Without *patience* nobody hangs up (Erlang C). Rates, thresholds and patience in one time unit.
    """
    load = offered_load(arrival_rate, service_rate)
    if patience is None and targets.abandonment is not None:
        raise ValueError(
            "a target for abandonment needs to know the callers' patience, for example Exponential(1 / mean patience)"
        )
    if load == 0:
        return 0
    if targets.occupancy is not None and load > LARGEST * targets.occupancy:
        raise ValueError(f"the target needs more than {LARGEST:.0e} agents; ask for a higher occupancy")
    if patience is None:
        return _least_of_patient(arrival_rate, service_rate, load, targets)
    return least_integer(
        lambda agents: _slack(mmn_g(agents, arrival_rate, service_rate, patience), targets),
        guess=load * _fluid(targets, patience),
        unit=sqrt(load),
    )


def _fluid(targets: Targets, patience: Patience) -> float:
    """Agents over load, were callers and agents a fluid: who is served waits exactly until enough have given up."""
    guesses = []
    if targets.service_level is not None:
        guesses.append(float(patience.survival(np.array([targets.service_level.within]))[0]))
    if targets.asa is not None:
        guesses.append(float(patience.survival(np.array([targets.asa]))[0]))
    if targets.abandonment is not None:
        guesses.append(1 - targets.abandonment)
    if targets.occupancy is not None:
        guesses.append(1 / targets.occupancy)
    return max(guesses)


def _least_of_patient(arrival_rate: float, service_rate: float, load: float, targets: Targets) -> int:
    agents = floor(load) + 1
    if targets.occupancy is not None:
        agents = max(agents, floor(load / targets.occupancy))
    blocked, rest = blocking_and_rest(agents, load)
    while not meets(from_blocking(agents, arrival_rate, service_rate, blocked, rest), targets):
        agents += 1
        blocked, rest = one_more(blocked, agents, load)
    return agents


def meets(queue: ErlangC | ImpatientQueue, targets: Targets) -> bool:
    """Whether *queue* meets all *targets*."""
    return _slack(queue, targets) >= 0


def _slack(queue: ErlangC | ImpatientQueue, targets: Targets) -> float:
    """0 or more where all targets are met; grows with the agents, nearly straight."""
    level = targets.service_level
    slack = inf
    if level is not None:
        slack = _log_odds(_service_level(queue, level)) - _log_odds(level.share)
    if targets.asa is not None:
        slack = min(slack, _log(targets.asa) - _log(queue.asa))
    if targets.abandonment is not None:
        slack = min(slack, _log(targets.abandonment) - _log(queue.abandonment))
    if targets.occupancy is not None:
        slack = min(slack, _log(targets.occupancy) - _log(queue.occupancy))
    return slack


def _service_level(queue: ErlangC | ImpatientQueue, level: ServiceLevelTarget) -> float:
    if isinstance(queue, ErlangC):
        return queue.service_level(level.within)
    return queue.service_level(level.within, level.definition, short_abandon=level.short_abandon)


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf


def _log_odds(value: float) -> float:
    if value <= 0:
        return -inf
    return log(value / (1 - value)) if value < 1 else inf


def least_integer(slack: Callable[[int], float], *, guess: float, unit: float) -> int:
    """The least integer from 1 on at which the increasing *slack* is not negative.

    The search begins at *guess*; *unit* is by how much the integer grows where slack grows by about 2.
    """
    fails, meets = 0, None
    at, here = max(1, round(guess)), 0.0
    slope, stride = 2 / unit, max(1, ceil(unit / 4))
    before: tuple[int, float] | None = None
    for look in range(200):
        here = slack(at)
        if here >= 0:
            meets = at
        else:
            fails = at
        if meets is not None and meets - fails == 1:
            return meets
        if before is not None and isfinite(here) and isfinite(before[1]) and here != before[1]:
            slope = (here - before[1]) / (at - before[0])
        before = at, here
        if look > 8 and meets is not None:
            at = (fails + meets) // 2
        elif look > 8 or not isfinite(here) or slope <= 0:
            at, stride = at + (stride if here < 0 else -stride), stride * 2
        else:
            at = ceil(at - here / slope)
        at = max(at, fails + 1)
        if meets is not None:
            at = min(at, meets - 1)
    raise ArithmeticError("no number of agents meets the targets; this is a fault of Holdless, please report it")
