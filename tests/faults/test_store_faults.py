"""A database that is locked, full, gone or killed costs no call and holds up nobody."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import event

from cti.store import Store, StoreError
from cti.store.database import Database
from cti.store.spool import Spool
from tests.faults.troubled_store import (
    PATIENCE_S,
    SLOWLY,
    ended,
    kept,
    sizes_written,
    takes_calls_slowly,
    until_away,
    until_up,
)
from tests.stores import closing, opened_together

pytestmark = pytest.mark.usefixtures("histories_are_waited_for")

ROOT = Path(__file__).parents[2]


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'centre.db'}"


async def until_given_up(caplog: pytest.LogCaptureFixture, count: int) -> None:
    """Waits until as many histories as ``count`` that were asked for will not come any more."""
    for _ in range(int(PATIENCE_S / 0.01)):
        if caplog.text.count("no history of earlier contacts") >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the database was never given up")


def remove(folder: Path, names: str) -> None:
    for path in folder.glob(names):
        path.unlink()


@contextlib.contextmanager
def locked(folder: Path, *, for_readers: bool = False) -> Iterator[None]:
    """Another program holds the database for writing or, with ``for_readers``, wholly."""
    with contextlib.closing(sqlite3.connect(folder / "centre.db", isolation_level=None)) as other:
        if for_readers:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        if for_readers:
            other.execute("INSERT INTO passwords (site, user, hash) VALUES ('other', 'program', '')")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def test_calls_recorded_while_the_database_is_locked_arrive_when_it_is_free(tmp_path: Path) -> None:
    async with closing(await Store.open(address(tmp_path))) as store:
        with locked(tmp_path):
            for number in range(100):
                store.record(ended(number))
            assert "database is locked" in await until_away(store)
            assert [contact.at for contact in await store.history("+380501110001", limit=2)] == [99, 98]
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == list(range(100))
        assert store.health() == {"state": "up"}


async def test_a_database_that_is_slow_is_said_to_be_and_gets_the_calls_in_larger_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute: Callable[..., Awaitable[Any]] = aiosqlite.Connection._execute
    delay_s = 0.0

    async def executes(connection: aiosqlite.Connection, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(delay_s)
        return await execute(connection, *args, **kwargs)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", executes)
    monkeypatch.setattr("cti.store.writer.SLOW_S", 0.04)
    async with closing(await Store.open(address(tmp_path))) as store:
        sizes = sizes_written(monkeypatch)
        delay_s = 0.02
        await takes_calls_slowly(store, sizes)
        delay_s = 0
        assert await kept(store) == list(range(SLOWLY))


async def test_a_history_comes_from_a_database_that_somebody_else_is_writing_to(tmp_path: Path) -> None:
    async with closing(await Store.open(address(tmp_path))) as store:
        store.record(ended(1))
        await store.flush()
        with locked(tmp_path):
            assert [contact.at for contact in await store.history("+380501110001")] == [1]


async def test_histories_that_do_not_come_in_time_come_empty_and_are_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cti.store.store.HISTORY_S", 0.1)
    async with closing(await Store.open(address(tmp_path))) as store:
        store.record(ended(1))
    database = await Database.open(address(tmp_path))
    await database.reading.dispose()  # SQLite lets nobody lock out readers that are connected already
    async with closing(Store(database, str.strip, spool=Spool(10))) as store:
        with locked(tmp_path, for_readers=True):
            answers = await asyncio.gather(*(store.history("+380501110001") for _ in range(20)))
            assert answers == [[]] * 20
            await until_given_up(caplog, 4)  # those that had been begun
            assert store.health()["late histories"] == "20"
            store.record(ended(2))
            assert [contact.at for contact in await store.history("+380501110001")] == [2]
        assert await store.flush(PATIENCE_S)
        monkeypatch.setattr("cti.store.store.HISTORY_S", PATIENCE_S)
        assert [contact.at for contact in await store.history("+380501110001")] == [2, 1]


async def test_whoever_asks_for_the_newest_call_and_goes_leaves_no_file_open(tmp_path: Path) -> None:
    database = await Database.open(address(tmp_path))
    await database.reading.dispose()
    async with closing(Store(database, str.strip, spool=Spool(10))) as store:
        asked = asyncio.ensure_future(store.newest(1))
        await asyncio.sleep(0)  # begun
        await asyncio.sleep(0)  # and connecting
        asked.cancel()
        await asyncio.wait({asked})


async def test_a_spool_that_is_full_drops_the_oldest_and_says_how_many(tmp_path: Path) -> None:
    async with closing(await Store.open(address(tmp_path), spool=Spool(10))) as store:
        with locked(tmp_path):
            for number in range(25):
                store.record(ended(number))
            assert store.health()["waiting"] == "10"
            assert store.health()["dropped"] == "15"
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == list(range(15, 25))


async def test_closing_waits_no_longer_than_its_budget_and_says_what_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(address(tmp_path))
    with locked(tmp_path):
        store.record(ended(1))
        async with asyncio.timeout(PATIENCE_S):
            await store.close(0.3)
    assert "closed with 1 calls unwritten" in caplog.text
    async with closing(await Store.open(address(tmp_path))) as store:
        assert await kept(store) == []


async def test_a_full_disk_costs_no_call_once_there_is_room_again(tmp_path: Path) -> None:
    database = await Database.open(address(tmp_path))
    most_pages = 40

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={most_pages}")

    event.listen(database.reading.sync_engine, "checkout", limit)
    async with closing(Store(database, str.strip, spool=Spool(10_000))) as store:
        for number in range(2_000):
            store.record(ended(number))
        assert "database or disk is full" in await until_away(store)
        assert 0 < int(store.health()["waiting"]) < 2_000
        assert [contact.at for contact in await store.history("+380501110001", limit=1)] == [1_999]
        most_pages = 1_000_000
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == list(range(2_000))
        assert store.health() == {"state": "up"}


async def test_a_file_removed_under_us_is_made_anew_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with closing(await Store.open(address(tmp_path))) as store:
        store.record(ended(1))
        await store.flush()
        remove(tmp_path, "centre.db*")
        store.record(ended(2))
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == [2]
        assert store.health() == {"state": "up", "reopened": "1"}
        assert "removed or replaced" in caplog.text
    async with closing(await Store.open(address(tmp_path))) as store:
        assert await kept(store) == [2]


async def test_a_backup_moved_into_place_is_what_is_written_to(tmp_path: Path) -> None:
    async with closing(await Store.open(f"sqlite:///{tmp_path / 'backup.db'}")) as backup:
        backup.record(ended(7))
    async with closing(await Store.open(address(tmp_path))) as store:
        store.record(ended(1))
        await store.flush()
        remove(tmp_path, "centre.db-*")
        (tmp_path / "backup.db").rename(tmp_path / "centre.db")
        store.record(ended(2))
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == [2, 7]


async def test_a_folder_that_goes_and_comes_back_costs_no_call_recorded_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with closing(await Store.open(address(folder))) as store:
        shutil.rmtree(folder)
        store.record(ended(1))
        assert "there is no folder" in await until_away(store)
        folder.mkdir()
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == [1]


@pytest.mark.parametrize("may_be_away", [False, True])
def test_a_refused_database_leaves_nothing_behind_that_would_speak_later(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], may_be_away: bool
) -> None:
    (tmp_path / "centre.db").write_text("something else " * 100)
    for wrong in ["sqlite:////proc/centre.db", "sqlite:////nowhere/centre.db", address(tmp_path)] * 10:
        with pytest.raises(StoreError):
            asyncio.run(Store.open(wrong, may_be_away=may_be_away))
    assert capfd.readouterr() == ("", "")


async def test_a_database_that_stays_locked_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.store.database.BUSY_S", 0.1)
    await (await Store.open(address(tmp_path))).close()
    with (
        locked(tmp_path, for_readers=True),
        pytest.raises(StoreError, match="database is locked; another program holds it: end that program"),
    ):
        await Store.open(address(tmp_path))


async def test_whoever_opens_a_database_waits_for_the_program_that_makes_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.store.database.SQLITE_BUSY_S", 0.01)
    with contextlib.closing(sqlite3.connect(tmp_path / "centre.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(Store.open(address(tmp_path)))
        await asyncio.sleep(0.3)
        assert not opening.done()
        other.execute("ROLLBACK")
        async with closing(await opening) as store:
            assert store.health() == {"state": "up"}


async def test_a_database_that_somebody_else_is_writing_to_can_be_opened_all_the_same(tmp_path: Path) -> None:
    await (await Store.open(address(tmp_path))).close()
    with locked(tmp_path):
        async with closing(await Store.open(address(tmp_path))) as store:
            assert await kept(store) == []


async def test_several_programs_may_make_the_tables_at_once(tmp_path: Path) -> None:
    async with opened_together(address(tmp_path), 4) as stores:
        for number, store in enumerate(stores):
            store.record(ended(number))
        for store in stores:
            assert await store.flush(PATIENCE_S)
        assert await kept(stores[0]) == [0, 1, 2, 3]


async def test_a_start_with_a_locked_database_keeps_calls_in_memory_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.store.store.HISTORY_S", 0.05)
    async with closing(await Store.open(address(tmp_path))) as store:
        await store.set_password("olena", "a long secret")
    with contextlib.ExitStack() as others:
        others.enter_context(locked(tmp_path, for_readers=True))
        async with closing(await Store.open(address(tmp_path), may_be_away=True)) as store:
            store.record(ended(1))
            assert "database is locked" in await until_away(store)
            assert store.status().behind == 1
            assert [contact.at for contact in await store.history("+380501110001")] == [1]
            with pytest.raises(StoreError, match="try again when it is back"):
                await store.check_password("olena", "a long secret")
            with pytest.raises(StoreError, match="try again when it is back"):
                await kept(store)
            others.close()
            assert await store.flush(PATIENCE_S)
            assert await kept(store) == [1]
            assert await store.check_password("olena", "a long secret")
            assert store.health()["state"] == "up"


async def test_a_database_that_was_away_at_the_start_is_opened_also_where_nothing_waits_for_it(tmp_path: Path) -> None:
    await (await Store.open(address(tmp_path))).close()
    with contextlib.ExitStack() as others:
        others.enter_context(locked(tmp_path, for_readers=True))
        async with closing(await Store.open(address(tmp_path), may_be_away=True)) as store:
            await until_away(store)
            others.close()
            await until_up(store)
            assert await kept(store) == []


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder that can be closed for writing, for root too: root becomes nobody."""
    folder = Path(tempfile.mkdtemp())
    former = os.geteuid()
    try:
        yield folder
    finally:
        os.seteuid(former)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def close_for_writing(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)


