"""Every way in which a call can go on the virtual line, on the whole live service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState, OfferEnd
from centre.calls import Outcome, Phase
from centre.effects import Effect, PickUp, Ring, StopRinging
from centre.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    HangUpAsked,
    HoldAsked,
    OfferAccepted,
    OfferDeclined,
    RetrieveAsked,
    WrapUpFinished,
)
from centre.virtual.call import CallState
from centre.virtual.ports import Sound
from config import load_site
from cti.virtual import Speaker, VirtualCaller
from tests.virtual.house import BANK, House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

ENGLISH_CARDS = "114321"
ENGLISH_LOANS = "12"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


def phase_of(house: House, caller: VirtualCaller) -> Phase | None:
    call = house.service.centre.call(caller.id)
    return None if call is None else call.phase


def heard(caller: VirtualCaller, sound: Sound) -> list[str]:
    return [said.text for said in caller.transcript if said.sound is sound]


async def offered(house: House, caller: VirtualCaller, *, offers: int = 1) -> Ring:
    await house.until(lambda: len(house.all(Ring)) >= offers)
    assert phase_of(house, caller) is Phase.OFFERED
    return house.all(Ring)[offers - 1]


async def talking(house: House, agent: str = "olena", keys: str = ENGLISH_CARDS) -> VirtualCaller:
    house.ready(agent)
    caller = await house.call(keys=keys)
    ring = await offered(house, caller)
    house.service.tell(OfferAccepted(agent=ring.agent))
    assert caller.state is CallState.TALKING
    return caller


@in_jumping_time
async def test_a_caller_goes_through_the_menu_and_talks_until_the_agent_hangs_up(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await talking(house)
        assert heard(caller, Sound.CONNECTED) == ["Olena Kovalenko"]
        assert heard(caller, Sound.PROMPT)[0] == "Welcome to First Meadow Bank."
        await asyncio.sleep(90)
        house.service.tell(HangUpAsked(agent="olena"))
        assert caller.state is CallState.ENDED
        assert caller.ended_by == "agent"
        assert state_of(house, "olena") is AgentState.WRAP_UP
        await asyncio.sleep(10)
        house.service.tell(WrapUpFinished(agent="olena", disposition="solved", note="a new card"))
        record = house.wrapped_up()
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "agent")
        assert (record.talk_ms, record.wrap_up_ms) == (90_000, 10_000)
        assert [step.node for step in record.path] == ["choose-language", "main"]
        assert [entry.value for entry in record.entries] == ["4321"]
        assert (record.disposition, record.note) == ("solved", "a new card")
        assert state_of(house, "olena") is AgentState.READY


@in_jumping_time
async def test_a_caller_who_hangs_up_first_ends_the_conversation(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await talking(house)
        caller.hang_up()
        assert caller.ended_by == "caller"
        assert house.ended().ended_by == "caller"
        assert state_of(house, "olena") is AgentState.WRAP_UP


@in_jumping_time
async def test_a_caller_is_held_and_retrieved(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await talking(house)
        await asyncio.sleep(20)
        house.service.tell(HoldAsked(agent="olena"))
        assert caller.state is CallState.HELD
        assert state_of(house, "olena") is AgentState.HOLD
        await asyncio.sleep(30)
        house.service.tell(RetrieveAsked(agent="olena"))
        assert state_of(house, "olena") is AgentState.TALKING
        await asyncio.sleep(5)
        caller.hang_up()
        assert (house.ended().talk_ms, house.ended().hold_ms) == (25_000, 30_000)
        assert [said.sound for said in caller.transcript][-4:] == [
            Sound.CONNECTED,
            Sound.HELD,
            Sound.RETRIEVED,
            Sound.ENDED,
        ]


@in_jumping_time
async def test_a_caller_can_hang_up_while_held(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await talking(house)
        house.service.tell(HoldAsked(agent="olena"))
        await asyncio.sleep(40)
        caller.hang_up()
        assert (house.ended().outcome, house.ended().hold_ms) == (Outcome.ANSWERED, 40_000)


@in_jumping_time
async def test_a_caller_hangs_up_in_the_menu(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys="1")
        await asyncio.sleep(1)
        caller.hang_up()
        assert house.ended().outcome is Outcome.LEFT_IN_MENU
        assert caller.state is CallState.ENDED
        await asyncio.sleep(600)
        assert house.all(Ring) == []
        assert house.service.centre.calls == {}


@in_jumping_time
async def test_a_caller_hangs_up_while_waiting(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call(keys=ENGLISH_CARDS)
        await house.until(lambda: caller.state is CallState.WAITING)
        await house.until(lambda: heard(caller, Sound.MUSIC) != [])
        caller.hang_up()
        assert (house.ended().outcome, house.ended().queue) == (Outcome.ABANDONED, "cards")
        house.ready("olena")
        await asyncio.sleep(60)
        assert house.all(Ring) == []


@in_jumping_time
async def test_a_caller_who_hangs_up_while_ringing_frees_the_agent_at_once(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys=ENGLISH_CARDS)
        await offered(house, caller)
        caller.hang_up()
        assert house.line.phone("olena").offer is None
        assert state_of(house, "olena") is AgentState.READY
        record = house.ended()
        assert record.outcome is Outcome.ABANDONED
        assert [offer.how for offer in record.offers] == [OfferEnd.WITHDRAWN]
        # A click that comes too late meets nobody.
        house.service.tell(OfferAccepted(agent="olena"))
        assert state_of(house, "olena") is AgentState.READY


@in_jumping_time
async def test_a_caller_whom_an_agent_lets_ring_goes_to_the_next_and_keeps_place_and_time(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        caller = await house.call(keys=ENGLISH_CARDS)
        first = await offered(house, caller)
        queued_at = house.service.centre.calls[caller.id].record.queued_at
        later = await house.call("+380501110008", keys=ENGLISH_CARDS)
        await house.until(lambda: later.state is CallState.WAITING)
        house.ready("maria")
        # The one agent rings already for the first caller; the other one takes the second.
        second = await offered(house, later, offers=2)
        house.service.tell(OfferAccepted(agent=second.agent))
        house.ready("grace")
        ring = await offered(house, caller, offers=3)
        assert (ring.call, ring.agent) == (caller.id, "grace")
        house.service.tell(OfferAccepted(agent="grace"))
        record = house.service.centre.calls[caller.id].record
        assert record.queued_at == queued_at
        assert [(offer.agent, offer.how) for offer in record.offers] == [
            (first.agent, OfferEnd.NO_ANSWER),
            ("grace", "answered"),
        ]
        assert record.offers[0].ended_at == record.offers[0].offered_at + 20_000
        assert caller.state is CallState.TALKING


@pytest.mark.parametrize("trouble", ["busy", "unreachable"])
def test_a_phone_that_cannot_ring_costs_the_caller_nothing_but_the_try(trouble: str, tmp_path: Path) -> None:
    @in_jumping_time
    async def body() -> None:
        async with open_house(bank(), tmp_path) as house:
            # Olena knows the most of cards, so she is asked first.
            setattr(house.line.phone("olena"), trouble, True)
            house.ready("maria", "olena")
            caller = await house.call(keys=ENGLISH_CARDS)
            await offered(house, caller, offers=2)
            record = house.service.centre.calls[caller.id].record
            assert [(offer.agent, offer.how) for offer in record.offers] == [("olena", trouble), ("maria", "")]
            assert record.offers[1].offered_at == record.queued_at
            house.service.tell(OfferAccepted(agent="maria"))
            assert caller.state is CallState.TALKING

    body()


@in_jumping_time
async def test_an_agent_who_declines_hands_the_caller_on(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena", "maria")
        caller = await house.call(keys=ENGLISH_CARDS)
        first = await offered(house, caller)
        house.service.tell(OfferDeclined(agent=first.agent))
        ring = await offered(house, caller, offers=2)
        assert {first.agent, ring.agent} == {"olena", "maria"}
        assert house.line.phone(first.agent).offer is None
        assert [stop.agent for stop in house.all(StopRinging)] == [first.agent]


@in_jumping_time
async def test_accepting_and_declining_in_one_breath_leaves_nobody_connected_twice(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena", "maria")
        caller = await house.call(keys=ENGLISH_CARDS)
        first = await offered(house, caller)

        def declines_too(effect: Effect, _: int) -> None:
            if isinstance(effect, PickUp):
                house.service.tell(OfferDeclined(agent=first.agent))

        # The second click is in before the line could say what came of the first.
        house.service.subscribe(declines_too)
        house.service.tell(OfferAccepted(agent=first.agent))
        connected = [agent for agent in ("olena", "maria") if house.line.phone(agent).connected]
        in_conversation = [agent for agent in ("olena", "maria") if state_of(house, agent) is AgentState.TALKING]
        assert connected == in_conversation
        assert (caller.state is CallState.TALKING) == (len(connected) == 1)


@in_jumping_time
async def test_an_unknown_key_is_asked_about_again_and_the_call_goes_on(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call(keys="7")
        await house.until(lambda: "Sorry, that key is not in the menu." in heard(caller, Sound.PROMPT))
        await house.until(lambda: caller.asking)
        caller.press("1")
        await house.until(lambda: heard(caller, Sound.PROMPT)[-1].startswith("For cards, press one."))


@in_jumping_time
async def test_a_caller_who_presses_nothing_is_asked_again_and_then_put_through(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call()
        await house.until(lambda: caller.state is CallState.WAITING)
        prompts = heard(caller, Sound.PROMPT)
        assert prompts.count("Sorry, I did not hear a key.") == 3
        assert heard(caller, Sound.QUEUED) == ["technical"]


@in_jumping_time
async def test_what_is_on_no_keypad_changes_nothing(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call()
        await house.until(lambda: caller.asking)
        for junk in ("", "x", "11", "\n", "１", "<script>"):
            caller.press(junk)
        assert heard(caller, Sound.KEY) == []
        assert (caller.asking, caller.keys_so_far) == (True, 0)


@in_jumping_time
async def test_keys_of_a_card_number_are_counted_while_they_come(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call(keys="1143")
        assert (caller.asking, caller.keys_so_far) == (True, 2)
        assert [(said.who, said.text) for said in caller.transcript if said.sound is Sound.KEY][-1] == (
            Speaker.YOU,
            "3",
        )


@pytest.mark.parametrize(
    "name", ['O\'Brien, "Mick"', "two\nlines\r\nand a NUL \0", "Тетяна Біла", "<script>alert(1)</script>", "x" * 5_000]
)
def test_any_name_is_kept_as_text(name: str, tmp_path: Path) -> None:
    @in_jumping_time
    async def body() -> None:
        async with open_house(bank(), tmp_path) as house:
            caller = await house.call(number="", name=name, keys=ENGLISH_CARDS)
            await house.until(lambda: caller.state is CallState.WAITING)
            caller.hang_up()
            assert (house.ended().number, house.ended().name) == ("", name[:200])
            assert house.service.health()["journal"]["state"] == "up"

    body()


@in_jumping_time
async def test_half_a_character_in_a_name_does_not_stop_the_journal(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call(number="\udfff", name="half \ud800 a character")
        caller.hang_up()
        assert house.ended().name == "half ? a character"
        assert house.service.health()["journal"]["state"] == "up"


@in_jumping_time
async def test_a_caller_who_waits_too_long_is_told_so_and_let_go(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: caller.state is CallState.ENDED, within_s=1_300)
        assert caller.ended_by == "centre"
        assert heard(caller, Sound.PROMPT)[-1].startswith("We are sorry")
        assert house.ended().outcome is Outcome.TIMEOUT


WAYS_OUT = BANK.parent / "exits"


@in_jumping_time
async def test_a_caller_leaves_by_a_key_and_speaks_to_a_machine(tmp_path: Path) -> None:
    async with open_house(replace(load_site(WAYS_OUT), customers=bank().customers), tmp_path) as house:
        house.service.tell(AgentSignedIn(agent="ann"))
        house.service.tell(AgentReady(agent="ann"))
        house.line.place_call("", "")
        house.service.tell(OfferAccepted(agent="ann"))
        caller = house.line.place_call("+380501110003", "Emily")
        await house.until(lambda: Sound.MUSIC in [said.sound for said in caller.transcript])
        caller.press("1")
        await house.until(lambda: caller.state is CallState.RECORDED)
        await asyncio.sleep(12)
        caller.hang_up()
        record = house.ended()
        assert (record.outcome, record.exits[0].why) == (Outcome.VOICEMAIL, "exit-key")
        assert 12_000 <= record.messages[0].length_ms < 13_000


@in_jumping_time
async def test_a_break_asked_for_while_talking_begins_after_the_call(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        caller = await talking(house)
        house.service.tell(AgentNotReady(agent="olena", reason="lunch"))
        assert caller.state is CallState.TALKING
        caller.hang_up()
        house.service.tell(WrapUpFinished(agent="olena"))
        assert state_of(house, "olena") is AgentState.NOT_READY
