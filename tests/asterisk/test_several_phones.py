"""Several phones ring for one caller on a real Asterisk: SIPp's callers and phones, our engine, real audio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from acd.effects import AgentChanged, AgentState, OfferEnd, OfferEnded
from centre import events
from centre.calls import CallRecord, Outcome
from centre.effects import Answered, Queued, Ring, Speak, StopRinging
from config.loader import load_site
from tests.asterisk.engine import Engine, bank_on, engine_for
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, Phone, caller, phone

AGENTS = ("grace", "james", "daniel")
ALL = "{at_once: 3}"
UNBROKEN_MS = 200
"""Packets come every 20 ms; more than this without one is a hole that a caller hears."""
LONG_RING_S = 30


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk with the phones of three who can give technical help."""
    phones = [Agent(name, port) for name, port in zip(AGENTS, free_ports(len(AGENTS)), strict=True)]
    silent = {"CC_UNREACHABLE_SECONDS": "1"}
    with Asterisk(tmp_path_factory.mktemp("several") / "asterisk", phones, globals=silent) as running:
        yield running


@asynccontextmanager
async def engine_on(
    exchange: Asterisk, folder: Path, phones: str = ALL, *, ring_s: int = LONG_RING_S
) -> AsyncIterator[Engine]:
    """An engine for the bank, where *phones* ring for whoever wants technical help."""
    site = load_site(bank_on(exchange, folder, ring_s=ring_s, phones=phones))
    async with engine_for(site, folder / "data") as engine:
        yield engine


