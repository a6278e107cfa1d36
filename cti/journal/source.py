"""Where a journal is read from, by whoever looks back at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cti.journal.files import JournalError
from cti.journal.reader import Entry, read
from cti.journal.rows import Place, Rows, place_before
from cti.postgres import BadAddress, Session, shown

_ANSWER_S = 30.0


class Source(Protocol):
    """A journal that can be read; as text, what people call it."""

    def read(self, since: int | None = None) -> Iterator[Entry]:
        """The entries in the order they were written, those earlier than ``since`` (Unix milliseconds) left out. Raises
        :class:`~cti.journal.JournalError`."""


@dataclass(frozen=True, slots=True)
class InFiles:
    """In the files of a data folder."""

    folder: Path

    def __str__(self) -> str:
        return f"the journal in {self.folder}"

    def read(self, since: int | None = None) -> Iterator[Entry]:
        """See :class:`Source`."""
        return read(self.folder, since)


@dataclass(frozen=True, slots=True)
class InDatabase:
    """In PostgreSQL at ``address``."""

    address: str
    site: str

    def __str__(self) -> str:
        return f"the journal in {shown(self.address)}"

    def read(self, since: int | None = None) -> Iterator[Entry]:
        """See :class:`Source`."""
        try:
            rows = Rows(Session(self.address, name="holdless reads", answer_s=_ANSWER_S), self.site)
        except BadAddress as error:
            raise JournalError(f"cannot read the journal: {error}") from None
        place = Place(seq=0) if since is None else rows.alone(lambda alone: place_before(alone, since))
        while True:
            entries, place = rows.alone(lambda alone, after=place: alone.page(after))  # type: ignore[misc]
            if not entries:
                return
            yield from entries
