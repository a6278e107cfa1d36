"""The configuration of a running centre changes: nobody who waits or talks notices, and a restart goes on by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Outcome, Phase
from centre.events import AgentNotReady, ConfigurationChanged, OfferAccepted
from config.site import Site
from cti.journal import read
from cti.service.configurations import KEPT
from cti.snapshots import Forked, Snapshot
from simulator.torture.checks import Fingerprint
from tests.house import breaks_off
from tests.virtual.house import bank, open_house
from tests.virtual.jumping_clock import in_jumping_time, real_time


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


@in_jumping_time
async def test_a_centre_that_was_given_many_configurations_carries_few_of_them_along(tmp_path: Path) -> None:
    sites = many(bank())
    async with open_house(bank(), tmp_path) as house:
        for site in sites:
            house.service.reconfigure(site)
            with real_time():
                await house.service.keep()
        known = [site for site in sites if house.service.centre.knows(site.digest)]
        assert known == sites[-KEPT:]


@in_jumping_time
async def test_none_is_forgotten_that_it_takes_to_put_the_centre_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(taker: Forked, _: Snapshot) -> None:
        taker.failed += 1

    monkeypatch.setattr(Forked, "take", fail)
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        for site in [without(bank(), "olena"), bank(), *many(bank())]:
            house.service.reconfigure(site)
        before = Fingerprint.of(house.service.centre)
        with monkeypatch.context() as patched:
            breaks_off(patched, AgentNotReady)
            house.service.tell(AgentNotReady(agent="olena", reason="lunch"))
        assert house.service.standing().refused == 1
        assert Fingerprint.of(house.service.centre) == before
        assert house.service.running.configuration == site.digest


def many(site: Site) -> list[Site]:
    """Different in what decides nothing here."""
    return [replace(site, pace_kept_ms=pace_ms) for pace_ms in range(1, 2 * KEPT)]
