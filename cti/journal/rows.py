"""The journal as rows in PostgreSQL: the same lines as in files, under the number of the entry and of the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from cti.journal.codec import CodecError, decode_line
from cti.journal.files import Header, JournalAway, JournalError
from cti.journal.reader import Entry, entry_from_plain, header_from_plain
from cti.lease.row import TABLE as LEASE_TABLE
from cti.postgres import Away, Session

T = TypeVar("T")

PAGE = 2_000
"""Entries that are read at a time."""

_TABLES = (
    LEASE_TABLE,
    """
CREATE TABLE IF NOT EXISTS holdless_journal (
    site text,
    seq bigint,
    epoch bigint NOT NULL,
    at bigint NOT NULL,
    header text,
    line text NOT NULL,
    PRIMARY KEY (site, seq)
)
""",
    "CREATE INDEX IF NOT EXISTS holdless_journal_at ON holdless_journal (site, at)",
    "CREATE INDEX IF NOT EXISTS holdless_journal_header ON holdless_journal (site, seq) WHERE header IS NOT NULL",
)
"""``header`` stands at the first entry that was written under it; ``line`` is what a file would hold."""
_ONE_AT_A_TIME = 4_827_263_042
"""The number of PostgreSQL's advisory lock for the one who makes the tables."""

_WRITE = """
WITH lease AS MATERIALIZED (
    SELECT epoch FROM holdless_lease WHERE site = $1 AND epoch = $2 FOR KEY SHARE
), written AS (
    INSERT INTO holdless_journal (site, seq, epoch, at, header, line)
    SELECT $1, entry.seq, lease.epoch, entry.at, entry.header, entry.line
    FROM lease, unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[]) AS entry (seq, at, header, line)
    ON CONFLICT (site, seq) DO NOTHING
)
SELECT epoch FROM lease
"""
"""One statement, so it is a transaction of its own: a client that is frozen behind it holds no lock."""
_READ = "SELECT seq, header, line FROM holdless_journal WHERE site = $1 AND seq > $2 ORDER BY seq LIMIT $3"
_LINE = "SELECT at, line FROM holdless_journal WHERE site = $1 AND seq = $2"
_BEFORE = """
SELECT coalesce(
    (SELECT min(seq) - 1 FROM (
        SELECT seq FROM holdless_journal WHERE site = $1 AND at >= $2 ORDER BY at LIMIT 1000
    ) AS first),
    (SELECT max(seq) FROM holdless_journal WHERE site = $1),
    0
) AS seq
"""
"""The smallest number is among the first by time. Asked for the smallest alone, the server may go through all that is
older, in the order of the numbers."""
_HEADER = """
SELECT header FROM holdless_journal WHERE site = $1 AND seq <= $2 AND header IS NOT NULL ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """An entry on its way to the database."""

    seq: int
    at: int
    header: bytes | None
    """The header above it; None: the one above the entry before."""
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Just after an entry."""

    seq: int
    """The number of the entry; 0: before the first one."""
    at: int = 0
    """Its time, Unix milliseconds."""
    header: Header | None = None
    """The header above it."""
    line: str = ""
    """Of another journal, entry ``seq`` has another one."""


class Rows:
    """The journal of one site. Every method raises :class:`~cti.postgres.Away`."""

    def __init__(self, session: Session, site: str) -> None:
        self._session = session
        self.site = site

    async def make_tables(self) -> None:
        """Makes the tables of lease and journal where there are none."""
        await self._session.ask("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        for statement in _TABLES:
            await self._session.ask(statement)
        await self._session.ask("SELECT pg_advisory_unlock($1)", _ONE_AT_A_TIME)

    async def write(self, epoch: int, rows: Iterable[NewRow]) -> bool:
        """Adds ``rows``, all or none; False: the lease has another epoch by now, and the database refuses them. Rows
        that are there already, of an attempt whose answer was lost, are left as they are."""
        columns = [(row.seq, row.at, _text(row.header), _text(row.line)) for row in rows]
        return bool(await self._session.ask(_WRITE, self.site, epoch, *map(list, zip(*columns, strict=True))))

    async def is_empty(self) -> bool:
        """Whether nobody has written an entry."""
        return not await self._session.ask("SELECT 1 FROM holdless_journal WHERE site = $1 LIMIT 1", self.site)

    async def before(self, at: int) -> int:
        """The number of the entry before the first one of ``at`` (Unix milliseconds) or later."""
        return int((await self._session.ask(_BEFORE, self.site, at))[0]["seq"])

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()

    async def header_at(self, seq: int) -> Header | None:
        """The header above entry ``seq``. Raises :class:`~cti.journal.JournalError` for one of another version."""
        found = await self._session.ask(_HEADER, self.site, seq)
        return self._header(seq, found[0]["header"]) if found else None

    async def place_at(self, seq: int) -> Place | None:
        """Where entry ``seq`` stands; None: there is none."""
        found = await self._session.ask(_LINE, self.site, seq)
        if not found:
            return None
        return Place(seq=seq, at=found[0]["at"], header=await self.header_at(seq), line=found[0]["line"])

    async def page(self, after: Place) -> tuple[list[Entry], Place]:
        """The next entries after ``after``, and where they end; none: that was the last so far. Raises
        :class:`~cti.journal.JournalError` for what a journal of this version cannot contain."""
        rows = await self._session.ask(_READ, self.site, after.seq, PAGE)
        entries = self._entries(rows, after.header)
        if not entries:
            return [], after
        last = entries[-1]
        return entries, Place(seq=last.seq, at=last.at, header=last.header, line=rows[-1]["line"])

    def alone(self, work: Callable[[Rows], Coroutine[Any, Any, T]]) -> T:
        """Does ``work`` on a connection and in a thread of its own and waits for it: for who cannot await, while an
        engine starts. Raises :class:`~cti.journal.JournalAway` when the database does not answer."""

        async def on_its_own() -> T:
            rows = Rows(self._session.another(), self.site)
            try:
                return await work(rows)
            finally:
                rows.close()

        try:
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, on_its_own()).result()
        except Away as error:
            raise JournalAway(f"the journal's database does not answer: {error}; try again when it is back") from error

    def _entries(self, rows: Sequence[Any], header: Header | None) -> list[Entry]:
        entries: list[Entry] = []
        for row in rows:
            if row["header"] is not None:
                header = self._header(row["seq"], row["header"])
            if header is None:  # it stood at an entry that was deleted, as whoever keeps the database may
                header = Header(site=self.site, configuration="", opened=row["seq"])
            try:
                entries.append(entry_from_plain(decode_line(row["line"].encode()), header))
            except CodecError as error:
                raise JournalError(f"entry {row['seq']} of the journal in the database: {error}") from error
        return entries

    @staticmethod
    def _header(seq: int, text: str) -> Header:
        try:
            return header_from_plain(decode_line(text.encode()))
        except CodecError as error:
            raise JournalError(f"the header at entry {seq} of the journal in the database: {error}") from error


async def place_before(rows: Rows, at: int) -> Place:
    """Just before the first entry of ``at`` (Unix milliseconds) or later. Raises :class:`~cti.postgres.Away`."""
    seq = await rows.before(at)
    return await rows.place_at(seq) or Place(seq=seq)


def _text(line: bytes | None) -> str | None:
    return None if line is None else line.decode().rstrip("\n")
