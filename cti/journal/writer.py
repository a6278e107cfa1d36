"""Writes the journal: one line an event, before anything that the event leads to is carried out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from centre.effects import Effect
from centre.events import Event
from cti.journal.append_file import AppendFile
from cti.journal.codec import encode_entry, encode_line
from cti.journal.files import Header, JournalError, day_of, encode_header, files_in, path_of
from cti.journal.lock import lock_folder
from cti.journal.place import Mark, Place
from cti.journal.port import JournalStatus, Keeping
from cti.journal.reader import Entry, read, read_after
from cti.journal.repair import cut_torn_end
from cti.journal.spool import EntrySpool, Waiting
from cti.journal.sync import BackgroundSync

_log = logging.getLogger(__name__)

SYNC_MS = 200
"""How far the disk may be behind: what a power cut can lose. A killed process loses nothing."""
SPOOL_BYTES = 256 * 1024 * 1024
"""Of entries that wait in memory while the disk takes none: 50 calls/s for a quarter of an hour."""
_AT_ONCE_BYTES = 1024 * 1024
"""Written in one go at most while the spool is worked off, so that it holds up nobody's call."""


def _nobody_waits() -> None:
    """What ``append`` leads to where nothing does."""


class Journal:
    """An open journal in files: an :class:`~cti.journal.port.EventJournal`. One process at a time."""

    def __init__(
        self, folder: Path, header: Header, lock_fd: int, end: _End, *, sync_ms: int, spool_bytes: int
    ) -> None:
        self._folder = folder
        self._header = header
        self._written: Header | None = None
        """The header above the last line of the file; None: ours is still to be written."""
        self._lock_fd = lock_fd
        self._sync = BackgroundSync(sync_ms)
        self._file: AppendFile | None = None
        self._day = end.day
        self._place: Place | None = None
        self._spool = EntrySpool(spool_bytes)
        self._failing = ""
        self.seq = end.seq + 1
        """The number of the next entry; it goes on over files and restarts."""
        self.cut_bytes = end.cut_bytes
        """How many bytes of unfinished lines a crash had left, cut off when the journal was opened."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        site: str,
        configuration: str = "",
        sources: Mapping[str, str] | None = None,
        sync_ms: int = SYNC_MS,
        spool_bytes: int = SPOOL_BYTES,
    ) -> Self:
        """Opens the journal in ``folder``, which is made if need be, to go on where it ended.

        ``configuration`` is the digest of what the site runs, if it is known, and ``sources`` its files; ``sync_ms`` is
        how often, in milliseconds, the disk is made to keep what was written; ``spool_bytes``, how much of what a full
        disk does not take waits in memory. Raises :class:`JournalError` when another process has the journal open, or
        the folder cannot be written to.
        """
        lock_fd = lock_folder(folder)
        try:
            end = _find_end(folder)
        except OSError as error:
            os.close(lock_fd)
            raise JournalError(f"cannot open the journal in {folder}: {error}") from error
        except JournalError:
            os.close(lock_fd)
            raise
        header = Header(site=site, configuration=configuration, opened=end.seq + 1, sources=sources or {})
        return cls(folder, header, lock_fd, end, sync_ms=sync_ms, spool_bytes=spool_bytes)

    def change_to(self, configuration: str, sources: Mapping[str, str]) -> None:
        """From the next entry on the site runs another configuration: a header before that entry says so."""
        self._header = replace(self._header, configuration=configuration, sources=sources)

    def append(
        self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None] = _nobody_waits
    ) -> None:
        """Writes one entry, ``at`` in Unix milliseconds, and calls ``kept``. From then on a killed process loses
        nothing of it.

        Where the disk does not take it (it is full, over quota or failing), the file ends with the entry before. The
        entry waits in memory, those that follow wait behind it, and each tries again; what does not fit there is
        lost, and its number stays unused. ``kept`` is called all the same, and :meth:`status` says so.
        """
        self.retry()
        seq, self.seq = self.seq, self.seq + 1
        line = encode_entry(seq, at, event, effects)
        if not self._append_at_once(seq, at, line):
            self._spool.put(Waiting(seq, at, self._header, line))
            self.retry()
        kept()

    def retry(self) -> None:
        """Writes what waits in memory, a piece of it at most where that is much."""
        if not self._spool:
            return
        try:
            self._write(list(self._spool.head(_AT_ONCE_BYTES)))
        except OSError as error:
            if not self._failing:
                _log.error("the journal in %s takes no more: %s; entries wait in memory", self._folder, error.strerror)
            self._failing = error.strerror or "failed"
            return
        if self._failing and not len(self._spool):
            _log.warning("the journal is written again; %d entries are lost", self._spool.lost)
            self._failing = ""

    def status(self) -> JournalStatus:
        """How it does."""
        behind, lost = len(self._spool), self._spool.lost
        if self._failing:
            keeping = Keeping.FULL if self._spool.full else Keeping.BEHIND
            trouble = f"not written: {self._failing}; make room on the disk of {self._folder}"
            return JournalStatus(keeping=keeping, trouble=trouble, behind=behind, lost=lost)
        trouble = f"not on the disk yet: {self._sync.failure}" if self._sync.failure else ""
        return JournalStatus(trouble=trouble, behind=behind, lost=lost)

    def mark(self) -> Mark | None:
        """The place after the last entry, those lost left out; None while that is not written, or nothing was since
        the journal was opened."""
        return None if self._place is None or len(self._spool) else self._place.mark()

    def after(self, mark: Mark) -> Iterator[Entry]:
        """The entries after ``mark``; raises :class:`~cti.journal.ForeignMark` where this journal has no such place."""
        return read_after(self._folder, mark)

    def since(self, at: int) -> Iterator[Entry]:
        """The entries from ``at`` (Unix milliseconds) on."""
        return read(self._folder, since=at)

    def close(self) -> None:
        """Brings everything to the disk and lets others open the journal."""
        left = -1
        while left != (left := len(self._spool)):
            self.retry()
        if left:
            _log.error("the journal was closed with %d entries that the disk did not take", left)
        self._sync.close()
        os.close(self._lock_fd)

    def _write(self, entries: list[Waiting]) -> None:
        """Appends the entries, or those of them that are of one day, in one piece; raises OSError for none of it."""
        if self._sync.gone and self._file is not None:
            _log.error("the journal's file was deleted; a new one begins in %s", self._folder)
            self._file = None
        day = max(day_of(entries[0].at), self._day)
        entries = [entry for entry in entries if day_of(entry.at) <= day]
        if self._file is None or day > self._day:
            self._begin_file(day, entries)
        else:
            self._append(self._file, entries, self._written)
        self._spool.done(len(entries))
        self._sync.wrote()

    def _append_at_once(self, seq: int, at: int, line: bytes) -> bool:
        """Spares an entry the detour over the spool, where nothing is the matter. False: it is not written."""
        file = self._file
        if file is None or self._spool or self._sync.gone or self._header is not self._written:
            return False
        if day_of(at) > self._day or self._place is None:
            return False
        begin = file.size
        try:
            file.append(line)
        except OSError:
            return False
        self._place = Place(seq, self._place.file, self._place.header_at, begin, line)
        self._sync.wrote()
        return True

    def _begin_file(self, day: int, entries: list[Waiting]) -> None:
        """Goes on in the file of the day: the header and the first entries in one piece."""
        if self._file is not None:
            self._file.heal()
        path = path_of(self._folder, day)
        if path.exists():
            cut_torn_end(path)
        folder_fd = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            file = AppendFile(path)
        except OSError:
            os.close(folder_fd)
            raise
        try:
            self._append(file, entries, None)
        except OSError:
            os.close(folder_fd)
            os.close(file.fd)
            raise
        self._sync.watch(file.fd, folder_fd)
        self._file, self._day = file, day

    def _append(self, file: AppendFile, entries: list[Waiting], written: Header | None) -> None:
        """The entries in one piece, with the headers that do not stand above them (``written`` does)."""
        lines: list[bytes] = []
        end = file.size
        header_at = 0 if self._place is None else self._place.header_at
        for entry in entries:
            if entry.header != written:
                written, header_at = entry.header, end
                lines.append(encode_line(encode_header(written, entry.seq - 1, entry.at)))
                end += len(lines[-1])
            lines.append(entry.line)
            end += len(entry.line)
        file.append(b"".join(lines))
        last = entries[-1]
        self._written = written
        self._place = Place(last.seq, file.path.name, header_at, end - len(last.line), last.line)


@dataclass(frozen=True, slots=True)
class _End:
    """Where the journal ended when it was opened."""

    seq: int
    """The number of its last entry; 0: there is none yet."""
    day: int
    """The day of its newest file; a clock that was set back does not go back before it."""
    cut_bytes: int


def _find_end(folder: Path) -> _End:
    cut_bytes = 0
    files = files_in(folder)
    newest = files[-1][0] if files else 0
    for _, path in reversed(files):
        seq, cut = cut_torn_end(path)
        cut_bytes += cut
        if cut:
            _log.warning("cut %d bytes of an unfinished entry off the end of %s", cut, path)
        if seq is not None:
            return _End(seq, newest, cut_bytes)
    return _End(0, newest, cut_bytes)
