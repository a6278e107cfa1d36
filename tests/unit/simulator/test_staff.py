"""Who is on duty when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from centre.virtual.agent import Duty
from config.workload import Absence, Shift, Workload
from ivr.hours import Span
from simulator.staff import Plan, Roster
from tests.virtual.house import bank

KYIV = ZoneInfo("Europe/Kyiv")


def at(text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold).timestamp() * 1000)


def staffed(*shifts: Shift) -> Workload:
    workload = bank().workload
    assert workload is not None
    return replace(workload, staff=shifts)


def roster(workload: Workload, start: str = "2026-11-23T00:00", end: str = "2026-11-25T00:00") -> Roster:
    return Roster(Plan.by_shifts(workload, at(start), at(end)), workload.absence, 1)


def span(start: str, end: str) -> Span:
    return Span(time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("moment", "duty"),
    [
        ("2026-11-23T07:59", Duty.OFF),
        ("2026-11-23T08:00", Duty.ON),
        ("2026-11-23T12:30", Duty.PAUSE),
        ("2026-11-23T13:00", Duty.ON),
        ("2026-11-23T17:00", Duty.OFF),
    ],
)
def test_a_shift_holds_up_to_its_end_and_a_break_interrupts_it(moment: str, duty: Duty) -> None:
    workload = staffed(
        Shift(agents=("anna",), hours=span("08:00", "17:00"), breaks=(span("12:30", "13:00"),)),
    )
    assert roster(workload).duty_at("anna", at(moment)) is duty
    assert roster(workload).duty_at("boris", at(moment)) is Duty.OFF


def test_one_shift_is_enough_to_be_on() -> None:
    workload = staffed(
        Shift(agents=("anna",), hours=span("20:00", "08:00")),
        Shift(agents=("anna",), hours=span("07:00", "12:00"), breaks=(span("07:30", "09:00"),)),
    )
    assert roster(workload).duty_at("anna", at("2026-11-23T23:59")) is Duty.ON
    assert roster(workload).duty_at("anna", at("2026-11-23T07:45")) is Duty.ON
    assert roster(workload).duty_at("anna", at("2026-11-23T08:00")) is Duty.PAUSE
    assert roster(workload).duty_at("anna", at("2026-11-23T12:00")) is Duty.OFF


def test_every_edge_of_every_shift_is_looked_at() -> None:
    workload = staffed(Shift(agents=("anna",), hours=span("08:07", "17:03"), breaks=(span("12:31", "13:02"),)))
    plan = roster(workload, "2026-11-23T00:00", "2026-11-24T00:00")
    moments = plan.changes()
    assert moments == sorted(set(moments))
    assert moments[0] == at("2026-11-23T00:00")
    assert {at(f"2026-11-23T{edge}") for edge in ("08:07", "17:03", "12:31", "13:02")} <= set(moments)


def test_an_edge_in_the_hour_that_is_skipped_takes_effect_as_soon_as_the_clock_shows_a_later_time() -> None:
    # On 29 March 2026 clocks go from 03:00 to 04:00.
    workload = staffed(Shift(agents=("anna",), hours=span("03:20", "09:00")))
    plan = roster(workload, "2026-03-29T00:00", "2026-03-30T00:00")
    moments = plan.changes()
    first_on = next(moment for moment in moments if plan.duty_at("anna", moment) is Duty.ON)
    assert first_on == at("2026-03-29T04:00")


def test_an_edge_in_the_hour_that_comes_twice_is_looked_at_both_times() -> None:
    # On 25 October 2026 clocks go from 04:00 back to 03:00.
    workload = staffed(Shift(agents=("anna",), hours=span("03:07", "09:00")))
    plan = roster(workload, "2026-10-25T00:00", "2026-10-26T00:00")
    moments = plan.changes()
    first, again = at("2026-10-25T03:07"), at("2026-10-25T03:07", fold=1)
    assert again - first == 3_600_000
    assert {first, again} <= set(moments)


def test_a_shift_of_some_days_begins_on_those_and_lasts_into_the_next() -> None:
    # 23 November 2026 is a Monday.
    plan = roster(staffed(Shift(agents=("anna",), hours=span("22:00", "06:00"), days=frozenset({0}))))
    assert plan.duty_at("anna", at("2026-11-23T05:00")) is Duty.OFF
    assert plan.duty_at("anna", at("2026-11-23T23:00")) is Duty.ON
    assert plan.duty_at("anna", at("2026-11-24T05:59")) is Duty.ON
    assert plan.duty_at("anna", at("2026-11-24T22:00")) is Duty.OFF


def test_agents_do_not_come_as_often_as_the_workload_says_and_then_for_the_whole_shift() -> None:
    agents = tuple(f"agent-{number}" for number in range(400))
    shift = Shift(agents=agents, hours=span("08:00", "17:00"))
    plan = roster(replace(staffed(shift), absence=Absence(no_show=0.1)))
    missing = [agent for agent in agents if plan.duty_at(agent, at("2026-11-23T08:00")) is Duty.OFF]
    assert 20 < len(missing) < 60
    assert missing == [agent for agent in agents if plan.duty_at(agent, at("2026-11-23T16:00")) is Duty.OFF]
    assert missing != [agent for agent in agents if plan.duty_at(agent, at("2026-11-24T16:00")) is Duty.OFF]


def test_shrinkage_is_the_share_of_the_shift_that_agents_are_away() -> None:
    agents = tuple(f"agent-{number}" for number in range(100))
    shift = Shift(agents=agents, hours=span("00:00", "00:00"))
    plan = roster(replace(staffed(shift), absence=Absence(shrinkage=0.2)))
    looked = [plan.duty_at(agent, at(f"2026-11-23T{hour:02}:30")) for agent in agents for hour in range(24)]
    assert 0.16 < looked.count(Duty.PAUSE) / len(looked) < 0.24
    assert Duty.OFF not in looked
    gone = next(moment for moment in plan.changes() if plan.duty_at("agent-0", moment) is Duty.PAUSE)
    assert plan.duty_at("agent-0", gone - 1) is Duty.ON
