"""What is counted of queues, skills and agents, and the measures of the field computed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar


@dataclass(slots=True)
class QueueCounters:
    """Calls of one queue, or that ask for one skill. Durations in milliseconds. ``queued = answered + abandoned +
    released + moved_on`` plus those still there."""

    queued: int = 0
    answered: int = 0
    answered_within: int = 0
    """Answered within the threshold, the limit included."""
    abandoned: int = 0
    abandoned_within: int = 0
    short_abandoned: int = 0
    released: int = 0
    """Waited, and left without an agent and without hanging up."""
    moved_on: int = 0
    """Went on to wait in another queue."""
    refused: int = 0
    """Turned away on entering; not among ``queued``."""
    exits: dict[str, int] = field(default_factory=dict)
    """The released and the refused together, by :class:`acd.effects.Exit`."""
    callbacks: int = 0
    """Customers to be called back. ``callbacks = callbacks_connected + callbacks_failed + callbacks_dropped`` plus
    those still open."""
    callbacks_connected: int = 0
    """Customer and agent spoke."""
    callbacks_failed: int = 0
    """Not reached in all attempts, or not within the queue's wait limit for callbacks."""
    callbacks_dropped: int = 0
    """Ended otherwise: the customer got through by calling in, hung up before an agent came, was moved to another
    queue; somebody cancelled it."""
    callback_wait_ms: int = 0
    """From the beginning of the wait to the conversation, of the connected."""
    answered_wait_ms: int = 0
    max_wait_ms: int = 0
    """The longest wait of a call that was answered or gave up."""
    handled: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_up_ms: int = 0


@dataclass(slots=True)
class AgentCounters:
    """One agent's work. Durations in milliseconds."""

    answered: int = 0
    missed: int = 0
    """Offers that rang out, or found the phone busy or unreachable."""
    declined: int = 0
    handled: int = 0
    not_ready_ms: int = 0
    own_call_ms: int = 0
    """Of ``not_ready_ms``: kept from being ready by a call of the agent's own."""
    ready_ms: int = 0
    offered_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_up_ms: int = 0


_Counters = TypeVar("_Counters", QueueCounters, AgentCounters)


def add_up(total: _Counters, intervals: Mapping[int, _Counters], start: int, end: int | None) -> _Counters:
    """Adds to ``total`` the counters of the intervals that begin from ``start`` on and before ``end``, and returns
    it."""
    for begin, counters in intervals.items():
        if begin >= start and (end is None or begin < end):
            for count in fields(counters):
                one, other = getattr(total, count.name), getattr(counters, count.name)
                setattr(total, count.name, _both(count.name, one, other))
    return total


def by_length(kind: type[_Counters], intervals: Mapping[int, _Counters], length_ms: int) -> list[tuple[int, _Counters]]:
    """The same intervals put together to longer ones, which begin at multiples of ``length_ms``, in order of time."""
    begins = sorted({begin - begin % length_ms for begin in intervals})
    return [(begin, add_up(kind(), intervals, begin, begin + length_ms)) for begin in begins]


def _both(name: str, one: Any, other: Any) -> Any:
    """Two values of one counter as one."""
    if isinstance(one, dict):
        return {key: one.get(key, 0) + other.get(key, 0) for key in (*one, *(key for key in other if key not in one))}
    return max(one, other) if name == "max_wait_ms" else one + other


def service_level_abandons_ignored(counters: QueueCounters) -> float | None:
    """``A_T / A``: of the answered, the share answered within the threshold (0 to 1); None if nobody was."""
    return _share(counters.answered_within, counters.answered)


def service_level_abandons_negative(counters: QueueCounters) -> float | None:
    """``A_T / (A + B)``: every abandoned call is a failure."""
    return _share(counters.answered_within, counters.answered + counters.abandoned)


def service_level_abandons_positive(counters: QueueCounters) -> float | None:
    """``(A_T + B_T) / (A + B)``: who gives up within the threshold was not let down."""
    return _share(counters.answered_within + counters.abandoned_within, counters.answered + counters.abandoned)


def service_level_short_abandons_excluded(counters: QueueCounters) -> float | None:
    """``A_T / (A + B − B_s)``: who gives up within the short-abandon limit is not counted at all."""
    return _share(counters.answered_within, counters.answered + counters.abandoned - counters.short_abandoned)


def average_speed_of_answer_ms(counters: QueueCounters) -> float | None:
    """ASA: the sum of answered waits over answered calls, milliseconds."""
    return _share(counters.answered_wait_ms, counters.answered)


def average_handling_time_ms(counters: QueueCounters) -> float | None:
    """AHT: (talk + hold + wrap-up) over handled calls, milliseconds."""
    return _share(counters.talk_ms + counters.hold_ms + counters.wrap_up_ms, counters.handled)


def average_callback_wait_ms(counters: QueueCounters) -> float | None:
    """From the beginning of the wait to the conversation, over connected callbacks, milliseconds."""
    return _share(counters.callback_wait_ms, counters.callbacks_connected)


def occupancy(counters: AgentCounters) -> float | None:
    """(Offered + talk + hold + wrap-up) over the same and ready (0 to 1)."""
    busy = counters.offered_ms + counters.talk_ms + counters.hold_ms + counters.wrap_up_ms
    return _share(busy, busy + counters.ready_ms)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
