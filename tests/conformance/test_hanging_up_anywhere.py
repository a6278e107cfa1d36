"""Callers who hang up at every node of every kind, on the virtual line and on Twilio's: each is gone, and gone once.

(On a real Asterisk a hang-up is one event for whatever the session does: tests/asterisk/test_agi_session.py.)
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from acd.events import OfferFailure
from centre.calls import Call, Outcome, Phase
from centre.effects import CallEnded, FetchData
from centre.events import AgentNotReady, AgentReady, AgentSignedIn
from config.loader import load_site
from config.site import Site, Virtual
from cti.service.runtime import Service
from cti.twilio.line import TwilioLine
from cti.virtual import VirtualLine
from ivr.flow import Callback, Collect, HangUp, Menu, Node, Queue, Say, Transfer
from ivr.logic import Fetch, LookUp
from ivr.recordings import Record, Voicemail
from ivr.waiting import Music
from tests.conformance.lines import Person, TwilioPerson, VirtualPerson, service_on
from tests.twilio.house import PUBLIC, moved
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import MONDAY_NOON, JumpingClock, in_jumping_time

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
STANDS = (Callback, Collect, Fetch, LookUp, Menu, Music, Queue, Record, Transfer, Voicemail)
LOOKS_EVERY_S = 0.2
CALLERS_MOST = 25
"""So many may try to come to one node."""
NOT_AT_NOON: Mapping[str, set[str]] = {
    "bank": {"loans-closed", "sorry", "technical-full"},
    "menus": {"closed", "full-said", "holiday", "orders", "orders-new", "own-agent", "sorry"},
    "insurance": {"why", "willing"},
    "exits": {"busy", "goodbye", "on-duty", "partner"},
    "waiting": {"goodbye", "long-wait", "short-wait"},
}
"""Nodes to which only full or closed queues, long waits, agents and rare chances lead."""
Calls = Callable[[], Person]
"""Somebody calls."""
Opened = Callable[[Site, Path], AbstractAsyncContextManager[tuple[Service, Calls]]]


class Slow:
    """Other systems, which take their time and say now this and now that."""

    def __init__(self) -> None:
        self._asked = count()

    async def find(self, number: str) -> Mapping[str, str] | None:
        await asyncio.sleep(0.7)
        return {"tier": ("gold", "silver")[next(self._asked) % 2], "agent": ""}

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        await asyncio.sleep(1.5)
        number = next(self._asked)
        said = {"found": ("true", "false")[number % 2], "state": ("sent", "packed")[number // 2 % 2]}
        return dict.fromkeys(wanted.take, "1") | {name: value for name, value in said.items() if name in wanted.take}

    async def close(self) -> None:
        pass


@cache
def site_of(example: str) -> Site:
    return replace(load_site(EXAMPLES / example), virtual=Virtual())


@asynccontextmanager
async def virtual(site: Site, folder: Path) -> AsyncIterator[tuple[Service, Calls]]:
    clock, names = JumpingClock(MONDAY_NOON), count()
    line = VirtualLine(site, seed=1, clock=clock)
    async with service_on(site, line, clock, folder, Slow(), Slow()) as service:
        for node in site.entry_flow.nodes.values():
            if isinstance(node, Transfer):
                line.exchange.outside[node.number] = OfferFailure.NO_ANSWER
        yield service, lambda: VirtualPerson(line, f"virtual-{next(names)}", "+380501110003", [])


@asynccontextmanager
async def twilio(site: Site, folder: Path) -> AsyncIterator[tuple[Service, Calls]]:
    clock, world = JumpingClock(MONDAY_NOON), StandIn(public_url=PUBLIC)
    (folder / "twilio.secret").write_text(f"{world.account}\n{world.token}\n", encoding="utf-8")
    site = moved(site, folder)
    line = TwilioLine(site, messages=folder / "messages", now=clock.now, http=world.http)
    async with service_on(site, line, clock, folder, Slow(), Slow()) as service:
        world.take = line.take
        yield service, lambda: TwilioPerson(world.call_in())
        assert world.troubles == []
        assert [leg for leg in world.legs.values() if not leg.over] == []
        world.take = None
        await world.close()


def places(call: Call) -> set[str]:
    """The nodes at which a call is: where it is asked, and, where it keeps a place in a queue meanwhile, that too."""
    session = call.session
    return {session.node} if session.waiting_in is None else {session.node, session.waiting_at}


def stands(node: Node, on_twilio: bool) -> bool:
    """Whether a call stays there for a while. What Twilio speaks without a question is part of what comes after it."""
    match node:
        case Say():
            return not on_twilio or node.barge_in
        case HangUp():
            return node.prompt is not None
    return isinstance(node, STANDS)


class Caller:
    """Somebody who presses, wherever keys are wanted, what nobody has pressed there yet."""

    def __init__(self, service: Service, pressed: Counter[tuple[str, str]]) -> None:
        self._service = service
        self._pressed = pressed

    async def hangs_up_at(self, target: str, person: Person) -> bool:
        """Whether this caller came to the node *target*, and hung up there at once."""
        met = False
        for _ in range(2_000):
            call = self._service.centre.call(person.call)
            if call is None and (met or person.is_gone):
                return False
            if call is not None:
                met = True
                if target in places(call):
                    person.hang_up()
                    return True
                if person.may_speak:
                    self._pressed[target, "#"] += 1
                    await asyncio.sleep(4 * (self._pressed[target, "#"] % 2))
                    await person.press("#")
                elif person.is_asked or person.hears_music:
                    await self._press(call, person)
            await asyncio.sleep(LOOKS_EVERY_S)
        person.hang_up()
        return False

    async def _press(self, call: Call, person: Person) -> None:
        node = self._service.site.entry_flow.nodes[call.session.node]
        match node:
            case Menu():
                keys = [*node.choices, ""]
            case Collect():
                keys = ["1" * node.keys.most, ""]
            case Callback():
                keys = ["1", "2", "0"] if person.is_asked else []
            case Music():
                keys = [*node.keys, ""]
            case _:
                keys = []
        if keys:
            chosen = min(keys, key=lambda key: self._pressed[call.session.node, key])
            self._pressed[call.session.node, chosen] += 1
            for key in chosen:
                await person.press(key)
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.4 if chosen else 12)


@pytest.mark.parametrize("line", [virtual, twilio])
@pytest.mark.parametrize("example", ["bank", "callback", "exits", "insurance", "menus", "waiting"])
def test_who_hangs_up_at_a_node_is_gone_and_nothing_is_left(
    example: str, line: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = site_of(example)
    targets = {name for name, node in site.entry_flow.nodes.items() if stands(node, line is twilio)}
    targets -= NOT_AT_NOON.get(example, set())

    async def everybody() -> None:
        async with line(site, tmp_path) as (service, calls):
            ended: list[CallEnded] = []
            service.subscribe(lambda effect, _: ended.append(effect) if isinstance(effect, CallEnded) else None)
            for agent in site.agents:
                for event in (AgentSignedIn(agent=agent), AgentReady(agent=agent)):
                    service.tell(event)
                service.tell(AgentNotReady(agent=agent, reason="break"))
            pressed: Counter[tuple[str, str]] = Counter()
            came = 0
            for target in sorted(targets):
                for _ in range(CALLERS_MOST):
                    came += 1
                    if await Caller(service, pressed).hangs_up_at(target, calls()):
                        break
                else:
                    raise AssertionError(f"nobody came to {target}, but: {[one.record.nodes for one in ended][-3:]}")
            await asyncio.sleep(30)
            books = service.centre.conservation()
            assert (books.arrived, len(ended)) == (came, came)
            assert {phase for phase, calls_there in books.inside.items() if calls_there} <= {Phase.CALLBACK}
            assert Outcome.LOST not in {one.record.outcome for one in ended}

    in_jumping_time(everybody)()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
