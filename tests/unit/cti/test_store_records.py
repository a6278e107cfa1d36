"""Records on a real SQLite file and on a real PostgreSQL: each is there as it was."""

from __future__ import annotations

from sqlalchemy import text

from centre.calls import CallRecord, OfferRecord
from cti.store import Store
from cti.store.database import Database
from cti.store.schema import calls, offers
from ivr.records import replace
from tests.unit.cti.recorded import NOON, ended, wrapped_up


async def test_a_call_comes_back_as_it_was_recorded(address: str) -> None:
    store = await Store.open(address)
    bare = replace(
        ended("virtual-2", at=NOON + 1),
        queue=None,
        queued_at=None,
        offers=(),
        answered_at=None,
        agent=None,
        ended_at=None,
        outcome=None,
        path=(),
        entries=(),
        customer={},
    )
    store.record(ended())
    store.record(bare)
    assert await store.flush()
    assert await store.calls(NOON, NOON + 2) == [bare, ended()]
    await store.close()


async def test_the_wrap_up_completes_the_record_whether_it_comes_at_once_or_late(address: str) -> None:
    store = await Store.open(address)
    store.record(ended("virtual-1"))
    store.record(wrapped_up(ended("virtual-1")))
    store.record(ended("virtual-2"))
    await store.flush()
    fewer_offers = replace(ended("virtual-2"), offers=ended().offers[1:])
    store.record(wrapped_up(fewer_offers))
    await store.flush()
    assert await store.calls(NOON, NOON + 1) == [wrapped_up(fewer_offers), wrapped_up(ended("virtual-1"))]
    await store.close()


async def test_a_record_of_before_the_wrap_up_that_comes_late_from_another_engine_changes_nothing(address: str) -> None:
    frozen, leads = await Store.open(address), await Store.open(address)
    leads.record(wrapped_up(ended()))
    assert await leads.flush()
    frozen.record(replace(ended(), offers=()))
    frozen.record(ended("virtual-2"))
    assert await frozen.flush()
    assert await leads.calls(NOON, NOON + 1) == [ended("virtual-2"), wrapped_up(ended())]
    await frozen.close()
    await leads.close()


async def test_what_was_recorded_is_there_after_a_restart(address: str) -> None:
    store = await Store.open(address)
    store.record(ended())
    await store.close()
    store = await Store.open(address)
    assert await store.calls(0, NOON * 2) == [ended()]
    await store.close()


async def test_half_characters_and_zero_bytes_are_shown_as_missing_and_lose_no_call(address: str) -> None:
    store = await Store.open(address)
    store.record(replace(ended("virtual-\ud800"), name="a\0b", attributes={"\udfff": "\0"}))
    await store.flush()
    (record,) = await store.calls(NOON, NOON + 1)
    assert (record.call, record.name, record.attributes) == ("virtual-\ufffd", "a\ufffdb", {"\ufffd": "\ufffd"})
    await store.close()


async def test_a_record_that_no_database_takes_is_counted_and_holds_up_no_other(address: str) -> None:
    store = await Store.open(address)
    store.record(ended("virtual-1"))
    store.record(ended("virtual-2", at=2**70))
    store.record(ended("virtual-3"))
    assert await store.flush()
    assert {record.call for record in await store.calls(0, NOON + 1)} == {"virtual-1", "virtual-3"}
    assert store.health() == {"state": "up", "refused": "1"}
    await store.close()


async def test_thousands_of_calls_recorded_at_once_all_arrive(address: str) -> None:
    store = await Store.open(address)
    for number in range(3_000):
        store.record(ended(f"virtual-{number}", at=NOON + number))
    assert store.health()["waiting"] == "3000"
    assert await store.flush(90)
    found = await store.calls(0, NOON * 2, limit=10_000)
    assert [record.call for record in found] == [f"virtual-{number}" for number in reversed(range(3_000))]
    assert store.health() == {"state": "up"}
    await store.close()


def test_every_field_of_a_record_has_a_column() -> None:
    assert {*CallRecord.__struct_fields__} == {*calls.c.keys()} - {"site", "caller"} | {"offers"}
    assert {*OfferRecord.__struct_fields__} == {*offers.c.keys()} - {"site", "call", "position"}


async def test_a_deleted_call_takes_its_offers_with_it(address: str) -> None:
    store = await Store.open(address)
    store.record(ended())
    await store.close()
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.execute(calls.delete())
    async with database.reading.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM offers")) == 0
    await database.close()
