"""SIGTERM: the engine ends in good order, and leaves every caller on the exchange where the next one finds them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.effects import Answered, Ask, CallEnded, Queued
from config.loader import load_site
from tests.asterisk.engine import bank_on, engine_for, with_flow
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, Caller, caller, phone
from tests.engine_process import at_work, effects, journaled, serving

LONG_RING_S = 60
"""Longer than from one engine to the next."""
STOPS_WITHIN_S = 30.0
HEARS_WITHIN_MS = 20_000


FLOW = """
start: main
language: en
nodes:
  main: {do: menu, prompt: main-menu, choices: {"3": {next: technical}}, otherwise: technical}
  technical: {do: queue, queue: technical, otherwise: sorry}
  sorry: {do: hangup, prompt: no-match}
"""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(("grace", "james"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("stops") / "asterisk", phones) as running:
        yield running


async def asked(customer: Caller, data: Path, *, times: int) -> Caller:
    """Who hears the menu. *times*: how many callers have by then."""
    await customer.answered()
    await journaled(data, lambda one: isinstance(one, Ask) and one.node == "main", times=times)
    return customer


async def queued(customer: Caller, data: Path, *, times: int) -> Caller:
    """Who chooses technical help. *times*: how many callers have by then."""
    await (await asked(customer, data, times=times)).press("3")
    await journaled(data, lambda one: isinstance(one, Queued), times=times)
    return customer


async def test_callers_in_the_menu_waiting_rung_for_and_talking_are_all_there_for_the_next_engine(
    exchange: Asterisk, tmp_path: Path
) -> None:
    grace, james = exchange.agents
    site, data = with_flow(bank_on(exchange, tmp_path, ring_s=LONG_RING_S), FLOW), tmp_path / "data"
    at_work(load_site(site), data, "grace", "james")
    async with AsyncExitStack() as sip:
        of_grace = await sip.enter_async_context(phone(grace, PhoneBehaviour(answer_after_ms=100)))
        of_james = await sip.enter_async_context(phone(james))
        async with serving(site, data, "asterisk") as process:
            talks, is_rung_for, waits = [
                await queued(await sip.enter_async_context(caller(exchange)), data, times=number)
                for number in (1, 2, 3)
            ]
            await journaled(data, lambda one: isinstance(one, Answered))
            await of_james.saw("180")
            chooses = await asked(await sip.enter_async_context(caller(exchange)), data, times=4)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOPS_WITHIN_S):
                assert await process.wait() == 0
        so_far = effects(data)
        assert [one for one in so_far if isinstance(one, CallEnded)] == []
        in_queue = [one for one in so_far if isinstance(one, Queued)]

        of_james.pick_up()
        for customer, hz in ((talks, AGENT_HZ), (is_rung_for, AGENT_HZ), (waits, MUSIC_HZ), (chooses, MUSIC_HZ)):
            assert await customer.rtp.hears_tone(hz, within_ms=HEARS_WITHIN_MS)
        async with engine_for(load_site(site), data) as engine:
            assert engine.service.standing().is_well
            assert (await engine.saw(Answered)).call == in_queue[1].call
            await engine.agent_is("grace", AgentState.TALKING)
            await engine.agent_is("james", AgentState.TALKING)
            (waiting,) = engine.service.centre.waiting_calls("technical")
            assert (waiting.record.call, waiting.record.queued_at) == (in_queue[2].call, in_queue[2].waiting_since)
            await engine.asks("main")  # once more
            await chooses.press("3")
            await engine.saw(Queued)
            for number, customer in enumerate((talks, is_rung_for, waits, chooses), start=1):
                customer.hang_up()
                await engine.ended(times=number)
        assert [len(one.seen("INVITE")) for one in (of_grace, of_james)] == [1, 1]
