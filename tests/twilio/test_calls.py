"""Every way in which a call can go on the Twilio line, on the whole live service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState, OfferEnd, OfferEnded
from centre.calls import Outcome, Phase
from centre.effects import CallEnded, Ring
from centre.events import AgentNotReady, HangUpAsked, HoldAsked, OfferDeclined, RetrieveAsked, WrapUpFinished
from cti.service.ports import LineError
from tests.twilio.house import House, on_twilio, open_house
from tests.twilio.standin.player import Leg
from tests.virtual.jumping_clock import in_jumping_time

ENGLISH_CARDS = "114321"
OLENA = "sip:olena@phones.example.com"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


def is_connected(leg: Leg) -> bool:
    return bool(leg.heard) and leg.heard[-1].what == "connected"


async def talking(house: House, agent: str = "olena", keys: str = ENGLISH_CARDS) -> Leg:
    house.ready(agent)
    caller = await house.call(keys)
    await house.until(lambda: is_connected(caller))
    await house.until(lambda: state_of(house, agent) is AgentState.TALKING)
    return caller


async def over(house: House) -> None:
    await house.until(lambda: house.all(CallEnded))


@in_jumping_time
async def test_a_caller_goes_through_the_menu_and_talks_until_the_agent_hangs_up_at_the_desk(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await talking(house)
        assert caller.heard[0].text == "Welcome to First Meadow Bank."
        await asyncio.sleep(90)
        house.service.tell(HangUpAsked(agent="olena"))
        await over(house)
        assert caller.over
        (phone,) = house.twilio.phone(OLENA).legs
        assert phone.over
        house.service.tell(WrapUpFinished(agent="olena", disposition="solved"))
        record = house.wrapped_up()
        assert (record.outcome, record.ended_by, record.agent) == (Outcome.ANSWERED, "agent", "olena")
        assert record.talk_ms >= 90_000
        assert [step.node for step in record.path] == ["choose-language", "main"]
        assert [entry.value for entry in record.entries] == ["4321"]
        assert state_of(house, "olena") is AgentState.READY


@in_jumping_time
async def test_an_agent_who_puts_the_phone_down_ends_the_call(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await talking(house)
        house.twilio.phone(OLENA).legs[0].hang_up()
        await over(house)
        assert house.ended().ended_by == "agent"
        await house.until(lambda: caller.over)


@in_jumping_time
async def test_a_caller_who_hangs_up_first_ends_the_conversation(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await talking(house)
        caller.hang_up()
        await over(house)
        assert house.ended().ended_by == "caller"
        assert state_of(house, "olena") is AgentState.WRAP_UP
        assert house.twilio.phone(OLENA).legs[0].over


@in_jumping_time
async def test_a_caller_is_held_with_music_and_retrieved(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await talking(house)
        house.service.tell(HoldAsked(agent="olena"))
        await house.until(lambda: state_of(house, "olena") is AgentState.HOLD)
        assert caller.heard[-1].what == "music"
        await asyncio.sleep(30)
        house.service.tell(RetrieveAsked(agent="olena"))
        await house.until(lambda: state_of(house, "olena") is AgentState.TALKING)
        assert is_connected(caller)
        caller.hang_up()
        await over(house)
        assert 30_000 <= house.ended().hold_ms <= 31_000


@in_jumping_time
async def test_a_caller_hangs_up_in_the_menu(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.ready("olena")
        caller = await house.call("1")
        await house.until(lambda: caller.listening)
        caller.hang_up()
        await over(house)
        assert house.ended().outcome is Outcome.LEFT_IN_MENU
        await asyncio.sleep(600)
        assert house.all(Ring) == []


@in_jumping_time
async def test_a_caller_waits_with_music_in_twilios_queue_and_hangs_up(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: caller.heard[-1].what == "music")
        assert caller.queue == "bank.cards"
        caller.hang_up()
        await over(house)
        assert house.ended().outcome is Outcome.ABANDONED


@in_jumping_time
async def test_an_agent_who_comes_later_gets_the_caller_who_waits(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        first, second = await house.call(ENGLISH_CARDS), await house.call(ENGLISH_CARDS, "+380501110004")
        await asyncio.sleep(60)
        house.ready("olena")
        await house.until(lambda: is_connected(first))
        assert second.heard[-1].what == "music"


@pytest.mark.parametrize(
    ("status", "sip_code", "how"),
    [
        ("busy", "486", OfferEnd.BUSY),
        ("busy", "", OfferEnd.BUSY),
        ("busy", "603", OfferEnd.DECLINED),
        ("failed", "480", OfferEnd.UNREACHABLE),
        ("failed", "", OfferEnd.UNREACHABLE),
    ],
)
def test_a_phone_that_does_not_answer_says_why_and_the_caller_waits_on(
    tmp_path: Path, status: str, sip_code: str, how: OfferEnd
) -> None:
    @in_jumping_time
    async def call() -> None:
        async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
            phone = house.twilio.phone(OLENA)
            phone.status, phone.sip_code = status, sip_code
            house.ready("olena")
            caller = await house.call(ENGLISH_CARDS)
            await house.until(lambda: house.all(OfferEnded))
            assert house.all(OfferEnded)[0].how is how
            house.service.tell(AgentNotReady(agent="olena", reason="break"))
            await house.until(lambda: caller.queue == "bank.cards" and caller.heard[-1].what == "music")

    call()


@in_jumping_time
async def test_a_phone_that_nobody_answers_stops_in_time_and_the_next_agent_is_rung(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.twilio.phone(OLENA).answers_after = None
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: house.all(Ring))
        ring_ms = house.all(Ring)[0].ring_ms
        began = asyncio.get_running_loop().time()
        house.ready("grace")
        await house.until(lambda: house.all(OfferEnded))
        assert house.all(OfferEnded)[0].how is OfferEnd.NO_ANSWER
        assert asyncio.get_running_loop().time() - began <= ring_ms / 1000 + 1
        await house.until(lambda: is_connected(caller))
        await asyncio.sleep(10)
        assert house.twilio.phone(OLENA).legs[0].status == "canceled"


@in_jumping_time
async def test_an_agent_who_declines_at_the_desk_is_rung_no_more(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.twilio.phone(OLENA).answers_after = None
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: house.twilio.phone(OLENA).legs)
        house.service.tell(OfferDeclined(agent="olena"))
        await house.until(lambda: house.twilio.phone(OLENA).legs[0].over)
        house.service.tell(AgentNotReady(agent="olena", reason="break"))
        await house.until(lambda: caller.queue == "bank.cards")


@in_jumping_time
async def test_a_caller_who_hangs_up_while_a_phone_rings_stops_it(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        house.twilio.phone(OLENA).answers_after = None
        house.ready("olena")
        caller = await house.call(ENGLISH_CARDS)
        await house.until(lambda: house.twilio.phone(OLENA).legs)
        caller.hang_up()
        await over(house)
        assert house.ended().outcome is Outcome.ABANDONED
        await house.until(lambda: house.twilio.phone(OLENA).legs[0].over)
        assert house.twilio.conferences == {}


@in_jumping_time
async def test_of_several_phones_that_ring_the_first_to_answer_has_the_call(tmp_path: Path) -> None:
    async with open_house(on_twilio("ringing", tmp_path), tmp_path) as house:
        agents = list(house.service.site.agents)
        for number, agent in enumerate(agents):
            house.twilio.phone(f"sip:{agent}@phones.example.com").answers_after = 5.0 - number
        house.ready(*agents)
        caller = await house.call()
        await house.until(lambda: is_connected(caller))
        await asyncio.sleep(60)
        states = [state_of(house, agent) for agent in agents]
        assert states.count(AgentState.TALKING) == 1
        up = [leg for phone in house.twilio.phones.values() for leg in phone.legs if not leg.over]
        assert len(up) == 1
        assert house.service.centre.conservation().inside[Phase.TALKING] == 1


@in_jumping_time
async def test_new_prompts_and_phones_hold_for_calls_under_way_and_another_address_takes_a_new_start(
    tmp_path: Path,
) -> None:
    site = on_twilio("bank", tmp_path)
    assert site.twilio is not None
    async with open_house(site, tmp_path) as house:
        with pytest.raises(LineError, match="another Twilio account or address"):
            house.service.reconfigure(replace(site, twilio=replace(site.twilio, public_url="https://else.example.com")))
        with pytest.raises(LineError, match="another Twilio account or address"):
            house.service.reconfigure(replace(site, twilio=None))
        caller = await house.call("1")
        mobile = replace(site.agents["olena"], twilio_phone="+380501110009")
        spoken = replace(site.prompts["card-number"]["en"], text="The last digits, please.")
        house.service.reconfigure(
            replace(
                site,
                agents={**site.agents, "olena": mobile},
                prompts={**site.prompts, "card-number": {**site.prompts["card-number"], "en": spoken}},
            )
        )
        await house.press(caller, "14321")
        assert "The last digits, please." in [heard.text for heard in caller.heard]
        house.ready("olena")
        await house.until(lambda: is_connected(caller))
        assert len(house.twilio.phone("+380501110009").legs) == 1


@in_jumping_time
async def test_a_caller_of_a_language_that_was_taken_away_hears_the_menu_to_its_end(tmp_path: Path) -> None:
    site = on_twilio("bank", tmp_path)
    assert site.twilio is not None
    async with open_house(site, tmp_path) as house:
        caller = await house.call("1")
        without_english = {name: {"uk": texts["uk"]} for name, texts in site.prompts.items()}
        voices = {"uk": site.twilio.voices["uk"]}
        only_uk = replace(site, languages=("uk",), prompts=without_english, twilio=replace(site.twilio, voices=voices))
        house.service.reconfigure(only_uk)
        await house.press(caller, "1")
        await house.until(lambda: site.prompts["card-number"]["en"].text in [heard.text for heard in caller.heard])


@in_jumping_time
async def test_what_is_said_up_to_the_first_question_is_one_document(tmp_path: Path) -> None:
    async with open_house(on_twilio("bank", tmp_path), tmp_path) as house:
        caller = await house.call()
        await house.until(lambda: caller.asked)
        assert [heard.what for heard in caller.heard] == ["said", "said", "asked"]
        assert house.twilio.answers == [("/twilio/voice", 200)]
