"""What a crash may leave at the end of a journal file, and how it is put right."""

from __future__ import annotations

import os
from pathlib import Path

from cti.journal.codec import CodecError, decode_line
from cti.journal.files import JournalError

_FIRST_LOOK = 64 * 1024
_LAST_LOOK = 64 * 1024 * 1024
"""Bytes from the end. No crash leaves more than this unwritten: then it is damage of another kind."""


def cut_torn_end(path: Path) -> tuple[int | None, int]:
    """Cuts off what follows the last whole line of the file.

    Returns the number (``seq``) at that line, None for an empty file, and how many bytes were cut off: a line that
    was being written when the process was killed, or what a power cut left of blocks not yet on the disk. Their
    effects were never carried out, or are lost with them.
    """
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        look = _FIRST_LOOK
        while True:
            start = max(0, size - look)
            file.seek(start)
            found = _last_whole_line(file.read(size - start), from_start=start == 0)
            if found is not None or start == 0:
                break
            if look >= _LAST_LOOK:
                raise JournalError(
                    f"{path}: no readable line in its last {_LAST_LOOK // 1024 // 1024} MiB; "
                    "move the file out of the folder (keep it) and start again"
                )
            look *= 2
        seq, end = found if found is not None else (None, 0)
        good = start + end
        if good < size:
            file.truncate(good)
            os.fsync(file.fileno())
        return seq, size - good


def _last_whole_line(tail: bytes, *, from_start: bool) -> tuple[int, int] | None:
    """The ``seq`` of the last line that is whole, and the offset just after it."""
    end = tail.rfind(b"\n")
    while end >= 0:
        begin = tail.rfind(b"\n", 0, end) + 1
        if begin == 0 and not from_start:
            return None
        try:
            seq = decode_line(tail[begin:end]).get("seq")
        except CodecError:
            seq = None
        if isinstance(seq, int):
            return seq, end + 1
        end = begin - 1
    return None
