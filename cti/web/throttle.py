"""Makes guessing passwords slow without locking anybody out for good."""

from __future__ import annotations

from collections import OrderedDict

FREE_TRIES = 5
LONGEST_PAUSE_MS = 30_000
MOST_KEYS = 10_000


class Throttle:
    """Counts failures by key (an account, an address). After five, each doubles the pause, up to half a minute."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def pause_ms(self, now: int, *keys: str) -> int:
        """How long whoever goes by ``keys`` must still wait; 0: may try."""
        return max((self._pause_of(key, now) for key in keys), default=0)

    def failed(self, now: int, *keys: str) -> None:
        """A try of ``keys`` failed."""
        for key in keys:
            count, _ = self._failures.pop(key, (0, 0))
            self._failures[key] = (count + 1, now)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """A try of ``keys`` succeeded: their failures are forgotten."""
        for key in keys:
            self._failures.pop(key, None)

    def _pause_of(self, key: str, now: int) -> int:
        count, last = self._failures.get(key, (0, 0))
        if count < FREE_TRIES:
            return 0
        pause: int = min(1000 * 2 ** min(count - FREE_TRIES, 10), LONGEST_PAUSE_MS)
        return max(last + pause - now, 0)
