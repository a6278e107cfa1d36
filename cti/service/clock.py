"""The one place that reads a clock."""

from __future__ import annotations

import time


class ServiceClock:
    """Unix milliseconds that never go back: the wall clock's reading at the start, carried on by the monotonic clock.

    A wall clock that is set (by hand, by NTP) moves no timer and makes no wait negative.
    """

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def not_before(self, at: int) -> None:
        """The time is ``at`` (Unix milliseconds) at least: another machine, whose clock goes ahead of ours, has been
        there already."""
        self._offset_ns += max(at - self.now(), 0) * 1_000_000

    def now(self) -> int:
        """The time, Unix milliseconds."""
        return (self._offset_ns + time.monotonic_ns()) // 1_000_000
