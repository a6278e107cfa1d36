"""Who stands first in each of many lines, all of them in order, and the first of them that a mask of lines allows."""

from __future__ import annotations

from bisect import bisect_left, insort

Head = tuple[int, int, int, int]
"""The key (rank, since, order) of who stands first in a line, lowest first, and the number of the line."""

_BLOCK_MOST = 128


class Heads:
    """The heads of occupied lines, in order, cut into blocks of neighbours.

    Each block knows the mask of its lines, so that a block without an allowed line is passed over in one operation.
    However the allowed lines lie among the others, a search looks into one block only: with n heads it takes at most
    n / 32 such operations and 128 looks.
    """

    __slots__ = ("_blocks", "_lasts", "_masks")

    def __init__(self) -> None:
        self._blocks: list[list[Head]] = []
        self._lasts: list[Head] = []
        """The last head of each block."""
        self._masks: list[int] = []
        """The lines of each block: bit n is line n."""

    def add(self, head: Head) -> None:
        """Takes in a head; its line must have none here."""
        if not self._blocks:
            self._insert(0, [head])
            return
        at = min(bisect_left(self._lasts, head), len(self._blocks) - 1)
        block = self._blocks[at]
        insort(block, head)
        self._lasts[at] = block[-1]
        self._masks[at] |= 1 << head[3]
        if len(block) > _BLOCK_MOST:
            self._delete(at)
            self._insert(at, block[len(block) // 2 :])
            self._insert(at, block[: len(block) // 2])

    def remove(self, head: Head) -> None:
        """Takes out a head that is here."""
        at = bisect_left(self._lasts, head)
        block = self._blocks[at]
        place = bisect_left(block, head)
        assert block[place] == head
        del block[place]
        if not block:
            self._delete(at)
            return
        self._lasts[at] = block[-1]
        self._masks[at] ^= 1 << head[3]
        self._join(at)
        self._join(at - 1)

    def first(self, allowed: int) -> int:
        """The line whose head goes first among those of the mask; -1 if none of them has one."""
        for mask, block in zip(self._masks, self._blocks, strict=True):
            found = mask & allowed
            if found:
                return next(head[3] for head in block if found >> head[3] & 1)
        return -1

    def _join(self, at: int) -> None:
        """Makes one block of two neighbours, ``at`` and the next, if they hold little: there shall be few blocks."""
        if 0 <= at < len(self._blocks) - 1 and len(self._blocks[at]) + len(self._blocks[at + 1]) <= _BLOCK_MOST // 2:
            joined = self._blocks[at] + self._blocks[at + 1]
            self._delete(at)
            self._delete(at)
            self._insert(at, joined)

    def _insert(self, at: int, block: list[Head]) -> None:
        self._blocks.insert(at, block)
        self._lasts.insert(at, block[-1])
        self._masks.insert(at, sum(1 << head[3] for head in block))

    def _delete(self, at: int) -> None:
        del self._blocks[at], self._lasts[at], self._masks[at]
