"""What lines that are asked by web requests have answered lately, so that a request that comes twice gets the same
answer, also from another engine than the one that it came to first."""

from __future__ import annotations

from collections import OrderedDict

KEPT_MOST = 5_000
"""Answers; of some 1,000 bytes each."""
KEPT_MS = 10 * 60 * 1000
"""Requests are repeated within seconds, and an engine that takes over is there in less than a minute."""


class Replies:
    """The latest answers."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()
        """By call and request: when it was answered (Unix milliseconds), and how."""

    def first(self, call: str, request: str, reply: str, now: int) -> str:
        """How the request was answered first: ``reply``, where it was not answered before. That one is kept."""
        self._forget(now - KEPT_MS)
        _, kept = self._kept.setdefault((call, request), (now, reply))
        if len(self._kept) > KEPT_MOST:
            self._kept.popitem(last=False)
        return kept

    def _forget(self, before: int) -> None:
        while self._kept and next(iter(self._kept.values()))[0] < before:
            self._kept.popitem(last=False)
