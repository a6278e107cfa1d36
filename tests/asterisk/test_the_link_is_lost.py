"""The exchange dies, or its manager is out of reach: when the link is back the engine knows the truth and serves on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from acd.effects import AgentState, OfferEnd, OfferEnded
from centre import events
from centre.calls import Outcome, Phase
from centre.effects import Answered, Queued, Ring
from config.loader import load_site
from cti.asterisk.ami import AmiLink, AmiLost, AmiReply
from tests.asterisk.engine import (
    ONE_PHONE,
    RING_S,
    Engine,
    bank_on,
    channels_left,
    engine_for,
    engine_on,
    until,
    with_flow,
)
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, caller, phone
from tests.proxy import FreezableProxy, freezable_proxy

LONG_RING_S = 60
"""Longer than any outage here."""
OFFER_GRACE_S = 3
"""How long after the ring time the core waits for word of a phone (the default of AcdSetup)."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk with the phones of two who can give technical help."""
    phones = [Agent(name, port) for name, port in zip(("grace", "james"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("lost") / "asterisk", phones) as running:
        yield running


@pytest.fixture
def in_vain(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the actions that the link was down for, as they are tried."""
    names: list[str] = []
    action = AmiLink.action

    async def noted(link: AmiLink, name: str, *args: Any, **more: Any) -> AmiReply:
        try:
            return await action(link, name, *args, **more)
        except AmiLost:
            names.append(name)
            raise

    monkeypatch.setattr(AmiLink, "action", noted)
    return names


async def tried(in_vain: list[str], name: str, *, times: int = 1) -> None:
    async def it_was() -> bool:
        return in_vain.count(name) >= times

    await until(it_was, f"{name} is tried in vain")


async def link_is(engine: Engine, state: str) -> None:
    async def it_is() -> bool:
        return engine.service.health()["asterisk"]["state"] == state

    await until(it_is, f"the link is {state}")


@asynccontextmanager
async def engine_with_a_link_to_cut(
    exchange: Asterisk, folder: Path, *, ring_s: int = RING_S, phones: str = ONE_PHONE, menu: bool = False
) -> AsyncIterator[tuple[Engine, FreezableProxy]]:
    """*menu*: the bank's own; without it callers come straight into the queue."""
    async with freezable_proxy() as proxy:
        proxy.to = exchange.ami_port
        site = bank_on(exchange, folder, ring_s=ring_s, ami_port=proxy.port, phones=phones)
        async with engine_for(load_site(site if menu else with_flow(site)), folder / "data") as engine:
            yield engine, proxy


async def test_the_calls_of_an_asterisk_that_died_are_over_and_its_successor_is_served(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, _ = exchange.agents
    async with engine_on(exchange, tmp_path) as engine, phone(grace, PhoneBehaviour(answer_after_ms=100)):
        engine.ready("grace")
        async with caller(exchange) as talks, caller(exchange) as waits, caller(exchange) as chooses:
            await engine.walks_to_technical(talks)
            await engine.saw(Answered)
            await engine.walks_to_technical(waits, times=2)
            await engine.saw(Queued, times=2)
            await chooses.answered()
            await engine.asks("choose-language", times=3)
            await asyncio.to_thread(exchange.kill)
            await link_is(engine, "connecting")
            await asyncio.to_thread(exchange.restart)
            ended = [await engine.ended(times=number) for number in (1, 2, 3)]
        assert {(record.outcome, record.ended_by) for record in ended} == {
            (Outcome.ANSWERED, "line"),
            (Outcome.LOST, "line"),
        }
        await engine.agent_is("grace", AgentState.WRAP_UP)
        engine.service.tell(events.WrapUpFinished(agent="grace", disposition="solved"))
        async with caller(exchange) as customer:
            await customer.answered()
            await engine.asks("choose-language", times=4)
            await customer.press("1")
            await engine.asks("main", times=3)
            await customer.press("3")
            assert (await engine.saw(Answered, times=2)).agent == "grace"
            assert await customer.rtp.hears_tone(AGENT_HZ)
            customer.hang_up()
            await engine.ended(times=4)


async def test_what_happened_while_the_manager_could_not_be_reached_is_known_afterwards(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, james = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path, ring_s=LONG_RING_S, menu=True) as (engine, proxy),
        phone(grace, PhoneBehaviour(answer_after_ms=100)) as of_grace,
        phone(james) as of_james,
        caller(exchange) as talks,
        caller(exchange) as is_offered,
        caller(exchange) as gives_up,
        caller(exchange) as waits,
        caller(exchange) as chooses,
    ):
        engine.ready("grace")
        await engine.walks_to_technical(talks)
        await engine.saw(Answered)
        engine.ready("james")
        for number, customer in enumerate((is_offered, gives_up, waits), start=2):
            await engine.walks_to_technical(customer, times=number)
            await engine.saw(Queued, times=number)
        await of_james.saw("180")
        offered = await engine.saw(Ring, times=2)
        _, patient = engine.waiting()
        await chooses.answered()
        await engine.asks("choose-language", times=5)

        await proxy.cut()
        await link_is(engine, "connecting")
        for customer in (talks, gives_up, chooses):
            customer.hang_up()
        of_james.pick_up()
        await of_james.answers()
        await channels_left(exchange, 3)
        proxy.mend()

        await link_is(engine, "up")
        ended = [await engine.ended(times=number) for number in (1, 2, 3)]
        assert sorted(str(record.outcome) for record in ended) == [
            Outcome.ABANDONED,
            Outcome.ANSWERED,
            Outcome.LEFT_IN_MENU,
        ]
        assert (await engine.saw(Answered, times=2)).call == offered.call
        assert engine.waiting() == [patient]
        await engine.agent_is("grace", AgentState.WRAP_UP)
        await engine.agent_is("james", AgentState.TALKING)
        books = engine.service.centre.conservation()
        assert (books.arrived, books.ended) == (5, 3)
        assert {phase: count for phase, count in books.inside.items() if count} == {Phase.WAITING: 1, Phase.TALKING: 1}
        engine.service.tell(events.WrapUpFinished(agent="grace", disposition="solved"))
        assert (await engine.saw(Answered, times=3)).call == patient
        await of_grace.answers(times=2)
        is_offered.hang_up()
        waits.hang_up()
        await engine.ended(times=5)


async def test_a_caller_for_whom_nobody_could_be_rung_is_offered_when_the_manager_is_back(
    exchange: Asterisk, tmp_path: Path, in_vain: list[str]
) -> None:
    grace, _ = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path, ring_s=LONG_RING_S) as (engine, proxy),
        phone(grace, PhoneBehaviour(answer_after_ms=100)),
        caller(exchange) as customer,
    ):
        await engine.saw(Queued)
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        await proxy.cut()
        await link_is(engine, "connecting")
        engine.ready("grace")
        await engine.saw(Ring)
        await tried(in_vain, "Redirect")
        proxy.mend()
        answered = await engine.saw(Answered)
        customer.hang_up()
        record = await engine.ended()

    assert answered.agent == "grace"
    assert [offer.how for offer in record.offers] == ["answered"]


@pytest.mark.parametrize("phones", [ONE_PHONE, "{at_once: 2}"])
async def test_agents_whose_phones_nobody_could_ring_have_missed_nothing_however_long_that_lasts(
    exchange: Asterisk, tmp_path: Path, phones: str
) -> None:
    grace, _ = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path, ring_s=5, phones=phones) as (engine, proxy),
        phone(grace, PhoneBehaviour(answer_after_ms=100)),
        caller(exchange) as customer,
    ):
        await engine.saw(Queued)
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=20_000)
        await proxy.cut()
        await link_is(engine, "connecting")
        engine.ready("grace")
        await engine.saw(OfferEnded, times=2)
        assert {one.effect.how for one in engine.heard if isinstance(one.effect, OfferEnded)} == {OfferEnd.LOST}
        proxy.mend()
        assert (await engine.saw(Answered)).agent == "grace"
        customer.hang_up()
        await engine.ended()


