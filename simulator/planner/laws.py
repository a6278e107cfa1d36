"""Laws of durations as rows of a table that compiled code draws from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import exp, log, log1p, sqrt

import numpy as np

from config.laws import Deterministic, Empirical, Erlang, Exponential, Lognormal
from config.laws import Law as TimedLaw
from simulator.planner.jitted import compiled
from simulator.planner.streams import exponential, gamma, normal, uniform
from simulator.planner.tables import BackDraws, Draws, Floats, Ints, TalkDraws

ENDLESS_MS = 2**31 - 1
"""A duration that is never over; the longest that there is."""


@dataclass(frozen=True, slots=True)
class Never:
    """Does not come to an end: the patience of callers who never hang up."""


Law = TimedLaw | Never


class Code(IntEnum):
    """The first cell of a row; the two others are the law's parameters."""

    FIXED = 0
    EXPONENTIAL = 1
    LOGNORMAL = 2
    GAMMA = 3
    EMPIRICAL = 4


_FIXED, _EXPONENTIAL, _LOGNORMAL, _GAMMA = (
    int(code) for code in (Code.FIXED, Code.EXPONENTIAL, Code.LOGNORMAL, Code.GAMMA)
)


def mean_ms(law: Law) -> float:
    """The mean; that of :class:`Never` is infinite."""
    return float("inf") if isinstance(law, Never) else law.mean_ms


def longest_ms(law: Law) -> float:
    """What no duration by it exceeds; infinite where there is no such bound."""
    match law:
        case Deterministic(mean_ms=mean):
            return mean
        case Empirical(values_ms=given):
            return max(given)
        case _:
            return float("inf")


def law_rows(laws: Sequence[Law]) -> tuple[Floats, Ints]:
    """A row for each of ``laws``, and the values of the empirical ones one after the other."""
    rows, values = [], [0]
    for law in laws:
        match law:
            case Never():
                rows.append((Code.FIXED, float(ENDLESS_MS), 0.0))
            case Deterministic(mean_ms=mean):
                rows.append((Code.FIXED, float(mean), 0.0))
            case Exponential(mean_ms=mean):
                rows.append((Code.EXPONENTIAL, float(mean), 0.0))
            case Lognormal(mean_ms=mean, sd_ms=sd):
                variance = log1p((sd / mean) ** 2)
                rows.append((Code.LOGNORMAL, log(mean) - variance / 2, sqrt(variance)))
            case Erlang(mean_ms=mean, shape=shape):
                rows.append((Code.GAMMA, float(shape), mean / shape))
            case Empirical(values_ms=given):
                rows.append((Code.EMPIRICAL, float(len(values)), float(len(given))))
                values += given
    return np.array(rows, dtype=np.float64).reshape(-1, 3), np.array(values, dtype=np.int64)


@compiled
def draw(d: Draws | TalkDraws | BackDraws, law: int, stream: int) -> int:
    """One duration by row ``law`` of the laws, milliseconds, 0 to :data:`ENDLESS_MS`."""
    code = int(d.laws[law, 0])
    if code == _FIXED:
        return int(d.laws[law, 1])
    drawn = 0.0
    if code == _EXPONENTIAL:
        drawn = exponential(d.words, stream) * d.laws[law, 1]
    elif d.has.laws and code == _LOGNORMAL:
        drawn = exp(d.laws[law, 1] + d.laws[law, 2] * normal(d.words, stream))
    elif d.has.laws and code == _GAMMA:
        drawn = gamma(d.words, stream, d.laws[law, 1]) * d.laws[law, 2]
    elif d.has.laws:
        drawn += d.values[int(d.laws[law, 1]) + int(uniform(d.words, stream) * d.laws[law, 2])]
    if drawn >= ENDLESS_MS:
        return ENDLESS_MS
    return int(drawn + 0.5)
