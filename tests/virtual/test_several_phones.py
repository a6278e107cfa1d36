"""Several phones ring for one caller, on the whole live service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from acd.effects import AgentState, OfferEnd
from acd.requirement import ANYBODY
from acd.setup import Phones
from centre.calls import Outcome
from centre.effects import Ring
from centre.events import OfferAccepted
from centre.virtual.call import CallState
from config.site import Site
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

CARDS = "114321"
AGENTS = ("olena", "maria", "grace")


def ringing_bank(phones: Phones) -> Site:
    """The example bank, every queue of which rings so many phones, and asks for no skills."""
    site = bank()
    queues = tuple(replace(queue, phones=phones, needs=ANYBODY, steps=()) for queue in site.acd.queues)
    return replace(site, acd=replace(site.acd, queues=queues))


def rung(house: House) -> list[str]:
    """The agents whose phones ring."""
    return [agent for agent in AGENTS if house.line.phone(agent).offer and not house.line.phone(agent).connected]


@in_jumping_time
async def test_all_ring_one_answers_and_the_others_are_ready_again_at_once(tmp_path: Path) -> None:
    async with open_house(ringing_bank(Phones(at_once=3)), tmp_path) as house:
        house.ready(*AGENTS)
        caller = await house.call(keys=CARDS)
        await house.until(lambda: len(rung(house)) == 3)
        await asyncio.sleep(5)
        house.service.tell(OfferAccepted(agent="maria"))
        assert caller.state is CallState.TALKING
        assert rung(house) == []
        states = {agent: house.service.centre.acd.agent(agent).state for agent in AGENTS}
        assert states == {"olena": AgentState.READY, "maria": AgentState.TALKING, "grace": AgentState.READY}
        # A click that comes too late meets nobody.
        house.service.tell(OfferAccepted(agent="grace"))
        assert house.service.centre.acd.agent("grace").state is AgentState.READY
        record = house.service.centre.calls[caller.id].record
        assert {offer.agent: offer.how for offer in record.offers} == {
            "olena": OfferEnd.WITHDRAWN,
            "maria": "answered",
            "grace": OfferEnd.WITHDRAWN,
        }


@in_jumping_time
async def test_two_who_accept_in_one_breath_are_not_both_connected(tmp_path: Path) -> None:
    async with open_house(ringing_bank(Phones(at_once=3)), tmp_path) as house:
        house.ready(*AGENTS)
        caller = await house.call(keys=CARDS)
        await house.until(lambda: len(rung(house)) == 3)
        pick_ups = [OfferAccepted(agent=agent) for agent in ("grace", "olena")]
        house.service.subscribe(lambda effect, _: house.service.tell(pick_ups.pop()) if pick_ups else None)
        house.service.tell(OfferAccepted(agent="maria"))
        talking = [agent for agent in AGENTS if house.line.phone(agent).connected]
        assert len(talking) == 1
        assert caller.state is CallState.TALKING
        assert house.service.centre.calls[caller.id].record.agent == talking[0]


@in_jumping_time
async def test_a_caller_who_hangs_up_stops_all_phones(tmp_path: Path) -> None:
    async with open_house(ringing_bank(Phones(at_once=3)), tmp_path) as house:
        house.ready(*AGENTS)
        caller = await house.call(keys=CARDS)
        await house.until(lambda: len(rung(house)) == 3)
        caller.hang_up()
        assert rung(house) == []
        assert house.ended().outcome is Outcome.ABANDONED
        assert [offer.how for offer in house.ended().offers] == [OfferEnd.WITHDRAWN] * 3


@in_jumping_time
async def test_phones_are_added_one_after_the_other(tmp_path: Path) -> None:
    async with open_house(ringing_bank(Phones(add_every_ms=5_000, most=2)), tmp_path) as house:
        house.ready(*AGENTS)
        await house.call(keys=CARDS)
        await house.until(lambda: len(rung(house)) == 1)
        await asyncio.sleep(5.1)
        assert len(rung(house)) == 2
        await asyncio.sleep(10)
        # Whoever has not answered in time is replaced by the third; there are never more than two.
        assert len(rung(house)) == 2
        await asyncio.sleep(5)
        assert len({ring.agent for ring in house.all(Ring)}) == 3
        assert len(rung(house)) == 2