@asynccontextmanager
async def phones_of(exchange: Asterisk, **behaviours: PhoneBehaviour | None) -> AsyncIterator[list[Phone]]:
    """The phones of these agents; None rings until told."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(phone(agent, behaviours[agent.name]))
            for agent in exchange.agents
            if agent.name in behaviours
        ]


def ends(record: CallRecord) -> dict[str, str]:
    return {offer.agent: offer.how for offer in record.offers}


async def freed(engine: Engine, *agents: str) -> None:
    """Each of them was rung, and is ready again."""

    def is_ready(changed: AgentChanged, agent: str) -> bool:
        return (changed.agent, changed.state) == (agent, AgentState.READY)

    for agent in agents:
        await engine.saw(AgentChanged, partial(is_ready, agent=agent), times=2)


async def wants_technical(engine: Engine, customer: Caller, *, times: int = 1) -> None:
    """A caller who knows the keys and does not listen; the *times*-th of the test."""
    await customer.answered()
    await engine.saw(Speak, times=times)
    await customer.press("13")
    await engine.saw(Queued, times=times)


async def test_the_first_to_answer_has_the_caller_and_the_others_see_that_it_was_answered_elsewhere(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path) as engine,
        phones_of(exchange, grace=None, james=None, daniel=None) as (grace, james, daniel),
        caller(exchange) as customer,
    ):
        engine.ready(*AGENTS)
        await wants_technical(engine, customer)
        for one in (grace, james, daniel):
            await one.saw("180")
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        picked_up = james.messages[-1].at
        james.pick_up()
        for one in (grace, daniel):
            assert "cause=200" in await one.reason(await one.saw("CANCEL"))
        assert await customer.rtp.hears_tone(AGENT_HZ)
        assert await james.rtp.hears_tone(CALLER_HZ)
        assert customer.rtp.longest_gap_ms(picked_up) < UNBROKEN_MS
        await freed(engine, "grace", "daniel")
        customer.hang_up()
        record = await engine.ended()
        await james.saw("BYE")
    assert (record.agent, record.outcome, record.ended_by) == ("james", Outcome.ANSWERED, "caller")
    assert ends(record) == {"grace": OfferEnd.WITHDRAWN, "james": "answered", "daniel": OfferEnd.WITHDRAWN}
    assert all(offer.ringing_at is not None for offer in record.offers)


async def test_of_two_who_answer_in_one_breath_exactly_one_has_the_caller(exchange: Asterisk, tmp_path: Path) -> None:
    async with (
        engine_on(exchange, tmp_path) as engine,
        phones_of(exchange, grace=None, james=None, daniel=None) as phones,
        caller(exchange) as customer,
    ):
        engine.ready(*AGENTS)
        await wants_technical(engine, customer)
        for one in phones:
            await one.saw("180")
        for one in phones:
            one.pick_up()
        for one in phones:
            await one.answers()
        answered = await engine.saw(Answered)
        losers = {name: one for name, one in zip(AGENTS, phones, strict=True) if name != answered.agent}
        for one in losers.values():
            assert "cause=200" in await one.reason(await one.saw("BYE"))
        await freed(engine, *losers)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        customer.hang_up()
        record = await engine.ended()
    assert ends(record) == {answered.agent: "answered"} | dict.fromkeys(losers, OfferEnd.WITHDRAWN)


async def test_one_is_busy_another_cannot_be_reached_and_the_third_rings_on_and_answers(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path) as engine,
        phones_of(exchange, grace=PhoneBehaviour(on_call="busy"), daniel=None) as (_, daniel),
        caller(exchange) as customer,
    ):
        engine.ready(*AGENTS)  # the phone of James is off
        await wants_technical(engine, customer)
        ended = [await engine.saw(OfferEnded, times=number) for number in (1, 2)]
        assert {one.agent: one.how for one in ended} == {"grace": OfferEnd.BUSY, "james": OfferEnd.UNREACHABLE}
        daniel.pick_up()
        await engine.saw(Answered)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        daniel.hang_up()
        await customer.gone()
        record = await engine.ended()
    assert (record.agent, record.ended_by) == ("daniel", "agent")


async def test_nobody_answers_and_the_caller_waits_on_for_the_next_who_is_free(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path, "{at_once: 2}", ring_s=1) as engine,
        phones_of(exchange, grace=None, james=None, daniel=PhoneBehaviour(answer_after_ms=100)),
        caller(exchange) as customer,
    ):
        engine.ready("grace", "james")
        await wants_technical(engine, customer)
        await engine.saw(OfferEnded, lambda one: one.how is OfferEnd.NO_ANSWER, times=2)
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        engine.ready("daniel")
        assert (await engine.saw(Answered)).agent == "daniel"
        customer.hang_up()
        record = await engine.ended()
    assert record.agent == "daniel"


async def test_a_second_phone_rings_when_the_first_has_rung_for_so_long_and_both_ring_on(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path, "{add_every: 1 s, most: 2}") as engine,
        phones_of(exchange, grace=None, james=None, daniel=None) as phones,
        caller(exchange) as customer,
    ):
        engine.ready(*AGENTS)
        await wants_technical(engine, customer)
        await engine.saw(Ring, times=2)
        (began, one), (added, other) = [(it.at, it.effect.agent) for it in engine.heard if isinstance(it.effect, Ring)]
        order = [one, other]
        assert added - began >= 1_000
        by_name = dict(zip(AGENTS, phones, strict=True))
        first, second = (by_name[name] for name in order)
        await first.rings()
        await second.rings()
        assert first.seen("CANCEL") == []
        first.pick_up()
        await second.saw("CANCEL")
        assert (await engine.saw(Answered)).agent == order[0]
        customer.hang_up()
        await engine.ended()
    (third,) = [name for name in AGENTS if name not in order]
    assert by_name[third].seen("INVITE") == []


async def test_a_caller_who_gives_up_stops_all_phones(exchange: Asterisk, tmp_path: Path) -> None:
    async with (
        engine_on(exchange, tmp_path) as engine,
        phones_of(exchange, grace=None, james=None, daniel=None) as phones,
        caller(exchange) as customer,
    ):
        engine.ready(*AGENTS)
        await wants_technical(engine, customer)
        for one in phones:
            await one.saw("180")
        customer.hang_up()
        for one in phones:
            await one.saw("CANCEL")
        record = await engine.ended()
        await freed(engine, *AGENTS)
    assert record.outcome is Outcome.ABANDONED
    assert ends(record) == dict.fromkeys(AGENTS, OfferEnd.WITHDRAWN)


async def test_a_phone_that_is_wanted_for_a_newer_caller_leaves_the_first_one_and_rings_for_the_other(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path, "{at_once: 2}") as engine,
        phones_of(exchange, grace=None, james=None),
        caller(exchange) as ivan,
        caller(exchange) as olha,
    ):
        engine.ready("grace", "james")
        await wants_technical(engine, ivan)
        await engine.saw(Ring, times=2)
        await wants_technical(engine, olha, times=2)
        taken = await engine.saw(StopRinging)
        again = await engine.saw(Ring, times=3)
        assert (again.agent, again.call == taken.call) == (taken.agent, False)
        engine.service.tell(events.AgentNotReady(agent=taken.agent, reason="lunch"))
        ivan.hang_up()
        olha.hang_up()
        await engine.ended(times=2)


async def test_hold_and_retrieve_work_for_an_agent_who_was_the_first_of_several(
    exchange: Asterisk, tmp_path: Path
) -> None:
    async with (
        engine_on(exchange, tmp_path) as engine,
        phones_of(exchange, grace=PhoneBehaviour(answer_after_ms=100), james=None),
        caller(exchange) as customer,
    ):
        engine.ready("grace", "james")
        await wants_technical(engine, customer)
        await engine.saw(Answered)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        engine.service.tell(events.HoldAsked(agent="grace"))
        assert await customer.rtp.hears_tone(MUSIC_HZ)
        engine.service.tell(events.RetrieveAsked(agent="grace"))
        assert await customer.rtp.hears_tone(AGENT_HZ)
        engine.service.tell(events.HangUpAsked(agent="grace"))
        await customer.gone()
        record = await engine.ended()
    assert (record.ended_by, record.hold_ms > 0) == ("agent", True)
