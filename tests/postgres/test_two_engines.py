"""Two engines, PostgreSQL and Asterisk: the one that leads is killed, frozen or stopped, the other goes on with its
calls."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from centre.effects import Answered, CallEnded, Ring
from config.loader import load_site
from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.crm import CsvRecords, normalise
from cti.lease import Terms
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from holdless.cli import DEPOSED
from holdless.pair import Pair, pair_at
from tests.asterisk.engine import Engine, bank_on
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, caller, phone
from tests.postgres.processes import (
    PATIENCE_S,
    asked_for_the_language,
    effects_so_far,
    engine_process,
    on_its_own_port,
    walk_to_technical,
)
from tests.postgres.server import PostgresServer

LEASE_S = 6
HEARS_MS = 20_000


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(("grace", "james"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("two") / "asterisk", phones) as running:
        yield running


@asynccontextmanager
async def second_engine(site: Site, data: Path, address: str) -> AsyncIterator[tuple[Engine, Pair]]:
    """Another one in this process, which has not begun to stand by."""
    clock = ServiceClock()
    assert site.customers is not None
    async with pair_at(address, site, data=data, terms=Terms(length_ms=LEASE_S * 1_000), waits=True) as pair:
        store = await Store.open(address, identify=normalise)
        may_act = pair.leadership.may_act
        line = AsteriskLine(site, recordings=data / "messages", now=clock.now, may_act=may_act, announced=True)
        customers = CsvRecords(site.customers)
        service = Service(site, lines=[line], journal=pair.journal, store=store, customers=customers, clock=clock)
        engine = Engine(service, store)
        service.subscribe(engine._hear)
        try:
            yield engine, pair
        finally:
            await service.close()
            await store.close()


async def takes_over(engine: Engine, pair: Pair) -> None:
    """Stands by, leads when the lease has run out, and serves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        await pair.take_the_lead(engine.service, listener)
    engine.service.running.settle()
    await engine.service.start()


async def nobody_on(exchange: Asterisk) -> None:
    """Nobody of an earlier test is left on the line."""
    for _ in range(int(PATIENCE_S / 0.1)):
        if not exchange.channels():
            return
        exchange.cli("channel request hangup all")
        await asyncio.sleep(0.1)
    raise AssertionError("there are calls that do not end")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM], ids=["killed", "frozen", "stopped"])
async def test_the_other_engine_goes_on_with_the_callers_in_order_and_the_former_does_nothing_more(
    exchange: Asterisk, postgres: PostgresServer, tmp_path: Path, how: signal.Signals
) -> None:
    await nobody_on(exchange)
    address = postgres.empty_database()
    site = bank_on(exchange, tmp_path)
    other = on_its_own_port(exchange, bank_on(exchange, tmp_path / "other"))
    async with (
        engine_process(site, tmp_path / "data", address, LEASE_S) as leader,
        second_engine(load_site(other), tmp_path / "other-data", address) as (engine, pair),
        AsyncExitStack() as callers,
    ):
        standing_by = asyncio.create_task(takes_over(engine, pair))
        first = await callers.enter_async_context(caller(exchange))
        queued = [await walk_to_technical(first, address, ())]
        queued.append(await walk_to_technical(await callers.enter_async_context(caller(exchange)), address, queued))
        in_the_menu = await callers.enter_async_context(caller(exchange))
        asked = await asked_for_the_language(in_the_menu, address, queued)
        assert await first.rtp.hears_tone(MUSIC_HZ, within_ms=HEARS_MS)
        assert not standing_by.done()
        leader.send_signal(how)
        async with asyncio.timeout(PATIENCE_S):
            await standing_by
        waiting = engine.service.centre.waiting_calls("technical")
        assert [call.record.call for call in waiting] == queued
        grace, _ = exchange.agents
        async with phone(grace, PhoneBehaviour(answer_after_ms=100)):
            engine.ready("grace")
            assert (await engine.saw(Answered)).call == queued[0]
            if how is signal.SIGSTOP:
                leader.send_signal(signal.SIGCONT)
            assert (await engine.asks("choose-language")).call == asked  # who heard the former leader ask it
            await in_the_menu.press("1")
            await engine.asks("main")
            assert await first.rtp.hears_tone(AGENT_HZ, within_ms=HEARS_MS)
            assert [one for one in engine.heard if isinstance(one.effect, CallEnded)] == []
        async with asyncio.timeout(PATIENCE_S):
            _, said = await leader.communicate()
        if how is signal.SIGSTOP:
            assert leader.returncode == DEPOSED
            assert b"holdless: out of service: " in said
        if how is signal.SIGTERM:
            assert leader.returncode == 0
            assert b"cut off" not in said
        assert [type(one) for one in await effects_so_far(address)].count(Ring) == 1
        newcomer = await callers.enter_async_context(caller(exchange))
        await newcomer.answered()
        await engine.asks("choose-language", times=2)  # the dialplan has learnt where the menus are now
