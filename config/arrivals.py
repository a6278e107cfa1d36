"""When callers of one kind call: a Poisson process whose rate changes with the clock on the wall, or a trace."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta
from itertools import pairwise

from config.streams import stream
from config.workload import Busyness, Callers, Workload, entry_at
from ivr.hours import wall_clock

_HOUR_MS = 3_600_000
_QUARTER_MS = 900_000

NextAfter = Callable[[int], int | None]
"""A time to the next arrival after it (Unix milliseconds); None: there is none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time (Unix milliseconds) with one rate."""

    start: int
    end: int
    calls_per_hour: float
    day: date = date.min
    entry: tuple[date, int] = (date.min, 0)
    """What the factors of busyness go by, see :meth:`Factors.of`."""


def poisson(rng: random.Random, pieces: Sequence[Piece]) -> NextAfter:
    """The arrivals of a Poisson process with the rates of ``pieces``, which are in order and without gaps.

    By its operational time: the expected number of arrivals between two of them is exponential with mean 1 (Çınlar,
    *Introduction to Stochastic Processes*, 1975, 4.7). Asked for one after the other, each after the last.
    """
    starts = [piece.start for piece in pieces]

    def next_after(at: int) -> int | None:
        number = max(bisect_right(starts, at) - 1, 0)
        left = rng.expovariate(1.0)
        moment = float(at)
        for piece in pieces[number:]:
            moment = max(moment, piece.start)
            per_ms = piece.calls_per_hour / _HOUR_MS
            if per_ms * (piece.end - moment) > left:
                return min(round(moment + left / per_ms), piece.end - 1)
            left -= per_ms * max(piece.end - moment, 0.0)
        return None

    return next_after


def steady(rng: random.Random, calls_per_hour: float) -> NextAfter:
    """A Poisson process of one rate, without end."""

    def next_after(at: int) -> int | None:
        return at + round(rng.expovariate(1.0) * _HOUR_MS / calls_per_hour) if calls_per_hour > 0 else None

    return next_after


def traced(workload: Workload, kind: str, start: int, end: int) -> NextAfter:
    """The arrivals of ``kind`` in the workload's trace from ``start`` up to ``end`` (Unix milliseconds)."""
    ahead = iter(moments_traced(workload, kind, start, end))
    return lambda _: next(ahead, None)


def moments_traced(workload: Workload, kind: str, start: int, end: int) -> list[int]:
    """When callers of ``kind`` call by the workload's trace, from ``start`` up to ``end`` (Unix milliseconds)."""
    assert workload.trace is not None
    return sorted(
        at
        for call in workload.trace
        if call.kind == kind
        for at in (int(call.arrival.replace(tzinfo=workload.zone).astimezone(UTC).timestamp() * 1000),)
        if start <= at < end
    )


def pieces(workload: Workload, kind: Callers, start: int, end: int, factors: Factors) -> list[Piece]:
    """The rates of ``kind`` from ``start`` up to ``end`` (Unix milliseconds), with all factors."""
    profile = workload.profile_of(kind)
    if not profile:
        return []
    found: list[Piece] = []
    edges = [*_edges(workload, [begin for begin, _ in profile], start, end), end]
    for begin, until in pairwise(edges):
        local = wall_clock(begin, workload.zone)
        entry = entry_at(profile, local.time())
        day = local.date() if entry >= 0 else local.date() - timedelta(days=1)
        own = (day, entry % len(profile))
        factor = workload.weekdays[local.weekday()] * factors.of(kind.name, local.date(), own)
        found.append(Piece(begin, until, profile[entry][1] * factor, local.date(), own))
    return found


def _edges(workload: Workload, walls: Sequence[time], start: int, end: int) -> Iterator[int]:
    """The moments from ``start`` on at which the rate may change. Every quarter of an hour is looked at, and clocks
    change at quarters: so no hour that is skipped or comes twice is missed."""
    quarter = start - start % _QUARTER_MS
    while quarter < end:
        local = wall_clock(quarter, workload.zone)
        within = [
            offset
            for wall in walls
            if 0 < (offset := _ms_of(wall) - _ms_of(local.time())) < _QUARTER_MS and quarter + offset > start
        ]
        for moment in (max(quarter, start), *(quarter + offset for offset in within)):
            if moment < end:
                yield moment
        quarter += _QUARTER_MS


def _ms_of(wall: time) -> int:
    return (wall.hour * 60 + wall.minute) * 60_000 + wall.second * 1_000 + wall.microsecond // 1_000


class Factors:
    """The draws of :class:`~config.workload.Busyness`: one factor per day and kind, one per entry of a profile."""

    def __init__(self, busyness: Busyness, seed: int | str) -> None:
        self._busyness = busyness
        self._seed = seed
        self._drawn: dict[tuple[object, ...], float] = {}

    def of(self, kind: str, day: date, entry: tuple[date, int]) -> float:
        """The factor on the rate of ``kind`` on ``day``, while ``entry`` (the day it began on, its number) holds."""
        busyness = self._busyness
        factor = 1.0
        if busyness.day_sd:
            shape = 1 / busyness.day_sd**2
            common = self._gamma(shape * busyness.correlation, "all", day)
            own = self._gamma(shape * (1 - busyness.correlation), kind, day)
            factor = (common + own) / shape
        if busyness.interval_sd:
            shape = 1 / busyness.interval_sd**2
            factor *= self._gamma(shape, kind, *entry) / shape
        return factor

    def _gamma(self, shape: float, *key: object) -> float:
        if shape <= 0:
            return 0.0
        if key not in self._drawn:
            self._drawn[key] = stream(self._seed, "busyness", *map(str, key)).gammavariate(shape, 1.0)
        return self._drawn[key]
