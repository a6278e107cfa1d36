"""A store is opened: on a new database, with the tables that the code expects, or refused with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from cti.store import Store, StoreError
from cti.store.database import Database
from cti.store.schema import metadata
from tests.unit.cti.recorded import ended, file_in


async def test_the_migrations_make_the_tables_that_the_code_expects(address: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    database = await Database.open(address)
    async with database.reading.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "банк 100% #1"
    folder.mkdir()
    store = await Store.open(f"sqlite:///{folder}/centre.db".replace("%", "%25"))
    store.record(ended())
    await store.close()
    assert (folder / "centre.db").exists()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("centre.db", r"its address is no URL; write for example sqlite:///centre\.db"),
        ("sqlite://", r"in memory: it would forget; name a file"),
        ("sqlite:///:memory:", r"in memory: it would forget; name a file"),
        ("sqlite:///{0}/absent/centre.db", r"there is no folder .*absent; make it, or name another"),
        ("sqlite:///{0}", r"it is a folder; name a file in it"),
        ("sqlite:////proc/centre.db", r"/proc/centre\.db: unable to open database file; make its folder one"),
        ("sqlite+pysqlite:///{0}/centre.db", r"requires an async driver"),
        ("nonsense://127.0.0.1/centre", r"install the driver, or name it in the address"),
        ("postgresql+nonsense://u:secret@127.0.0.1/centre", r"u:\*\*\*@127.* install the driver"),
        ("postgresql+nonsense://u@127.0.0.1/centre?password=secret", r"u@127.0.0.1/centre: .*install the driver"),
        ("postgresql://u:secret@127.0.0.1:port/centre", r"its address is no URL"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_one_line_that_says_what_to_do(
    tmp_path: Path, wrong: str, complaint: str
) -> None:
    with pytest.raises(StoreError, match=complaint) as refused:
        await Store.open(wrong.format(tmp_path))
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_the_files_of_a_new_database_are_their_owners_alone(tmp_path: Path) -> None:
    store = await Store.open(file_in(tmp_path))
    store.record(ended())
    await store.flush()
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    await store.close()
    assert modes["centre.db"] == 0o600
    assert set(modes.values()) == {0o600}


async def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "centre.db"
    path.write_bytes(b"These are my holiday photographs.\n" * 100)
    with pytest.raises(StoreError, match=r"file is not a database; it is something else: move it away"):
        await Store.open(file_in(tmp_path))
    assert path.read_bytes() == b"These are my holiday photographs.\n" * 100


async def test_a_database_of_a_newer_version_is_refused_untouched(address: str) -> None:
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(StoreError, match="a newer Holdless has changed it; run that version"):
        await Store.open(address)


async def test_a_database_of_something_else_is_refused_untouched(address: str) -> None:
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    await database.close()
    with pytest.raises(
        StoreError, match=r"it holds tables of something else \(calls, heard, offers, passwords, sign_ins\)"
    ):
        await Store.open(address)