async def test_of_several_phones_the_one_that_was_answered_unseen_has_the_caller_and_the_other_stops(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, james = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path, ring_s=LONG_RING_S, phones="{at_once: 2}") as (engine, proxy),
        phone(grace) as of_grace,
        phone(james) as of_james,
        caller(exchange) as customer,
    ):
        engine.ready("grace", "james")
        await engine.saw(Queued)
        await of_grace.saw("180")
        await of_james.saw("180")
        await proxy.cut()
        await link_is(engine, "connecting")
        of_james.pick_up()
        assert await customer.rtp.hears_tone(AGENT_HZ)
        assert of_grace.seen("CANCEL") == []
        proxy.mend()
        assert (await engine.saw(Answered)).agent == "james"
        await of_grace.saw("CANCEL")
        await engine.agent_is("grace", AgentState.READY)  # her phone is in use until Asterisk has let go of it
        customer.hang_up()
        record = await engine.ended()
    assert {offer.agent: offer.how for offer in record.offers} == {"james": "answered", "grace": OfferEnd.WITHDRAWN}


async def test_several_phones_that_could_not_be_rung_ring_when_the_manager_is_back(
    exchange: Asterisk, tmp_path: Path, in_vain: list[str]
) -> None:
    grace, james = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path, ring_s=LONG_RING_S, phones="{at_once: 2}") as (engine, proxy),
        phone(grace, PhoneBehaviour(answer_after_ms=100)),
        phone(james) as of_james,
        caller(exchange) as customer,
    ):
        await engine.saw(Queued)
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        await proxy.cut()
        await link_is(engine, "connecting")
        engine.ready("grace", "james")
        await engine.saw(Ring, times=2)
        await tried(in_vain, "Originate", times=2)
        proxy.mend()
        assert (await engine.saw(Answered)).agent == "grace"
        await of_james.saw("CANCEL")
        customer.hang_up()
        record = await engine.ended()
    assert {offer.agent: offer.how for offer in record.offers} == {"grace": "answered", "james": OfferEnd.WITHDRAWN}


