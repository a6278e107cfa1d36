"""The service ends, or is killed, and starts again: from a snapshot and what came after, to the same centre."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Phase
from centre.effects import Effect
from centre.events import AgentSignedIn, AgentSignedOut, ConfigurationChanged, Event, OfferAccepted
from centre.machine import Centre
from cti.journal import Journal, Mark, read
from cti.service.configurations import prepare
from tests.property.snapshots.alike import difference
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time
from tests.virtual.test_the_configuration_changes import without


def killed(folder: Path) -> Path:
    """What a kill leaves of a house at this instant: a copy of its files."""
    copy = folder / "killed"
    copy.mkdir()
    for path in (*folder.glob("journal-*"), *snapshots(folder)):
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def replayed(house: House, folder: Path) -> Centre:
    """What the whole journal says."""
    centre = Centre(house.service.site.centre)
    prepare(centre, house.service.site)
    for entry in read(folder):
        centre.apply(entry.event, entry.at)
    return centre


def snapshots(folder: Path) -> list[Path]:
    return sorted(folder.glob("snapshot-*"))


def wait_for_snapshots(folder: Path, count: int = 1, *, meanwhile: Callable[[], None] = lambda: None) -> None:
    """The child that writes one knows nothing of jumping time. The next one is begun by an event, once that child has
    ended, which is after its file is there: ``meanwhile`` is done until there are as many as ``count``."""
    for _ in range(3_000):
        if len(snapshots(folder)) >= count:
            return
        meanwhile()
        time.sleep(0.01)
    raise AssertionError(f"not {count} snapshots within 30 s")


@in_jumping_time
async def test_a_killed_service_goes_on_from_its_snapshot_and_what_came_after(tmp_path: Path) -> None:
    site = bank(calls_per_hour=600, played=("olena", "andriy"))
    async with open_house(site, tmp_path, snapshot_every=200) as house:
        house.ready(*site.agents)
        await house.until(lambda: len(house.effects) > 500)
        wait_for_snapshots(tmp_path)
        await house.until(lambda: len(house.effects) > 600)
        folder = killed(tmp_path)
        centre = deepcopy(house.service.centre)
        assert difference(replayed(house, folder), centre) == ""
        async with open_house(site, folder, start=False) as again:
            assert 0 < again.recovered < sum(1 for _ in read(folder))
            assert difference(again.service.centre, centre) == ""


@in_jumping_time
async def test_after_an_orderly_end_there_is_nothing_to_read(tmp_path: Path) -> None:
    site = bank()
    async with open_house(site, tmp_path, snapshot_every=10_000) as house:
        house.ready("olena")
    async with open_house(site, tmp_path) as house:
        assert house.recovered == 0
        assert house.service.centre.acd.agent("olena").state is AgentState.READY


@in_jumping_time
async def test_without_a_usable_snapshot_the_whole_journal_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        house.ready("olena")
    for path in snapshots(tmp_path):
        path.write_bytes(path.read_bytes()[:-1])
    written = sum(1 for _ in read(tmp_path))
    async with open_house(site, tmp_path) as house:
        assert house.recovered == written
        assert house.service.centre.acd.agent("olena").state is AgentState.READY
    assert "is not used and set aside: it is damaged" in caplog.text


@in_jumping_time
async def test_a_configuration_that_changed_while_nobody_looked_is_taken_up_as_if_it_had_changed_under_way(
    tmp_path: Path,
) -> None:
    site = bank()
    async with open_house(site, tmp_path, snapshot_every=1) as house:
        house.ready(*site.agents)
        caller = await house.call(keys="12")
        await house.until(lambda: any(call.phase is Phase.OFFERED for call in house.service.centre.calls.values()))
        (call,) = house.service.centre.calls.values()
        agent = call.record.offers[-1].agent
        house.service.tell(OfferAccepted(agent=agent))
        await house.until(lambda: call.phase is Phase.TALKING)
        other = next(one for one in site.agents if one != agent)
        wait_for_snapshots(tmp_path)
        folder = killed(tmp_path)
        caller.hang_up()
    changed = without(site, other)
    async with open_house(changed, folder, start=False) as again:
        # Replayed by the new rules alone, the call might never have come to this agent.
        assert again.service.centre.acd.agent(agent).state is AgentState.TALKING
        assert other not in {one.id for one in again.service.centre.acd.agents()}
        assert [entry.event for entry in read(folder)][-1] == ConfigurationChanged(configuration=changed.digest)


@in_jumping_time
async def test_callers_in_a_menu_that_was_changed_still_hear_its_prompts_after_a_restart(tmp_path: Path) -> None:
    site = bank()
    some = next(iter(site.prompts))
    fewer = replace(site, prompts={name: texts for name, texts in site.prompts.items() if name != some})
    async with open_house(site, tmp_path) as house:
        house.service.tell(AgentSignedIn(agent="olena"))
    async with open_house(fewer, tmp_path) as house:
        assert house.service.site.prompts[some] == site.prompts[some]


@in_jumping_time
async def test_snapshots_do_not_carry_along_the_configurations_of_all_starts_before(tmp_path: Path) -> None:
    first, second, third = (without(bank(), agent) for agent in ("olena", "andriy", "iryna"))
    for site in (first, second):
        async with open_house(site, tmp_path) as house:
            house.service.tell(AgentSignedIn(agent="maria"))
            assert house.service.centre.knows(site.digest)
    async with open_house(third, tmp_path, start=False) as house:
        assert house.recovered == 0, "it goes on from a snapshot"
        assert not house.service.centre.knows(first.digest)


@in_jumping_time
async def test_who_stands_by_with_older_files_takes_snapshots_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, now = without(bank(), "olena"), bank()
    for name in ("leader", "standby"):
        (tmp_path / name).mkdir()
    async with open_house(before, tmp_path / "leader") as leader:
        leader.service.reconfigure(now)
        leader.ready("olena")
    monkeypatch.setattr(Journal, "mark", lambda _: Mark(seq=1, where="where both read"))
    async with open_house(before, tmp_path / "standby", start=False) as standby:
        standby.service.running.follow(read(tmp_path / "leader"))
        assert standby.service.running.configuration == now.digest
        wait_for_snapshots(tmp_path / "standby")


@in_jumping_time
async def test_no_snapshot_is_taken_of_a_centre_that_broke_off_in_the_middle_of_an_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        house.ready("olena")
        apply = Centre.apply

        def breaks_off(centre: Centre, event: Event, at: int) -> list[Effect]:
            apply(centre, event, at)
            raise RuntimeError("in the middle")

        with monkeypatch.context() as patched:
            patched.setattr(Centre, "apply", breaks_off)
            house.service.tell(AgentSignedOut(agent="olena"))
        assert house.service.centre.acd.agent("olena").state is AgentState.LOGGED_OUT
    assert snapshots(tmp_path) == []
    async with open_house(site, tmp_path) as house:
        assert house.service.centre.acd.agent("olena").state is AgentState.READY
