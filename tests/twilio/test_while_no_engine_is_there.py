"""What callers and phones do while the engine is dead, and how the next one finds them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.effects import CallEnded
from centre.events import OfferDeclined
from cti.journal import Journal, JournalStatus, Keeping
from tests.twilio.house import (
    ENGLISH_CARDS,
    OLENA,
    PUBLIC,
    is_connected,
    on_the_way_to_olena,
    on_twilio,
    open_house,
    state_of,
)
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time

DOCS = Path(__file__).parents[2] / "docs"
(ONE_MOMENT,) = re.findall(r"<Response>.*</Response>", (DOCS / "twilio.md").read_text(encoding="utf-8"))
"""The document that the documentation has a site keep at Twilio."""


@in_jumping_time
async def test_callers_wait_on_while_no_engine_is_there_and_are_served_in_their_order(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        first, second = await house.call(ENGLISH_CARDS), await house.call(ENGLISH_CARDS, "+380501110004")
        await house.until(lambda: second.heard[-1].what == "music")
        since = [call.record.queued_at for call in house.service.centre.waiting_calls("cards")]
    await asyncio.sleep(5)
    requests = len(twilio.requests)
    async with open_house(site, tmp_path, twilio) as house:
        waiting = house.service.centre.waiting_calls("cards")
        assert [call.record.call for call in waiting] == [f"twilio-{first.sid}", f"twilio-{second.sid}"]
        assert [call.record.queued_at for call in waiting] == since
        assert len(twilio.requests) == requests  # nobody's music was touched
        house.ready("olena")
        await house.until(lambda: is_connected(first))
        second.hang_up()
        await house.until(lambda: house.all(CallEnded))


@in_jumping_time
async def test_a_phone_that_is_answered_while_no_engine_is_there_connects_the_two(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await on_the_way_to_olena(house)
    await asyncio.sleep(12)
    assert is_connected(caller)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert state_of(house, "olena") is AgentState.TALKING
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().outcome is Outcome.ANSWERED
        assert house.ended().agent == "olena"


@in_jumping_time
async def test_an_offer_that_the_engine_gave_up_before_it_died_was_answered_all_the_same(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.phone(OLENA).answers_after = 10
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await on_the_way_to_olena(house)
        twilio.faults = ["503"] * 100  # from now on Twilio does nothing that it is told
        house.service.tell(OfferDeclined(agent="olena"))
    twilio.faults = []
    await asyncio.sleep(12)
    assert is_connected(caller)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert state_of(house, "olena") is AgentState.TALKING
        assert house.service.centre.conservation().inside[Phase.WAITING] == 0


@in_jumping_time
async def test_an_agent_who_hung_up_while_no_engine_was_there_is_free_again(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
        twilio.bins[twilio.fallback_url] = ONE_MOMENT
    twilio.phone(OLENA).legs[0].hang_up()
    await asyncio.sleep(20)
    assert not caller.over
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: caller.over)
        assert state_of(house, "olena") is AgentState.WRAP_UP
        assert house.service.centre.conservation().inside[Phase.TALKING] == 0


@in_jumping_time
async def test_an_agent_who_hangs_up_on_a_caller_of_the_time_before_this_engine_ends_the_call(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: is_connected(caller) and state_of(house, "olena") is AgentState.TALKING)
    async with open_house(site, tmp_path, twilio) as house:
        twilio.phone(OLENA).legs[0].hang_up()
        await house.until(lambda: caller.over)
        assert state_of(house, "olena") is AgentState.WRAP_UP


@in_jumping_time
async def test_a_caller_in_the_menu_goes_on_where_they_were(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call("11")
        await house.until(lambda: caller.listening)
    async with open_house(site, tmp_path, twilio) as house:
        await house.press(caller, "4321")
        await house.until(lambda: caller.queue == "bank.cards")
        assert [entry.value for entry in house.service.centre.waiting_calls("cards")[0].record.entries] == ["4321"]


@in_jumping_time
async def test_who_presses_a_key_while_no_engine_is_there_hears_the_bin_of_the_documentation_and_is_asked_again(
    tmp_path: Path,
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.fallback_url = "https://handler.twilio.com/twiml/EH1"
    twilio.bins[twilio.fallback_url] = ONE_MOMENT
    assert site.twilio is not None
    site = replace(site, twilio=replace(site.twilio, fallback_url=twilio.fallback_url))
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call("11")
        await house.until(lambda: caller.listening)
    for key in "4321":
        caller.press(key)
    await asyncio.sleep(20)
    assert [heard.text for heard in caller.heard if heard.what == "said"][-1] == "One moment please."
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        await house.until(lambda: caller.listening)
        await house.press(caller, "4321")
        await house.until(lambda: caller.queue == "bank.cards")
        (call,) = house.service.centre.waiting_calls("cards")
        assert [entry.value for entry in call.record.entries] == ["4321"]
        assert [step.node for step in call.record.path] == ["choose-language", "main"]


@in_jumping_time
async def test_who_calls_while_the_engine_takes_nobody_in_hears_the_bin_of_the_documentation_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    twilio.fallback_url = "https://handler.twilio.com/twiml/EH1"
    twilio.bins[twilio.fallback_url] = ONE_MOMENT
    assert site.twilio is not None
    site = replace(site, twilio=replace(site.twilio, fallback_url=twilio.fallback_url))
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "status", lambda _: JournalStatus(keeping=Keeping.FULL, trouble="no room"))
            caller = await house.call()
            await asyncio.sleep(20)
            assert [heard.text for heard in caller.heard if heard.what == "said"][-1] == "One moment please."
            assert house.service.standing().turned_away > 1
            assert house.service.centre.calls == {}
            assert not caller.over
        await house.press(caller, ENGLISH_CARDS[:2])
        assert len(house.service.centre.calls) == 1


@in_jumping_time
async def test_who_is_asked_something_while_waiting_waits_on_with_music_when_the_engine_dies(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("waiting", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        caller = await house.call()
        await house.until(lambda: caller.asked)  # nobody is at work: nine leads to the voicemail
        (call,) = house.service.centre.waiting_calls("help")
        since = call.record.queued_at
    async with open_house(site, tmp_path, twilio) as house:
        await house.until(lambda: caller.heard[-1].what == "music")
        (call,) = house.service.centre.waiting_calls("help")
        assert call.record.queued_at == since
        house.ready("ann")
        await house.until(lambda: is_connected(caller))


@in_jumping_time
async def test_a_phone_that_rings_cuts_off_what_a_waiting_caller_is_asked(tmp_path: Path) -> None:
    async with open_house(on_twilio("waiting", tmp_path), tmp_path) as house:
        house.twilio.phone("sip:ann@phones.example.com").answers_after = 3
        caller = await house.call()
        await house.until(lambda: caller.asked)
        house.ready("ann")
        await house.until(lambda: is_connected(caller) and state_of(house, "ann") is AgentState.TALKING)
        caller.hang_up()
        await house.until(lambda: house.all(CallEnded))
        assert house.ended().outcome is Outcome.ANSWERED


@in_jumping_time
async def test_a_caller_who_hung_up_while_no_engine_was_there_is_gone(tmp_path: Path) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.queue)
    caller.hang_up()
    await asyncio.sleep(3)
    async with open_house(site, tmp_path, twilio, troubles=True) as house:
        assert house.service.centre.calls == {}
        assert house.service.centre.conservation().ended == 1
        assert house.ended().outcome is Outcome.ABANDONED


@pytest.mark.parametrize(("number", "known"), [("+380501110003", "+380501110003"), ("+266696687", "")])
def test_without_a_journal_who_waits_at_twilio_waits_on_in_the_same_queue(
    tmp_path: Path, number: str, known: str
) -> None:
    async def day() -> None:
        twilio, site = StandIn(public_url=PUBLIC), on_twilio("bank", tmp_path)
        async with open_house(site, tmp_path, twilio) as house:
            caller = await house.call(ENGLISH_CARDS, number)
            await house.until(lambda: caller.heard[-1].what == "music")
        lost = tmp_path / "another"
        lost.mkdir()
        async with open_house(on_twilio("bank", lost), lost, twilio) as house:
            (call,) = house.service.centre.waiting_calls("cards")
            assert call.record.number == known
            assert house.service.centre.conservation().inside[Phase.WAITING] == 1

    in_jumping_time(day)()
