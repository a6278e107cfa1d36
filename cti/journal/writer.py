"""Writes the journal: one line an event, before anything that the event leads to is carried out."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from centre.effects import Effect
from centre.events import Event
from cti.journal.append_file import AppendFile
from cti.journal.codec import encode_entry, encode_line
from cti.journal.files import Header, JournalError, JournalFull, day_of, encode_header, files_in, path_of
from cti.journal.repair import cut_torn_end
from cti.journal.sync import BackgroundSync

_log = logging.getLogger(__name__)

SYNC_MS = 200
"""How far the disk may be behind: what a power cut can lose. A killed process loses nothing."""


class Journal:
    """An open journal. One process at a time; not for several threads."""

    def __init__(self, folder: Path, header: Header, lock_fd: int, end: _End, sync_ms: int) -> None:
        self._folder = folder
        self._header = header
        self._header_due = False
        self._lock_fd = lock_fd
        self._sync = BackgroundSync(sync_ms)
        self._file: AppendFile | None = None
        self._day = end.day
        self._failing = ""
        self.seq = end.seq + 1
        """The number of the next entry; it goes on over files and restarts."""
        self.lost = 0
        """How many events the disk did not take since the journal was opened."""
        self.cut_bytes = end.cut_bytes
        """How many bytes of unfinished lines a crash had left, cut off when the journal was opened."""

    @classmethod
    def open(cls, folder: Path, *, site: str, configuration: str = "", sync_ms: int = SYNC_MS) -> Self:
        """Opens the journal in ``folder``, which is made if need be, to go on where it ended.

        ``configuration`` is the digest of what the site runs, if it is known; ``sync_ms`` is how often, in
        milliseconds, the disk is made to keep what was written. Raises :class:`JournalError` when another process has
        the journal open, or the folder cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock_fd = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(
                f"cannot keep a journal in {folder}: {error.strerror}; make it a folder that this user may write to"
            ) from error
        try:
            _lock(lock_fd, folder)
            end = _find_end(folder)
        except OSError as error:
            os.close(lock_fd)
            raise JournalError(f"cannot open the journal in {folder}: {error}") from error
        except JournalError:
            os.close(lock_fd)
            raise
        header = Header(site=site, configuration=configuration, opened=end.seq + 1)
        return cls(folder, header, lock_fd, end, sync_ms)

    def change_to(self, configuration: str) -> None:
        """From the next entry on the site runs another configuration: a header before that entry says so."""
        self._header = replace(self._header, configuration=configuration)
        self._header_due = True

    def append(self, at: int, event: Event, effects: Iterable[Effect]) -> None:
        """Writes one entry; ``at`` in Unix milliseconds. When this returns, killing the process loses nothing of it.

        Raises :class:`JournalFull` when the disk does not take it. The file then ends with the entry before, the
        entry's number stays unused, and the next call tries again: an engine may go on without its journal, and
        says so in its :meth:`health`.
        """
        seq, self.seq = self.seq, self.seq + 1
        line = encode_entry(seq, at, event, effects)
        try:
            if self._sync.gone and self._file is not None:
                _log.error("the journal's file was deleted; a new one begins in %s", self._folder)
                self._file = None
            if self._file is None or day_of(at) > self._day:
                self._begin_file(at, seq, line)
            else:
                header = encode_line(encode_header(self._header, seq - 1, at)) if self._header_due else b""
                self._file.append(header + line)
        except OSError as error:
            self.lost += 1
            self._failing = error.strerror or "failed"
            raise JournalFull(f"the journal in {self._folder} takes no more: {self._failing}") from error
        self._failing = ""
        self._header_due = False
        self._sync.wrote()

    def health(self) -> Mapping[str, str]:
        """``state`` (“up”, or what is wrong) and, where it is not nothing, how many events were ``lost``."""
        state = "up"
        if self._failing:
            state = f"not written: {self._failing}; make room on the disk of {self._folder}"
        elif self._sync.failure:
            state = f"not on the disk yet: {self._sync.failure}"
        return {"state": state} | ({"lost": str(self.lost)} if self.lost else {})

    def close(self) -> None:
        """Brings everything to the disk and lets others open the journal."""
        self._sync.close()
        os.close(self._lock_fd)

    def _begin_file(self, at: int, seq: int, line: bytes) -> None:
        """Goes on in the file of the day of ``at``: the header and the first entry in one piece."""
        if self._file is not None:
            self._file.heal()
        day = max(day_of(at), self._day)
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
            file.append(encode_line(encode_header(self._header, seq - 1, at)) + line)
        except OSError:
            os.close(folder_fd)
            os.close(file.fd)
            raise
        self._sync.watch(file.fd, folder_fd)
        self._file, self._day = file, day


def _lock(lock_fd: int, folder: Path) -> None:
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock_fd, 20).decode("ascii", "replace").strip() or "unknown"
        raise JournalError(
            f"another Holdless (process {holder}) keeps its journal in {folder}; stop it, or give this one a data "
            "folder of its own"
        ) from None
    os.ftruncate(lock_fd, 0)
    os.write(lock_fd, f"{os.getpid()}\n".encode("ascii"))


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
