"""An agent's own call on a real Asterisk: the phone is left alone, and the call counts as nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.effects import OWN_CALL, AgentChanged, AgentState
from centre.effects import Queued, Ring
from config.loader import load_site
from tests.asterisk.engine import bank_on, engine_for
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.operator import Operator, operator
from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import caller, phone


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    with Asterisk(tmp_path_factory.mktemp("own") / "asterisk", [Agent("andriy", free_port())]) as running:
        yield running


OWN = "own-call-1"


async def own_call(somebody: Operator) -> None:
    """A call of the agent's, by way of the same Asterisk but none of the engine's."""
    await somebody.link.action(
        "Originate", Channel="PJSIP/andriy", Context="holdless-agent", Exten="hold", Priority=1, ChannelId=OWN
    )


def is_own(change: AgentChanged) -> bool:
    return change.reason == OWN_CALL


def is_ready(change: AgentChanged) -> bool:
    return change.state is AgentState.READY


async def test_an_agent_on_a_call_of_ones_own_is_rung_when_it_is_over(exchange: Asterisk, tmp_path: Path) -> None:
    site = bank_on(exchange, tmp_path)
    (andriy,) = exchange.agents
    async with (
        engine_for(load_site(site), tmp_path / "data") as engine,
        caller(exchange) as customer,
        operator(exchange) as somebody,
    ):
        engine.ready("andriy")
        async with phone(andriy, PhoneBehaviour(answer_after_ms=50)) as busy:
            await own_call(somebody)
            await busy.answers()
            await engine.saw(AgentChanged, is_own)
            await engine.walks_to_technical(customer)
            await engine.saw(Queued)
            assert [heard for heard in engine.heard if isinstance(heard.effect, Ring)] == []
            await somebody.link.action("Hangup", Channel=OWN)
            ring = await engine.saw(Ring)
        assert ring.agent == "andriy"
        customer.hang_up()
        await engine.ended()


async def test_a_phone_that_we_ring_and_talk_on_is_on_no_call_of_its_own(exchange: Asterisk, tmp_path: Path) -> None:
    site = bank_on(exchange, tmp_path)
    behaviour = PhoneBehaviour(answer_after_ms=200, hang_up_after_ms=800)
    async with (
        engine_for(load_site(site), tmp_path / "data") as engine,
        phone(exchange.agents[0], behaviour),
        caller(exchange) as customer,
    ):
        engine.ready("andriy")
        await engine.walks_to_technical(customer)
        await customer.gone()
        await engine.ended()
        changes = [heard.effect for heard in engine.heard if isinstance(heard.effect, AgentChanged)]
    assert not any(is_own(change) for change in changes)


async def test_an_engine_that_comes_back_knows_who_is_on_the_phone(exchange: Asterisk, tmp_path: Path) -> None:
    site, (andriy,) = bank_on(exchange, tmp_path), exchange.agents
    async with engine_for(load_site(site), tmp_path / "data") as first:
        first.ready("andriy")
        await first.saw(AgentChanged, is_ready)
    async with phone(andriy, PhoneBehaviour(answer_after_ms=50)) as busy, operator(exchange) as somebody:
        await own_call(somebody)
        await busy.answers()
        async with engine_for(load_site(site), tmp_path / "data") as second:
            await second.saw(AgentChanged, is_own)
        await somebody.link.action("Hangup", Channel=OWN)
        await somebody.nobody_left()
    async with engine_for(load_site(site), tmp_path / "data") as third:
        await third.saw(AgentChanged, is_ready)
