"""Shifts that cover what every interval needs, at the least paid hours."""

from __future__ import annotations

from datetime import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.staffing import ShiftPattern, Team
from ivr.hours import Span
from simulator.planner.model import PlannerError
from simulator.staffing.shifts import Shifts, works_through

HOUR_MS = 3_600_000
HOURS = [time(hour) for hour in range(24)]
CARDS = Team(name="cards", skills={"cards": 1}, cost_per_hour=10.0)


def shift(name: str, begin: str, end: str, *breaks: tuple[str, str], paid: bool = False) -> ShiftPattern:
    spans = tuple(Span(time.fromisoformat(first), time.fromisoformat(last)) for first, last in breaks)
    hours = Span(time.fromisoformat(begin), time.fromisoformat(end))
    return ShiftPattern(name=name, hours=hours, breaks=spans, paid_breaks=paid)


def needed(**agents: int) -> tuple[int, ...]:
    """Agents by hour: ``at_9=2``."""
    return tuple(agents.get(f"at_{hour}", 0) for hour in range(24))


def test_one_long_shift_is_taken_where_it_is_cheaper_than_two_short_ones() -> None:
    shifts = Shifts(
        [shift("long", "08:00", "16:00"), shift("am", "08:00", "13:00"), shift("pm", "12:00", "17:00")], HOURS, HOUR_MS
    )
    found = shifts.cover([CARDS], (needed(at_8=2, at_15=2, at_9=3),))
    assert found.agents == ((2, 1, 0),)
    assert (found.paid_hours, found.cost) == (21.0, 210.0)
    assert found.present[0][7:17] == (0, 3, 3, 3, 3, 3, 2, 2, 2, 0)


def test_breaks_are_staggered_so_that_somebody_is_there() -> None:
    shifts = Shifts(
        [
            shift("day", "09:00", "17:00", ("12:00", "13:00")),
            shift("day", "09:00", "17:00", ("13:00", "14:00")),
        ],
        HOURS,
        HOUR_MS,
    )
    assert shifts.cover([CARDS], (needed(at_12=1, at_13=1),)).agents == ((1, 1),)


def test_a_shift_over_midnight_serves_the_small_hours() -> None:
    shifts = Shifts([shift("night", "22:00", "06:00", ("02:00", "03:00"), paid=True)], HOURS, HOUR_MS)
    found = shifts.cover([CARDS], (needed(at_23=1, at_5=2),))
    assert found.agents == ((2,),)
    assert found.paid_hours == 16.0
    assert [hour for hour, there in enumerate(found.present[0]) if there] == [0, 1, 3, 4, 5, 22, 23]


def test_an_hour_that_no_shift_works_through_is_named() -> None:
    shifts = Shifts([shift("day", "09:30", "17:00")], HOURS, HOUR_MS)
    with pytest.raises(PlannerError, match="agents of “cards” are needed from 09:00 on, but no shift works through"):
        shifts.cover([CARDS], (needed(at_9=1),))


def test_who_comes_in_the_middle_of_an_interval_does_not_count_in_it() -> None:
    day = shift("day", "09:30", "17:00", ("12:15", "12:30"))
    assert not works_through(day, time(9), HOUR_MS)
    assert works_through(day, time(9, 30), HOUR_MS)
    assert not works_through(day, time(12), HOUR_MS // 2)
    assert works_through(day, time(12, 30), HOUR_MS // 2)


@given(
    need=st.lists(st.integers(0, 6), min_size=24, max_size=24),
    begins=st.lists(st.integers(0, 23), min_size=1, max_size=4),
)
def test_whatever_is_needed_is_covered_and_no_agent_could_stay_at_home(need: list[int], begins: list[int]) -> None:
    patterns = [
        ShiftPattern(name=str(number), hours=Span(time(begin), time((begin + 8) % 24)))
        for number, begin in enumerate([0, 8, 16, *begins])
    ]
    shifts = Shifts(patterns, HOURS, HOUR_MS)
    found = shifts.cover([CARDS], (tuple(need),))
    present = np.array(found.present[0])
    assert (present >= need).all()
    for pattern, agents in zip(patterns, found.agents[0], strict=True):
        works = np.array([pattern.hours.holds(begin) for begin in HOURS])
        assert agents == 0 or (present - works < need).any()
