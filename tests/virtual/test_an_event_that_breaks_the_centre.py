"""A fault of ours in the core: the event is set aside, the callers are served on, and too many end in plain rules."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from acd.effects import AgentState
from acd.engine import Acd
from acd.timers import Due, Timer
from centre import events, machine
from centre.effects import Effect
from centre.state import State
from config.site import Site
from cti.floor.view import floor_view
from cti.journal import read
from cti.service.configurations import first_come_name
from cti.service.poison import FOLDER, PUT_OFF_MS, TOO_MANY, Dump, read_dump
from cti.snapshots import Snapshots
from cti.web.languages import languages
from tests.cli.test_refusals import holdless
from tests.faults.test_journal_faults import limited
from tests.house import breaks_off
from tests.property.snapshots.alike import difference
from tests.virtual.house import House, bank, open_house
from tests.virtual.jumping_clock import JumpingLoop, in_jumping_time, real_time
from tests.virtual.test_a_restart import killed, replayed, wait_for_snapshots
from tests.virtual.test_the_configuration_changes import without

ENGLISH_LOANS = "12"
LENDER, OTHER_LENDER = "iryna", "sofia"
LUNCH = events.AgentNotReady(agent="olena", reason="lunch")


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[events.Event]], None]:
    """Lets the centre break off in the middle of every event of a kind."""

    return partial(breaks_off, monkeypatch)


def wrap_up_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the routing core break off at the timer that ends it."""
    ring = Acd._ring

    def rings(core: Acd, timer: Timer) -> None:
        if timer.what is Due.WRAP_UP:
            core.setup = replace(core.setup, queues=())
            raise ZeroDivisionError("in the middle of it")
        ring(core, timer)

    monkeypatch.setattr(Acd, "_ring", rings)


def dumps(folder: Path) -> list[Dump]:
    return [read_dump(path) for path in sorted((folder / FOLDER).iterdir())]


def waiting(house: House, queue: str = "loans") -> list[str]:
    return [call.record.call for call in house.service.centre.waiting_calls(queue)]


async def is_offered(house: House, agent: str) -> None:
    await house.until(lambda: house.service.centre.acd.agent(agent).state is AgentState.OFFERED)


async def a_talk_ends(house: House) -> None:
    """A caller reaches the lender and says goodbye; the wrap-up begins."""
    house.ready(LENDER)
    await house.call(keys=ENGLISH_LOANS)
    await is_offered(house, LENDER)
    house.service.tell(events.OfferAccepted(agent=LENDER))
    house.service.tell(events.HangUpAsked(agent=LENDER))


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
        await is_offered(house, LENDER)
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
    (snapshot,) = folder.glob("snapshot-*")
    snapshot.write_bytes(b"not what this version wrote")
    with real_time():
        unreadable = holdless("reproduce", folder, cwd=tmp_path)
    assert (unreadable.returncode, unreadable.stdout) == (2, "")
    assert "cannot be read by this version" in unreadable.stderr
    assert snapshot.exists(), "the version that wrote it may still read it"


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
        await is_offered(house, LENDER)
        folder = killed(tmp_path)
    breaks(events.AgentNotReady)
    async with open_house(bank(), folder, start=False) as again:
        assert again.service.centre.acd.agent("olena").state is AgentState.READY
        assert again.service.centre.acd.agent(LENDER).state is AgentState.OFFERED
    assert "(AgentNotReady) breaks this version" in caplog.text


@in_jumping_time
async def test_a_timer_that_breaks_the_centre_is_put_off_and_everybody_else_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path) as house:
        wrap_up_never_ends(monkeypatch)
        await a_talk_ends(house)
        await house.until(lambda: house.service.standing().refused == 1)
        await house.call(keys=ENGLISH_LOANS)
        house.ready(OTHER_LENDER)
        await is_offered(house, OTHER_LENDER)
        first = house.service.now()
        await house.until(lambda: house.service.standing().refused == 2, within_s=700)
        assert house.service.now() - first > PUT_OFF_MS - 60_000
        assert not house.service.standing().first_come
        assert house.service.standing().is_well
        monkeypatch.undo()
        await house.until(lambda: house.service.centre.acd.agent(LENDER).state is not AgentState.WRAP_UP, within_s=700)
        assert difference(replayed(house, tmp_path), house.service.centre) == ""
    assert [type(dump.event) for dump in dumps(tmp_path)] == [events.TimePassed] * 2


@in_jumping_time
async def test_a_caller_who_comes_when_such_a_timer_is_due_is_not_taken_for_the_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path) as house:
        await a_talk_ends(house)
        wrap_up_never_ends(monkeypatch)
        due = house.service.centre.next_due()
        assert due is not None
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.selector.now += (due + 500 - house.service.now()) / 1000
        caller = await house.call()
        await house.until(lambda: caller.id in house.service.centre.calls)
        assert house.service.standing().refused == 1
    (dump,) = dumps(tmp_path)
    assert dump.event == events.TimePassed()


