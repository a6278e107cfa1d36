"""Reading a journal for as long as anybody wants it read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager

from cti.journal import Entry


def never() -> bool:
    """What is said of a journal that is to be read to its end."""
    return False


class BrokenOff(Exception):
    """Nobody wants the journal read to its end any more."""


@contextmanager
def reading(entries: Iterable[Entry], is_unwanted: Callable[[], bool]) -> Iterator[Iterator[Entry]]:
    """The entries, as long as they are wanted. The journal's file is closed at once also where the reading is broken
    off: whoever keeps the error (a log, a debugger) would keep it open."""
    try:
        yield _while_wanted(entries, is_unwanted)
    finally:
        if isinstance(entries, Generator):
            entries.close()


def _while_wanted(entries: Iterable[Entry], is_unwanted: Callable[[], bool]) -> Iterator[Entry]:
    for entry in entries:
        if is_unwanted():
            raise BrokenOff
        yield entry
