"""Queues whose conversations are recorded: Twilio records the conference, and the recording is fetched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import CallRecord
from centre.effects import CallEnded
from config.site import Site
from cti.twilio.messages import Messages
from tests.twilio.house import PUBLIC, House, on_the_way_to_olena, on_twilio, open_house
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time, real_time

ENGLISH_CARDS = "114321"
OLENA = "sip:olena@phones.example.com"


def recorded(site: Site) -> Site:
    """The site, with all conversations recorded."""
    return replace(site, queues={name: replace(queue, record=True) for name, queue in site.queues.items()})


def rings(house: House) -> list[dict[str, list[str]]]:
    """What Twilio was told when phones were to be rung."""
    return [form for _, path, form in house.twilio.requests if path.endswith("/Participants.json")]


async def talked(house: House, agent: str, caller: Leg) -> CallRecord:
    """They talk for ten seconds; the record of it."""
    await house.until(lambda: house.service.centre.acd.agent(agent).state is AgentState.TALKING)
    await asyncio.sleep(10)
    before = len(house.all(CallEnded))
    caller.hang_up()
    await house.until(lambda: len(house.all(CallEnded)) > before)
    return house.all(CallEnded)[-1].record


async def fetched(house: House, folder: Path, record: CallRecord) -> None:
    with real_time():  # files are written by real threads
        await house.until((folder / "messages" / f"{record.recording}.wav").exists)


@in_jumping_time
async def test_a_conversation_is_recorded_and_the_recording_is_here_soon_after(tmp_path: Path) -> None:
    async with open_house(recorded(on_twilio("bank", tmp_path)), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        record = await talked(house, "olena", caller)
        assert record.recording == f"{record.call}-conversation"
        (ring,) = rings(house)
        assert ring["ConferenceRecord"] == ["record-from-start"]
        assert ring["ConferenceRecordingStatusCallback"] == [f"{PUBLIC}/recorded/{record.recording}"]
        await fetched(house, tmp_path, record)


@in_jumping_time
async def test_where_the_queue_does_not_ask_for_it_nothing_is_recorded(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        record = await talked(house, "olena", caller)
        assert record.recording == ""
        assert "ConferenceRecord" not in rings(house)[0]
        assert not any("record=" in document for _, document in house.twilio.documents)
        await asyncio.sleep(10)
        assert not any("/recorded/" in path for path, _ in house.twilio.answers)


@pytest.mark.parametrize("keys", ["211", "111"])
def test_a_callback_is_recorded_whoever_is_rung_first(tmp_path: Path, keys: str) -> None:
    async def day() -> None:
        async with open_house(recorded(on_twilio("callback", tmp_path)), tmp_path) as house:
            caller = await house.call(keys)
            await house.until(lambda: caller.over and house.all(CallEnded))
            house.ready("ann")
            customer = house.twilio.phone("+380501110003")
            await house.until(lambda: customer.legs and customer.legs[0].heard)
            record = await talked(house, "ann", customer.legs[0])
            assert record.recording == f"{record.call}-conversation"
            assert record.call.endswith("-back")
            await fetched(house, tmp_path, record)

    in_jumping_time(day)()


@in_jumping_time
async def test_a_conversation_that_begins_while_no_engine_is_there_is_recorded_too(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), recorded(on_twilio("bank", tmp_path))
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await on_the_way_to_olena(house)
    await asyncio.sleep(12)  # Twilio connects the two by itself, and records them
    assert caller.heard[-1].what == "connected"
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        record = await talked(house, "olena", caller)
        assert record.agent == "olena"
        await fetched(house, tmp_path, record)


def test_a_recording_that_an_engine_heard_of_and_never_began_to_fetch_is_fetched_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        """Before it comes to it."""

    async def day() -> None:
        twilio, site = StandIn(public_url=PUBLIC), recorded(on_twilio("bank", tmp_path))
        with monkeypatch.context() as patch:
            patch.setattr(Messages, "fetch", dies)
            async with open_house(site, tmp_path, twilio) as house:
                house.ready("olena")
                record = await talked(house, "olena", await house.call(ENGLISH_CARDS))
                await house.until(lambda: any("/recorded/" in path for path, _ in twilio.answers))
        async with open_house(site, tmp_path, twilio) as house:
            await fetched(house, tmp_path, record)

    in_jumping_time(day)()
