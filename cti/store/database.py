"""Opens a database: checked, with the tables of this version, and closed again."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from cti.store.address import NO_URL
from cti.store.errors import explain
from cti.store.trouble import StoreAway, StoreBusy, StoreError
from cti.store.version import has_the_newest

_CONNECT_S, _ANSWER_S = 5.0, 10.0
"""How long a database server may take to take a connection, and for a statement; then it counts as away."""
SQLITE_BUSY_S = 1.0
"""How long SQLite itself waits for another connection's lock before it says “locked”; we try again anyway."""
BUSY_S = 30.0
"""How long opening waits for another program that holds the database, such as one that brings its tables up to date."""
AGAIN_S = 0.1
"""After this it is tried again."""
DISPOSE_S, _LOOK_S = 1.0, 0.05
"""How long closing waits for connections that are in use, and how often it looks."""

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class Database:
    """A database, to be used once it is open. Several connections may read while one writes."""

    def __init__(self, address: str) -> None:
        """``address``: ``sqlite:////var/lib/holdless/centre.db``, ``postgresql://…``. Raises :class:`StoreError` for
        what is no address."""
        self._url = _parsed(address)
        self._engine: AsyncEngine | None = None
        self._identity: tuple[int, int] | None = None

    @classmethod
    async def open(cls, address: str) -> Self:
        """A database that is open. Raises :class:`StoreError` for one that cannot be opened, and for one that another
        program holds, or that does not answer, for half a minute."""
        database = cls(address)
        loop = asyncio.get_running_loop()
        until = loop.time() + BUSY_S
        while True:
            try:
                await database.connect()
            except StoreBusy:
                if loop.time() >= until:
                    raise
            else:
                return database
            await asyncio.sleep(AGAIN_S)

    @property
    def is_open(self) -> bool:
        """Whether it was ever opened. It may be away again."""
        return self._engine is not None

    @property
    def reading(self) -> AsyncEngine:
        """For transactions that only read. Raises :class:`StoreAway` before it is open."""
        if self._engine is None:
            raise StoreAway("the database could not be opened yet; try again when it is back")
        return self._engine

    @property
    def writing(self) -> AsyncEngine:
        """Takes SQLite's write lock at once: a transaction that reads first could not wait for it any more."""
        return _writing(self.reading)

    async def connect(self) -> None:
        """Opens it, again where it is open: a file that is missing is made anew, tables are brought up to date in one
        transaction. Raises :class:`StoreError`; then all is as it was."""
        await asyncio.to_thread(_check_file, self._url)
        former = self._engine
        self._engine, self._identity = await _open(self._url)
        if former is not None:
            await _dispose(former)

    async def intact(self) -> bool:
        """False when the file was removed or replaced: what is written now would go nowhere."""
        return await asyncio.to_thread(_identity_of, self._url) == self._identity

    async def close(self) -> None:
        """Closes every connection."""
        if self._engine is not None:
            await _dispose(self._engine)


async def _open(url: URL) -> tuple[AsyncEngine, tuple[int, int] | None]:
    """An engine on a database with the tables of this version, and the identity of its file."""
    try:
        engine = create_async_engine(url, **_options(url))
    except (SQLAlchemyError, ImportError) as error:
        raise explain(_name(url), error) from error
    if _is_sqlite(url):
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    opened = False
    try:
        # To look first takes no lock: a database that somebody else is writing to can be opened.
        async with engine.connect() as connection:
            up_to_date = await connection.run_sync(has_the_newest)
        if not up_to_date:
            await _migrate(engine, _name(url))
        identity = await asyncio.to_thread(_identity_of, url)
        opened = True
    except StoreError:
        raise
    except Exception as error:
        raise explain(_name(url), error) from error
    finally:
        if not opened:
            await engine.dispose()
    return engine, identity


def _writing(engine: AsyncEngine) -> AsyncEngine:
    return engine.execution_options(sqlite_begin="IMMEDIATE")


async def _migrate(engine: AsyncEngine, name: str) -> None:
    from cti.store.migrating import Migrations  # noqa: PLC0415 - see has_the_newest

    migrations = Migrations(name)
    async with engine.connect() as connection:
        done = await connection.run_sync(migrations.are_done)
    if not done:
        async with _writing(engine).begin() as connection:
            await connection.run_sync(migrations.run)


async def _dispose(engine: AsyncEngine) -> None:
    """Closes every connection. Those in use are given a moment: the pool would forget them, not close them."""
    pool = engine.sync_engine.pool
    for _ in range(round(DISPOSE_S / _LOOK_S)):
        if not isinstance(pool, QueuePool) or pool.checkedout() == 0:
            break
        await asyncio.sleep(_LOOK_S)
    await engine.dispose()


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError, TypeError):  # the last two: a port that is no number
        raise StoreError(NO_URL) from None
    return url.set(drivername=_ASYNC_DRIVERS.get(url.drivername, url.drivername))


def _name(url: URL) -> str:
    if _is_sqlite(url):
        return f"the database {url.database}"
    return f"the database {url.set(query={}).render_as_string(hide_password=True)}"  # a password may stand there, too


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _options(url: URL) -> dict[str, Any]:
    if _is_sqlite(url):
        return {"connect_args": {"timeout": SQLITE_BUSY_S}}
    if url.get_driver_name() == "asyncpg":
        return {"pool_pre_ping": True, "connect_args": {"timeout": _CONNECT_S, "command_timeout": _ANSWER_S}}
    return {"pool_pre_ping": True}


def _check_file(url: URL) -> None:
    """Says in our words what SQLite would say in riddles."""
    if not _is_sqlite(url):
        return
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError("cannot open a database in memory: it would forget; name a file, as in sqlite:///centre.db")
    path = Path(url.database)
    if path.is_dir():
        raise StoreError(f"cannot open {_name(url)}: it is a folder; name a file in it")
    if not path.parent.is_dir():
        raise StoreError(f"cannot open {_name(url)}: there is no folder {path.parent}; make it, or name another")
    with suppress(OSError):
        # Numbers, notes and hashes of passwords: for the owner only. SQLite gives its other files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        # aiosqlite (0.22) ends the thread of a connection that fails without waiting for it; a thread that is late
        # for the end of the event loop prints a traceback after our one line. So the file is tried without it.
        sqlite3.connect(path).close()
    except sqlite3.Error as error:
        raise explain(_name(url), error) from error


def _identity_of(url: URL) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None for a missing one, and for a database that is no file."""
    if not _is_sqlite(url) or not url.database:
        return None
    try:
        status = os.stat(url.database)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Readers do not wait for the writer (WAL); a commit survives a killed process, and a power cut costs the last
    ones but never the file (synchronous=NORMAL): the journal has them."""
    try:
        connection.isolation_level = None  # the driver begins no transactions of its own; _begin_sqlite does
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except BaseException:
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    """The driver would begin a transaction late and not at all for CREATE TABLE
    (https://docs.sqlalchemy.org/en/21/dialects/sqlite.html, “transactions”)."""
    immediate = connection.get_execution_options().get("sqlite_begin") == "IMMEDIATE"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
