"""What happened by other rules is gone through again by those rules, whatever the site's files say today."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre.calls import Phase
from centre.events import AgentSignedIn, ConfigurationChanged
from centre.machine import Centre
from config.loader import load_site
from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.journal import read
from cti.service.configurations import first_come_name, prepare, spoken_of
from cti.service.running import Running
from holdless.reload import catch_up_with_the_files
from simulator.torture.checks import Fingerprint
from tests.virtual.house import BANK, House, open_house
from tests.virtual.jumping_clock import in_jumping_time, real_time
from tests.virtual.test_a_restart import killed, snapshots

OTHER_AGENT = ("site.yaml", "loans: 9,", "loans: 1,")
"""Somebody else than Iryna is the best for loans."""
OTHER_MENU = ("flows/main.yaml", "open: loans, closed: loans-closed", "open: loans-closed, closed: loans")
"""Who wants a loan by day is told that nobody is there."""
OTHER_LANGUAGE = ("prompts.yaml", "welcome:\n", 'welcome:\n  fr: "Bienvenue"\n')
"""One that was never recorded either."""
OTHER_PROMPT = ("prompts.yaml", "welcome:\n", 'of-before:\n  uk: "Як було"\n  en: "As it was"\nwelcome:\n')
"""One that was never recorded."""


def bank_with(folder: Path, *changes: tuple[str, str, str]) -> Site:
    """The bank, silent, in a folder of its own, each ``(file, old, new)`` changed in it."""
    copy = Path(shutil.copytree(BANK, folder / "bank"))
    silent = ("site.yaml", "calls_per_hour: ", "calls_per_hour: 0  # ")
    for file, old, new in (silent, *changes):
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    return load_site(copy)


async def rings(house: House) -> None:
    """Somebody who speaks English wants a loan, and a phone rings for them."""
    await house.call(keys="12")
    centre = house.service.centre
    await house.until(lambda: any(call.phase is Phase.OFFERED for call in centre.calls.values()))


def state_by(house: House, site: Site) -> object:
    """How the centre stands, once it is told to go by ``site``."""
    centre = deepcopy(house.service.centre)
    change_to(centre, site, house.service.now())
    return Fingerprint.of(centre)


def change_to(centre: Centre, site: Site, at: int) -> None:
    prepare(centre, site)
    centre.apply(ConfigurationChanged(configuration=site.digest), at)


def without_snapshots(folder: Path) -> Path:
    """What a kill leaves, but for the snapshots."""
    copy = killed(folder)
    for path in snapshots(copy):
        path.unlink()
    return copy


@pytest.mark.parametrize("change", [OTHER_AGENT, OTHER_MENU], ids=["other agents", "another menu"])
@in_jumping_time
async def test_a_start_by_other_rules_without_a_snapshot_finds_the_past_as_it_was(
    tmp_path: Path, change: tuple[str, str, str]
) -> None:
    before, now = bank_with(tmp_path / "before"), bank_with(tmp_path / "now", change)
    assert before.digest != now.digest
    async with open_house(before, tmp_path) as house:
        house.ready(*before.agents)
        await rings(house)
        left, expected = without_snapshots(tmp_path), state_by(house, now)
    async with open_house(now, left, start=False) as again:
        assert Fingerprint.of(again.service.centre) == expected


@in_jumping_time
async def test_rules_that_were_loaded_under_way_count_from_then_on(tmp_path: Path) -> None:
    changes = ((), (OTHER_MENU,), (OTHER_AGENT,))
    sites = [bank_with(tmp_path / str(number), *some) for number, some in enumerate(changes)]
    async with open_house(sites[0], tmp_path) as house:
        house.ready(*sites[0].agents)
        await rings(house)
        house.service.reconfigure(sites[1])
        await rings(house)
        house.service.tell(AgentSignedIn(agent="olena"))
        left, expected = without_snapshots(tmp_path), state_by(house, sites[2])
    headers = [entry.header for entry in read(left)]
    assert [dict(header.sources) for header in (headers[0], headers[-1])] == [sites[0].sources, sites[1].sources]
    async with open_house(sites[2], left, start=False) as again:
        assert Fingerprint.of(again.service.centre) == expected


@in_jumping_time
async def test_who_stood_by_with_old_files_takes_over_with_those_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, now = bank_with(tmp_path / "before"), bank_with(tmp_path / "now", OTHER_AGENT)
    async with open_house(before, tmp_path) as house:
        house.service.reconfigure(now)
        house.ready(*now.agents)
        left = without_snapshots(tmp_path)
    monkeypatch.setattr(Running, "settle", lambda _: None)
    async with open_house(before, left, start=False) as again:
        assert again.service.running.configuration == now.digest
        shutil.copytree(now.folder, before.folder, dirs_exist_ok=True)
        with real_time():
            await catch_up_with_the_files(again.service, before.folder)
        monkeypatch.undo()
        again.service.running.settle()
        again.ready("iryna")
    assert list(read(left))[-1].header.configuration == now.digest
    changes = [entry.event for entry in read(left) if isinstance(entry.event, ConfigurationChanged)]
    assert changes == [ConfigurationChanged(configuration=now.digest)]


@in_jumping_time
async def test_who_stood_by_before_the_first_entry_goes_by_the_rules_of_who_wrote_it(tmp_path: Path) -> None:
    theirs, ours = bank_with(tmp_path / "theirs"), bank_with(tmp_path / "ours", OTHER_AGENT)
    async with open_house(theirs, tmp_path) as house:
        house.ready(*theirs.agents)
        await rings(house)
        left, expected = without_snapshots(tmp_path), state_by(house, ours)
    (tmp_path / "standby").mkdir()
    async with open_house(ours, tmp_path / "standby", start=False) as standby:
        running = standby.service.running
        running.follow(read(left))
        assert running.configuration == theirs.digest
        running.settle()
        assert running.configuration == ours.digest
        assert Fingerprint.of(running.centre) == expected


@in_jumping_time
async def test_plain_rules_after_too_many_faults_are_rules_of_the_past_too(tmp_path: Path) -> None:
    before, now = bank_with(tmp_path / "before"), bank_with(tmp_path / "now", OTHER_AGENT)
    async with open_house(before, tmp_path) as house:
        house.service.tell(ConfigurationChanged(configuration=first_come_name(before.digest)))
        house.ready(*before.agents)
        await rings(house)
        left, expected = without_snapshots(tmp_path), state_by(house, now)
    async with open_house(now, left, start=False) as again:
        assert Fingerprint.of(again.service.centre) == expected


@pytest.mark.parametrize(
    ("file", "old", "new"), [("site.yaml", "queues:", "lines:"), ("flows/main.yaml", "calendar: ", "calendar: not-")]
)
@in_jumping_time
async def test_rules_that_this_version_cannot_read_are_said_once_and_todays_are_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, old: str, new: str
) -> None:
    before, now = bank_with(tmp_path / "before"), bank_with(tmp_path / "now", OTHER_AGENT)
    foreign = replace(before, sources={**before.sources, file: before.sources[file].replace(old, new)})
    for _ in range(2):
        async with open_house(foreign, tmp_path) as house:
            house.ready("iryna")
    left = without_snapshots(tmp_path)
    async with open_house(now, left, start=False) as again:
        assert again.service.centre.acd.agent("iryna").state is AgentState.READY
    assert caplog.text.count("cannot read the rules by which the centre went before") == 1


@pytest.mark.parametrize(
    ("change", "gone"),
    [(OTHER_PROMPT, {("of-before", "en"), ("of-before", "uk")}), (OTHER_LANGUAGE, {("welcome", "fr")})],
    ids=["a prompt", "a language of one"],
)
@in_jumping_time
async def test_prompts_of_before_whose_recordings_have_gone_with_them_are_there_and_keep_no_line_from_its_start(
    tmp_path: Path, change: tuple[str, str, str], gone: set[tuple[str, str]]
) -> None:
    before, now = bank_with(tmp_path / "before", OTHER_MENU, change), bank_with(tmp_path / "now")
    async with open_house(before, tmp_path) as house:
        house.ready("iryna")
        left = without_snapshots(tmp_path)
    async with open_house(now, left, start=False) as again:
        site = again.service.site
        assert spoken_of(site.prompts) - spoken_of(now.prompts) == gone
        AsteriskLine(now, recordings=left, now=again.service.now).reconfigure(site)


@in_jumping_time
async def test_who_stood_by_has_the_prompts_of_a_menu_that_was_loaded_meanwhile(tmp_path: Path) -> None:
    before, now = bank_with(tmp_path / "before"), bank_with(tmp_path / "now", OTHER_MENU, OTHER_PROMPT)
    async with open_house(before, tmp_path) as house:
        house.service.reconfigure(now)
        house.ready("iryna")
        left = without_snapshots(tmp_path)
    (tmp_path / "standby").mkdir()
    async with open_house(before, tmp_path / "standby", start=False) as standby:
        standby.service.running.follow(read(left))
        standby.service.running.settle()
        assert standby.service.site.prompts["of-before"] == now.prompts["of-before"]
