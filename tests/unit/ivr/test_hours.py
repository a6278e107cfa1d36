"""Opening hours go by the clock on the wall."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr.hours import Calendar, Span, wall_clock

KYIV = "Europe/Kyiv"
DAY = Span(time(9), time(18))
NIGHT = Span(time(22), time(6))


def at(text: str, zone: str = KYIV) -> int:
    """Unix milliseconds of a wall time; with an offset of its own where the clock shows it twice."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1000)


def calendar(*, week: dict[int, tuple[Span, ...]], **exceptions: tuple[Span, ...]) -> Calendar:
    dates = {date.fromisoformat(day[1:].replace("_", "-")): spans for day, spans in exceptions.items()}
    return Calendar(id="desk", zone=KYIV, week=week, exceptions=dates)


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-11-23T08:59:59.999", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T17:59:59.999", True),
        ("2026-11-23T18:00", False),
        ("2026-11-24T12:00", False),
    ],
)
def test_a_desk_is_open_from_its_first_minute_up_to_its_last(when: str, is_open: bool) -> None:
    assert calendar(week={0: (DAY,)}).is_open(at(when)) is is_open


def test_a_lunch_break_is_the_gap_between_two_spans() -> None:
    desk = calendar(week={0: (Span(time(9), time(12)), Span(time(13), time(18)))})
    assert [desk.is_open(at(f"2026-11-23T{hour}:30")) for hour in (11, 12, 13)] == [True, False, True]


def test_an_exception_replaces_the_day() -> None:
    desk = calendar(week={4: (DAY,)}, d2026_12_25=(), d2027_01_01=(Span(time(20), time(21)),))
    assert not desk.is_open(at("2026-12-25T12:00"))
    assert not desk.is_open(at("2027-01-01T12:00"))
    assert desk.is_open(at("2027-01-01T20:30"))
    assert desk.is_open(at("2027-01-08T12:00"))


@pytest.mark.parametrize(
    ("when", "is_holiday"),
    [
        ("2026-12-24T12:00", False),  # a Thursday that is open till one
        ("2026-12-24T13:00", True),
        ("2026-12-24T03:00", True),
        ("2026-12-25T00:00", True),
        ("2026-12-25T23:59:59.999", True),
        ("2026-12-26T00:00", False),  # a Saturday, closed as ever
        ("2026-12-23T20:00", False),
        ("2026-12-20T12:00", False),  # a Sunday that is open for once
        ("2026-12-20T17:00", False),
        ("2026-12-21T20:00", False),  # open for longer than on other Mondays
    ],
)
def test_a_holiday_is_a_date_that_is_closed_or_shortened(when: str, is_holiday: bool) -> None:
    short, long, sunday = Span(time(9), time(13)), Span(time(8), time(20)), Span(time(10), time(16))
    week: dict[int, tuple[Span, ...]] = dict.fromkeys(range(5), (DAY,))
    desk = calendar(week=week, d2026_12_24=(short,), d2026_12_25=(), d2026_12_20=(sunday,), d2026_12_21=(long,))
    assert desk.is_holiday(at(when)) is is_holiday
    assert desk.has_holidays


def test_a_sunday_that_is_never_open_is_a_holiday_all_the_same_when_it_is_said_to_be_closed() -> None:
    easter = calendar(week={0: (DAY,)}, d2026_04_12=())
    assert easter.is_holiday(at("2026-04-12T12:00"))
    assert not easter.is_holiday(at("2026-04-19T12:00"))


