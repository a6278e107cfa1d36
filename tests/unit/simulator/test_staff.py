"""Who is on duty when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from centre.virtual.agent import Duty
from config.workload import Shift, Workload
from ivr.hours import Span
from simulator.staff import duty_at, duty_changes
from tests.virtual.house import bank

KYIV = ZoneInfo("Europe/Kyiv")


def at(text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold).timestamp() * 1000)


def staffed(*shifts: Shift) -> Workload:
    workload = bank().workload
    assert workload is not None
    return replace(workload, staff=shifts)


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
    assert duty_at(workload, "anna", at(moment)) is duty
    assert duty_at(workload, "boris", at(moment)) is Duty.OFF


def test_one_shift_is_enough_to_be_on() -> None:
    workload = staffed(
        Shift(agents=("anna",), hours=span("20:00", "08:00")),
        Shift(agents=("anna",), hours=span("07:00", "12:00"), breaks=(span("07:30", "09:00"),)),
    )
    assert duty_at(workload, "anna", at("2026-11-23T23:59")) is Duty.ON
    assert duty_at(workload, "anna", at("2026-11-23T07:45")) is Duty.ON
    assert duty_at(workload, "anna", at("2026-11-23T08:00")) is Duty.PAUSE
    assert duty_at(workload, "anna", at("2026-11-23T12:00")) is Duty.OFF


def test_every_edge_of_every_shift_is_looked_at() -> None:
    workload = staffed(Shift(agents=("anna",), hours=span("08:07", "17:03"), breaks=(span("12:31", "13:02"),)))
    moments = duty_changes(workload, at("2026-11-23T00:00"), at("2026-11-24T00:00"))
    assert moments == sorted(set(moments))
    assert moments[0] == at("2026-11-23T00:00")
    assert {at(f"2026-11-23T{edge}") for edge in ("08:07", "17:03", "12:31", "13:02")} <= set(moments)


def test_an_edge_in_the_hour_that_is_skipped_takes_effect_as_soon_as_the_clock_shows_a_later_time() -> None:
    # On 29 March 2026 clocks go from 03:00 to 04:00.
    workload = staffed(Shift(agents=("anna",), hours=span("03:20", "09:00")))
    moments = duty_changes(workload, at("2026-03-29T00:00"), at("2026-03-30T00:00"))
    first_on = next(moment for moment in moments if duty_at(workload, "anna", moment) is Duty.ON)
    assert first_on == at("2026-03-29T04:00")


def test_an_edge_in_the_hour_that_comes_twice_is_looked_at_both_times() -> None:
    # On 25 October 2026 clocks go from 04:00 back to 03:00.
    workload = staffed(Shift(agents=("anna",), hours=span("03:07", "09:00")))
    moments = duty_changes(workload, at("2026-10-25T00:00"), at("2026-10-26T00:00"))
    first, again = at("2026-10-25T03:07"), at("2026-10-25T03:07", fold=1)
    assert again - first == 3_600_000
    assert {first, again} <= set(moments)
