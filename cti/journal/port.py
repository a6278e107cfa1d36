"""What the live service asks of a journal, whatever it is kept on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from centre.effects import Effect
from centre.events import Event
from cti.journal.place import Mark
from cti.journal.reader import Entry


class Keeping(StrEnum):
    """How well a journal keeps what it is given."""

    UP = "up"
    """Every entry is kept before its effects leave."""
    BEHIND = "behind"
    """What it is kept on takes nothing at present: entries wait in memory, in order, and their effects leave all the
    same. A process that is killed now forgets them; its callers are found again on their lines."""
    FULL = "full"
    """So many entries wait in memory that no new call is taken in. A journal in files loses entries from here until all
    that wait are kept; one in a database keeps them, and their effects, waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How a journal does at this instant."""

    keeping: Keeping = Keeping.UP
    trouble: str = ""
    """What is wrong and what to do; empty when all is well."""
    effects_wait: bool = False
    """Whether what is decided waits until its entry is kept."""
    behind: int = 0
    """Entries in memory alone."""
    lost: int = 0
    """Entries that are kept nowhere, since the journal was opened."""


class EventJournal(Protocol):
    """Where accepted events are kept before anything that they lead to leaves the process. Used by one thread."""

    def append(self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
        """Takes in one entry, at Unix milliseconds ``at``. Never blocks for long, never raises.

        ``kept`` is called once, in the order of the entries, when the effects may leave: when the entry is kept
        (before this returns, or later on the event loop); or at once where :meth:`status` says that it is in memory
        alone, or lost. A journal that another engine has taken over calls it no more: what a deposed engine decides
        must not leave it.
        """

    def retry(self) -> None:
        """Tries to keep what is in memory alone. The service asks for it about once a second until all is well."""

    def change_to(self, configuration: str, sources: Mapping[str, str]) -> None:
        """From the next entry on the site runs the configuration of this digest, read from these files."""

    def status(self) -> JournalStatus:
        """How it does."""

    def mark(self) -> Mark | None:
        """The place after the last entry taken in, those lost left out; None while that one is not kept."""

    def after(self, mark: Mark) -> Iterator[Entry]:
        """The entries after ``mark``. Raises, before it gives any, :class:`~cti.journal.ForeignMark` where the journal
        has no such place; and :class:`~cti.journal.JournalError` where what follows cannot be read."""

    def since(self, at: int) -> Iterator[Entry]:
        """The entries from ``at`` (Unix milliseconds) on. Raises :class:`~cti.journal.JournalError` where they cannot
        be read."""
