"""Who is signed in at one engine is signed in at the one that takes over, and who has signed out is not."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import insert, text

from cti.store import Session, Store
from cti.store.database import Database
from cti.store.schema import sign_ins
from cti.web.sessions import LIFETIME_MS, Sessions
from tests.postgres.server import PostgresServer
from tests.stores import closing


async def test_sign_ins_are_those_of_the_site_whichever_engine_leads(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    first, second = await Store.open(address, site="bank"), await Store.open(address, site="bank")
    try:
        leads, takes_over = Sessions(first), Sessions(second)
        await leads.load(0)
        hers, his = leads.open("olena", now=1_000), leads.open("taras", now=1_000)
        leads.close(his)
        await leads.end()
        await takes_over.load(2_000)
        found = takes_over.find(hers, now=2_000)
        assert found is not None
        assert (found.user, found.since) == ("olena", 1_000)
        assert takes_over.find(his, now=2_000) is None
        takes_over.close_all_of("olena")
        await takes_over.end()
        assert await first.sign_ins(2_000 - LIFETIME_MS) == {}
    finally:
        await first.close()
        await second.close()


async def test_a_new_password_ends_a_sign_in_that_is_being_written_while_it_is_set(postgres: PostgresServer) -> None:
    address = postgres.empty_database()
    late = Session(user="olena", since=2**53, by_password=True)
    row = {"digest": "late", "site": "", "user": "", "since": 0, "by_password": False, "is_over": False}
    async with closing(await Store.open(address)) as store, AsyncExitStack() as stack:
        other = await Database.open(address)
        stack.push_async_callback(other.close)
        await store.set_password("olena", "Correct horse 9")
        async with other.writing.connect() as holds_up:
            await holds_up.execute(insert(sign_ins), row)  # whoever writes this digest too waits for what becomes of it
            writing = asyncio.create_task(store.change_sign_ins({"late": late}, since=0))
            await _waiting(other, 1)
            setting = asyncio.create_task(store.set_password("olena", "another one entirely"))
            try:
                await _waiting(other, 2)
            finally:
                await holds_up.rollback()
                await asyncio.gather(writing, setting)
        assert await store.ended_sign_ins() == {"late"}


async def _waiting(database: Database, count: int) -> None:
    """Returns once so many transactions wait for others."""
    held_up = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(30):
        while True:
            async with database.reading.connect() as connection:
                if await connection.scalar(held_up) == count:
                    return
            await asyncio.sleep(0.01)
