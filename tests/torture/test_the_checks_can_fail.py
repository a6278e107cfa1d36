"""A rule of the engine is broken on purpose, and the torture notices: each check has something to check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

import pytest
from typer.testing import CliRunner

from acd.state import CallRecord
from centre import callers, events
from centre.callers import call_adopted
from centre.calls import CallRecord as CentreRecord
from centre.calls import Phase
from centre.effects import DialCustomer, Effect
from centre.machine import _HANDLERS
from centre.state import State
from cti.asterisk.calling_back import CallingBack
from cti.asterisk.exchange import Exchange
from cti.asterisk.ringing import Ringing
from cti.asterisk.talks import Talks
from cti.journal import Entry, JournalStatus, Mark
from cti.lease import Leadership
from cti.service import owed
from cti.service.configurations import Configurations
from cti.service.recovery import Recovery
from cti.service.runtime import Service
from cti.service.standstill import Standstill
from cti.service.turns import Turns
from holdless.torture import command, tormented
from holdless.torture_engine import WatchedJournal
from holdless.torture_pair import CommittedJournal
from ivr.records import replace
from simulator.torture.disk import Database
from simulator.torture.shared import SharedDatabase
from simulator.torture.verdict import Verdict

FIRST = range(1, 60)
"""So many seeds must be enough to notice."""

PAIRS = range(10, 800, 10)
"""The same of runs with two engines."""

FULL = [33, 54, 66, 92, 177]
"""Of runs in which the journal's memory is full."""

Sabotage = Callable[[pytest.MonkeyPatch], None]


def phones_ring_before_they_are_free(patch: pytest.MonkeyPatch) -> None:
    async def is_free(*_: object) -> bool:
        return True

    patch.setattr(Ringing, "until_free", is_free)


def waits_begin_anew_at_a_start(patch: pytest.MonkeyPatch) -> None:
    recover = Service.recover

    def recovered(service: Service) -> int:
        count = recover(service)
        for call in service.centre.calls.values():
            if call.record.queued_at is not None:
                call.record = replace(call.record, queued_at=service.now())
        return count

    patch.setattr(Service, "recover", recovered)


def effects_leave_before_the_journal(patch: pytest.MonkeyPatch) -> None:
    append = WatchedJournal.append

    def appended(
        journal: WatchedJournal, at: int, event: events.Event, effects: Iterable[Effect], kept: Callable[[], None]
    ) -> None:
        append(journal, at, event, effects, lambda: None)
        kept()

    patch.setattr(WatchedJournal, "append", appended)


def a_call_that_is_announced_twice_is_two(patch: pytest.MonkeyPatch) -> None:
    def adopted(state: State, event: events.CallAdopted) -> list[Effect]:
        state.calls.pop(event.call, None)
        return call_adopted(state, event)

    patch.setitem(_HANDLERS, events.CallAdopted, adopted)


def the_last_to_come_is_served_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CallRecord, "rank", property(lambda call: (0, -call.place_since, call.number)))


def nobody_looks_who_is_gone(patch: pytest.MonkeyPatch) -> None:
    synchronise = Exchange.synchronise

    def found(exchange: Exchange, *given: object) -> list[events.Event]:
        told = synchronise(exchange, *given)  # type: ignore[arg-type]
        return [event for event in told if not isinstance(event, events.LineSynchronised)]

    patch.setattr(Exchange, "synchronise", found)


def a_centre_that_broke_off_is_gone_on_with(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recovery, "before_a_break", lambda _: None)


def a_start_reads_nothing_after_the_snapshot(patch: pytest.MonkeyPatch) -> None:
    after = WatchedJournal.after

    def nothing(journal: WatchedJournal, mark: Mark) -> Iterator[Entry]:
        after(journal, mark)
        return iter(())

    patch.setattr(WatchedJournal, "after", nothing)


def a_standby_begins_the_journal_anew_after_its_snapshot(patch: pytest.MonkeyPatch) -> None:
    after = CommittedJournal.after

    def nothing(journal: CommittedJournal, mark: Mark) -> Iterator[Entry]:
        after(journal, mark)  # never read: the journal's place stays at its beginning
        return iter(())

    patch.setattr(CommittedJournal, "after", nothing)


def other_rules_forget_who_waits(patch: pytest.MonkeyPatch) -> None:
    changed = _HANDLERS[events.ConfigurationChanged]

    def forgets(state: State, event: events.ConfigurationChanged) -> list[Effect]:
        for name in [name for name, call in state.calls.items() if call.phase is Phase.WAITING]:
            del state.calls[name]
        return changed(state, event)

    patch.setitem(_HANDLERS, events.ConfigurationChanged, forgets)


def the_past_is_gone_through_by_todays_rules(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Configurations, "knows", lambda *_: False)


def callers_are_taken_in_where_nothing_can_be_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turns, "_is_open", lambda _: True)


def a_full_journal_says_that_it_is_well(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WatchedJournal, "status", lambda _: JournalStatus())


def nothing_tells_what_the_journal_has_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recovery, "snapshot_if_due", lambda *_: None)


def who_was_to_be_hung_up_on_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(callers, "_let_go_again", lambda _: [])
    patch.setattr(Talks, "hang_up", lambda talks, call, _: talks._manager.run(talks._manager.end(call.channel)))


def a_wish_to_be_called_back_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(callers, "open_wish", lambda *_: [])