@in_jumping_time
async def test_timers_that_all_break_the_centre_leave_time_for_the_calls(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    async with open_house(bank(), tmp_path) as house:
        await a_talk_ends(house)
        breaks(events.TimePassed)  # which the end of wrap-up takes
        breaks(events.TimersPutOff)
        begun = house.service.now()
        await house.until(lambda: house.service.now() > begun + 60_000, within_s=120)
        assert TOO_MANY <= house.service.standing().refused < 300


@in_jumping_time
async def test_the_centre_is_put_right_also_while_the_journal_is_behind(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None]
) -> None:
    async with open_house(bank(), tmp_path) as house:
        with limited(resource.RLIMIT_FSIZE, 100):
            await house.call(keys=ENGLISH_LOANS)
            await house.until(lambda: len(waiting(house)) == 1)
            assert house.service.standing().journal.behind
            calls = waiting(house)
            breaks(events.AgentNotReady)
            house.service.tell(LUNCH)
            assert waiting(house) == calls
        await house.until(lambda: not house.service.standing().journal.behind)
        assert difference(replayed(house, tmp_path), house.service.centre) == ""


@in_jumping_time
async def test_the_centre_is_put_right_from_a_snapshot_where_one_can_be_read(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(bank(), tmp_path, snapshot_every=20) as house:
        # The beginning is forgotten with the second one: from then on it takes a snapshot.
        wait_for_snapshots(tmp_path, 2, meanwhile=lambda: house.ready(LENDER))
        await house.call(keys=ENGLISH_LOANS)
        await is_offered(house, LENDER)
        breaks(events.AgentNotReady)
        house.service.tell(LUNCH)
        assert len(house.service.centre.calls) == 1
        monkeypatch.setattr(Snapshots, "at", lambda *_: None)
        house.service.tell(LUNCH)
        assert house.service.centre.calls == {}, "it stays as it broke off"
    assert [dump.centre is not None for dump in dumps(tmp_path)] == [True, False]


def breaks_by(monkeypatch: pytest.MonkeyPatch, *configurations: str) -> None:
    """Lets the centre break off in the middle of a change to one of these."""
    change = machine._HANDLERS[events.ConfigurationChanged]

    def changed(state: State, event: events.ConfigurationChanged) -> list[Effect]:
        effects = change(state, event)
        assert event.configuration not in configurations, "broken by this configuration"
        return effects

    monkeypatch.setitem(machine._HANDLERS, events.ConfigurationChanged, changed)


async def left_waiting(folder: Path) -> tuple[Site, str]:
    """A site as it is after somebody called its engine that was stopped since; and who waits."""
    async with open_house(bank(), folder) as house:
        house.ready("olena")
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: len(waiting(house)) == 1)
        (call,) = waiting(house)
    return without(bank(), "andriy"), call


@in_jumping_time
async def test_a_configuration_that_breaks_the_start_is_replaced_by_plain_rules_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, call = await left_waiting(tmp_path)
    breaks_by(monkeypatch, site.digest)
    async with open_house(site, tmp_path, start=False) as house:
        assert house.service.standing().first_come
        assert house.service.centre.acd.agent("olena").state is AgentState.OFFERED, "who has no such skill"
        assert call in house.service.centre.calls
        assert "andriy" not in {agent.id for agent in house.service.centre.setup.acd.agents}


@in_jumping_time
async def test_where_they_break_it_too_the_one_of_before_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, call = await left_waiting(tmp_path)
    breaks_by(monkeypatch, site.digest, first_come_name(site.digest))
    async with open_house(site, tmp_path, start=False) as house:
        assert waiting(house) == [call]
        assert house.service.centre.setup.acd == bank().acd
        assert house.service.standing().refused == 2
        house.ready(LENDER)
        assert house.service.centre.acd.agent(LENDER).state is AgentState.OFFERED
    assert {entry.header.configuration for entry in read(tmp_path)} == {bank().digest}


@in_jumping_time
async def test_a_start_that_breaks_the_centre_is_made_by_plain_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = machine._HANDLERS[events.EngineStarted]

    def started(state: State, event: events.EngineStarted) -> list[Effect]:
        if state.setup == bank().centre:
            state.calls.clear()
            raise ZeroDivisionError("in the middle of it")
        return start(state, event)

    monkeypatch.setitem(machine._HANDLERS, events.EngineStarted, started)
    async with open_house(bank(), tmp_path) as house:
        assert house.service.standing().first_come
        assert house.service.standing().refused == 1
        await house.call(keys=ENGLISH_LOANS)
        await house.until(lambda: len(waiting(house)) == 1)
    kinds = [type(entry.event) for entry in read(tmp_path)]
    assert kinds[:2] == [events.ConfigurationChanged, events.EngineStarted]


@pytest.mark.parametrize("kind", [events.CallArrived, events.KeysEntered, events.OfferRinging])
@in_jumping_time
async def test_callers_reach_somebody_however_often_the_centre_breaks_off(
    tmp_path: Path, breaks: Callable[[type[events.Event]], None], kind: type[events.Event]
) -> None:
    async with open_house(bank(), tmp_path) as house:
        breaks(kind)
        house.ready("olena", LENDER, OTHER_LENDER)
        for _ in range(2 * TOO_MANY):
            caller = await house.call()
            for key in ENGLISH_LOANS:
                for _ in range(50):
                    if caller.asking:
                        caller.press(key)
                        break
                    await asyncio.sleep(0.1)
        await asyncio.sleep(60)
        assert house.service.standing().first_come
        known = [call for call in house.service.centre.calls.values() if call.record.queued_at is not None]
        assert {call.record.call for call in known} == set(house.line.exchange.calls) != set()
        assert any(call.record.offers for call in known)
        assert difference(replayed(house, tmp_path), house.service.centre) == ""
