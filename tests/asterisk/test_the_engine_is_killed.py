"""kill -9 of the engine: callers stay with their music; the next engine finds them in order, with the time they had."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.effects import Answered, Ask, Queued, Ring
from config.loader import load_site
from tests.asterisk.engine import bank_on, channels_left, engine_for
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, Caller, caller, phone
from tests.engine_process import effects, journaled, killed, serving

UNBROKEN_MS = 200
"""Packets come every 20 ms; more than this without one is a hole that a caller hears."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(("grace", "james"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("killed") / "asterisk", phones) as running:
        yield running


async def walk_to_technical(customer: Caller, data: Path, *, times: int) -> None:
    await customer.answered()
    await journaled(data, lambda one: isinstance(one, Ask) and one.node == "choose-language", times=times)
    await customer.press("1")
    await journaled(data, lambda one: isinstance(one, Ask) and one.node == "main", times=times)
    await customer.press("3")
    await journaled(data, lambda one: isinstance(one, Queued), times=times)


@pytest.mark.alone
@pytest.mark.parametrize("memory", ["with its journal", "on a new machine, with nothing but the exchange"])
async def test_waiting_callers_are_found_again_in_order_with_the_time_they_had(
    exchange: Asterisk, tmp_path: Path, memory: str
) -> None:
    site, data = bank_on(exchange, tmp_path), tmp_path / "data"
    async with serving(site, data, "asterisk") as process, caller(exchange) as first, caller(exchange) as second:
        await walk_to_technical(first, data, times=1)
        await walk_to_technical(second, data, times=2)
        assert await first.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        waited_since = [effect.waiting_since for effect in effects(data) if isinstance(effect, Queued)]
        killed_at = time.time()
        await killed(process)
        await asyncio.sleep(1.0)  # a while without any engine
        kept = data if memory == "with its journal" else tmp_path / "empty"
        async with engine_for(load_site(site), kept) as engine:
            waiting = engine.service.centre.waiting_calls("technical")
            assert [call.record.queued_at for call in waiting] == waited_since
            assert first.rtp.longest_gap_ms(killed_at) < UNBROKEN_MS
            grace, _ = exchange.agents
            async with phone(grace, PhoneBehaviour(answer_after_ms=100)):
                engine.ready("grace")
                answered = await engine.saw(Answered)
                assert answered.call == waiting[0].record.call
                assert answered.waited_ms >= 1_000
                first.hang_up()
                assert (await engine.ended()).queued_at == waited_since[0]
                second.hang_up()
                await engine.ended(times=2)


@pytest.mark.parametrize("answered", ["while no engine is there", "when the next engine is there"])
async def test_of_several_phones_that_ring_the_first_answered_has_the_caller_all_the_same(
    exchange: Asterisk, tmp_path: Path, answered: str
) -> None:
    site, data = bank_on(exchange, tmp_path, ring_s=30, phones="{at_once: 2}"), tmp_path / "data"
    async with engine_for(load_site(site), data) as before:
        before.ready("grace", "james")
    grace, james = exchange.agents
    async with (
        serving(site, data, "asterisk") as process,
        phone(grace) as of_grace,
        phone(james) as of_james,
        caller(exchange) as customer,
    ):
        await walk_to_technical(customer, data, times=1)
        await of_grace.saw("180")
        await of_james.saw("180")
        await journaled(data, lambda one: isinstance(one, Ring), times=2)
        await killed(process)
        if answered == "while no engine is there":
            of_grace.pick_up()
            assert await customer.rtp.hears_tone(AGENT_HZ)
            assert of_james.seen("CANCEL") == []
        async with engine_for(load_site(site), data) as engine:
            if answered == "when the next engine is there":
                of_grace.pick_up()
            assert (await engine.saw(Answered)).agent == "grace"
            await of_james.saw("CANCEL")
            assert await of_grace.rtp.hears_tone(CALLER_HZ)
            await engine.agent_is("james", AgentState.READY)
            customer.hang_up()
            record = await engine.ended()
            assert (record.agent, record.ended_by) == ("grace", "caller")


async def test_a_caller_in_the_menu_is_asked_again_where_they_were(exchange: Asterisk, tmp_path: Path) -> None:
    site, data = bank_on(exchange, tmp_path), tmp_path / "data"
    async with serving(site, data, "asterisk") as process, caller(exchange) as customer:
        await customer.answered()
        await journaled(data, lambda one: isinstance(one, Ask) and one.node == "choose-language")
        await customer.press("1")
        await journaled(data, lambda one: isinstance(one, Ask) and one.node == "main")
        await killed(process)
        async with engine_for(load_site(site), data) as engine:
            await engine.asks("main")
            await customer.press("3")
            assert (await engine.saw(Queued)).queue == "technical"
            customer.hang_up()
            await engine.ended()


async def test_a_caller_who_hangs_up_while_no_engine_is_there_has_left_by_themselves(
    exchange: Asterisk, tmp_path: Path
) -> None:
    site, data = load_site(bank_on(exchange, tmp_path)), tmp_path / "data"
    async with caller(exchange) as customer:
        async with engine_for(site, data) as engine:
            await engine.walks_to_technical(customer)
            await engine.saw(Queued)
        customer.hang_up()
        await channels_left(exchange, 0)
    async with engine_for(site, data) as engine:
        record = await engine.ended()
    assert (record.outcome, record.ended_by) == (Outcome.ABANDONED, "line")


async def test_nobody_is_left_of_an_asterisk_that_was_started_again_while_no_engine_was_there(
    exchange: Asterisk, tmp_path: Path
) -> None:
    site, data = load_site(bank_on(exchange, tmp_path)), tmp_path / "data"
    grace, _ = exchange.agents
    async with (
        phone(grace, PhoneBehaviour(answer_after_ms=100)),
        caller(exchange) as talks,
        caller(exchange) as waits,
    ):
        async with engine_for(site, data) as engine:
            engine.ready("grace")
            await engine.walks_to_technical(talks)
            await engine.saw(Answered)
            await engine.walks_to_technical(waits, times=2)
            await engine.saw(Queued, times=2)
        await asyncio.to_thread(exchange.kill)
        await asyncio.to_thread(exchange.restart)
    async with engine_for(site, data) as engine, caller(exchange) as customer:
        over = [await engine.ended(times=number) for number in (1, 2)]
        assert {(one.outcome, one.ended_by) for one in over} == {(Outcome.ANSWERED, "line"), (Outcome.LOST, "line")}
        await engine.agent_is("grace", AgentState.WRAP_UP)
        await customer.answered()
        await engine.asks("choose-language")
        assert engine.service.centre.conservation().inside[Phase.WAITING] == 0
        customer.hang_up()
        await engine.ended(times=3)


async def test_a_caller_who_comes_while_no_engine_is_there_is_served_when_one_is(
    exchange: Asterisk, tmp_path: Path
) -> None:
    site, data = bank_on(exchange, tmp_path), tmp_path / "data"
    async with caller(exchange) as customer:
        await customer.answered()
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=20_000)
        async with engine_for(load_site(site), data) as engine:
            await engine.asks("choose-language")
            await customer.press("1")
            await engine.asks("main")
            customer.hang_up()
            await engine.ended()
