"""Opens the database and brings the spooled calls into it, however long it is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from cti.store.contacts import write_calls
from cti.store.database import SQLITE_BUSY_S, Database
from cti.store.errors import sql_state, why
from cti.store.spool import Item, Spool
from cti.store.trouble import StoreError

_log = logging.getLogger(__name__)

BATCH = 50
"""Calls in one transaction at most: some 2 ms of the event loop, while a backlog is worked off."""
BATCH_SLOW = 1_000
"""The same, for a database that is slow: it is its round trips that take the time, some ten for each transaction. With
two seconds for each of them, these are as many calls as come in at 40 a second."""
SLOW_S = 1.5
"""A transaction that takes longer than this is slow, and said to be: it takes milliseconds as a rule."""
GATHER_S = 0.1
"""How long calls are gathered before they are written: one by one they would cost more than routing them does.
Nobody waits for them: they are in the journal, and a caller's history looks at those that are still gathered too."""
PAUSE_S = 0.05
"""Before writing is tried again; doubled each time, up to ``PAUSE_MOST_S``."""
PAUSE_MOST_S = 2.0
LAST_ATTEMPT_S = 2 * SQLITE_BUSY_S
"""How long an attempt that is under way may take to end when we close."""

_DATA_STATES = {"22", "23"}
"""SQL's classes of errors in the data (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


class Writer:
    """Empties a spool into a database, opening it first where it is not yet open, in a task of its own, until
    :meth:`stop`."""

    def __init__(self, database: Database, spool: Spool, site: str) -> None:
        """``site``: whose calls they are."""
        self._database = database
        self._site = site
        self._spool = spool
        self._failed = ""
        self._tried = asyncio.Event()
        self._refusal: StoreError | None = None
        """Why the database could not be opened when that was last tried."""
        self._began: float | None = None
        """When the attempt that is under way was begun, by :func:`time.monotonic`."""
        self._took_s = 0.0
        """How long the one before took."""
        self.refused = 0
        """How many records no database would take: dropped, so that they do not hold up the others."""
        self.reopened = 0
        """How often the database's file was found removed or replaced, and opened again."""
        self._busy = asyncio.Lock()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="store-writer")

    @property
    def trouble(self) -> str:
        """Why nothing can be written at present, or that it takes long; empty when all is well."""
        if not self._database.is_open:
            return self._failed or "it has not answered yet"
        if self._failed or not self.is_slow:
            return self._failed
        return f"writing takes {self._slowest_s:.0f} s"

    @property
    def is_slow(self) -> bool:
        """Whether calls are written, but take long to be."""
        return not self._failed and len(self._spool) > 0 and self._slowest_s > SLOW_S

    @property
    def _slowest_s(self) -> float:
        return max(self._took_s, 0.0 if self._began is None else time.monotonic() - self._began)

    async def first_refusal(self, within_s: float) -> StoreError | None:
        """Why the database could not be opened at the first try; None where it could, and where that is not known after
        ``within_s`` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._tried.wait()
        return self._refusal

    async def stop(self) -> None:
        """Ends the task between two attempts: one that was broken off would leave its connection behind."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_ATTEMPT_S), self._busy:
                self._task.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        """Writes on and on. No error ends it."""
        pause_s = PAUSE_S
        while True:
            if self._database.is_open:
                await self._spool.filled()
                if len(self._spool) < BATCH:
                    await asyncio.sleep(GATHER_S)
            try:
                async with self._busy:
                    if self._database.is_open:
                        await self._timed()
                    else:
                        await self._open()
            except Exception as error:
                if not self._failed:
                    _log.warning("calls cannot be written and are kept in memory: %s", why(error))
                self._failed = why(error)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, PAUSE_MOST_S)
            else:
                if self._failed:
                    _log.warning("calls can be written again")
                self._failed, pause_s = "", PAUSE_S

    async def _open(self) -> None:
        self._refusal = None
        try:
            await self._database.connect()
        except StoreError as error:
            self._refusal = error
            raise
        finally:
            self._tried.set()

    async def _timed(self) -> None:
        self._began = time.monotonic()
        try:
            await self._write_some()
        finally:
            took_s, self._began = time.monotonic() - self._began, None
        if took_s > SLOW_S >= self._took_s:
            _log.warning("the database is slow: it took %.1f s to write calls; those that come wait in memory", took_s)
        self._took_s = took_s

    async def _write_some(self) -> None:
        if not await self._database.intact():
            await self._database.connect()
            self.reopened += 1
            _log.error("the database's file was removed or replaced; writing goes on in the one that is there now")
        batch = self._spool.head(BATCH if self._took_s <= SLOW_S else BATCH_SLOW)
        try:
            await self._write(batch)
        except Exception as error:
            if not _is_the_records_fault(error):
                raise
            await self._write_one_by_one(batch)
        self._spool.done(batch)

    async def _write_one_by_one(self, batch: list[Item]) -> None:
        for item in batch:
            try:
                await self._write([item])
            except Exception as error:
                if not _is_the_records_fault(error):
                    raise
                self.refused += 1
                _log.error("the record of call %r cannot be kept: %s", item[0].call, type(error).__name__)
            self._spool.done([item])

    async def _write(self, batch: list[Item]) -> None:
        async with self._database.writing.begin() as connection:
            await write_calls(connection, self._site, batch)


def _is_the_records_fault(error: Exception) -> bool:
    """Whether the same record would fail for ever, and another would not."""
    if isinstance(error, DBAPIError):
        # asyncpg's errors of this kind come with no class of their own, but with SQL's class of the error.
        return isinstance(error, DataError | IntegrityError) or sql_state(error)[:2] in _DATA_STATES
    return isinstance(error, StatementError | TypeError | UnicodeError | OverflowError | NotImplementedError)
