"""The journal: what was accepted, with what came of it, on disk before any of it leaves the process."""

from cti.journal.files import ForeignMark, Header, JournalAway, JournalError
from cti.journal.place import Mark
from cti.journal.port import EventJournal, JournalStatus, Keeping
from cti.journal.reader import Entry, read
from cti.journal.writer import Journal

__all__ = [
    "Entry",
    "EventJournal",
    "ForeignMark",
    "Header",
    "Journal",
    "JournalAway",
    "JournalError",
    "JournalStatus",
    "Keeping",
    "Mark",
    "read",
]
