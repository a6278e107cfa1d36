"""What supervisors look for in the store: calls, ways through a menu, answers, messages, conversations."""

from __future__ import annotations

from centre.calls import CallRecord, Message, Outcome
from cti.store import Store
from ivr.messages import Score
from ivr.picture import Walk
from ivr.records import replace
from ivr.scale import Scale
from tests.unit.cti.recorded import NOON, ended


async def test_calls_are_found_by_time_queue_and_agent(address: str) -> None:
    store = await Store.open(address)
    early, late = ended("virtual-1"), replace(ended("virtual-2", at=NOON + 1_000), queue="loans", agent="iryna")
    store.record(early)
    store.record(late)
    await store.flush()
    assert await store.calls(NOON, NOON + 1_001) == [late, early]
    assert await store.calls(NOON, NOON + 1_000) == [early]
    assert await store.calls(NOON + 1, NOON + 1_001) == [late]
    assert await store.calls(0, NOON * 2, queue="loans") == [late]
    assert await store.calls(0, NOON * 2, agent="olena") == [early]
    assert await store.calls(0, NOON * 2, queue="cards", agent="iryna") == []
    assert await store.calls(0, NOON * 2, limit=1) == [late]
    await store.close()


async def test_the_newest_call_is_that_which_came_last_of_those_that_were_over_in_time(address: str) -> None:
    store = await Store.open(address, site="bank")
    assert await store.newest(2 * NOON) is None
    store.record(replace(ended("early", at=NOON), ended_at=NOON + 50))
    store.record(replace(ended("later", at=NOON + 1), ended_at=NOON + 10))
    assert await store.flush()
    assert [await store.newest(before) for before in (NOON + 10, NOON + 11, NOON + 51)] == [None, NOON + 1, NOON + 1]
    await store.close()
    other = await Store.open(address, site="shop")
    assert await other.newest(2 * NOON) is None
    await other.close()


async def test_the_ways_through_a_menu_are_found_by_menu_and_day(address: str) -> None:
    store = await Store.open(address)
    nodes = ("welcome", "cards")
    store.record(replace(ended("a"), flow="main", nodes=nodes))
    store.record(replace(ended("b", at=NOON + 1), flow="main", nodes=nodes, outcome=Outcome.ABANDONED))
    store.record(replace(ended("c", at=NOON + 2), flow="main", nodes=nodes))
    store.record(replace(ended("d"), flow="evening", nodes=("closed",)))
    assert await store.flush()
    found = await store.walks("main", NOON, NOON + 2)
    assert sorted(found, key=lambda walk: walk.hung_up) == [
        Walk(nodes=nodes, hung_up=False),
        Walk(nodes=nodes, hung_up=True),
    ]
    await store.close()


async def test_what_callers_said_is_found_by_the_day_and_with_the_queue(address: str) -> None:
    store = await Store.open(address)
    how, likely = (Score(name="how", scale=Scale.CSAT, score=4), Score(name="likely", scale=Scale.NPS, score=10))
    store.record(replace(ended("virtual-1"), scores=(how, likely)))
    store.record(replace(ended("virtual-2", at=NOON + 1), scores=(how,), queue=None))
    store.record(ended("virtual-3", at=NOON + 2))
    store.record(replace(ended("virtual-4", at=NOON + 3), scores=(likely,)))
    assert await store.flush()
    assert sorted(await store.scores(NOON, NOON + 3), key=str) == [("", how), ("cards", how), ("cards", likely)]
    (record,) = await store.calls(NOON, NOON + 1)
    assert record.scores == (how, likely)
    await store.close()


async def test_messages_of_callers_are_found_newest_first_and_only_those_of_the_time_asked_for(address: str) -> None:
    def with_message(call: str, at: int, *messages: str) -> CallRecord:
        left = tuple(Message(message=one, at=at + 5_000, length_ms=3_000) for one in messages)
        return replace(ended(call, at=at), messages=left)

    store = await Store.open(address)
    try:
        for record in (
            with_message("a-1", NOON, "a-1-m1"),
            ended("a-2", at=NOON + 1_000),
            with_message("a-3", NOON + 2_000, "a-3-m1"),
            with_message("a-4", NOON - 1, "a-4-m1"),
        ):
            store.record(record)
        await store.flush()
        found = await store.messages(NOON, 10)
        assert [one.message for one in found] == ["a-3-m1", "a-1-m1"]
        assert (found[0].at, found[0].length_ms, found[0].queue) == (NOON + 7_000, 3_000, "cards")
        assert (found[0].number, found[0].name) == ("+380501110001", "Олена О'Коннор")
        assert [one.message for one in await store.messages(NOON, 1)] == ["a-3-m1"]
    finally:
        await store.close()


async def test_recorded_conversations_are_found_newest_first_with_who_talked(address: str) -> None:
    store = await Store.open(address)
    try:
        for call, at, recording in (("a-1", NOON, "a-1-c"), ("a-2", NOON + 1, ""), ("a-3", NOON + 2, "a-3-c")):
            store.record(replace(ended(call, at=at), recording=recording, answered_at=at + 9, hold_ms=1_000))
        store.record(replace(ended("a-4", at=NOON - 1), recording="a-4-c", answered_at=NOON))
        await store.flush()
        first, second = await store.conversations(NOON, 10)
        assert (first.recording, second.recording) == ("a-3-c", "a-1-c")
        assert (first.at, first.queue, first.agent) == (NOON + 11, "cards", ended("a-3").agent)
        assert first.length_ms == ended("a-3").talk_ms + 1_000
        assert [one.recording for one in await store.conversations(NOON, 1)] == ["a-3-c"]
    finally:
        await store.close()


async def test_a_message_stays_marked_as_heard_by_who_heard_it_first(address: str) -> None:
    store = await Store.open(address)
    try:
        left = (Message(message="a-1-m1", at=NOON, length_ms=3_000),)
        store.record(replace(ended("a-1"), messages=left))
        await store.flush()
        assert [(one.heard_at, one.heard_by) for one in await store.messages(NOON, 10)] == [(None, "")]
        await store.mark_heard("a-1-m1", "supervisor", NOON + 1)
        await store.mark_heard("a-1-m1", "olena", NOON + 2)
        assert [(one.heard_at, one.heard_by) for one in await store.messages(NOON, 10)] == [(NOON + 1, "supervisor")]
    finally:
        await store.close()
