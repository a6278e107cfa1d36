"""One engine to a data folder: the kernel lets go of the lock when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cti.journal.files import JournalError


def lock_folder(folder: Path) -> int:
    """Keeps other engines out of ``folder``, which is made if need be, until what is returned is closed.

    Raises :class:`~cti.journal.JournalError` when another process has it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock_fd = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(
            f"cannot keep a journal in {folder}: {error.strerror}; make it a folder that this user may write to"
        ) from error
    try:
        _take(lock_fd, folder)
    except OSError as error:
        os.close(lock_fd)
        raise JournalError(f"cannot open the journal in {folder}: {error}") from error
    except JournalError:
        os.close(lock_fd)
        raise
    return lock_fd


def _take(lock_fd: int, folder: Path) -> None:
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
