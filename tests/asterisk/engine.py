"""The engine on a real Asterisk, in this process, for the example bank; and ways to wait for what it does."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from acd.effects import AgentState
from centre import events
from centre.calls import CallRecord
from centre.effects import Ask, CallEnded, Effect, WrapUpClosed
from config.loader import load_site
from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.crm import CsvRecords, normalise
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.ports import CustomerRecords
from cti.service.runtime import Service
from cti.store import Store
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.sipp import Caller

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"
RING_S = 3
"""How long phones ring here; the bank's 20 seconds would only make the tests slow."""
DEADLINE_S = 30.0
"""How long to wait for something to happen at all."""

T = TypeVar("T", bound=Effect)


@dataclass(slots=True)
class Heard:
    """An effect and when it was decided (Unix milliseconds)."""

    effect: Effect
    at: int


@dataclass(slots=True)
class Engine:
    """A running engine, and everything it has decided since it started."""

    service: Service
    store: Store
    heard: list[Heard] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self, *agents: str) -> None:
        """These agents sign in and want calls."""
        for agent in agents:
            self.service.tell(events.AgentSignedIn(agent=agent))
            self.service.tell(events.AgentReady(agent=agent))

    async def saw(self, kind: type[T], matches: Callable[[T], bool] = lambda _: True, *, times: int = 1) -> T:
        """Waits for the *times*-th such effect."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    found = [one.effect for one in self.heard if isinstance(one.effect, kind) and matches(one.effect)]
                    if len(found) >= times:
                        return found[times - 1]
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            so_far = "\n".join(f"{one.at} {one.effect}" for one in self.heard)
            raise AssertionError(f"waited in vain for {kind.__name__} number {times}; so far:\n{so_far}") from None

    async def asks(self, node: str, *, times: int = 1) -> Ask:
        """Waits until a caller is asked at this node of the flow."""
        return await self.saw(Ask, lambda ask: ask.node == node, times=times)

    async def ended(self, *, times: int = 1) -> CallRecord:
        """The record of the *times*-th call that is over for its caller."""
        return (await self.saw(CallEnded, times=times)).record

    async def closed(self, *, times: int = 1) -> CallRecord:
        """The record of the *times*-th call that its agent is done with."""
        return (await self.saw(WrapUpClosed, times=times)).record

    async def walks_to_cards(self, caller: Caller, *, times: int = 1) -> None:
        """The caller listens to the greeting, chooses English, cards, and types four digits."""
        await caller.answered()
        await self.asks("choose-language", times=times)
        await caller.press("1")
        await self.asks("main", times=times)
        await caller.press("1")
        await self.asks("card-number", times=times)
        await caller.press("4321")

    async def walks_to_technical(self, caller: Caller, *, times: int = 1) -> None:
        """The caller chooses English and technical help."""
        await caller.answered()
        await self.asks("choose-language", times=times)
        await caller.press("1")
        await self.asks("main", times=times)
        await caller.press("3")

    async def agent_is(self, agent: str, state: AgentState) -> None:
        """Waits until the agent is in this state: what is seen on the wire, the engine may hear of a moment later."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while self.service.centre.acd.agent(agent).state is not state:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            now = self.service.centre.acd.agent(agent)
            raise AssertionError(f"waited in vain until {agent} is {state}; now {now.state} ({now.reason})") from None

    def waiting(self) -> list[str]:
        """The calls that wait for technical help, in their order."""
        return [call.record.call for call in self.service.centre.waiting_calls("technical")]

    def _hear(self, effect: Effect, at: int) -> None:
        self.heard.append(Heard(effect, at))
        self.changed.set()


async def until(happened: Callable[[], Awaitable[bool]], what: str) -> None:
    """Waits until it has; fails with *what* was waited for."""
    deadline = time.monotonic() + DEADLINE_S
    while not await happened():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.05)


async def channels_left(exchange: Asterisk, count: int) -> None:
    """Waits until there are so many channels."""

    async def are_left() -> bool:
        return len(await asyncio.to_thread(exchange.channels)) == count

    await until(are_left, f"{count} channels are left")


ONE_PHONE = "{at_once: 1}"


def bank_on(
    asterisk: Asterisk, folder: Path, *, ring_s: int = RING_S, ami_port: int = 0, phones: str = ONE_PHONE
) -> Path:
    """A copy of the example bank in *folder* that is bound to this Asterisk (*ami_port*: by way of that port).

    *phones*: how many ring for whoever wants technical help.
    """
    site = Path(shutil.copytree(BANK, folder / "bank"))
    settings = site / "site.yaml"
    text = settings.read_text(encoding="utf-8")
    for shipped, ours in (
        ("port: 5038", f"port: {ami_port or asterisk.ami_port}"),
        ("port: 4573", f"port: {asterisk.agi_port}"),
        ("ring: 20 s", f"ring: {ring_s} s"),
        ("    needs: technical\n", f"    needs: technical\n    phones: {phones}\n"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    settings.write_text(text, encoding="utf-8")
    (site / "asterisk.secret").write_text(asterisk.ami_secret + "\n", encoding="utf-8")
    return site


ONLY_A_QUEUE = """
start: technical
language: en
nodes:
  technical: {do: queue, queue: technical, otherwise: sorry}
  sorry: {do: hangup, prompt: no-match}
"""


def with_flow(site: Path, flow: str = ONLY_A_QUEUE) -> Path:
    """The same site, with this flow in place of its own."""
    (site / "flows" / "main.yaml").write_text(flow, encoding="utf-8")
    settings = site / "site.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("workload: workload.yaml", ""), encoding="utf-8")
    return site


@asynccontextmanager
async def engine_for(site: Site, data: Path, customers: CustomerRecords | None = None) -> AsyncIterator[Engine]:
    """An engine that carries on from what an earlier one left in *data*. *customers*: in place of the site's."""
    clock = ServiceClock()
    journal = Journal.open(data, site=site.id)
    store = await Store.open(f"sqlite+aiosqlite:///{data / 'holdless.db'}", identify=normalise)
    assert site.customers is not None
    service = Service(
        site,
        lines=[AsteriskLine(site, recordings=data / "messages", now=clock.now)],
        journal=journal,
        store=store,
        customers=customers or CsvRecords(site.customers),
        clock=clock,
    )
    running = Engine(service, store)
    service.subscribe(running._hear)
    service.recover()
    try:
        await service.start()
        yield running
    finally:
        await service.close()
        await store.close()
        journal.close()


@asynccontextmanager
async def engine_on(asterisk: Asterisk, folder: Path) -> AsyncIterator[Engine]:
    """An engine for the example bank on this Asterisk, with nothing to remember."""
    async with engine_for(load_site(bank_on(asterisk, folder)), folder / "data") as running:
        yield running
