"""Sites that share a database: each has its own calls there, and what is of no site known is of each."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, MetaData

from centre.calls import CallRecord, Message
from cti.plain import builtins
from cti.store import Store
from ivr.messages import Score
from ivr.records import replace
from ivr.scale import Scale
from tests.stores import closing
from tests.unit.cti.older import of_version
from tests.unit.cti.recorded import LATER, NOON, ended, wrapped_up

pytestmark = pytest.mark.usefixtures("histories_are_waited_for")


async def test_two_sites_in_one_database_share_neither_calls_nor_messages_though_their_ids_are_the_same(
    address: str,
) -> None:
    def called(note: str) -> CallRecord:
        return replace(
            wrapped_up(ended(), note=note),
            agent=note,
            flow="main",
            nodes=(note,),
            recording=f"of {note}",
            scores=(Score(name=note, scale=Scale.CSAT, score=4),),
            messages=(Message(message="virtual-1-m1", at=NOON, length_ms=3_000),),
        )

    async with (
        closing(await Store.open(address, site="bank")) as bank,
        closing(await Store.open(address, site="clinic")) as clinic,
    ):
        for store, note in ((bank, "bank"), (clinic, "clinic")):
            store.record(called(note))
            await store.flush()
        await bank.mark_heard("virtual-1-m1", "olena", NOON + 1)
        for store, note in ((bank, "bank"), (clinic, "clinic")):
            assert await store.calls(NOON, LATER) == [called(note)]
            assert [one.note for one in await store.history("+380501110001")] == [note]
            assert [walk.nodes for walk in await store.walks("main", NOON, LATER)] == [(note,)]
            assert [score.name for _, score in await store.scores(NOON, LATER)] == [note]
            assert [one.agent for one in await store.conversations(NOON, 10)] == [note]
        assert [one.heard_by for one in await bank.messages(NOON, 10)] == ["olena"]
        assert [one.heard_by for one in await clinic.messages(NOON, 10)] == [""]


async def test_calls_of_before_sites_were_kept_apart_are_of_every_site_until_one_completes_them(address: str) -> None:
    def write_old(connection: Connection) -> None:
        tables = MetaData()
        tables.reflect(connection)
        row = builtins(ended())
        rung = [{"call": row["call"], "position": place, **one} for place, one in enumerate(row.pop("offers"))]
        connection.execute(tables.tables["calls"].insert(), row | {"caller": "+380501110001"})
        connection.execute(tables.tables["offers"].insert(), rung)

    async with of_version("0009", address) as connection:
        await connection.run_sync(write_old)
    async with (
        closing(await Store.open(address, site="bank")) as bank,
        closing(await Store.open(address, site="clinic")) as clinic,
    ):
        assert await bank.calls(0, LATER) == await clinic.calls(0, LATER) == [ended()]
        another = ended(at=NOON + 1)
        clinic.record(another)
        await clinic.flush()
        assert await clinic.calls(0, LATER) == [another, ended()]
        bank.record(wrapped_up(ended()))
        await bank.flush()
        assert await bank.calls(0, LATER) == [wrapped_up(ended())]
        assert await clinic.calls(0, LATER) == [another]
