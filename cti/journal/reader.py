"""Reads a journal back: for a restart, a replay, an explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from centre.effects import Effect
from centre.events import Event
from cti.journal.codec import CodecError, decode_line, effect_from_plain, event_from_plain
from cti.journal.files import FORMAT, ForeignMark, Header, JournalError, day_of, files_in
from cti.journal.place import Mark, Where, digest_of, where_of

_WHAT_TO_DO = (
    "nothing is guessed at: put the file back from a backup, or move it out of the folder (keep it) and start again; "
    "callers who are on a line are found there"
)


_ENTRY = re.compile(rb'\{"seq":\d+,"at":(\d+),"event":')
"""How an entry begins: those that are too early are left out without a look at the rest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event and what it led to.

    ``seq`` goes up by one from entry to entry, over files and restarts; a jump tells how many events were accepted
    but could not be written (the disk was full), so that a replay over it is not the truth any more.
    """

    seq: int
    at: int
    """Unix milliseconds."""
    event: Event
    effects: tuple[Effect, ...]
    header: Header


def read(folder: Path, since: int | None = None) -> Iterator[Entry]:
    """The entries in the order they were written, those earlier than ``since`` (Unix milliseconds) left out.

    May be called while the journal is being written: a line that is not whole yet is not given. Raises
    :class:`JournalError` with file and line for anything that a journal of this version cannot contain; in entries
    that are left out it may go unnoticed.
    """
    files = _files(folder)
    for index, (day, path) in enumerate(files):
        if since is None or day >= day_of(since):
            yield from _read_file(path, since, newest=index == len(files) - 1)


def read_after(folder: Path, mark: Mark) -> Iterator[Entry]:
    """The entries after ``mark``, without a look at those before.

    Raises :class:`ForeignMark` where the journal in ``folder`` has no such place, and :class:`JournalError` as
    :func:`read` does.
    """
    if mark.seq == 0:
        yield from read(folder)
        return
    where = where_of(mark)
    files = _files(folder)
    names = [path.name for _, path in files]
    if where is None or where.file not in names:
        raise ForeignMark(f"the journal in {folder} has no entry {mark.seq} where it should be")
    first = names.index(where.file)
    path = files[first][1]
    header = _header_above(path, where)
    if header is None:
        raise ForeignMark(f"{path} has another entry than {mark.seq} where that should be")
    newest = len(files) - 1
    yield from _read_file(path, None, newest=first == newest, begin=(where.after, header))
    for index in range(first + 1, len(files)):
        yield from _read_file(files[index][1], None, newest=index == newest)


def _files(folder: Path) -> list[tuple[int, Path]]:
    try:
        return files_in(folder)
    except OSError as error:
        raise JournalError(f"cannot read the journal in {folder}: {error.strerror}") from error


def _header_above(path: Path, where: Where) -> Header | None:
    """The header that the entry at this place stands under; None where another entry or none is there."""
    try:
        with path.open("rb") as file:
            file.seek(where.line_at)
            if digest_of(file.read(where.after - where.line_at)) != where.digest:
                return None
            file.seek(where.header_at)
            return header_from_plain(decode_line(file.readline()))
    except OSError as error:
        raise JournalError(f"cannot read {path}: {error.strerror}") from error
    except CodecError:
        return None


def _read_file(
    path: Path, since: int | None, *, newest: bool, begin: tuple[int, Header | None] = (0, None)
) -> Iterator[Entry]:
    """``begin``: the first byte to read, and the header above it."""
    offset, header = begin
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if newest and not line.endswith(b"\n"):
                    return
                try:
                    found = _parse(line, header, since)
                except CodecError as error:
                    raise JournalError(f"{path}:{_line_number(path, offset)}: {error}; {_WHAT_TO_DO}") from error
                offset += len(line)
                if isinstance(found, Header):
                    header = found
                elif found is not None:
                    yield found
    except OSError as error:
        raise JournalError(f"cannot read {path}: {error.strerror}") from error


def _line_number(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        return file.read(offset).count(b"\n") + 1


def _parse(line: bytes, header: Header | None, since: int | None) -> Header | Entry | None:
    """What stands in the line; None for an entry before ``since``."""
    if not line.endswith(b"\n"):
        raise CodecError("the line is cut off")
    if since is not None and header is not None and (entry := _ENTRY.match(line)) and int(entry[1]) < since:
        return None
    plain = decode_line(line)
    if "journal" in plain:
        return header_from_plain(plain)
    if header is None:
        raise CodecError("the file does not begin with a header")
    if since is not None and _integer(plain, "at") < since:
        return None
    return entry_from_plain(plain, header)


def header_from_plain(plain: dict[str, Any]) -> Header:
    """Undoes :func:`~cti.journal.files.encode_header`; raises :class:`~cti.journal.codec.CodecError`."""
    version = plain.get("journal")
    if version != FORMAT:
        raise CodecError(
            f"written in format {version}, this Holdless reads format {FORMAT}: use the version that wrote it"
        )
    site, configuration = plain.get("site"), plain.get("configuration")
    if not isinstance(site, str) or not isinstance(configuration, str):
        raise CodecError("a header without site and configuration")
    sources = plain.get("sources", {})
    if not isinstance(sources, dict) or not all(isinstance(text, str) for text in sources.values()):
        raise CodecError("a header with sources that are no files")
    return Header(site=site, configuration=configuration, opened=_integer(plain, "opened"), sources=sources)


def entry_from_plain(plain: dict[str, Any], header: Header) -> Entry:
    """Undoes :func:`~cti.journal.codec.encode_entry`; raises :class:`~cti.journal.codec.CodecError`."""
    effects = plain.get("effects")
    if not isinstance(effects, list):
        raise CodecError("an entry without effects")
    return Entry(
        seq=_integer(plain, "seq"),
        at=_integer(plain, "at"),
        event=event_from_plain(plain.get("event")),
        effects=tuple(effect_from_plain(effect) for effect in effects),
        header=header,
    )


def _integer(plain: dict[str, Any], key: str) -> int:
    value = plain.get(key)
    if not isinstance(value, int):
        raise CodecError(f"no whole number under “{key}”")
    return value