def test_the_night_shift_of_a_holiday_is_missing_up_to_its_end() -> None:
    desk = calendar(week=dict.fromkeys(range(7), (NIGHT,)), d2026_12_25=())
    assert desk.is_open(at("2026-12-25T05:59"))  # the night before goes on
    assert not desk.is_holiday(at("2026-12-25T05:59"))
    assert desk.is_holiday(at("2026-12-25T06:00"))
    assert desk.is_holiday(at("2026-12-26T05:59"))
    assert not desk.is_holiday(at("2026-12-26T06:00"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_holiday_lasts_from_midnight_to_midnight_also_when_the_clocks_change(day: str, hours: int) -> None:
    desk = Calendar(
        id="desk",
        zone=KYIV,
        week=dict.fromkeys(range(7), (DAY,)),
        exceptions={date.fromisoformat(day): ()},
    )
    midnight = at(f"{day}T00:00")
    quarters = range(midnight - 4 * 3_600_000, midnight + 30 * 3_600_000, 900_000)
    assert sum(desk.is_holiday(quarter) for quarter in quarters) == 4 * hours


def test_a_night_shift_goes_on_after_midnight() -> None:
    desk = calendar(week={0: (NIGHT,)})
    assert not desk.is_open(at("2026-11-23T05:59"))
    assert desk.is_open(at("2026-11-23T22:00"))
    assert desk.is_open(at("2026-11-24T05:59"))
    assert not desk.is_open(at("2026-11-24T06:00"))


def test_a_closed_day_does_not_cut_off_the_night_before_it() -> None:
    desk = calendar(week=dict.fromkeys(range(7), (NIGHT,)), d2026_12_25=())
    assert desk.is_open(at("2026-12-25T03:00"))
    assert not desk.is_open(at("2026-12-25T23:00"))
    assert not desk.is_open(at("2026-12-26T03:00"))
    assert desk.is_open(at("2026-12-26T23:00"))


def test_an_exception_can_go_over_midnight_too() -> None:
    desk = calendar(week={}, d2026_12_31=(NIGHT,))
    assert desk.is_open(at("2027-01-01T05:00"))
    assert not desk.is_open(at("2027-01-01T07:00"))


def test_a_span_up_to_midnight_ends_there() -> None:
    desk = calendar(week={0: (Span(time(9), time(0)),)})
    assert desk.is_open(at("2026-11-23T23:59"))
    assert not desk.is_open(at("2026-11-24T00:00"))


def test_a_span_that_ends_when_it_begins_lasts_a_day() -> None:
    desk = calendar(week={0: (Span(time(9), time(9)),)})
    assert not desk.is_open(at("2026-11-23T08:59"))
    assert desk.is_open(at("2026-11-23T09:00"))
    assert desk.is_open(at("2026-11-24T08:59"))
    assert not desk.is_open(at("2026-11-24T09:00"))


def test_the_desk_opens_at_nine_on_the_wall_before_and_after_the_clocks_change() -> None:
    desk = calendar(week={5: (DAY,), 0: (DAY,)})
    for day in ("2026-10-24", "2026-10-26", "2026-03-28", "2026-03-30"):
        assert not desk.is_open(at(f"{day}T08:59"))
        assert desk.is_open(at(f"{day}T09:00"))


def test_the_hour_that_the_clock_shows_twice_is_open_twice() -> None:
    desk = calendar(week={6: (Span(time(3), time(4)),)})
    assert desk.is_open(at("2026-10-25T03:30+03:00"))
    assert desk.is_open(at("2026-10-25T03:30+02:00"))
    assert not desk.is_open(at("2026-10-25T04:00+02:00"))


def test_a_span_that_begins_in_the_hour_the_clock_skips_is_open_from_the_next_one() -> None:
    desk = calendar(week={6: (Span(time(3, 30), time(5)),)})
    skipped = at("2026-03-29T01:00+00:00")
    assert not desk.is_open(skipped - 1)
    assert desk.is_open(skipped)


def test_the_wall_shows_local_time() -> None:
    assert wall_clock(at("2026-07-01T12:00:00.250"), ZoneInfo(KYIV)) == datetime.fromisoformat(
        "2026-07-01T12:00:00.250"
    )


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [(DAY, ["09:00", "17:59"], ["08:59", "18:00"]), (NIGHT, ["22:00", "00:00", "05:59"], ["06:00", "21:59"])],
)
def test_a_daily_span_holds_its_hours_also_over_midnight(span: Span, inside: list[str], outside: list[str]) -> None:
    assert all(span.holds(time.fromisoformat(wall)) for wall in inside)
    assert not any(span.holds(time.fromisoformat(wall)) for wall in outside)


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ("2026-11-23T08:59:59.999", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "2026-11-23T18:00"),
        ("2026-11-23T18:00", "2026-11-24T22:00"),  # a night shift on Tuesday
        ("2026-11-24T23:00", "2026-11-25T06:00"),
        ("2026-11-25T12:00", "2026-11-30T09:00"),
    ],
)
def test_the_next_change_is_the_next_time_that_the_door_opens_or_closes(now: str, change: str) -> None:
    assert calendar(week={0: (DAY,), 1: (NIGHT,)}).next_change(at(now)) == at(change)


def test_a_desk_that_is_always_open_or_never_does_not_change() -> None:
    round_the_clock = calendar(week={day: (Span(time(0), time(0)),) for day in range(7)})
    assert (round_the_clock.next_change(at("2026-11-23T12:00")), calendar(week={}).next_change(0)) == (None, None)


def test_a_closing_time_that_never_comes_is_passed_when_the_clocks_go_forward() -> None:
    desk = calendar(week={6: (Span(time(1), time(3, 30)),)})  # on 29 March 2026 03:00 is 04:00
    assert desk.next_change(at("2026-03-29T02:00")) == at("2026-03-29T04:00")


def test_a_closing_time_that_comes_twice_closes_twice() -> None:
    desk = calendar(week={6: (Span(time(1), time(3, 30)),)})  # on 25 October 2026 04:00 is 03:00 again
    closing = at("2026-10-25T03:30+03:00")
    assert desk.next_change(at("2026-10-25T02:00")) == closing
    assert desk.next_change(closing) == at("2026-10-25T03:00+02:00")
    assert desk.next_change(at("2026-10-25T03:00+02:00")) == at("2026-10-25T03:30+02:00")