def customers_are_dialled_twice(patch: pytest.MonkeyPatch) -> None:
    dial = CallingBack.dial_customer

    async def twice(line: CallingBack, order: DialCustomer) -> None:
        await asyncio.gather(dial(line, order), dial(line, replace(order, offer=f"{order.offer}0")))

    patch.setattr(CallingBack, "dial_customer", twice)


def callbacks_come_last(patch: pytest.MonkeyPatch) -> None:
    rank = CallRecord.rank.fget  # type: ignore[attr-defined]

    def ranked(call: CallRecord) -> tuple[int, ...]:
        first, *rest = rank(call)
        return (first + (10**9 if call.callback is not None else 0), *rest)

    patch.setattr(CallRecord, "rank", property(ranked))


def records_are_written_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(owed, "RECORDED_AGAIN_MS", -1)


def timers_run_before_what_has_come_is_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standstill, "holds", lambda *_: False)
    patch.setattr("cti.service.turns.LOOK_MS", 1 << 62)


def who_signs_out_takes_the_call_along(patch: pytest.MonkeyPatch) -> None:
    signed_out = _HANDLERS[events.AgentSignedOut]

    def gone(state: State, event: events.AgentSignedOut) -> list[Effect]:
        for name in [name for name, call in state.calls.items() if call.record.agent == event.agent]:
            del state.calls[name]
        return signed_out(state, event)

    patch.setitem(_HANDLERS, events.AgentSignedOut, gone)


def records_are_not_kept_for_a_database_that_is_away(patch: pytest.MonkeyPatch) -> None:
    record = Database.record

    def recorded(database: Database, kept: CentreRecord, process: int) -> None:
        if database.away_until_us == 0:
            record(database, kept, process)

    patch.setattr(Database, "record", recorded)


def the_lease_binds_nobody(patch: pytest.MonkeyPatch) -> None:
    write = SharedDatabase.write
    patch.setattr(Leadership, "may_act", lambda _: True)
    patch.setattr(SharedDatabase, "renew", lambda *_: True)
    patch.setattr(SharedDatabase, "write", lambda shared, _epoch, rows: write(shared, shared.epoch, rows))


def effects_leave_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    append = CommittedJournal.append

    def appended(
        journal: CommittedJournal, at: int, event: events.Event, effects: Iterable[Effect], kept: Callable[[], None]
    ) -> None:
        append(journal, at, event, effects, lambda: None)
        kept()

    patch.setattr(CommittedJournal, "append", appended)


@pytest.mark.parametrize(
    ("sabotage", "seeds", "checks"),
    [
        (phones_ring_before_they_are_free, FIRST, {"double offer"}),
        (waits_begin_anew_at_a_start, FIRST, {"waiting time", "replay"}),
        (effects_leave_before_the_journal, FIRST, {"journal"}),
        (a_call_that_is_announced_twice_is_two, FIRST, {"conservation"}),
        (the_last_to_come_is_served_first, FIRST, {"order"}),
        (nobody_looks_who_is_gone, FIRST, {"difference", "conservation"}),
        (the_lease_binds_nobody, PAIRS, {"stale leader"}),
        (effects_leave_before_the_commit, PAIRS, {"journal"}),
        (a_centre_that_broke_off_is_gone_on_with, FIRST, {"conservation", "agents", "difference"}),
        (a_start_reads_nothing_after_the_snapshot, FIRST, {"replay", "waiting time"}),
        (a_standby_begins_the_journal_anew_after_its_snapshot, PAIRS, {"replay", "conservation", "records"}),
        (other_rules_forget_who_waits, FIRST, {"conservation"}),
        (other_rules_forget_who_waits, PAIRS, {"conservation"}),
        (the_past_is_gone_through_by_todays_rules, PAIRS, {"replay"}),
        (callers_are_taken_in_where_nothing_can_be_kept, FULL, {"spool"}),
        (a_full_journal_says_that_it_is_well, FULL, {"spool"}),
        (nothing_tells_what_the_journal_has_lost, FULL, {"spool"}),
        (who_was_to_be_hung_up_on_is_forgotten, [35], {"difference"}),
        (a_wish_to_be_called_back_is_forgotten, FIRST, {"records"}),
        (customers_are_dialled_twice, FIRST, {"double call"}),
        (callbacks_come_last, range(1, 300), {"order"}),
        (who_signs_out_takes_the_call_along, FIRST, {"conservation", "agents"}),
        (records_are_not_kept_for_a_database_that_is_away, FIRST, {"records"}),
        (records_are_written_once, [99, 121, 139, 140], {"records"}),
        (timers_run_before_what_has_come_is_read, [118, 702427], {"parted"}),
    ],
)
def test_an_engine_that_breaks_a_rule_is_found_out(
    sabotage: Sabotage, seeds: Iterable[int], checks: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch)
    broken = next(verdict for seed in seeds if (verdict := tormented(seed)).broken)
    assert broken.broken in checks, broken.text


def test_the_command_tells_of_the_first_seed_that_breaks_a_promise_and_makes_its_story_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phones_ring_before_they_are_free(monkeypatch)
    ran = CliRunner().invoke(command, ["--seeds", str(len(FIRST)), "--workers", "1"])
    assert ran.exit_code == 1, ran.output
    assert "broken: double offer: " in ran.output
    seed = int(ran.output.rpartition("again: holdless-torture --seed ")[2])
    alone = CliRunner().invoke(command, ["--seed", str(seed), "--story"])
    assert alone.exit_code == 1
    assert "broken: double offer: " in alone.output
    whole: Verdict = tormented(seed)
    assert len(whole.story) > ran.output.count(" s  "), "made smaller"
