"""Snapshots in files beside the journal: the newest two, each written whole or not at all.

A file is the digest of all that follows it, a line of JSON (:class:`Head`) and the bytes of :mod:`cti.snapshots.codec`,
compressed.
"""

from __future__ import annotations

import logging
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import msgspec

from cti.journal import Entry, ForeignMark, Mark
from cti.snapshots.codec import Kept, NotKept, code_digest, decode, encode

_log = logging.getLogger(__name__)

FORMAT = 1
KEPT = 2
"""The newest one may turn out to be damaged."""
_LEVEL = 1
"""The fastest compression makes of 8 MB half of one."""
_NAME = re.compile(r"snapshot-(\d{12,})")
_SET_ASIDE = "snapshot.set-aside"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a snapshot before its payload is looked at."""

    snapshot: int
    """The format."""
    site: str
    configuration: str
    """The digest of what the centre goes by."""
    code: str
    """:func:`~cti.snapshots.codec.code_digest` of whoever wrote it."""
    seq: int
    where: str
    """The place in the journal (:class:`~cti.journal.Mark`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A centre as it stood just after ``mark``."""

    mark: Mark
    configuration: str
    kept: Kept


class Unusable(Exception):
    """A file is no snapshot that this process may go on from; the text says why."""


class Snapshots:
    """The snapshots of one site in one folder, as the code with this digest understands them."""

    def __init__(self, folder: Path, site: str, *, code: str | None = None) -> None:
        """``code``: :func:`~cti.snapshots.codec.code_digest`, unless something else is to be seen to."""
        self._folder = folder
        self._site = site
        self._code = code_digest() if code is None else code

    def write(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot; older ones, but for the last, go. Raises OSError, with nothing changed, when the disk
        does not take it."""
        head = Head(
            snapshot=FORMAT,
            site=self._site,
            configuration=snapshot.configuration,
            code=self._code,
            seq=snapshot.mark.seq,
            where=snapshot.mark.where,
        )
        content = msgspec.json.encode(head) + b"\n" + zlib.compress(encode(snapshot.kept), _LEVEL)
        path = self._path(snapshot.mark)
        # One name, whoever writes: what a killed writer left is written over.
        unfinished = self._folder / "snapshot.unfinished"
        try:
            fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(_digest(content) + b"\n")
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        unfinished.replace(path)
        for old in self._paths()[KEPT:]:
            old.unlink(missing_ok=True)

    def newest(self, after: Callable[[Mark], Iterator[Entry]]) -> tuple[Snapshot, Iterator[Entry]] | None:
        """The newest snapshot to go on from, and the entries that ``after`` (of the journal) gives from there; None
        where there is none.

        One that is damaged, of another site, journal or version, is set aside, the log says why, and the one before
        is looked at.
        """
        for path in self._paths():
            try:
                snapshot = self._read(path)
                return snapshot, _begun(after(snapshot.mark))
            except (Unusable, ForeignMark) as error:
                _log.warning("the snapshot %s is not used and set aside: %s", path, error)
                with suppress(OSError):
                    path.replace(self._folder / _SET_ASIDE)
        return None

    def look(self) -> Snapshot | None:
        """The newest snapshot, which stays where it is, whatever is wrong with it; None where there is none. Raises
        :class:`Unusable`."""
        paths = self._paths()
        return self._read(paths[0]) if paths else None

    def at(self, mark: Mark) -> Snapshot | None:
        """The snapshot that was taken at ``mark``; None where there is none that can be read."""
        try:
            snapshot = self._read(self._path(mark))
        except Unusable:
            return None
        return snapshot if snapshot.mark == mark else None

    def _path(self, mark: Mark) -> Path:
        return self._folder / f"snapshot-{mark.seq:012d}"

    def _paths(self) -> list[Path]:
        """The files, newest first."""
        found = [(int(name[1]), path) for path in self._folder.iterdir() if (name := _NAME.fullmatch(path.name))]
        return [path for _, path in sorted(found, reverse=True)]

    def _read(self, path: Path) -> Snapshot:
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
        except OSError as error:
            raise Unusable(error.strerror) from error
        if digest != _digest(content):
            raise Unusable("it is damaged")
        line, _, payload = content.partition(b"\n")
        try:
            head = msgspec.json.decode(line, type=Head)
        except msgspec.DecodeError as error:
            raise Unusable(str(error)) from None
        if head.snapshot != FORMAT or head.code != self._code:
            raise Unusable("another version of Holdless wrote it")
        if head.site != self._site:
            raise Unusable(f"it is of the site “{head.site}”")
        try:
            kept = decode(zlib.decompress(payload))
        except (NotKept, zlib.error) as error:
            raise Unusable(str(error)) from error
        return Snapshot(mark=Mark(seq=head.seq, where=head.where), configuration=head.configuration, kept=kept)


def _begun(entries: Iterator[Entry]) -> Iterator[Entry]:
    """The same entries, the first of them read already: what is wrong with the place shows at once."""
    first = next(entries, None)
    return entries if first is None else _with(first, entries)


def _with(first: Entry, others: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from others


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).hexdigest().encode()
