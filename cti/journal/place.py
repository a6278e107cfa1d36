"""Where an entry stands in a journal of files, so that it is found again without reading what was before it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in one journal, just after an entry."""

    seq: int
    """The number of the entry; 0: before the first one."""
    where: str
    """By what the journal finds the entry again, and knows that it is its own."""


@dataclass(slots=True)
class Place:
    """The line of the last entry written."""

    seq: int
    file: str
    """The name of the file."""
    header_at: int
    """Where the line of the header above the entry begins, in bytes."""
    line_at: int
    line: bytes

    def mark(self) -> Mark:
        """The place after that line."""
        where = Where(
            file=self.file,
            header_at=self.header_at,
            line_at=self.line_at,
            after=self.line_at + len(self.line),
            digest=digest_of(self.line),
        )
        return Mark(seq=self.seq, where=msgspec.json.encode(where).decode("ascii"))


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """What :attr:`Mark.where` says in a journal of files. Numbers are bytes from the beginning of the file."""

    file: str
    header_at: int
    line_at: int
    after: int
    """Where the next line begins."""
    digest: str
    """Of the line: another journal has another one there."""


def where_of(mark: Mark) -> Where | None:
    """What the mark says; None where it is not of a journal of files."""
    try:
        found: Any = msgspec.json.decode(mark.where, type=Where)
    except msgspec.DecodeError:
        return None
    return found if 0 <= found.header_at <= found.line_at < found.after else None


def digest_of(line: bytes) -> str:
    """Of a line of the journal."""
    return blake2b(line, digest_size=16).hexdigest()
