"""The journal: what was accepted, with what came of it, on disk before any of it leaves the process."""

from cti.journal.files import Header, JournalError, JournalFull
from cti.journal.reader import Entry, read
from cti.journal.writer import Journal

__all__ = ["Entry", "Header", "Journal", "JournalError", "JournalFull", "read"]
