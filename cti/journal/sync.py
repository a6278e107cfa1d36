"""Brings what was written from the kernel's memory to the disk, without holding up the writer."""

from __future__ import annotations

import logging
import os
import threading

_log = logging.getLogger(__name__)


class BackgroundSync:
    """A thread that syncs one file every ``interval_ms``, if something was written to it."""

    def __init__(self, interval_ms: int) -> None:
        self._interval_s = interval_ms / 1000
        self._fd: int | None = None
        self._dirty = False
        self._retired: list[int] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.failure = ""
        """Why the last sync did not work; empty when it did."""
        self.gone = False
        """Whether the watched file has been deleted: what is written to it now nobody will find."""
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    def watch(self, fd: int, folder_fd: int) -> None:
        """From now on syncs ``fd``. The one before it, and the folder that both are in, are synced once and closed."""
        with self._lock:
            if self._fd is not None:
                self._retired.append(self._fd)
            self._retired.append(folder_fd)
            self._fd = fd
            self._dirty = True
            self.gone = False

    def wrote(self) -> None:
        """Something was written to the watched file."""
        self._dirty = True

    def close(self) -> None:
        """Syncs a last time and closes the files."""
        self._stop.set()
        self._thread.join()
        with self._lock:
            if self._fd is not None:
                self._retired.append(self._fd)
                self._fd = None
        self._sync_retired()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._sync_retired()
            if self._dirty:
                self._dirty = False
                try:
                    fd = self._another_of_the_file()
                except OSError as error:  # no file handles are left: the next time there may be one
                    self._dirty = True
                    self._failed(error)
                    continue
                if fd is not None:
                    self._sync_and_close(fd)

    def _another_of_the_file(self) -> int | None:
        """A file descriptor of our own, which nobody closes meanwhile; None where there is no file yet."""
        with self._lock:
            fd = None if self._fd is None else os.dup(self._fd)
            self.gone = fd is not None and os.fstat(fd).st_nlink == 0
            return fd

    def _sync_retired(self) -> None:
        with self._lock:
            retired, self._retired = self._retired, []
        for fd in retired:
            self._sync_and_close(fd)

    def _sync_and_close(self, fd: int) -> None:
        try:
            os.fsync(fd)
        except OSError as error:
            self._failed(error)
        else:
            self.failure = ""
        finally:
            os.close(fd)

    def _failed(self, error: OSError) -> None:
        if not self.failure:
            _log.error("the journal does not reach the disk: %s", error.strerror)
        self.failure = error.strerror or "failed"
