"""The store: takes in ended calls without ever holding one up, and remembers them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, Self, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from centre.calls import CallRecord
from cti.store.contacts import (
    Contact,
    contact_of,
    read_calls,
    read_contacts,
    read_newest,
    read_scores,
    read_walks,
    storable,
)
from cti.store.database import DISPOSE_S, Database
from cti.store.errors import why
from cti.store.messages import LeftMessage, RecordedConversation, read_conversations, read_messages, write_heard
from cti.store.passwords import Hasher
from cti.store.schema import passwords
from cti.store.sign_ins import Session, SignIns
from cti.store.spool import SPOOL_MOST, Spool
from cti.store.trouble import StoreAway, StoreError, StoreStatus
from cti.store.writer import LAST_ATTEMPT_S, Writer
from ivr.messages import Score
from ivr.picture import Walk

_log = logging.getLogger(__name__)

T = TypeVar("T")

HISTORY_S = 0.8
"""The card pops without the history that takes longer than this."""
READS_MOST = 4
"""Histories under way at once; a database that answers none of them is asked no further."""
FIRST_TRY_S = 5.0
"""How long a start waits for a database that may be away."""
CLOSE_S = 5.0
"""How long closing may take to write what is left."""
CLOSING_S = 2 * LAST_ATTEMPT_S + DISPOSE_S
"""How long it takes beyond that at most: for an attempt to write that is under way, for questions that are, and for the
connections."""


class Store:
    """An open store. Made by :meth:`open`; use it on one event loop."""

    def __init__(self, database: Database, identify: Callable[[str], str], spool: Spool, site: str = "") -> None:
        self._database = database
        self._site = storable(site)
        self._identify = identify
        self._spool = spool
        self._hasher = Hasher()
        self._late = 0
        self._reads: set[asyncio.Task[Any]] = set()
        self._writer = Writer(database, self._spool, self._site)

    @classmethod
    async def open(
        cls,
        address: str,
        *,
        site: str = "",
        identify: Callable[[str], str] = str.strip,
        spool: Spool | None = None,
        may_be_away: bool = False,
        may_be_refused: bool = False,
    ) -> Self:
        """Opens the database at ``address`` and brings its tables up to date.

        ``site``: whose calls, passwords and sign-ins, for several sites may share a database. ``identify`` gives the
        same text for each way in which a caller's number may come, and an empty one for a caller who withholds it.
        ``spool`` may hold records already, by these texts; without, an empty one is made. With ``may_be_away``, a
        database that does not answer is opened as soon as it does, and what is recorded waits for it in memory; with
        ``may_be_refused`` too, so is one that somebody has to mend first. Raises :class:`StoreError` with one line that
        says what to do: for an address that is wrong, and without ``may_be_away`` for a database that is away, or
        locked for half a minute.
        """
        spool = Spool(SPOOL_MOST) if spool is None else spool
        if not may_be_away:
            return cls(await Database.open(address), identify, spool, site)
        store = cls(Database(address), identify, spool, site)
        try:
            refusal = await store._writer.first_refusal(FIRST_TRY_S)
            if refusal is not None and not isinstance(refusal, StoreAway):
                if not may_be_refused:
                    raise refusal
                _log.error("%s. Until then calls are served, and their records wait in memory", refusal)
        except BaseException:
            await store.close(0.0)
            raise
        return store

    def record(self, call: CallRecord) -> None:
        """Keeps what is known of a call; a later record of it replaces the earlier. Returns at once, raises nothing."""
        self._spool.put(call, self._identify(call.number))

    async def history(self, number: str, limit: int = 5) -> list[Contact]:
        """The last contacts of a caller, newest first, those included that are still on their way to the database.

        A database that is away or takes longer than 0.8 s adds nothing to them, and is counted in :meth:`health`.
        """
        caller = self._identify(number)
        if not caller:
            return []
        # Looked at first: while we wait for the database, a record may move from here to there, and be in neither.
        on_their_way = {record.call: contact_of(record) for record in self._spool.of(caller)}
        contacts = {contact.call: contact for contact in await self._kept(caller, limit)} | on_their_way
        return sorted(contacts.values(), key=lambda contact: (contact.at, contact.call), reverse=True)[:limit]

    async def calls(
        self, since: int, until: int, *, queue: str | None = None, agent: str | None = None, limit: int = 500
    ) -> list[CallRecord]:
        """Calls that arrived from ``since`` to before ``until`` (Unix milliseconds) and have reached the database,
        newest first. Raises :class:`StoreError` when the database is away."""
        filters = {column: value for column, value in (("queue", queue), ("agent", agent)) if value is not None}
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await read_calls(connection, self._site, since, until, filters, limit)

    async def walks(self, flow: str, since: int, until: int) -> list[Walk]:
        """The ways through ``flow`` of calls that arrived from ``since`` to before ``until`` (Unix milliseconds).
        Raises :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await read_walks(connection, self._site, flow, since, until)

    async def scores(self, since: int, until: int) -> list[tuple[str, Score]]:
        """What callers said of their conversations who arrived from ``since`` to before ``until`` (Unix milliseconds),
        each answer with the queue of the call. Raises :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await read_scores(connection, self._site, since, until)

    async def newest(self, before: int) -> int | None:
        """When the latest call arrived of those in the database that had ended before ``before`` (both in Unix
        milliseconds); None: it has none. Raises :class:`StoreError` when the database is away."""

        async def read() -> int | None:
            async with self._database.reading.connect() as connection:
                return await read_newest(connection, self._site, before)

        with _away_as_store_error():
            return await asyncio.shield(self._to_its_end(read()))

    async def messages(self, since: int, limit: int) -> list[LeftMessage]:
        """The messages of the last ``limit`` calls with any that arrived at ``since`` (Unix milliseconds) or later,
        newest first. Raises :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await read_messages(connection, self._site, since, limit)

    async def conversations(self, since: int, limit: int) -> list[RecordedConversation]:
        """The last ``limit`` recorded conversations of calls that arrived at ``since`` (Unix milliseconds) or later,
        newest first. Raises :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await read_conversations(connection, self._site, since, limit)

    async def mark_heard(self, message: str, by: str, at: int) -> None:
        """Notes that ``by`` listened to a message at ``at`` (Unix milliseconds), unless somebody did before. Raises
        :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.writing.begin() as connection:
                await write_heard(connection, self._site, storable(message), storable(by), at)

    async def set_password(self, user: str, password: str) -> None:
        """Lets ``user`` sign in with ``password`` from now on, and ends the sign-ins as ``user``, also at an engine
        that runs. Raises ValueError for one that will not do, and :class:`StoreError` when the database is away."""
        hashed = await self._hasher.hash(password)
        with _away_as_store_error():
            async with self._database.writing.begin() as connection:
                sign_ins = SignIns(connection, self._site)
                await sign_ins.wait_for_others([user], to_change=True)
                set_at = time.time_ns() // 1_000_000  # a sign-in that we waited for was before it
                mine = (passwords.c.site == self._site) & (passwords.c.user == storable(user))
                await connection.execute(delete(passwords).where(mine))
                row = {"site": self._site, "user": storable(user), "hash": hashed, "set_at": set_at}
                await connection.execute(insert(passwords), row)
                await sign_ins.end_all_of(user)

    async def check_password(self, user: str, password: str) -> bool:
        """Whether ``user`` has this password. Takes as long for a user who has none. Raises :class:`StoreError` when
        the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                kept = await connection.scalar(
                    select(passwords.c.hash)
                    .where(passwords.c.user == storable(user), passwords.c.site.in_({self._site, ""}))
                    .order_by(passwords.c.site.desc())  # "" is of before the sites were kept apart, and counts last
                    .limit(1)
                )
        if not await self._hasher.matches(kept, password):
            return False
        if kept is not None and self._hasher.is_dated(kept):
            await self._rehash(user, kept, password)
        return True

    async def sign_ins(self, since: int) -> dict[str, Session]:
        """The sign-ins at the pages made after ``since`` (Unix milliseconds), by the digest of their ticket, oldest
        first. Raises :class:`StoreError` when the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await SignIns(connection, self._site).read(since)

    async def ended_sign_ins(self) -> frozenset[str]:
        """The digests of the tickets of those sign-ins that a new password has ended. Raises :class:`StoreError` when
        the database is away."""
        with _away_as_store_error():
            async with self._database.reading.connect() as connection:
                return await SignIns(connection, self._site).read_ended()

    async def change_sign_ins(self, changes: Mapping[str, Session | None], since: int) -> None:
        """Keeps each sign-in as ``changes`` has it, by digest, None for one that is over; one of before its user's
        password was set is over too. Forgets those up to ``since`` (Unix milliseconds). Raises :class:`StoreError` when
        the database is away."""
        with _away_as_store_error():
            async with self._database.writing.begin() as connection:
                await SignIns(connection, self._site).write(changes, since)

    def status(self) -> StoreStatus:
        """How it does."""
        return StoreStatus(
            trouble=self._writer.trouble,
            slow=self._writer.is_slow,
            behind=len(self._spool),
            dropped=self._spool.dropped,
        )

    def health(self) -> Mapping[str, str]:
        """``state`` (“up”, or what is wrong), and each count that is not nothing."""
        counts = {
            "waiting": len(self._spool),
            "dropped": self._spool.dropped,
            "refused": self._writer.refused,
            "reopened": self._writer.reopened,
            "late histories": self._late,
        }
        trouble = self._writer.trouble
        if self._writer.is_slow:
            state = f"slow: {trouble}; calls wait for it in memory"
        else:
            state = f"away: {trouble}; calls are kept in memory until it is back" if trouble else "up"
        return {"state": state} | {name: str(count) for name, count in counts.items() if count}

    async def flush(self, budget_s: float = CLOSE_S) -> bool:
        """Waits until all that was recorded is in the database; False when ``budget_s`` seconds were not enough."""
        try:
            async with asyncio.timeout(budget_s):
                await self._spool.emptied()
        except TimeoutError:
            return False
        return True

    async def close(self, budget_s: float = CLOSE_S) -> None:
        """Writes what is still to be written, for at most ``budget_s`` seconds, and closes the database, which takes
        ``CLOSING_S`` more at most."""
        if not await self.flush(budget_s):
            left, trouble = len(self._spool), self._writer.trouble
            _log.error("closed with %d calls unwritten (%s); the journal has them", left, trouble)
        await self._writer.stop()
        if self._reads:
            _, late = await asyncio.wait(self._reads, timeout=LAST_ATTEMPT_S)
            for read in late:
                read.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._database.close()

    async def _kept(self, caller: str, limit: int) -> list[Contact]:
        """What the database has of the caller; nothing when it does not say in time."""
        if not self._database.is_open or len(self._reads) >= READS_MOST:
            self._late += 1
            return []
        read = self._to_its_end(self._read(caller, limit))
        done, _ = await asyncio.wait({read}, timeout=HISTORY_S)
        contacts = read.result() if done else None
        if contacts is None:
            self._late += 1
            return []
        return contacts

    def _to_its_end(self, read: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A question that is not broken off in the middle when whoever asked goes: its connection would stay open."""
        task = asyncio.get_running_loop().create_task(read)
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)
        return task

    async def _read(self, caller: str, limit: int) -> list[Contact] | None:
        """None where the database is away. It is not counted here: whoever asked may have gone on without it."""
        try:
            async with self._database.reading.connect() as connection:
                return await read_contacts(connection, self._site, caller, limit)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("no history of earlier contacts: %s", why(error))
            return None

    async def _rehash(self, user: str, dated: str, password: str) -> None:
        """Keeps the password by today's recommendation. A database that is away is no reason to keep anybody out."""
        mine = (passwords.c.user == storable(user)) & (passwords.c.hash == dated)
        hashed = await self._hasher.hash(password)
        try:
            async with self._database.writing.begin() as connection:
                await connection.execute(update(passwords).where(mine).values(hash=hashed))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("a password keeps its dated hash: %s", why(error))


@contextlib.contextmanager
def _away_as_store_error() -> Iterator[None]:
    """Says it in one line when the database does not do what it was asked."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"the database does not answer: {why(error)}; try again when it is back") from error
