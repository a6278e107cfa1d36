"""Two lines on one engine: callers of both wait in one queue, in the order in which they came."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from centre.calls import Outcome
from centre.effects import CallEnded, Ring
from centre.events import AgentReady, AgentSignedIn, HangUpAsked, OfferAccepted, WrapUpFinished
from centre.virtual.call import CallState
from config.site import Site
from cti.crm import NoRecords
from cti.journal import Journal
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from cti.virtual import VirtualCaller, VirtualLine
from tests.twilio.house import PUBLIC, House, on_twilio
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import JumpingClock, in_jumping_time, real_time

ENGLISH_CARDS = "114321"


def patient(site: Site) -> Site:
    """Nobody is let go for having waited."""
    queues = tuple(replace(queue, unstaffed_ms=None, max_wait_ms=None) for queue in site.acd.queues)
    return replace(site, acd=replace(site.acd, queues=queues))


async def by_virtual_line(house: House, line: VirtualLine, number: str) -> VirtualCaller:
    caller = line.place_call(number, "")
    for key in ENGLISH_CARDS:
        await house.until(lambda: caller.asking)
        caller.press(key)
    await house.until(lambda: caller.state is CallState.WAITING)
    return caller


async def by_twilio(house: House, number: str) -> Leg:
    leg = await house.call(ENGLISH_CARDS, number)
    await house.until(lambda: leg.heard[-1].what == "music")
    return leg


async def is_served(house: House, name: str, number: int) -> None:
    """Olena talks to this caller, as the so-manieth of hers."""
    await house.until(lambda: len(house.all(Ring)) == number)
    assert house.all(Ring)[-1].call == name
    if name.startswith("virtual"):
        house.service.tell(OfferAccepted(agent="olena"))
    await house.until(lambda: house.service.centre.calls[name].record.answered_at is not None)
    await asyncio.sleep(10)
    house.service.tell(HangUpAsked(agent="olena"))
    await house.until(lambda: len(house.all(CallEnded)) == number)
    house.service.tell(WrapUpFinished(agent="olena", disposition="solved"))


@in_jumping_time
async def test_callers_of_both_lines_are_served_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    twilio = StandIn(public_url=PUBLIC)
    (tmp_path / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    site = patient(on_twilio("bank", tmp_path))
    clock = JumpingClock()
    first = VirtualLine(site, seed=1, clock=clock)
    second = TwilioLine(site, messages=tmp_path / "messages", now=clock.now, http=twilio.http)
    with real_time():
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'holdless.db'}")
    journal = Journal.open(tmp_path, site=site.id)
    service = Service(site, lines=[first, second], journal=journal, store=store, customers=NoRecords(), clock=clock)
    house = House(service, second, twilio)
    try:
        await service.start()
        twilio.take = second.take
        assert set(service.health()) >= {"virtual", "twilio"}
        one = await by_twilio(house, "+380501110001")
        two = await by_virtual_line(house, first, "+380501110002")
        three = await by_twilio(house, "+380501110003")
        four = await by_virtual_line(house, first, "+380501110004")
        names = [f"twilio-{one.sid}", two.id, f"twilio-{three.sid}", four.id]
        assert [call.record.call for call in service.centre.waiting_calls("cards")] == names

        service.tell(AgentSignedIn(agent="olena"))
        service.tell(AgentReady(agent="olena"))
        for number, name in enumerate(names, 1):
            await is_served(house, name, number)
        ended = [one.record for one in house.all(CallEnded)]
        assert [(record.call, record.outcome) for record in ended] == [(name, Outcome.ANSWERED) for name in names]
        assert twilio.troubles == []
    finally:
        twilio.take = None
        with real_time():
            await service.close()
            journal.close()
            await store.close()
