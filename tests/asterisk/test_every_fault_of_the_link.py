"""The link to Asterisk's manager breaks in every way there is, while callers go and are answered: afterwards engine and
exchange agree, nothing was done twice, and nothing is left over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from centre.calls import Outcome, Phase
from centre.effects import Answered, Queued, Ring
from config.loader import load_site
from cti.asterisk.ami import AmiLink
from tests.asterisk.engine import Engine, bank_on, engine_for, until, with_flow
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, caller, phone
from tests.leftovers import there_is
from tests.proxy import FreezableProxy, freezable_proxy

HEARTBEAT_MS = 300
LONG_RING_S = 60
"""Longer than any outage here."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent(name, port) for name, port in zip(("grace", "james"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("faults") / "asterisk", phones) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Between:
    """What there is between the engine and the exchange."""

    engine: Engine
    exchange: Asterisk
    proxy: FreezableProxy
    link: AmiLink

    async def trouble(self, words: str) -> None:
        """Waits until the engine says so of the link."""

        async def it_does() -> bool:
            return words in self.engine.service.health()["asterisk"].get("trouble", "")

        await until(it_does, f"the link is in trouble: {words}")

    async def is_up(self, times: int) -> None:
        """Waits until the link is up for that time."""

        async def it_is() -> bool:
            return self.link.up and self.link.counts.connects >= times

        await until(it_is, f"the link is up for the {times}th time")

    async def lost(self, times: int) -> None:
        """Waits until the engine has noticed that often that the link is down."""

        async def it_has() -> bool:
            return self.link.counts.losses >= times

        await until(it_has, "the engine notices")


