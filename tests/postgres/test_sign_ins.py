"""Who is signed in at one engine is signed in at the one that takes over, and who has signed out is not."""

from __future__ import annotations

from cti.store import Store
from cti.web.sessions import LIFETIME_MS, Sessions
from tests.postgres.server import PostgresServer


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
