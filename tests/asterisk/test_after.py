"""What follows on a conversation on a real Asterisk: the agent hangs up, and the caller is asked how it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre import events
from centre.calls import CallRecord, Outcome, Phase
from centre.effects import Answered, Queued
from config.loader import load_site
from config.site import Site
from cti.asterisk.agi_session import AgiSession
from tests.asterisk.engine import DEADLINE_S, Engine, bank_on, engine_for
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, Caller, caller, phone

FLOW = """
start: technical
language: en
nodes:
  technical: {do: queue, queue: technical, after: how, otherwise: sorry}
  how: {do: survey, scale: csat, prompt: no-match, into: how, next: likely, otherwise: sorry}
  likely: {do: survey, scale: nps, prompt: no-match, into: likely, next: sorry, otherwise: sorry}
  sorry: {do: hangup, prompt: no-match}
"""
AGENTS = ("grace", "james")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(AGENTS, free_ports(len(AGENTS)), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("after") / "asterisk", phones) as running:
        yield running


@dataclass
class Ear:
    """What the caller can do now."""

    listens: asyncio.Event = field(default_factory=asyncio.Event)
    """A key would be heard: Asterisk carries out a command that waits for one."""


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    """By the FastAGI commands that Asterisk is carrying out."""
    found, do = Ear(), AgiSession._do

    async def done(session: AgiSession, command: str, *arguments: str, within_ms: int | None = None) -> object:
        if command in ("STREAM FILE", "WAIT FOR DIGIT"):
            found.listens.set()
        try:
            return await do(session, command, *arguments, within_ms=within_ms)
        finally:
            found.listens.clear()

    monkeypatch.setattr(AgiSession, "_do", done)
    return found


def site_on(exchange: Asterisk, folder: Path, phones: str = "{at_once: 1}") -> Site:
    """The agents of the example bank, and a menu that is nothing but a queue and what follows."""
    site = bank_on(exchange, folder, phones=phones)
    (site / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    settings = site / "site.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("workload: workload.yaml", ""), encoding="utf-8")
    return load_site(site)


async def talks(engine: Engine, customer: Caller) -> None:
    await customer.answered()
    await engine.saw(Queued)
    engine.ready(*AGENTS)
    await engine.saw(Answered)
    assert await customer.rtp.hears_tone(AGENT_HZ, within_ms=10_000)


async def presses(ear: Ear, engine: Engine, customer: Caller, node: str, keys: str) -> None:
    """Answers the question once Asterisk speaks it: a key of before still belongs to the conversation."""
    await engine.asks(node)
    async with asyncio.timeout(DEADLINE_S):
        await ear.listens.wait()
    await customer.press(keys)


def scores(record: CallRecord) -> list[tuple[str, int]]:
    return [(score.name, score.score) for score in record.scores]


def talker(engine: Engine) -> str:
    (agent,) = (view.id for view in engine.service.centre.acd.agents() if view.state is AgentState.TALKING)
    return agent


async def test_the_caller_is_asked_when_the_agent_puts_the_phone_down_and_the_agent_wraps_up_meanwhile(
    exchange: Asterisk, tmp_path: Path, ear: Ear
) -> None:
    async with (
        engine_for(site_on(exchange, tmp_path), tmp_path / "data") as engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)) as grace,
        caller(exchange) as customer,
    ):
        await talks(engine, customer)
        grace.hang_up()
        await engine.asks("how")
        assert engine.service.centre.acd.agent("grace").state is AgentState.WRAP_UP
        engine.service.tell(events.WrapUpFinished(agent="grace"))
        await engine.agent_is("grace", AgentState.READY)
        await presses(ear, engine, customer, "how", "4")
        await presses(ear, engine, customer, "likely", "10")
        await customer.gone()
        record = await engine.closed()
    assert scores(record) == [("how", 4), ("likely", 10)]
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "agent")


async def test_the_caller_is_asked_after_hold_when_the_agent_hangs_up_at_the_desk(
    exchange: Asterisk, tmp_path: Path, ear: Ear
) -> None:
    async with (
        engine_for(site_on(exchange, tmp_path), tmp_path / "data") as engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)) as grace,
        caller(exchange) as customer,
    ):
        await talks(engine, customer)
        engine.service.tell(events.HoldAsked(agent="grace"))
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        engine.service.tell(events.RetrieveAsked(agent="grace"))
        assert await customer.rtp.hears_tone(AGENT_HZ, within_ms=10_000)
        engine.service.tell(events.HangUpAsked(agent="grace"))
        await grace.saw("BYE")
        await presses(ear, engine, customer, "how", "2")
        await engine.asks("likely")
        customer.hang_up()
        record = await engine.ended()
    assert scores(record) == [("how", 2)]
    assert record.hold_ms > 0


async def test_a_held_caller_on_whom_the_agent_hangs_up_is_asked_too(
    exchange: Asterisk, tmp_path: Path, ear: Ear
) -> None:
    async with (
        engine_for(site_on(exchange, tmp_path), tmp_path / "data") as engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)) as grace,
        caller(exchange) as customer,
    ):
        await talks(engine, customer)
        engine.service.tell(events.HoldAsked(agent="grace"))
        assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=10_000)
        grace.hang_up()
        await presses(ear, engine, customer, "how", "1")
        await engine.asks("likely")
        customer.hang_up()
        assert scores(await engine.ended()) == [("how", 1)]


async def test_of_several_phones_the_one_that_was_answered_gives_the_caller_back(
    exchange: Asterisk, tmp_path: Path, ear: Ear
) -> None:
    async with (
        engine_for(site_on(exchange, tmp_path, "{at_once: 2}"), tmp_path / "data") as engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=300)) as grace,
        phone(exchange.agents[1]),
        caller(exchange) as customer,
    ):
        await talks(engine, customer)
        assert talker(engine) == "grace"
        grace.hang_up()
        await presses(ear, engine, customer, "how", "5")
        await presses(ear, engine, customer, "likely", "1#")
        await customer.gone()
        assert scores(await engine.ended()) == [("how", 5), ("likely", 1)]


@pytest.mark.parametrize("agent_hangs_up", ["before", "while no engine is there"])
async def test_the_next_engine_goes_on_where_the_caller_was(
    exchange: Asterisk, tmp_path: Path, ear: Ear, agent_hangs_up: str
) -> None:
    site = site_on(exchange, tmp_path)
    async with (
        AsyncExitStack() as first_engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)) as grace,
    ):
        first = await first_engine.enter_async_context(engine_for(site, tmp_path / "data"))
        async with caller(exchange) as customer:
            await talks(first, customer)
            if agent_hangs_up == "before":
                grace.hang_up()
                await presses(ear, first, customer, "how", "3")
                await first.asks("likely")
            await first_engine.aclose()
            if agent_hangs_up != "before":
                grace.hang_up()
                await grace.saw("200", method="BYE")
            async with engine_for(site, tmp_path / "data") as second:
                if agent_hangs_up != "before":
                    await presses(ear, second, customer, "how", "3")
                await presses(ear, second, customer, "likely", "0")
                await customer.gone()
                assert scores(await second.ended()) == [("how", 3), ("likely", 0)]
                assert second.service.centre.conservation().inside[Phase.AFTER] == 0


async def test_where_no_engine_comes_back_the_caller_is_let_go(exchange: Asterisk, tmp_path: Path) -> None:
    async with (
        engine_for(site_on(exchange, tmp_path), tmp_path / "data") as engine,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)) as grace,
        caller(exchange) as customer,
    ):
        await talks(engine, customer)
        grace.hang_up()
        await engine.asks("how")
        await engine.service.close()
        async with asyncio.timeout(DEADLINE_S):
            await customer.gone()
