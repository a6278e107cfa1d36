"""The load of a day, as the simulator draws it."""

from __future__ import annotations

import math
import random
import statistics
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from config import load_site
from config.laws import Deterministic, Empirical, Erlang, Exponential, Law, Lognormal
from config.population import Population
from config.workload import Callers, Shift, Workload
from ivr.hours import Span
from tests.unit.config.sites import BANK

KYIV = ZoneInfo("Europe/Kyiv")
SAMPLES = 20_000


def bank() -> Workload:
    workload = load_site(BANK).workload
    assert workload is not None
    return workload


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=KYIV).timestamp() * 1000)


@pytest.mark.parametrize(
    ("law", "mean_ms", "sd_ms"),
    [
        (Exponential(mean_ms=180_000), 180_000, 180_000),
        (Lognormal(mean_ms=170_000, sd_ms=120_000), 170_000, 120_000),
        (Lognormal(mean_ms=4_000, sd_ms=0), 4_000, 0),
        (Deterministic(mean_ms=1_500), 1_500, 0),
        (Erlang(mean_ms=60_000, shape=4), 60_000, 30_000),
        (Empirical(values_ms=(10_000, 20_000, 20_000, 50_000)), 25_000, 15_000),
    ],
)
def test_a_law_has_the_mean_and_the_deviation_it_was_given(law: Law, mean_ms: int, sd_ms: int) -> None:
    rng = random.Random(7)
    samples = [law.sample(rng) for _ in range(SAMPLES)]
    assert all(isinstance(sample, int) and sample >= 0 for sample in samples)
    assert abs(statistics.fmean(samples) - mean_ms) <= 5 * max(sd_ms, 1) / math.sqrt(SAMPLES)
    assert statistics.stdev(samples) == pytest.approx(sd_ms, rel=0.1, abs=1)


@pytest.mark.parametrize("law", [bank().patience, bank().key_delay, Erlang(mean_ms=60_000, shape=4)])
def test_the_same_seed_gives_the_same_durations(law: Law) -> None:
    one, other = random.Random(42), random.Random(42)
    assert [law.sample(one) for _ in range(20)] == [law.sample(other) for _ in range(20)]


def test_the_rate_holds_from_its_time_of_day_to_the_next_one() -> None:
    workload = bank()
    assert [workload.calls_per_hour(at(f"2026-11-23T{clock}")) for clock in ("08:59", "09:00", "11:59", "12:00")] == [
        60,
        95,
        110,
        90,
    ]


def test_before_the_first_time_of_the_day_the_last_rate_of_the_day_holds() -> None:
    workload = Workload(
        zone=KYIV,
        rates=((time(8), 60.0), (time(20), 5.0)),
        callers=(Callers(share=2, wants=None, keys={}),),
        patience=Deterministic(mean_ms=0),
        key_delay=Deterministic(mean_ms=0),
        talk={},
        wrap_up=Deterministic(mean_ms=0),
        answer_delay=Deterministic(mean_ms=0),
        unanswered=0.0,
        staff=(),
    )
    assert workload.calls_per_hour(at("2026-11-23T07:59")) == 5.0


def test_rates_follow_the_clock_on_the_wall_when_it_changes() -> None:
    workload = bank()
    assert workload.calls_per_hour(at("2026-10-24T09:00")) == workload.calls_per_hour(at("2026-10-26T09:00")) == 95


def test_kinds_of_callers_come_by_their_shares() -> None:
    site = load_site(BANK)
    assert site.workload is not None
    population = Population(site, site.workload, 1)
    drawn = [population.draw_kind().wants for _ in range(SAMPLES)]
    assert drawn.count("cards") / SAMPLES == pytest.approx(8 / 20, abs=0.02)
    assert drawn.count(None) / SAMPLES == pytest.approx(1 / 20, abs=0.01)


def test_what_callers_press_is_kept_by_node() -> None:
    assert bank().callers[0].keys == {"choose-language": "1", "main": "1", "card-number": "4321"}


@pytest.mark.parametrize(
    ("wall", "works"),
    [
        ("19:59", False),
        ("20:00", True),
        ("23:29", True),
        ("23:30", False),
        ("00:30", True),
        ("07:59", True),
        ("08:00", False),
    ],
)
def test_a_shift_over_midnight_with_a_break(wall: str, works: bool) -> None:
    pause = Span(time(23, 30), time(0, 30))
    shift = Shift(agents=("james",), hours=Span(time(20), time(8)), breaks=(pause,))
    local = datetime.combine(date(2026, 11, 23), time.fromisoformat(wall))
    assert (shift.begins_on(local) is not None and not shift.pauses_at(local.time())) is works


def test_the_banks_night_shift_is_at_work_at_night() -> None:
    three = datetime.combine(date(2026, 11, 23), time(3))
    at_three = {agent for shift in bank().staff if shift.begins_on(three) for agent in shift.agents}
    assert at_three == {"james", "mykola"}
