"""A fault of ours in the core: the event is set aside, the callers are served on, and too many end in plain rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from acd.effects import AgentState
from centre import events, machine
from centre.effects import Effect
from centre.state import State
from cti.floor.view import floor_view
from cti.journal import read
from cti.service.poison import FOLDER, TOO_MANY, Dump, read_dump
from cti.web.languages import languages
from tests.cli.test_refusals import holdless
from tests.property.snapshots.alike import difference
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time, real_time
from tests.virtual.test_a_restart import killed, replayed

ENGLISH_LOANS = "12"
LENDER = "iryna"
LUNCH = events.AgentNotReady(agent="olena", reason="lunch")


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[events.Event]], None]:
    """Lets the centre break off in the middle of every event of a kind."""

    def from_now_on(kind: type[events.Event]) -> None:
        def breaks_off(state: State, _: object) -> list[Effect]:
            state.calls.clear()
            raise ZeroDivisionError("in the middle of it")

        monkeypatch.setitem(machine._HANDLERS, kind, breaks_off)

    return from_now_on


def dumps(folder: Path) -> list[Dump]:
    return [read_dump(path) for path in sorted((folder / FOLDER).iterdir())]


def waiting(house: House, queue: str = "loans") -> list[str]:
    return [call.record.call for call in house.service.centre.waiting_calls(queue)]


@in_jumping_time
async def test_the_callers_stay_and_the_event_can_be_seen_again(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    async with open_house(bank(), tmp_path) as house:
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: len(waiting(house)) == 1)
        calls = waiting(house)
        breaks(events.AgentNotReady)
        house.service.tell(LUNCH)
        assert waiting(house) == calls
        assert difference(replayed(house, tmp_path), house.service.centre) == ""
        house.ready(LENDER)
        await house.until(lambda: house.service.centre.acd.agent(LENDER).state is AgentState.OFFERED)
        (dump,) = dumps(tmp_path)
        assert dump.event == LUNCH
        assert "ZeroDivisionError: in the middle of it" in dump.error
        assert dump.centre is not None
        assert list(dump.centre.calls) == calls
        with pytest.raises(ZeroDivisionError):
            dump.centre.apply(dump.event, dump.at)
    (folder,) = (tmp_path / FOLDER).iterdir()
    with real_time():
        repaired = holdless("reproduce", folder, cwd=tmp_path)
    assert repaired.returncode == 0, repaired.stderr
    assert "does not happen with this version" in repaired.stdout


@in_jumping_time
async def test_too_many_end_in_first_come_first_served_until_the_configuration_is_loaded_again(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    site = bank()
    unskilled = next(agent.id for agent in site.acd.agents if "loans" not in agent.skills)
    async with open_house(site, tmp_path) as house:
        house.ready(unskilled)
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: len(waiting(house)) == 1)
        breaks(events.AgentNotReady)
        for _ in range(TOO_MANY):
            assert house.service.centre.acd.agent(unskilled).state is AgentState.READY
            house.service.tell(LUNCH)
        assert house.service.centre.acd.agent(unskilled).state is AgentState.OFFERED
        assert house.service.standing().first_come
        (told,) = floor_view(house.service, languages()["en"], house.service.now())["troubles"]
        assert told.startswith("After several faults")
        house.service.reconfigure(site)
        assert not house.service.standing().first_come
        assert house.service.standing().is_well
    assert len(dumps(tmp_path)) == TOO_MANY


@in_jumping_time
async def test_a_new_start_goes_by_the_rules_of_the_site_again(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        breaks(events.AgentNotReady)
        for _ in range(TOO_MANY):
            house.service.tell(LUNCH)
        assert house.service.standing().first_come
    async with open_house(site, tmp_path) as house:
        assert not house.service.standing().first_come
        assert house.service.centre.setup.acd == site.acd


@in_jumping_time
async def test_plain_rules_that_break_the_centre_too_are_not_asked_for_without_end(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    site = bank()
    async with open_house(site, tmp_path) as house:
        house.service.tell(events.AgentSignedIn(agent="olena"))
        breaks(events.AgentNotReady)
        breaks(events.ConfigurationChanged)
        for _ in range(TOO_MANY):
            house.service.tell(LUNCH)
        assert house.service.standing().refused == TOO_MANY + 1
        assert not house.service.standing().first_come
        house.ready(LENDER)
    assert {entry.header.configuration for entry in read(tmp_path)} == {site.digest}


@in_jumping_time
async def test_an_event_that_has_no_text_is_set_aside_too(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    half = events.AgentNotReady(agent="olena", reason="half a \ud83d")
    async with open_house(bank(), tmp_path) as house:
        breaks(events.AgentNotReady)
        house.service.tell(half)
    assert [dump.event for dump in dumps(tmp_path)] == [half]


@in_jumping_time
async def test_entries_that_break_another_version_are_left_out_and_the_engine_starts(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena", LENDER)
        house.service.tell(LUNCH)
        house.service.tell(events.AgentReady(agent="olena"))
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: house.service.centre.acd.agent(LENDER).state is AgentState.OFFERED)
        folder = killed(tmp_path)
    breaks(events.AgentNotReady)
    async with open_house(bank(), folder, start=False) as again:
        assert again.service.centre.acd.agent("olena").state is AgentState.READY
        assert again.service.centre.acd.agent(LENDER).state is AgentState.OFFERED
    assert "(AgentNotReady) breaks this version" in caplog.text


@in_jumping_time
async def test_a_timer_that_breaks_the_centre_each_time_leaves_time_for_the_calls(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready(LENDER)
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: house.service.centre.acd.agent(LENDER).state is AgentState.OFFERED)
        house.service.tell(events.OfferAccepted(agent=LENDER))
        house.service.tell(events.HangUpAsked(agent=LENDER))
        breaks(events.TimePassed)  # which the end of wrap-up takes
        begun = house.service.now()
        await house.until(lambda: house.service.now() > begun + 60_000, within_s=120)
        assert TOO_MANY <= house.service.standing().refused < 100