@pytest.mark.parametrize("there_already", [False, True], ids=["new", "existing"])
async def test_a_folder_that_may_not_be_written_to_is_one_line(nobodys_folder: Path, there_already: bool) -> None:
    if there_already:
        await (await Store.open(address(nobodys_folder))).close()
    close_for_writing(nobodys_folder)
    with pytest.raises(StoreError, match=r"centre\.db: .*; (make its folder one|let this user write)") as refused:
        await Store.open(address(nobodys_folder))
    assert "\n" not in str(refused.value)


DIES_AT_A_STATEMENT = """
import asyncio, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from cti.store import Store
from tests.faults.troubled_store import ended

deadly = sys.argv[2]

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    if statement.strip().startswith(deadly):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    global deadly
    store = await Store.open(sys.argv[1])
    number = 0
    while True:
        store.record(ended(number))
        await store.flush()
        print(number, flush=True)
        number += 1
        if number == 20:
            deadly = "INSERT INTO calls"

asyncio.run(main())
"""


def run_to_death(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DIES_AT_A_STATEMENT, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("deadly", "flushed"),
    [
        ("BEGIN", 0),
        ("CREATE TABLE alembic_version", 0),
        ("CREATE TABLE calls", 0),
        ("CREATE INDEX", 0),
        ("INSERT INTO alembic_version", 0),
        ("no such statement", 20),
    ],
)
async def test_a_process_killed_at_any_statement_leaves_a_clean_database(
    tmp_path: Path, deadly: str, flushed: int
) -> None:
    child = run_to_death(address(tmp_path), deadly)
    assert child.returncode == -9, child.stderr
    assert len(child.stdout.split()) == flushed
    async with closing(await Store.open(address(tmp_path))) as store:
        assert await kept(store) == list(range(flushed))
    with contextlib.closing(sqlite3.connect(tmp_path / "centre.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
