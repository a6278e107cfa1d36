"""The configuration of a running centre changes: nobody who waits or talks notices, and a restart goes on by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.events import ConfigurationChanged, OfferAccepted
from config.site import Site
from cti.journal import read
from tests.virtual.house import bank, open_house
from tests.virtual.jumping_clock import in_jumping_time


def without(site: Site, agent: str) -> Site:
    """The site after somebody has left it."""
    people = tuple(one for one in site.acd.agents if one.id != agent)
    texts = {id_: text for id_, text in site.agents.items() if id_ != agent}
    return replace(site, acd=replace(site.acd, agents=people), agents=texts)


@in_jumping_time
async def test_a_caller_who_waits_is_served_by_somebody_new(tmp_path: Path) -> None:
    site = bank()
    nobody = site
    for agent in site.acd.agents:
        nobody = without(nobody, agent.id)
    async with open_house(nobody, tmp_path) as house:
        await house.call(keys="12")
        await house.until(lambda: any(call.phase is Phase.WAITING for call in house.service.centre.calls.values()))
        ((name, call),) = house.service.centre.calls.items()
        house.service.reconfigure(site)
        assert house.service.site.agents.keys() == site.agents.keys()
        house.ready(*site.agents)
        await house.until(lambda: call.phase is not Phase.WAITING)
        since = call.record.queued_at
    async with open_house(site, tmp_path) as house:
        changes = [entry for entry in read(tmp_path) if isinstance(entry.event, ConfigurationChanged)]
        assert [entry.header.configuration for entry in changes] == [site.digest]
        assert house.service.centre.acd.agent(next(iter(site.agents))).state is not AgentState.LOGGED_OUT
        assert (name, since) == (call.record.call, call.record.queued_at)


@in_jumping_time
async def test_an_agent_who_is_gone_ends_the_call_in_hand(tmp_path: Path) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        house.ready(*site.agents)
        caller = await house.call(keys="12")
        await house.until(lambda: any(call.phase is Phase.OFFERED for call in house.service.centre.calls.values()))
        (call,) = house.service.centre.calls.values()
        agent = call.record.offers[-1].agent
        house.service.tell(OfferAccepted(agent=agent))
        await house.until(lambda: call.phase is Phase.TALKING)
        house.service.reconfigure(without(site, agent))
        assert house.service.centre.acd.agent(agent).state is AgentState.TALKING
        caller.hang_up()
        await house.until(lambda: house.service.centre.acd.agent(agent).state is AgentState.LOGGED_OUT)
        assert house.ended().outcome is Outcome.ANSWERED
