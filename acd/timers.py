"""What falls due, in order of time. Cancelled timers are dropped when they surface (lazy deletion)."""

from __future__ import annotations

from enum import Enum, auto
from heapq import heapify, heappop, heappush
from typing import NamedTuple

NEVER = 1 << 62
"""Later than any time, Unix milliseconds."""


class Due(Enum):
    """What a timer is about."""

    RELAXATION = auto()
    STARVATION = auto()
    KEPT = auto()
    SPILL = auto()
    MAX_WAIT = auto()
    CLOSING = auto()
    STAFFING = auto()
    AGENT = auto()
    OFFER = auto()
    LOST_OFFER = auto()
    PHONE = auto()
    WRAP_UP = auto()
    DECLINE_PAUSE = auto()
    CALLBACK = auto()


class Timer(NamedTuple):
    """One thing that falls due: what, and the ids of whom it concerns (call, offer or agent; then agent)."""

    what: Due
    whom: str
    agent: str = ""


class Timers:
    """A heap of (due, number): at one instant, timers fall due in the order in which they were set."""

    __slots__ = ("_heap", "_live", "_number", "not_before")

    def __init__(self) -> None:
        self.not_before = NEVER
        """Nothing falls due before this; what was to fall due at it may have been cancelled. Cheaper to read than
        :meth:`next_due` is to ask."""
        self._heap: list[tuple[int, int]] = []
        self._live: dict[int, Timer] = {}
        self._number = 0

    def set(self, due: int, timer: Timer) -> int:
        """Sets a timer for ``due`` (Unix milliseconds); returns the number that cancels it."""
        self._number += 1
        self._live[self._number] = timer
        heappush(self._heap, (due, self._number))
        self.not_before = min(self.not_before, due)
        return self._number

    def cancel(self, number: int | None) -> None:
        """Forgets a timer; one that is gone already, or None, is no error."""
        if number is not None:
            self._live.pop(number, None)
        if len(self._heap) > 2 * len(self._live) + 64:
            self._heap = [entry for entry in self._heap if entry[1] in self._live]
            heapify(self._heap)

    def next_due(self) -> int | None:
        """When the earliest timer falls due; None if there is none."""
        heap, live = self._heap, self._live
        while heap and heap[0][1] not in live:
            heappop(heap)
        self.not_before = heap[0][0] if heap else NEVER
        return heap[0][0] if heap else None

    def put_off(self, due: int, until: int) -> None:
        """Timers for ``due`` and earlier fall due at ``until`` instead, in the order in which they were set."""
        self._heap = [(until if at <= due else at, number) for at, number in self._heap]
        heapify(self._heap)
        self.next_due()

    def pop(self, until: int) -> Timer | None:
        """Takes the earliest timer that is due at or before ``until``; None if there is none."""
        due = self.next_due()
        if due is None or due > until:
            return None
        return self._live.pop(heappop(self._heap)[1])
