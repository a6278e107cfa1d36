"""Many ordered lines, and the one question of routing: whose head goes first among the lines a mask allows."""

from __future__ import annotations

from bisect import bisect_left, insort

from acd.heads import Heads
from acd.rules import pick_line

Key = tuple[int, int, int]
"""(rank, since, order): lowest first; ``order`` is unique among all lines of one :class:`Lines`."""

_FEW = 8
"""Up to so many allowed lines are compared one by one; of more the first is looked up in the order of all heads."""


def bits(mask: int) -> list[int]:
    """The positions of the ones of ``mask``, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


class Lines:
    """Lines numbered from 0. Sets of lines are integers used as bit masks: bit n is line n.

    The price of a choice is that of a few operations on whole masks (30 lines a machine word), and of comparing up to
    eight heads or of a search in :class:`acd.heads.Heads`. It does not depend on how many stand in the lines.
    """

    __slots__ = ("_heads", "_lines", "_order", "_rank", "_since", "occupied")

    def __init__(self, size: int = 0) -> None:
        self._lines: list[list[Key]] = []
        self._heads: Heads | None = None
        """The heads of all lines, once there are more than a few."""
        self._rank: list[int] = []
        self._since: list[int] = []
        self._order: list[int] = []
        self.occupied = 0
        """The mask of lines in which somebody stands."""
        self.grow(size)

    def grow(self, size: int) -> None:
        """Makes sure that lines 0 to ``size`` - 1 exist."""
        while len(self._lines) < size:
            self._lines.append([])
            self._rank.append(0)
            self._since.append(0)
            self._order.append(-1)
        if self._heads is None and size > _FEW:
            self._heads = Heads()
            for line, entries in enumerate(self._lines):
                if entries:
                    self._heads.add((*entries[0], line))

    def add(self, line: int, key: Key) -> None:
        """Stands ``key`` in ``line`` at its place."""
        entries = self._lines[line]
        if not entries:
            entries.append(key)
            self.occupied |= 1 << line
            self._set_head(line, key)
        elif entries[-1] < key:
            entries.append(key)
        else:
            head = entries[0]
            insort(entries, key)
            if key < head:
                self._drop_head(line, head)
                self._set_head(line, key)

    def remove(self, line: int, key: Key) -> None:
        """Takes ``key``, which stands in ``line``, out of it."""
        entries = self._lines[line]
        at = 0 if entries[0] == key else bisect_left(entries, key)
        assert entries[at] == key
        del entries[at]
        if at == 0:
            self._drop_head(line, key)
            if entries:
                self._set_head(line, entries[0])
            else:
                self.occupied ^= 1 << line

    def count(self, line: int) -> int:
        """How many stand in ``line``."""
        return len(self._lines[line])

    def before(self, line: int, key: Key) -> int:
        """How many stand in ``line`` who go before ``key``."""
        return bisect_left(self._lines[line], key)

    def first(self, allowed: int) -> Key | None:
        """The key that goes first among the lines of the mask ``allowed``; None if nobody stands there."""
        found = allowed & self.occupied
        if not found:
            return None
        if not found & found - 1:
            line = found.bit_length() - 1
        elif self._heads is None or found.bit_count() <= _FEW:
            candidates = bits(found)
            line = pick_line(candidates, 0, len(candidates), self._rank, self._since, self._order)
        else:
            line = self._heads.first(found)
        return self._lines[line][0]

    def _set_head(self, line: int, key: Key) -> None:
        self._rank[line], self._since[line], self._order[line] = key
        if self._heads is not None:
            self._heads.add((*key, line))

    def _drop_head(self, line: int, key: Key) -> None:
        if self._heads is not None:
            self._heads.remove((*key, line))
