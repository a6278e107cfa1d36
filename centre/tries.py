"""How often something was tried lately, over all calls: what a ``limit`` of a flow counts by.

The times are those of the events that made the tries, so a replay counts alike, and a restart forgets nothing that its
snapshot and its journal hold. Each counter has a memory of its own: one that a flood of made-up numbers has filled
closes no other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from hashlib import blake2b
from heapq import heappop, heappush

from centre.numbers import NumberRules

TRIES_MOST = 400_000
"""Tries that are remembered at once, some 80 MB: in equal shares by counter. With its share in hand a counter lets
nobody try until some are forgotten: a flood of made-up numbers must not wash away what is known of one."""

_DIGEST_BYTES = 16
_ZEROS_FIRST = re.compile(r"(?<![0-9])0+(?=[0-9])")


class Tries:
    """Counts, each try for as long as its limit looks back."""

    def __init__(self, counters: Collection[str]) -> None:
        """Nobody has tried anything. ``counters``: what may be counted."""
        self._counted: dict[str, _Counted] = {}
        self.share_among(counters)

    def share_among(self, counters: Collection[str]) -> None:
        """From now on these are counted, each with an equal share of the memory; others are forgotten."""
        self._counted = {counter: self._counted.get(counter) or _Counted() for counter in sorted(counters)}
        self._share = TRIES_MOST // max(1, len(self._counted))

    def __len__(self) -> int:
        """How many tries are remembered, as of the last of each counter."""
        return sum(len(counted.until) for counted in self._counted.values())

    def allow(self, counter: str, whose: str, *, most: int, within_ms: int, now: int) -> bool:
        """Whether another try is allowed, which counts from ``now`` (Unix milliseconds) on if it is.

        ``whose``: any text, of which only a digest is kept; each has ``most`` tries (1 or more) within ``within_ms``.
        KeyError for a counter that is not counted.
        """
        counted = self._counted[counter]
        counted.forget_until(now)
        # What is counted may be an account's number: it is in no snapshot, and takes no more room than another.
        key = blake2b(whose.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
        if counted.counts.get(key, 0) >= most or len(counted.until) >= self._share:
            return False
        counted.counts[key] = counted.counts.get(key, 0) + 1
        heappush(counted.until, (now + within_ms, key))
        return True

    def full(self, now: int) -> tuple[str, ...]:
        """The counters that let nobody try at ``now``, as their memory is full."""
        return tuple(
            counter
            for counter, counted in self._counted.items()
            if len(counted.until) >= self._share and counted.until[0][0] > now
        )


class _Counted:
    """What one counter remembers."""

    __slots__ = ("counts", "until")

    def __init__(self) -> None:
        self.counts: dict[bytes, int] = {}
        self.until: list[tuple[int, bytes]] = []
        """A heap of (when the try is forgotten, what it counts for)."""

    def forget_until(self, now: int) -> None:
        while self.until and self.until[0][0] <= now:
            key = heappop(self.until)[1]
            self.counts[key] -= 1
            if not self.counts[key]:
                del self.counts[key]


def counted_as(written: str, rules: NumberRules | None) -> str:
    """The same text for one account, one order, one caller, however it is written: who may write a number otherwise
    (0123 for 123, 12*3, with spaces) must not gain tries by it.

    Only letters and digits count, small ones as capitals, any script's digits as 0 to 9, and no zeros in front of a
    number. What ``rules`` know for a telephone number is its E.164. Two things that seldom are the same may count as
    one by this: a limit then is the stricter for them.
    """
    text = "".join(str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", written))
    if rules is not None and text.startswith("+") and (number := rules.dialable(text)) is not None:
        return number
    bare = _ZEROS_FIRST.sub("", "".join(filter(str.isalnum, text.casefold())))
    if rules is None:
        return bare
    # The zero in front may be the country's own, part of the number: it is tried for whoever wrote it or did not.
    return rules.dialable(bare) or rules.dialable(f"0{bare}") or bare
