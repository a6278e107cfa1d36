"""Opens a database: checked, with the tables of this version, and closed again."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from cti.store.errors import StoreError, explain
from cti.store.schema import metadata

_CONNECT_S, _ANSWER_S = 5.0, 10.0
"""How long a database server may take to take a connection, and for a statement; then it counts as away."""
_MIGRATING = 4_827_263_041
"""The number of PostgreSQL's advisory lock for the one who brings the tables up to date."""
SQLITE_BUSY_S = 1.0
"""How long SQLite itself waits for another connection's lock before it says “locked”; we try again anyway."""

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class Database:
    """An open database. Several connections may read while one writes."""

    def __init__(self, url: URL, engine: AsyncEngine, identity: tuple[int, int] | None) -> None:
        self._url = url
        self._identity = identity
        self.reading = engine
        self.writing = engine.execution_options(sqlite_begin="IMMEDIATE")
        """Takes SQLite's write lock at once: a transaction that reads first could not wait for it any more."""

    @classmethod
    async def open(cls, address: str) -> Self:
        """Opens ``address`` (``sqlite:////var/lib/holdless/centre.db``, ``postgresql://…``) and brings its tables up
        to date, in one transaction. Raises :class:`StoreError`."""
        url = _parsed(address)
        await asyncio.to_thread(_check_file, url)
        return cls(url, *await _open(url))

    async def intact(self) -> bool:
        """False when the file was removed or replaced: what is written now would go nowhere."""
        return await asyncio.to_thread(_identity_of, self._url) == self._identity

    async def reopen(self) -> None:
        """Opens the same address again, a file that is missing made anew. Raises :class:`StoreError`."""
        await asyncio.to_thread(_check_file, self._url)
        former = self.reading
        self.reading, self._identity = await _open(self._url)
        self.writing = self.reading.execution_options(sqlite_begin="IMMEDIATE")
        await _dispose(former)

    async def close(self) -> None:
        """Closes every connection."""
        await _dispose(self.reading)


async def _open(url: URL) -> tuple[AsyncEngine, tuple[int, int] | None]:
    """An engine on a database with the tables of this version, and the identity of its file."""
    try:
        engine = create_async_engine(url, **_options(url))
    except (SQLAlchemyError, ImportError) as error:
        raise explain(_name(url), error) from error
    if _is_sqlite(url):
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    try:
        async with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
            await connection.run_sync(_upgrade, _name(url))
        return engine, await asyncio.to_thread(_identity_of, url)
    except StoreError:
        await engine.dispose()
        raise
    except Exception as error:
        await engine.dispose()
        raise explain(_name(url), error) from error


async def _dispose(engine: AsyncEngine) -> None:
    """Closes every connection. Those in use are given a moment: the pool would forget them, not close them."""
    pool = engine.sync_engine.pool
    for _ in range(20):
        if not isinstance(pool, QueuePool) or pool.checkedout() == 0:
            break
        await asyncio.sleep(0.05)
    await engine.dispose()


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise StoreError(
            "cannot open the database: its address is no URL; write for example sqlite:///centre.db"
        ) from None
    return url.set(drivername=_ASYNC_DRIVERS.get(url.drivername, url.drivername))


def _name(url: URL) -> str:
    return f"the database {url.database if _is_sqlite(url) else url.render_as_string(hide_password=True)}"


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


def _upgrade(connection: Connection, name: str) -> None:
    """Runs the migrations that the database has not seen, while nobody else does."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    seen = set(MigrationContext.configure(connection).get_current_heads())
    if seen - {revision.revision for revision in script.walk_revisions()}:
        raise StoreError(
            f"cannot open {name}: a newer Holdless has changed it; run that version, or restore a backup from before"
        )
    if not seen and (foreign := set(inspect(connection).get_table_names()) & set(metadata.tables)):
        raise StoreError(
            f"cannot open {name}: it holds tables of something else ({', '.join(sorted(foreign))}); name another"
        )
    command.upgrade(config, "head")
