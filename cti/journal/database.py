"""The journal in PostgreSQL, for engines on several machines: the one that leads writes, the others follow.

What an entry leads to waits until the entry is committed; entries that come meanwhile go together in the next commit.
Unlike a journal in files this one lets no effect leave without its entry: who cannot reach the database does not know
whether another engine leads already. Callers wait with their music until it is back, or until the other leads.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from centre.effects import Effect
from centre.events import Event
from cti.journal.codec import encode_entry, encode_line
from cti.journal.files import ForeignMark, Header, encode_header
from cti.journal.place import Mark, digest_of
from cti.journal.port import JournalStatus, Keeping
from cti.journal.reader import Entry
from cti.journal.rows import NewRow, Place, Rows, place_before
from cti.lease.leadership import Leadership
from cti.postgres import Away

_log = logging.getLogger(__name__)

BATCH = 2_000
"""Entries in one commit at most: with two seconds for a commit, as many as a centre with 100 calls a second has."""
PENDING_MOST = 20_000
"""With so many entries that wait for the database, which does not keep up, no new call is taken in until half of them
are committed. One that does not answer at all costs the lead long before."""
SLOW_S = 1.0
"""A commit that takes longer than this is slow, and said to be: it takes milliseconds as a rule."""
_PAUSE_S = 0.05
_CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class _Pending:
    row: NewRow
    kept: Callable[[], None]


def _mark(seq: int, line: str) -> Mark | None:
    return Mark(seq=seq, where=_digest(line)) if seq else None


def _digest(line: str) -> str:
    return digest_of(line.rstrip("\n").encode())


class DatabaseJournal:
    """An :class:`~cti.journal.port.EventJournal`: :meth:`follow` while another engine leads, then :meth:`begin`."""

    def __init__(self, rows: Rows, leadership: Leadership, header: Header) -> None:
        self._rows, self._leadership = rows, leadership
        self._header = header
        self._header_due = True
        self._read = Place(seq=0)
        """After the last entry that was read."""
        self._taken = 0
        """The number of the last entry taken in since :meth:`begin`."""
        self._line = b""
        """Of that entry."""
        self._pending: deque[_Pending] = deque()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._trouble = ""
        self._began: float | None = None
        """When the commit that is under way was begun, by :func:`time.monotonic`."""
        self._took_s = 0.0
        """How long the one before took."""
        self._full = False
        self._writing: asyncio.Task[None] | None = None

    @property
    def at(self) -> int:
        """The time of the last entry read, Unix milliseconds; 0: none was."""
        return self._read.at

    async def follow(self) -> list[Entry]:
        """The next entries that another engine has written; none: there are no more so far."""
        entries, self._read = await self._rows.page(self._read)
        return entries

    def begin(self) -> None:
        """From now on this engine writes. Everything that the former one wrote has been read by :meth:`follow`, after
        the lease had become ours."""
        self._taken = self._read.seq
        self._line = self._read.line.encode()
        self._header = replace(self._header, opened=self._taken + 1)
        self._writing = asyncio.create_task(self._write(), name="journal")

    def change_to(self, configuration: str, sources: Mapping[str, str]) -> None:
        """From the next entry on the site runs the configuration of this digest, read from these files."""
        self._header = replace(self._header, configuration=configuration, sources=sources)
        self._header_due = True

    def append(self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None]) -> None:
        """Takes in one entry; ``kept`` is called when it is committed, unless another engine leads by then."""
        self._taken += 1
        header = encode_line(encode_header(self._header, self._taken - 1, at)) if self._header_due else None
        self._header_due = False
        self._line = encode_entry(self._taken, at, event, effects)
        self._pending.append(_Pending(NewRow(seq=self._taken, at=at, header=header, line=self._line), kept))
        self._full |= len(self._pending) > PENDING_MOST
        self._emptied.clear()
        self._filled.set()

    def retry(self) -> None:
        """Nothing: it is always being tried."""

    def status(self) -> JournalStatus:
        """How it does. What is behind has had no effect yet."""
        took_s = max(self._took_s, 0.0 if self._began is None else time.monotonic() - self._began)
        if self._trouble:
            trouble = f"the database does not answer: {self._trouble}"
        elif self._pending and took_s > SLOW_S:
            trouble = f"the database is slow: a commit takes {took_s:.0f} s"
        elif self._full:
            trouble = "the database does not keep up"
        else:
            return JournalStatus()
        return JournalStatus(
            keeping=Keeping.FULL if self._full else Keeping.UP,
            trouble=f"{trouble}; what is decided waits for it",
            effects_wait=True,
            behind=len(self._pending),
        )

    def mark(self) -> Mark | None:
        """The place after the last entry, read or taken in; None while that is not committed, or there is none."""
        if self._writing is None:
            return _mark(self._read.seq, self._read.line)
        return None if self._pending else _mark(self._taken, self._line.decode())

    def after(self, mark: Mark) -> Iterator[Entry]:
        """The entries after ``mark``, so far; :meth:`follow` goes on from there. Raises
        :class:`~cti.journal.ForeignMark` where this journal has no such place."""
        place = self._rows.alone(lambda rows: rows.place_at(mark.seq))
        if place is None or _digest(place.line) != mark.where:
            raise ForeignMark(f"the journal in the database has no entry {mark.seq} as the mark has it")
        yield from self._from(place)

    def since(self, at: int) -> Iterator[Entry]:
        """The entries from ``at`` (Unix milliseconds) on, so far; :meth:`follow` goes on from there."""
        yield from self._from(self._rows.alone(lambda rows: place_before(rows, at)))

    def _from(self, place: Place) -> Iterator[Entry]:
        if self._writing is None:
            self._read = place
        while True:
            entries, end = self._rows.alone(lambda rows, after=place: rows.page(after))  # type: ignore[misc]
            if not entries:
                return
            yield from entries
            place = end
            if self._writing is None:
                self._read = place

    async def close(self) -> None:
        """Commits what was taken in, within two seconds, and ends."""
        if self._writing is not None:
            if self._pending and self._leadership.may_act():
                try:
                    async with asyncio.timeout(_CLOSE_S):
                        await self._emptied.wait()
                except TimeoutError:
                    _log.error("the journal was closed with %d entries that were not committed", len(self._pending))
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        self._rows.close()

    async def _write(self) -> None:
        """Commits what comes, batch after batch, until another engine leads."""
        while True:
            await self._filled.wait()
            batch = list(islice(self._pending, BATCH))
            self._began = time.monotonic()
            try:
                fresh = await self._rows.write(self._leadership.epoch, [one.row for one in batch])
            except Away as error:
                if not self._trouble:
                    _log.warning("the journal is not written, and what is decided waits: %s", error)
                self._trouble = str(error)
                await asyncio.sleep(_PAUSE_S)
                continue
            if not fresh:
                _log.error("the database refuses what epoch %d writes: it is over", self._leadership.epoch)
                self._leadership.depose("another engine leads now")
                return
            self._trouble = ""
            self._took_s, self._began = time.monotonic() - self._began, None
            self._let_go(batch)

    def _let_go(self, batch: list[_Pending]) -> None:
        """What the committed entries lead to may leave now, if we still lead."""
        for one in batch:
            self._pending.popleft()
            if not self._leadership.may_act():
                continue
            try:
                one.kept()
            except Exception:
                _log.exception("entry %d is committed, but not all that it leads to was done", one.row.seq)
        self._full &= len(self._pending) > PENDING_MOST // 2
        if not self._pending:
            self._filled.clear()
            self._emptied.set()