async def test_two_who_began_to_talk_unseen_after_their_offer_was_given_up_are_a_conversation(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, james = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path) as (engine, proxy),
        phone(grace) as of_grace,
        phone(james) as of_james,
        caller(exchange) as customer,
    ):
        engine.ready("grace")
        await engine.saw(Queued)
        await of_grace.saw("180")
        engine.ready("james")
        await proxy.cut()
        of_grace.pick_up()
        await of_grace.answers()
        given_up = await engine.saw(OfferEnded)
        assert (given_up.agent, given_up.how) == ("grace", OfferEnd.NO_ANSWER)
        assert (await engine.saw(Ring, times=2)).agent == "james"
        proxy.mend()
        assert (await engine.saw(Answered)).agent == "grace"
        await engine.agent_is("grace", AgentState.TALKING)
        await engine.agent_is("james", AgentState.READY)
        assert await customer.rtp.hears_tone(AGENT_HZ)
        assert await of_grace.rtp.hears_tone(CALLER_HZ)
        assert of_james.seen("INVITE") == []
        customer.hang_up()
        record = await engine.ended()
    assert (record.outcome, record.agent, record.ended_by) == (Outcome.ANSWERED, "grace", "caller")
    assert [(offer.agent, offer.how) for offer in record.offers] == [
        ("grace", "answered"),
        ("james", OfferEnd.WITHDRAWN),
    ]


async def test_two_who_began_to_talk_while_no_engine_was_there_are_not_parted_by_the_next_one(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, james = exchange.agents
    site, data = load_site(with_flow(bank_on(exchange, tmp_path))), tmp_path / "data"
    async with phone(grace) as of_grace, phone(james) as of_james, caller(exchange) as customer:
        async with engine_for(site, data) as engine:
            engine.ready("grace")
            await engine.saw(Queued)
            await of_grace.saw("180")
            engine.ready("james")
        of_grace.pick_up()
        await of_grace.answers()
        await asyncio.sleep(RING_S + OFFER_GRACE_S)
        async with engine_for(site, data) as engine:
            assert (await engine.saw(Answered)).agent == "grace"
            await engine.agent_is("james", AgentState.READY)
            assert await customer.rtp.hears_tone(AGENT_HZ)
            customer.hang_up()
            record = await engine.ended()
    assert (record.agent, record.outcome, record.ended_by) == ("grace", Outcome.ANSWERED, "caller")
    assert of_james.messages == []


async def test_a_held_caller_whose_agent_hung_up_unseen_is_not_left_to_the_music(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, _ = exchange.agents
    async with (
        engine_with_a_link_to_cut(exchange, tmp_path) as (engine, proxy),
        phone(grace, PhoneBehaviour(answer_after_ms=100)) as of_grace,
        caller(exchange) as customer,
    ):
        engine.ready("grace")
        await engine.saw(Queued)
        await engine.saw(Answered)
        engine.service.tell(events.HoldAsked(agent="grace"))
        await engine.agent_is("grace", AgentState.HOLD)
        await proxy.cut()
        of_grace.hang_up()
        await channels_left(exchange, 1)
        proxy.mend()
        await customer.gone()
        record = await engine.ended()

    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "agent")
