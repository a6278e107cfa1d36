"""The centre breaks off again and again: whoever is on the exchange is served all the same, in the order of coming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.effects import Queued, Ring
from centre.events import CallArrived, HangUpAsked, WrapUpFinished
from config.loader import load_site
from cti.service.poison import TOO_MANY
from tests.asterisk.engine import Engine, bank_on, engine_for, until, with_flow
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import caller, phone
from tests.house import breaks_off

LATE = '"Late" <sip:+380501110009@127.0.0.1>'


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    (port,) = free_ports(1)
    with Asterisk(tmp_path_factory.mktemp("fault") / "asterisk", [Agent("andriy", port)]) as running:
        yield running


async def wait_for(engine: Engine, count: int) -> None:
    async def do() -> bool:
        return len(engine.waiting()) == count

    await until(do, f"{count} callers who wait")


async def test_callers_whose_arrival_is_refused_are_found_on_the_exchange(
    exchange: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        engine_for(load_site(with_flow(bank_on(exchange, tmp_path))), tmp_path / "data") as engine,
        AsyncExitStack() as sip,
    ):
        await sip.enter_async_context(phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=100)))
        await sip.enter_async_context(caller(exchange))
        first = (await engine.saw(Queued)).call
        breaks_off(monkeypatch, CallArrived, lambda event: event.number.endswith("0501110009"))
        for _ in range(TOO_MANY):
            await sip.enter_async_context(caller(exchange, sender=LATE))
        await wait_for(engine, 1 + TOO_MANY)
        assert engine.service.standing().first_come
        assert engine.waiting()[0] == first
        engine.ready("andriy")
        for served in range(1, 2 + TOO_MANY):
            await engine.agent_is("andriy", AgentState.TALKING)
            engine.service.tell(HangUpAsked(agent="andriy"))
            await engine.ended(times=served)
            engine.service.tell(WrapUpFinished(agent="andriy", disposition="solved"))
        rung = [heard.effect.call for heard in engine.heard if isinstance(heard.effect, Ring)]
        assert rung[0] == first
        assert len(rung) == len(set(rung)) == 1 + TOO_MANY
