"""How often something was tried lately, over all calls: what a ``limit`` of a flow counts by.

The times are those of the events that made the tries, so a replay counts alike, and a restart forgets nothing that its
snapshot and its journal hold.
"""

from __future__ import annotations

from hashlib import blake2b
from heapq import heappop, heappush

TRIES_MOST = 100_000
"""Tries that are remembered at once, some 20 MB. With so many in hand nobody else may try until some are forgotten: a
flood of made-up numbers must not wash away what is known of one."""

_DIGEST_BYTES = 16


class Tries:
    """Counts, each try for as long as its limit looks back."""

    def __init__(self) -> None:
        """Nobody has tried anything."""
        self._counts: dict[bytes, int] = {}
        self._until: list[tuple[int, bytes]] = []
        """A heap of (when the try is forgotten, what it counts for)."""

    def __len__(self) -> int:
        """How many tries are remembered, as of the last one."""
        return len(self._until)

    def allow(self, counter: str, whose: str, *, most: int, within_ms: int, now: int) -> bool:
        """Whether another try is allowed, which counts from ``now`` (Unix milliseconds) on if it is.

        ``whose``: any text, of which only a digest is kept; each has ``most`` tries (1 or more) within ``within_ms``.
        """
        while self._until and self._until[0][0] <= now:
            self._forget(heappop(self._until)[1])
        # What is counted may be an account's number: it is in no snapshot, and takes no more room than another.
        key = blake2b(f"{counter}\n{whose}".encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
        if self._counts.get(key, 0) >= most or len(self._until) >= TRIES_MOST:
            return False
        self._counts[key] = self._counts.get(key, 0) + 1
        heappush(self._until, (now + within_ms, key))
        return True

    def _forget(self, key: bytes) -> None:
        if self._counts[key] > 1:
            self._counts[key] -= 1
        else:
            del self._counts[key]
