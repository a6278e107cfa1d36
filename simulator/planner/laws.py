"""Laws of durations as rows of a table that compiled code draws from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import exp, log, log1p, sqrt

import numpy as np

from config.laws import Deterministic, Empirical, Erlang, Exponential, Lognormal
from config.laws import Law as TimedLaw
from simulator.planner.cells import Floats, Ints
from simulator.planner.jitted import compiled
from simulator.planner.streams import Words, exponential, gamma, normal, uniform

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
def draw(laws: Floats, law: int, values: Ints, words: Words, stream: int) -> int:
    """One duration by row ``law`` of ``laws``, milliseconds, 0 to :data:`ENDLESS_MS`."""
    code = int(laws[law, 0])
    if code == _FIXED:
        return int(laws[law, 1])
    if code == _EXPONENTIAL:
        drawn = exponential(words, stream) * laws[law, 1]
    elif code == _LOGNORMAL:
        drawn = exp(laws[law, 1] + laws[law, 2] * normal(words, stream))
    elif code == _GAMMA:
        drawn = gamma(words, stream, laws[law, 1]) * laws[law, 2]
    else:
        drawn = float(values[int(laws[law, 1]) + int(uniform(words, stream) * laws[law, 2])])
    if drawn >= ENDLESS_MS:
        return ENDLESS_MS
    return int(drawn + 0.5)
