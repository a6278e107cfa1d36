"""Whole calls: SIPp's callers and phones, a real Asterisk, our engine, real audio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from acd.effects import AgentChanged, AgentState, OfferEnd, OfferEnded
from centre import events
from centre.calls import Outcome
from centre.effects import Answered, Queued, Ring, Speak
from tests.asterisk.engine import RING_S, Engine, engine_on
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, caller, phone

AGENTS = ("olena", "maria", "james", "grace")
NEAR_MS = 50
"""How far a recorded time may be from what was seen on the wire."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk that knows the phones of the example bank."""
    phones = [Agent(name, port) for name, port in zip(AGENTS, free_ports(len(AGENTS)), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("bank") / "asterisk", phones) as running:
        yield running


@pytest.fixture
async def engine(exchange: Asterisk, tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_on(exchange, tmp_path) as running:
        yield running


def agent(exchange: Asterisk, name: str) -> Agent:
    return next(one for one in exchange.agents if one.name == name)


def near(recorded_ms: int | None, seen_s: float) -> bool:
    return recorded_ms is not None and abs(recorded_ms - seen_s * 1000) <= NEAR_MS


@pytest.mark.alone
async def test_a_caller_reaches_the_best_agent_and_every_time_is_right(exchange: Asterisk, engine: Engine) -> None:
    engine.ready("maria", "olena")  # cards 4 + english 6, and cards 9 + english 8: Olena, although Maria is idle longer
    async with phone(agent(exchange, "olena")) as olena, caller(exchange) as customer:
        answered = await customer.answered()
        assert await customer.rtp.hears_speech(not_hz=MUSIC_HZ), "the greeting is heard"
        await engine.walks_to_cards(customer)
        queued = await engine.saw(Queued)
        assert queued.queue == "cards"
        invite = await olena.rings()
        ringing = await olena.saw("180")
        olena.pick_up()
        picked_up = await olena.answers()
        assert await olena.rtp.hears_tone(CALLER_HZ), "the agent hears the caller"
        assert await customer.rtp.hears_tone(AGENT_HZ), "the caller hears the agent"
        customer.hang_up()
        gone = await customer.gone()
        record = await engine.ended()
        await olena.saw("BYE")
    assert (record.agent, record.outcome, record.ended_by) == ("olena", Outcome.ANSWERED, "caller")
    assert [step.label["en"] for step in record.path] == ["English", "Card services"]
    assert [entry.value for entry in record.entries] == ["4321"]
    (offer,) = record.offers
    assert near(record.arrived_at, answered.at)
    assert near(record.queued_at, invite.at)
    assert near(offer.offered_at, invite.at)
    assert near(offer.ringing_at, ringing.at)
    assert near(record.answered_at, picked_up.at)
    assert near(record.ended_at, gone.at)


async def test_the_record_is_in_the_database_and_the_note_is_there_on_the_next_call(
    exchange: Asterisk, engine: Engine
) -> None:
    engine.ready("olena")
    sender = '"Emily" <sip:+380501110003@127.0.0.1>'
    answering = PhoneBehaviour(answer_after_ms=200)
    async with phone(agent(exchange, "olena"), answering), caller(exchange, sender=sender) as customer:
        await engine.walks_to_cards(customer)
        await engine.saw(Answered)
        living = engine.service.centre.calls.values()
        assert [call.record.customer.get("name") for call in living] == ["Emily Clarke"]
        customer.hang_up()
        ended = await engine.ended()
        engine.service.tell(events.WrapUpFinished(agent="olena", disposition="solved", note="Вона задоволена."))
        closed = await engine.closed()
    assert closed.call == ended.call
    (contact,) = await engine.service.history("+380501110003")
    assert (contact.note, contact.disposition, contact.agent) == ("Вона задоволена.", "solved", "olena")


async def test_the_agent_may_hang_up_first(exchange: Asterisk, engine: Engine) -> None:
    engine.ready("olena")
    behaviour = PhoneBehaviour(answer_after_ms=200, hang_up_after_ms=500)
    async with phone(agent(exchange, "olena"), behaviour), caller(exchange) as customer:
        await engine.walks_to_cards(customer)
        await customer.gone()
        record = await engine.ended()
    assert (record.ended_by, record.outcome) == ("agent", Outcome.ANSWERED)
    await engine.agent_is("olena", AgentState.WRAP_UP)


async def test_a_caller_hangs_up_in_the_menu(exchange: Asterisk, engine: Engine) -> None:
    async with caller(exchange) as customer:
        await customer.answered()
        await engine.asks("choose-language")
        customer.hang_up()
        record = await engine.ended()
    assert (record.outcome, record.queued_at) == (Outcome.LEFT_IN_MENU, None)


async def test_a_waiting_caller_hears_music_and_may_give_up(exchange: Asterisk, engine: Engine) -> None:
    async with caller(exchange) as customer:
        await engine.walks_to_technical(customer)
        await engine.saw(Queued)
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        customer.hang_up()
        record = await engine.ended()
    assert record.outcome is Outcome.ABANDONED


async def test_a_caller_who_gives_up_while_it_rings_stops_the_phone(exchange: Asterisk, engine: Engine) -> None:
    engine.ready("olena")
    async with phone(agent(exchange, "olena")) as olena, caller(exchange) as customer:
        await engine.walks_to_cards(customer)
        await olena.saw("180")
        customer.hang_up()
        await olena.saw("CANCEL")
        record = await engine.ended()
    assert (record.outcome, record.offers[0].how) == (Outcome.ABANDONED, OfferEnd.WITHDRAWN)
    await engine.agent_is("olena", AgentState.READY)


@pytest.mark.parametrize(
    ("behaviour", "how"),
    [
        (PhoneBehaviour(on_call="busy"), OfferEnd.BUSY),
        (PhoneBehaviour(on_call="silent"), OfferEnd.UNREACHABLE),
        (None, OfferEnd.UNREACHABLE),
    ],
    ids=["busy", "silent", "switched-off"],
)
async def test_a_phone_that_cannot_be_reached_sends_the_caller_to_the_next_agent_with_place_and_time(
    exchange: Asterisk, engine: Engine, behaviour: PhoneBehaviour | None, how: OfferEnd
) -> None:
    engine.ready("maria", "olena")
    maria_answers = PhoneBehaviour(answer_after_ms=100)
    async with phone(agent(exchange, "maria"), maria_answers), caller(exchange) as customer:
        if behaviour is None:
            await engine.walks_to_cards(customer)
            await engine.saw(Answered)
        else:
            async with phone(agent(exchange, "olena"), behaviour):
                await engine.walks_to_cards(customer)
                await engine.saw(Answered)
        customer.hang_up()
        record = await engine.ended()
    first, second = record.offers
    assert (first.agent, first.how) == ("olena", how)
    assert (second.agent, second.how) == ("maria", "answered")
    assert record.queued_at is not None
    assert record.queued_at <= first.offered_at < second.offered_at


async def test_an_agent_who_does_not_answer_is_passed_over_and_the_caller_keeps_the_place(
    exchange: Asterisk, engine: Engine
) -> None:
    engine.ready("grace", "james")
    async with (
        phone(agent(exchange, "grace")) as grace,
        phone(agent(exchange, "james"), PhoneBehaviour(answer_after_ms=100)),
        caller(exchange) as customer,
    ):
        await engine.walks_to_technical(customer)
        await grace.rings()
        failed = await engine.saw(OfferEnded)
        assert (failed.agent, failed.how) == ("grace", OfferEnd.NO_ANSWER)
        answered = await engine.saw(Answered)
        assert answered.agent == "james"
        assert answered.waited_ms >= RING_S * 1000 - NEAR_MS
        customer.hang_up()
        await engine.ended()


async def test_hold_at_the_desk_plays_music_and_retrieve_brings_the_agent_back(
    exchange: Asterisk, engine: Engine
) -> None:
    engine.ready("olena")
    answering = PhoneBehaviour(answer_after_ms=100)
    async with phone(agent(exchange, "olena"), answering) as olena, caller(exchange) as customer:
        await engine.walks_to_cards(customer)
        await engine.saw(Answered)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        engine.service.tell(events.HoldAsked(agent="olena"))
        await engine.saw(AgentChanged, lambda one: one.state is AgentState.HOLD)
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        engine.service.tell(events.RetrieveAsked(agent="olena"))
        await engine.saw(AgentChanged, lambda one: one.state is AgentState.TALKING, times=2)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        assert await olena.rtp.hears_tone(CALLER_HZ)
        engine.service.tell(events.HangUpAsked(agent="olena"))
        await customer.gone()
        record = await engine.ended()
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "agent")
    assert record.hold_ms > 0


async def test_an_agent_who_hangs_up_on_a_held_caller_ends_the_call(exchange: Asterisk, engine: Engine) -> None:
    engine.ready("olena")
    answering = PhoneBehaviour(answer_after_ms=100)
    async with phone(agent(exchange, "olena"), answering) as olena, caller(exchange) as customer:
        await engine.walks_to_cards(customer)
        await engine.saw(Answered)
        engine.service.tell(events.HoldAsked(agent="olena"))
        await engine.saw(AgentChanged, lambda one: one.state is AgentState.HOLD)
        olena.hang_up()
        await customer.gone()
        record = await engine.ended()
    assert record.ended_by == "agent"


async def test_unknown_keys_and_silence_are_answered_and_the_call_goes_on(exchange: Asterisk, engine: Engine) -> None:
    async with caller(exchange) as customer:
        await customer.answered()
        await engine.asks("choose-language")
        await customer.press("#")
        again = await engine.asks("choose-language", times=2)
        assert again.prompts[0] == "no-match"
        # A second question wants an answer of its own, not what is pressed before it is spoken.
        assert await customer.rtp.hears_sound()
        await customer.press("7")
        await engine.asks("main")
        await customer.press("3")
        assert (await engine.saw(Queued)).queue == "technical"
        customer.hang_up()
        await engine.ended()


async def test_keys_pressed_while_the_welcome_is_spoken_answer_the_questions_that_follow(
    exchange: Asterisk, engine: Engine
) -> None:
    async with caller(exchange) as customer:
        await customer.answered()
        await engine.saw(Speak)
        await customer.press("114321")
        await engine.saw(Queued)
        (call,) = engine.service.centre.calls.values()
        customer.hang_up()
        await engine.ended()
    assert [(step.node, step.key) for step in call.record.path] == [("choose-language", "1"), ("main", "1")]
    assert [entry.value for entry in call.record.entries] == ["4321"]


async def test_a_caller_without_a_number_is_served(exchange: Asterisk, engine: Engine) -> None:
    engine.ready("grace")
    async with (
        phone(agent(exchange, "grace"), PhoneBehaviour(answer_after_ms=100)),
        caller(exchange, sender="<sip:anonymous@anonymous.invalid>") as customer,
    ):
        await engine.walks_to_technical(customer)
        await engine.saw(Answered)
        customer.hang_up()
        record = await engine.ended()
    assert record.outcome is Outcome.ANSWERED
    assert await engine.service.history(record.number) == []


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "Тетяна «Біла»",
        "O'Connor 'Dan' #1; drop",
        "${SHELL(touch /tmp/pwned)},${CC_ID}",
        "500&PJSIP/trunk",
    ],
)
async def test_a_hostile_name_is_text_all_the_way(exchange: Asterisk, engine: Engine, name: str) -> None:
    engine.ready("grace")
    async with (
        phone(agent(exchange, "grace"), PhoneBehaviour(answer_after_ms=100)),
        caller(exchange, sender=f'"{name}" <sip:+380501110099@127.0.0.1>') as customer,
    ):
        await engine.walks_to_technical(customer)
        ring = await engine.saw(Ring)
        await engine.saw(Answered)
        customer.hang_up()
        record = await engine.ended()
    assert ring.agent == "grace"
    assert record.name == name
