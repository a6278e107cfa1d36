"""Non-preemptive priorities in M/M/n: a freed agent takes the longest waiting call of the highest class.

All classes have the same handling times. ``W_k = p_wait / (n mu (1 - s_(k-1)) (1 - s_k))`` with ``s_k`` the load per
agent of classes 1 to k (A. Cobham 1954, R. Davis 1966; O. Kella and U. Yechiali 1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

from simulator.formulas.checks import not_negative
from simulator.formulas.erlang_c import erlang_c


@dataclass(frozen=True, slots=True)
class RankedClass:
    """What callers of one class meet."""

    arrival_rate: float
    p_wait: float
    """Share who wait at all: the same for all classes."""
    mean_wait: float
    """Mean wait of all callers of the class; infinite where this class and those before it are too much work."""
    mean_queue: float
    """Mean number of its callers waiting."""


def ranked_classes(agents: float, arrival_rates: Sequence[float], service_rate: float) -> tuple[RankedClass, ...]:
    """The classes, highest first, of which each has its rate in *arrival_rates*.

    Where all classes together are too much work, the highest may still be served: all agents are busy then.
    """
    if not arrival_rates:
        raise ValueError("arrival_rates must have a rate for every class, highest first, for example (2.0, 6.5)")
    for rate in arrival_rates:
        not_negative("an arrival rate", rate, "6.0 calls a minute")
    everybody = erlang_c(agents, sum(arrival_rates), service_rate)
    capacity = agents * service_rate
    spare = [capacity - rate for rate in accumulate(arrival_rates, initial=0.0)]
    return tuple(
        _ranked(rate, everybody.p_wait, everybody.p_wait * capacity / (before * after) if after > 0 else inf)
        for rate, (before, after) in zip(arrival_rates, pairwise(spare), strict=True)
    )


def _ranked(rate: float, p_wait: float, mean_wait: float) -> RankedClass:
    return RankedClass(rate, p_wait, mean_wait, rate * mean_wait if rate else 0.0)
