"""The whole live service on the Twilio line, with the stand-in at the other end, in jumping time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from acd.effects import AgentState
from centre.events import AgentNotReady
from config.loader import load_site
from config.site import AgentText, Site, Twilio, Virtual, Voice
from cti.crm import CsvRecords, NoRecords
from cti.journal import Journal
from cti.service.ports import MayAct, WebServices, always
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from tests.house import ServiceHouse
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import MONDAY_NOON, JumpingClock, real_time

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
PUBLIC = "https://calls.example.com/twilio"
MUSIC = "https://calls.example.com/music.mp3"


@cache
def _example(name: str) -> Site:
    return load_site(EXAMPLES / name)


def on_twilio(name: str, folder: Path) -> Site:
    """The example of this name, moved to a Twilio account; its secrets go into *folder*."""
    return moved(_example(name), folder)


def moved(site: Site, folder: Path) -> Site:
    """The site, moved to a Twilio account; its secrets go into *folder*."""
    twilio = Twilio(
        secret_file=folder / "twilio.secret",
        shared_key_file=None,
        public_url=PUBLIC,
        fallback_url=f"{PUBLIC}/fallback",
        api="https://api.twilio.com",
        host="127.0.0.1",
        port=0,
        caller_id="+15550100200",
        music=MUSIC,
        voices={language: Voice(language=f"{language}-{language.upper()}") for language in site.languages},
    )
    agents = {
        agent.id: AgentText(
            id=agent.id, name=agent.name, phone=agent.phone, twilio_phone=f"sip:{agent.id}@phones.example.com"
        )
        for agent in site.agents.values()
    }
    prompts = {
        prompt: {language: replace(spoken, recording=None) for language, spoken in by_language.items()}
        for prompt, by_language in site.prompts.items()
    }
    return replace(site, twilio=twilio, agents=agents, prompts=prompts, virtual=Virtual())


def on_its_own_twilio(site: Site, folder: Path) -> Site:
    """A site with a section “twilio”, on a free port, with its secrets in *folder*."""
    assert site.twilio is not None
    return replace(site, twilio=replace(site.twilio, secret_file=folder / "twilio.secret", port=0))


class House(ServiceHouse):
    """The service and its line."""

    def __init__(self, service: Service, line: TwilioLine, twilio: StandIn) -> None:
        super().__init__(service)
        self.line = line
        self.twilio = twilio

    def on_a_break(self, *agents: str) -> None:
        """People were at work until now, and will be again."""
        self.ready(*agents)
        for agent in agents:
            self.service.tell(AgentNotReady(agent=agent, reason="break"))

    async def call(self, keys: str = "", number: str = "+380501110003") -> Leg:
        """Somebody dials, and presses ``keys``, each when a key would be heard."""
        leg = self.twilio.call_in(number)
        await self.press(leg, keys)
        return leg

    async def press(self, leg: Leg, keys: str) -> None:
        """Presses keys, each when it would be heard."""
        for key in keys:
            await self.until(lambda: leg.listening or leg.over)
            assert leg.listening, f"nobody listens to {key}"
            leg.press(key)
            await asyncio.sleep(0.01)

    async def until(self, happened: Callable[[], object], *, within_s: float = 300) -> None:
        """Waits until something happened; fails when it does not."""
        for _ in range(round(within_s * 20)):
            if happened():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(
            f"nothing happened within {within_s} s; the last: {self.effects[-5:]}; {self.twilio.troubles}"
        )


@asynccontextmanager
async def open_house(
    site: Site,
    folder: Path,
    twilio: StandIn | None = None,
    *,
    web_services: WebServices | None = None,
    troubles: bool = False,
    start_s: int = 0,
    may_act: MayAct = always,
) -> AsyncIterator[House]:
    """A running service with its journal and its store in ``folder``; goes on where an earlier one in the same folder
    ended. Unless *troubles* are looked for, nothing may have happened that Twilio would complain about. It is noon, or
    so many seconds later."""
    twilio = twilio or StandIn(public_url=PUBLIC)
    (folder / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    clock = JumpingClock(MONDAY_NOON + start_s * 1_000)
    line = TwilioLine(site, messages=folder / "messages", now=clock.now, http=twilio.http, may_act=may_act)
    with real_time():
        store = await Store.open(f"sqlite+aiosqlite:///{folder / 'holdless.db'}")
    journal = Journal.open(folder, site=site.id)
    service = Service(
        site,
        lines=[line],
        journal=journal,
        store=store,
        customers=NoRecords() if site.customers is None else CsvRecords(site.customers, "UA"),
        clock=clock,
        web_services=web_services,
    )
    house = House(service, line, twilio)
    service.recover()
    try:
        await service.start()
        twilio.take = line.take
        yield house
        assert troubles or twilio.troubles == []
    finally:
        twilio.take = None
        # Closing waits for real threads, with a deadline in seconds: they must be real ones.
        with real_time():
            await service.close()
            journal.close()
            await store.close()


ENGLISH_CARDS = "114321"
OLENA = "sip:olena@phones.example.com"
CARDS = ("olena", "maria", "james")


def is_connected(leg: Leg) -> bool:
    return bool(leg.heard) and leg.heard[-1].what == "connected"


def state_of(house: House, agent: str) -> AgentState:
    return house.service.centre.acd.agent(agent).state


async def on_the_way_to_olena(house: House) -> Leg:
    """A caller for whom Olena's phone begins to ring, and who is in the conference already."""
    house.ready("olena")
    caller = await house.call(ENGLISH_CARDS)
    await house.until(lambda: caller.conference is not None)
    return caller
