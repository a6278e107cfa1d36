"""A centre starts and serves while the database of its records is away, says so, and catches up."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti.service import owed
from cti.store import Store, StoreError
from holdless import serve
from holdless.serve import sqlite_url
from tests.engine_process import until
from tests.virtual.serving import Serving, served

WITHIN_S = 100.0


async def health_of(centre: Serving) -> dict[str, Any]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{centre.port}/healthz") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_callers_are_served_while_the_database_is_locked_and_their_records_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Store.open(sqlite_url(tmp_path))).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "holdless.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO passwords (site, user, hash) VALUES ('other', 'program', '')")
        async with served(tmp_path, monkeypatch, WITHIN_S) as centre:
            call = await centre.a_call_ends()
            health = await health_of(centre)
            assert health["state"] == "impaired"
            assert "database is locked" in health["parts"]["store"]["state"]
            assert "database is locked" in centre.service.standing().store.trouble
            other.execute("ROLLBACK")
            other.close()
            await until(lambda: centre.service.health()["store"]["state"] == "up", "the database")
            assert (await health_of(centre))["state"] == "up"
            await centre.has_stopped()
            assert await centre.records() == [call]


async def test_a_centre_whose_database_is_refused_serves_on_says_so_and_catches_up_once_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owed, "RECORDED_AGAIN_MS", 0)  # all of it is long ago
    monkeypatch.setattr(serve, "RECORDS_S", 0.1)
    async with served(tmp_path, monkeypatch, WITHIN_S) as centre:
        calls = [await centre.a_call_ends()]
        await centre.has_stopped()
    (tmp_path / "holdless.db").write_text("something else " * 100)
    for _ in range(2):
        async with served(tmp_path, monkeypatch, WITHIN_S) as centre:
            calls.append(await centre.a_call_ends())
            health = await health_of(centre)
            assert health["state"] == "impaired"
            assert "it is something else: move it away" in health["parts"]["store"]["state"]
            assert "it is something else: move it away" in centre.service.standing().store.trouble
            await centre.has_stopped()
    async with served(tmp_path, monkeypatch, WITHIN_S) as centre:
        (tmp_path / "holdless.db").unlink()
        await until(lambda: centre.service.health()["store"]["state"] == "up", "the database")
        for _ in range(300):
            if sorted(await centre.records()) == sorted(calls):
                break
            await asyncio.sleep(0.1)
        assert sorted(await centre.records()) == sorted(calls)


async def test_a_first_start_is_refused_with_its_database_however_often_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holdless.db").write_text("something else " * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="it is something else"):
            async with served(tmp_path, monkeypatch, WITHIN_S):
                pass
