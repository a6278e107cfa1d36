"""Entries that wait in memory for the disk to take them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from cti.journal.files import Header


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that is not written yet."""

    seq: int
    at: int
    header: Header
    """What was running."""
    line: bytes


class EntrySpool:
    """First in, first out, at most ``most`` bytes of lines, or one entry that is longer by itself.

    What does not fit any more is lost, and so is all that comes after it until the spool has been emptied: one gap is
    easier to see, and to live with, than many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: deque[Waiting] = deque()
        self._bytes = 0
        self.full = False
        """Whether entries are lost at present."""
        self.lost = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Waiting) -> None:
        """Takes an entry in, if it may."""
        if self.full or (self._entries and self._bytes + len(entry.line) > self._most):
            self.full = True
            self.lost += 1
            return
        self._entries.append(entry)
        self._bytes += len(entry.line)

    def head(self, most_bytes: int) -> Iterator[Waiting]:
        """The oldest entries, at least one of them if there is any; they stay until they are :meth:`done`."""
        given = 0
        for entry in self._entries:
            given += len(entry.line)
            if given > most_bytes and given > len(entry.line):
                return
            yield entry

    def done(self, count: int) -> None:
        """The oldest ``count`` entries are written."""
        for _ in range(count):
            self._bytes -= len(self._entries.popleft().line)
        if not self._entries:
            self.full = False
