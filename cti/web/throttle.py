"""Makes guessing passwords slow without locking anybody out for good."""

from __future__ import annotations

from collections import OrderedDict

LONGEST_PAUSE_MS = 30_000
MOST_KEYS = 10_000


class Throttle:
    """Counts failures by key (an account, an address). Each one after the free tries doubles the pause."""

    def __init__(self, free_tries: int) -> None:
        """The first ``free_tries`` failures cost no pause; the longest pause is half a minute."""
        self._free_tries = free_tries
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def pause_ms(self, now: int, key: str) -> int:
        """How long ``key`` must still wait; 0: may try."""
        count, last = self._failures.get(key, (0, 0))
        if count < self._free_tries:
            return 0
        pause: int = min(1000 * 2 ** min(count - self._free_tries, 10), LONGEST_PAUSE_MS)
        return max(last + pause - now, 0)

    def failed(self, now: int, key: str) -> None:
        """A try of ``key`` failed."""
        count, _ = self._failures.pop(key, (0, 0))
        self._failures[key] = (count + 1, now)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """A try of ``key`` succeeded: its failures are forgotten."""
        self._failures.pop(key, None)

    def came_to_nothing(self, key: str) -> None:
        """A try of ``key`` that was counted as a failure was neither that nor a success."""
        count, last = self._failures.get(key, (0, 0))
        if count:
            self._failures[key] = (count - 1, last)