Fault = Callable[[Between], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def reset(between: Between) -> AsyncIterator[None]:
    await between.proxy.reset()
    await between.trouble("the connection broke")
    yield
    between.proxy.mend()


@asynccontextmanager
async def half_open(between: Between) -> AsyncIterator[None]:
    """What was on its way, there and back, arrives in the end, on a connection that nobody has any more."""
    between.proxy.freeze()
    yield
    await between.trouble(f"did not answer a Ping within {HEARTBEAT_MS} ms")
    between.proxy.thaw()


@asynccontextmanager
async def refused(between: Between) -> AsyncIterator[None]:
    port, between.proxy.to = between.proxy.to, 1  # tcpmux: nobody listens
    await between.proxy.cut()
    between.proxy.mend()
    await between.trouble("Asterisk")
    yield
    between.proxy.to = port


@asynccontextmanager
async def wrong_password(between: Between) -> AsyncIterator[None]:
    file = between.exchange.run_dir / "etc" / "site" / "manager.conf"
    right = file.read_text(encoding="utf-8")
    await set_manager(between.exchange, file, right.replace(between.exchange.ami_secret, "another"))
    await between.proxy.cut()
    between.proxy.mend()
    await between.trouble("refuses the manager user")
    yield
    await set_manager(between.exchange, file, right)


async def set_manager(exchange: Asterisk, file: Path, text: str) -> None:
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    await asyncio.to_thread(exchange.cli, "manager reload")


@asynccontextmanager
async def cut_in_a_message(between: Between) -> AsyncIterator[None]:
    between.proxy.cut_after = b"Event: Hangup\r\nPriv"
    yield
    await between.lost(1)
    between.proxy.cut_after = b""


@asynccontextmanager
async def cut_in_a_list(between: Between) -> AsyncIterator[None]:
    between.proxy.cut_after = b"Event: CoreShowChannel\r\nAction"
    await between.proxy.cut()
    between.proxy.mend()
    await between.trouble("lost before CoreShowChannels was answered")
    yield
    between.proxy.cut_after = b""


@asynccontextmanager
async def not_read(between: Between) -> AsyncIterator[None]:
    """The engine reads nothing, as a frozen one, until Asterisk has cut it off for that (writetimeout)."""
    wire = between.link._connection._wire  # type: ignore[union-attr]
    wire.transport.pause_reading()  # type: ignore[union-attr]
    yield
    async with observer(between.exchange) as other:
        flood = {"UserEvent": "Flood", **{f"H{number}": "x" * 1000 for number in range(120)}}

        async def it_is_cut_off() -> bool:
            await asyncio.gather(*(other.action("UserEvent", flood) for _ in range(20)))
            users = await asyncio.to_thread(between.exchange.cli, "manager show connected")
            return between.exchange.ami_user not in users

        await until(it_is_cut_off, "Asterisk cuts off who does not read")
    wire.transport.resume_reading()  # type: ignore[union-attr]


@asynccontextmanager
async def observer(exchange: Asterisk) -> AsyncIterator[AmiLink]:
    link = AmiLink("127.0.0.1", exchange.ami_port, "observer", exchange.ami_secret, events="off")
    await link.start()
    try:
        yield link
    finally:
        await link.close()


def still_there() -> tuple[Counter[str], int]:
    """Tasks and open files of a running engine."""
    now = there_is()
    return Counter(getattr(task.get_coro(), "__qualname__", "") for task in now.tasks), len(now.files)


async def at_rest() -> tuple[Counter[str], int]:
    """What is there when nothing goes on: phones are asked for, and files written, for an instant only."""
    seen = [still_there()]

    async def it_is() -> bool:
        seen.append(still_there())
        return len(seen) > 10 and all(one == seen[-1] for one in seen[-10:])

    await until(it_is, "the engine is at rest")
    return seen[-1]


@pytest.mark.parametrize(
    "fault", [reset, half_open, refused, wrong_password, cut_in_a_message, cut_in_a_list, not_read]
)
async def test_whatever_happened_meanwhile_is_known_afterwards_and_nothing_is_done_twice(
    exchange: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    links: list[AmiLink] = []

    def link_with_short_patience(*args: str, **options: object) -> AmiLink:
        heartbeat_ms = 60_000 if fault is not_read else HEARTBEAT_MS
        links.append(AmiLink(*args, **options, heartbeat_ms=heartbeat_ms, retry_max_ms=400))  # type: ignore[arg-type]
        return links[0]

    monkeypatch.setattr("cti.asterisk.line.AmiLink", link_with_short_patience)
    async with freezable_proxy() as proxy:
        proxy.to = exchange.ami_port
        folder = with_flow(bank_on(exchange, tmp_path, ring_s=LONG_RING_S, ami_port=proxy.port))
        async with engine_for(load_site(folder), tmp_path / "data") as engine:
            engine.ready("grace")  # from the first event on there is a file of the journal
            before = await at_rest()
            await calls_go_on(Between(engine, exchange, proxy, links[0]), fault)

            async def is_as_before() -> bool:
                return still_there() == before

            await until(is_as_before, f"there is what there was before: {before}")


async def calls_go_on(between: Between, fault: Fault) -> None:
    engine, exchange = between.engine, between.exchange
    grace, james = exchange.agents
    async with AsyncExitStack() as sip:
        of_grace = await sip.enter_async_context(phone(grace))
        of_james = await sip.enter_async_context(phone(james, PhoneBehaviour(answer_after_ms=100)))
        is_answered = await sip.enter_async_context(caller(exchange))
        first = (await engine.saw(Queued)).call
        await of_grace.saw("180")
        waits = await sip.enter_async_context(caller(exchange))
        second = (await engine.saw(Queued, times=2)).call
        async with caller(exchange) as gives_up:
            await engine.saw(Queued, times=3)
            async with fault(between):
                of_grace.pick_up()
                assert await is_answered.rtp.hears_tone(AGENT_HZ, within_ms=20_000)
                gives_up.hang_up()
                await gives_up.gone()
                engine.ready("james")
                assert (await engine.saw(Ring, times=2)).call == second  # and the link is down for it
        await between.is_up(2)
        assert (await engine.ended()).outcome is Outcome.ABANDONED
        assert (await engine.saw(Answered, lambda one: one.call == first)).agent == "grace"
        assert (await engine.saw(Answered, lambda one: one.call == second)).agent == "james"
        assert await waits.rtp.hears_tone(AGENT_HZ, within_ms=20_000)
        inside = engine.service.centre.conservation().inside
        assert {phase: count for phase, count in inside.items() if count} == {Phase.TALKING: 2}

        so_far = len(engine.heard)
        between.link.renew("the list of channels is looked at once more")
        await between.is_up(between.link.counts.connects + 1)
        assert engine.heard[so_far:] == []
        assert [len(one.seen("INVITE")) for one in (of_grace, of_james)] == [1, 1]
        for one in (is_answered, waits):
            one.hang_up()
        await engine.ended(times=3)
    assert between.link.counts.strays == 0
