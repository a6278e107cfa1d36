"""From calls to figures."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from benchmarks.asterisk_load import Call


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took in one run, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def times_of(milliseconds: Sequence[float]) -> Times:
    """The quantiles, interpolated between neighbours. ValueError for fewer than two values."""
    if len(milliseconds) < 2:
        raise ValueError(f"{len(milliseconds)} values have no quantiles: no calls came through, or far too few")
    cut = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return Times(len(milliseconds), cut[49], cut[94], cut[98], max(milliseconds))


def entry_to_ring_ms(calls: Sequence[Call], agents: int) -> list[float]:
    """From the caller's 200 OK to the INVITE at an agent, for the calls that found an agent idle."""
    talks = [(call.rang, call.freed) for call in calls if call.rang is not None]
    begun = sorted(rang for rang, _ in talks)
    ended = sorted(freed for _, freed in talks if freed is not None)
    found = []
    for call in calls:
        if call.rang is not None and call.answered is not None:
            busy = bisect_right(begun, call.answered) - bisect_right(ended, call.answered)
            if busy < agents:
                found.append((call.rang - call.answered) * 1000)
    return found


@dataclass(frozen=True, slots=True)
class Freed:
    """What happened to agents who hung up while callers waited."""

    gaps_ms: list[float]
    """From the agent's BYE to that agent's next INVITE."""
    unserved: int
    """Agents who got no further call before the measurement ended."""
    without_waiting: int
    """Left out: agents who hung up while nobody waited."""
    waiting_least: int
    """The fewest callers that waited when an agent hung up, of those counted."""


def freed_to_ring(calls: Sequence[Call], since: float, until: float) -> Freed:
    """The gaps of agents who hung up between the two times (Unix seconds)."""
    rings = defaultdict(list)
    for call in calls:
        if call.rang is not None:
            rings[call.agent].append(call)
    entered = sorted(call.answered for call in calls if call.answered is not None)
    taken = sorted(call.rang for call in calls if call.rang is not None)
    gaps, unserved, without, least = [], 0, 0, len(calls)
    for served in rings.values():
        served.sort(key=attrgetter("rang"))
        for call, following in zip(served, [*served[1:], None], strict=True):
            if call.freed is None or not since <= call.freed <= until:
                continue
            waiting = bisect_right(entered, call.freed) - bisect_right(taken, call.freed)
            if waiting < 1:
                without += 1
                continue
            least = min(least, waiting)
            if following is None or following.rang is None:
                unserved += 1
            else:
                gaps.append((following.rang - call.freed) * 1000)
    return Freed(gaps, unserved, without, least)


def lost(calls: Sequence[Call]) -> int:
    """Calls that were not answered, did not talk with an agent to the end, or were never told that it ended."""
    return sum(call.answered is None or call.freed is None or call.gone is None for call in calls)


def middle_and_spread(values: Sequence[float]) -> str:
    """``2.1 (2.0-2.4)``: the median over repetitions, the least and the greatest; whole numbers from a hundred on."""
    middle, least, greatest = (
        f"{value:.1f}" if value < 100 else f"{value:.0f}"
        for value in (statistics.median(values), min(values), max(values))
    )
    return middle if len(values) == 1 else f"{middle} ({least}-{greatest})"
