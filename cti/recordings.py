"""The messages that callers leave, as files: a line writes them, and they are known by their names."""

from __future__ import annotations

import re
from pathlib import Path

_WAV_HEADER_BYTES = 44
_BYTES_PER_MS = 16
"""16 bits a sample, 8,000 samples a second: what Asterisk calls “wav”, and what Twilio gives."""
_NAME = re.compile(r"[A-Za-z0-9-]{1,200}")


class Recordings:
    """One folder of messages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def prepare(self) -> None:
        """Makes the folder; OSError where that is impossible."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def stem(self, message: str) -> str:
        """Where a line is to write the message, without the ending. ValueError for a name that is no file's."""
        if not _NAME.fullmatch(message):
            raise ValueError(f"{message!r} cannot be a message's file")
        return str(self.folder / message)

    def find(self, message: str) -> Path | None:
        """The message's file; None where there is none."""
        if not _NAME.fullmatch(message):
            return None
        path = self.folder / f"{message}.wav"
        return path if path.is_file() else None

    def length_ms(self, message: str) -> int:
        """How long the message is by now; 0 where there is none."""
        path = self.find(message)
        return 0 if path is None else max(0, path.stat().st_size - _WAV_HEADER_BYTES) // _BYTES_PER_MS
