"""A file that only grows, by whole pieces."""

from __future__ import annotations

import errno
import os
from pathlib import Path


class AppendFile:
    """Open for appending; the file is made if it is not there. Whoever opened it alone writes to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self.fd).st_size
        self._torn = False

    @property
    def size(self) -> int:
        """Bytes of whole appends."""
        return self._size

    def append(self, payload: bytes) -> None:
        """All of ``payload`` or nothing of it, in one call to the kernel; raises OSError for nothing."""
        self.heal()
        self._torn = True
        written = os.write(self.fd, payload)
        if written < len(payload):
            self.heal()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written
        self._torn = False

    def heal(self) -> None:
        """Cuts off what an append that failed may have left; raises OSError when not even that works."""
        if self._torn:
            os.ftruncate(self.fd, self._size)
            self._torn = False
