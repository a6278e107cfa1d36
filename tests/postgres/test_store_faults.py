"""A database server that restarts, is locked or does not answer costs no call and holds up nobody."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from cti.store import Store, StoreError
from cti.store.database import Database
from ivr.records import replace
from tests.asterisk.kit.ports import free_port
from tests.faults.troubled_store import PATIENCE_S, SLOWLY, ended, kept, sizes_written, takes_calls_slowly, until_away
from tests.postgres.server import PostgresServer
from tests.proxy import freezable_proxy
from tests.stores import closing, opened_together


async def test_calls_recorded_while_the_server_restarts_arrive_when_it_is_back(postgres: PostgresServer) -> None:
    async with closing(await Store.open(postgres.empty_database())) as store:
        store.record(ended(0))
        assert await store.flush(PATIENCE_S)
        await asyncio.to_thread(postgres.kill)
        for number in range(1, 60):
            store.record(ended(number))
        assert await until_away(store)
        assert [contact.at for contact in await store.history("+380501110001", limit=2)] == [59, 58]
        await asyncio.to_thread(postgres.start)
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == list(range(60))
        assert store.health()["state"] == "up"


async def test_a_server_that_is_cut_off_is_away_and_its_calls_arrive_when_the_network_is_mended(
    postgres: PostgresServer,
) -> None:
    postgres.empty_database()
    async with freezable_proxy() as proxy:
        proxy.to = postgres.port
        async with closing(await Store.open(postgres.address(proxy.port))) as store:
            await proxy.cut()
            store.record(ended(1))
            assert await until_away(store)
            proxy.mend()
            assert await store.flush(PATIENCE_S)
            assert await kept(store) == [1]


async def test_calls_recorded_while_the_tables_are_locked_arrive_when_they_are_free(postgres: PostgresServer) -> None:
    async with closing(await Store.open(postgres.empty_database())) as store:
        other = await Database.open(postgres.address())
        async with other.writing.begin() as transaction:
            await transaction.exec_driver_sql("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
            store.record(ended(1))
            assert not await store.flush(0.5)
            assert [contact.at for contact in await store.history("+380501110001")] == [1]
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == [1]
    await other.close()


@pytest.mark.usefixtures("histories_are_waited_for")
async def test_a_server_that_is_slow_is_said_to_be_and_gets_the_calls_in_larger_pieces(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.store.writer.SLOW_S", 0.04)
    sizes = sizes_written(monkeypatch)
    postgres.empty_database()
    async with freezable_proxy() as proxy:
        proxy.to = postgres.port
        async with closing(await Store.open(postgres.address(proxy.port))) as store:
            proxy.delay_s = 0.03
            await takes_calls_slowly(store, sizes)
            proxy.delay_s = 0
            assert await kept(store) == list(range(SLOWLY))


async def test_a_disk_of_the_server_that_is_full_costs_no_call_once_there_is_room_again(
    postgres: PostgresServer,
) -> None:
    async with closing(await Store.open(postgres.empty_database())) as store:
        store.record(ended(0))
        assert await store.flush(PATIENCE_S)
        with postgres.full_disk("calls", "call"):
            for number in range(1, 60):
                store.record(ended(number))
            assert "could not extend file" in await until_away(store)
            assert [contact.at for contact in await store.history("+380501110001", limit=1)] == [59]
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == list(range(60))


async def test_several_machines_may_make_the_tables_at_once(postgres: PostgresServer) -> None:
    async with opened_together(postgres.empty_database(), 4) as stores:
        for number, store in enumerate(stores):
            store.record(replace(ended(number), call=f"virtual-{number}"))
        for store in stores:
            assert await store.flush(PATIENCE_S)
        assert await kept(stores[0]) == [0, 1, 2, 3]


async def test_a_start_while_the_server_is_away_keeps_calls_in_memory_until_it_is_back(
    postgres: PostgresServer,
) -> None:
    address = postgres.empty_database()
    await asyncio.to_thread(postgres.kill)
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(closing(await Store.open(address, may_be_away=True)))
            store.record(ended(1))
            assert await until_away(store)
            assert [contact.at for contact in await store.history("+380501110001")] == [1]
        finally:
            await asyncio.to_thread(postgres.start)
        assert await store.flush(PATIENCE_S)
        assert await kept(store) == [1]
        assert store.health()["state"] == "up"


async def test_a_start_waits_for_no_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.store.store.FIRST_TRY_S", 0.05)
    monkeypatch.setattr("cti.store.database._CONNECT_S", PATIENCE_S)
    with silent_server() as port:
        address = f"postgresql://holdless:x@127.0.0.1:{port}/holdless"
        async with closing(await Store.open(address, may_be_away=True)) as store:
            assert store.health()["state"].startswith("away: it has not answered yet")


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


async def test_a_server_that_is_not_there_is_one_line_that_says_what_to_do(postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r"cannot open the database postgresql.*: .*; check that it runs") as refused:
        await Store.open(postgres.address(free_port()))
    assert re.search(r"holdless:\*\*\*@127\.0\.0\.1", str(refused.value))


@pytest.mark.parametrize("may_be_away", [False, True])
async def test_a_server_that_knows_neither_the_password_nor_the_database_is_refused_at_the_start(
    postgres: PostgresServer, may_be_away: bool
) -> None:
    address = postgres.empty_database()
    with pytest.raises(StoreError, match=r"password authentication failed .*; check that it runs, and the address"):
        await Store.open(re.sub(r":[^:@]*@", ":wrong@", address), may_be_away=may_be_away)
    with pytest.raises(StoreError, match=r"database .* does not exist; check that it runs, and the address"):
        await Store.open(address + "-of-nobody", may_be_away=may_be_away)


async def test_a_server_that_says_nothing_is_away_after_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.store.database._CONNECT_S", 0.2)
    monkeypatch.setattr("cti.store.database.BUSY_S", 0.1)
    with silent_server() as port, pytest.raises(StoreError, match="TimeoutError; check that it runs"):
        await Store.open(f"postgresql://holdless:x@127.0.0.1:{port}/holdless")
