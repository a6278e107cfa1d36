"""A real Asterisk and Twilio (the stand-in) on one engine: one queue, one order, one agent with a phone on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre import events
from centre.effects import Answered, Queued, Ring
from config.loader import load_site
from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.crm import NoRecords
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from tests.asterisk.engine import Engine, bank_on
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import caller, phone
from tests.twilio.house import PUBLIC, moved
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    phones = [Agent("olena", port) for port in free_ports(1)]
    with Asterisk(tmp_path_factory.mktemp("both") / "asterisk", phones) as running:
        yield running


def on_both(exchange: Asterisk, folder: Path) -> Site:
    """The example bank, on this Asterisk and on Twilio."""
    on_asterisk = load_site(bank_on(exchange, folder))
    on_twilio = moved(on_asterisk, folder)
    return replace(on_twilio, prompts=on_asterisk.prompts)


@pytest.fixture
async def both(exchange: Asterisk, tmp_path: Path) -> AsyncIterator[tuple[Engine, StandIn]]:
    """An engine with both lines, and Twilio."""
    twilio, clock, site = StandIn(public_url=PUBLIC), ServiceClock(), on_both(exchange, tmp_path)
    (tmp_path / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    journal = Journal.open(tmp_path, site=site.id)
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'holdless.db'}")
    line = TwilioLine(site, messages=tmp_path / "messages", now=clock.now, http=twilio.http)
    service = Service(
        site,
        lines=[AsteriskLine(site, recordings=tmp_path / "messages", now=clock.now), line],
        journal=journal,
        store=store,
        customers=NoRecords(),
        clock=clock,
    )
    engine = Engine(service, store)
    service.subscribe(engine._hear)
    try:
        await service.start()
        twilio.take = line.take
        yield engine, twilio
    finally:
        twilio.take = None
        await twilio.close()
        await service.close()
        await store.close()
        journal.close()


async def walks_to_cards(leg: Leg) -> None:
    """The caller chooses English, cards, and types four digits, each when it would be heard."""
    for key in "114321":
        for _ in range(1_000):
            if leg.listening:
                break
            await asyncio.sleep(0.02)
        leg.press(key)
        await asyncio.sleep(0.01)


async def is_served(engine: Engine, name: str, *, times: int) -> None:
    """Olena gets this caller, talks, and is done."""
    ring = await engine.saw(Ring, times=times)
    assert ring.call == name
    await engine.saw(Answered, times=times)
    engine.service.tell(events.HangUpAsked(agent="olena"))
    await engine.ended(times=times)
    engine.service.tell(events.WrapUpFinished(agent="olena", disposition="solved"))


async def test_callers_of_asterisk_and_of_twilio_are_served_in_the_order_in_which_they_came(
    exchange: Asterisk, both: tuple[Engine, StandIn]
) -> None:
    engine, twilio = both
    twilio.phone("sip:olena@phones.example.com").answers_after = 0.2
    async with phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=200)), caller(exchange) as second:
        first = twilio.call_in()
        await walks_to_cards(first)
        await engine.saw(Queued)
        await engine.walks_to_cards(second, times=2)
        await engine.saw(Queued, times=2)
        third = twilio.call_in("+380501110009")
        await walks_to_cards(third)
        await engine.saw(Queued, times=3)
        waiting = [call.record.call for call in engine.service.centre.waiting_calls("cards")]
        assert waiting[0] == f"twilio-{first.sid}"
        assert waiting[1].startswith("asterisk-")
        assert waiting[2] == f"twilio-{third.sid}"
        engine.ready("olena")
        for number, name in enumerate(waiting, 1):
            await is_served(engine, name, times=number)
        await engine.agent_is("olena", AgentState.READY)
    assert twilio.troubles == []
