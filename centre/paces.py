"""Callers who needed more time when they called last."""

from __future__ import annotations


class Paces:
    """By caller, how many times as long they need, and when that was said. Callers who need no more are in none."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}
        """The oldest first."""

    def note(self, caller: str, times: int, now: int, within_ms: int) -> None:
        """A call of the caller's is over; what is older than ``within_ms`` is forgotten."""
        self._known.pop(caller, None)
        if times > 1 and within_ms:
            self._known[caller] = (times, now)
        while self._known and self._known[first := next(iter(self._known))][1] < now - within_ms:
            del self._known[first]

    def of(self, caller: str, now: int, within_ms: int) -> int:
        """How many times as long the caller needs, by what is known of the last ``within_ms``; 1: as long as others."""
        times, at = self._known.get(caller, (1, now))
        return times if now - at <= within_ms and within_ms else 1
