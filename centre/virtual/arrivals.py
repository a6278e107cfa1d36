"""Calls that come in by themselves."""

from __future__ import annotations

from collections.abc import Callable

from centre.virtual.ports import Scheduler, Timer

CATCH_UP_MS = 5_000


class Arrivals:
    """Lets a caller arrive at every moment that ``next_after`` gives, until it gives None."""

    def __init__(
        self, scheduler: Scheduler, next_after: Callable[[int], int | None], arrive: Callable[[int], None]
    ) -> None:
        """``next_after`` maps a time to the next arrival (Unix milliseconds); ``arrive`` gets the caller's number in
        the order of arrival, from 1."""
        self.count = 0
        self._scheduler = scheduler
        self._next_after = next_after
        self._arrive = arrive
        self._last = scheduler.now()
        self._timer: Timer | None = None
        self._await()

    def stop(self) -> None:
        """No more callers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _await(self) -> None:
        # From arrival to arrival, not from when this runs: a timer that is a little late must not thin the calls out.
        # One that is very late (the process was stopped for a while) must not let them all call at once.
        due = self._next_after(max(self._last, self._scheduler.now() - CATCH_UP_MS))
        if due is None:
            self._timer = None
            return
        self._last = due
        self._timer = self._scheduler.after(max(due - self._scheduler.now(), 0), self._arrived)

    def _arrived(self) -> None:
        self.count += 1
        self._arrive(self.count)
        self._await()
