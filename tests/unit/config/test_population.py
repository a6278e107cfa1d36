"""Who calls, when and with what: drawn so that centres can be compared."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import load_site
from config.arrivals import Factors, pieces, traced
from config.laws import Deterministic
from config.population import Person, Population
from config.site import Site
from config.workload import Busyness, Callers, HandlingByLevel, TracedCall, Workload
from tests.unit.config.sites import BANK

KYIV = ZoneInfo("Europe/Kyiv")
MONDAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(BANK)


def load(site: Site) -> Workload:
    assert site.workload is not None
    return site.workload


def drawn(person: Person) -> tuple[object, ...]:
    habits = person.habits
    return (
        person.number,
        habits.patience_ms,
        habits.hangs_up_first,
        habits.talk("cards", "olena"),
        habits.talk("loans", "iryna"),
        habits.wrap_up("cards", "olena"),
        habits.rings(),
        habits.rings(),
        habits.key_delay(),
    )


def test_a_caller_is_the_same_whoever_else_calls_and_whatever_was_asked_before(site: Site) -> None:
    cards, loans = load(site).callers[0], load(site).callers[2]
    alone, among_others = Population(site, load(site), 5), Population(site, load(site), 5)
    expected = [drawn(alone.next(cards)) for _ in range(5)]
    found = []
    for _ in range(5):
        among_others.next(loans).habits.key_delay()
        found.append(drawn(among_others.next(cards)))
    assert found == expected
    assert len(set(expected)) == 5


def test_the_order_in_which_a_caller_is_asked_does_not_matter(site: Site) -> None:
    kind = load(site).callers[0]
    one, other = (Population(site, load(site), 3).next(kind).habits for _ in range(2))
    first = (one.key_delay(), one.talk("loans", "petro"))
    assert (other.talk("loans", "petro"), other.key_delay()) == first[::-1]


def test_what_a_kind_says_of_its_own_goes_before_what_holds_for_all(site: Site) -> None:
    five, seven, nine = (Deterministic(mean_ms=ms) for ms in (5_000, 7_000, 9_000))
    kind = Callers(name="vip", share=1, wants="cards", keys={}, patience=five, talk=seven, wrap_up=nine)
    workload = replace(load(site), callers=(kind,))
    habits = Population(site, workload, 1).next(kind).habits
    assert habits.patience_ms == 5_000
    assert {habits.talk(queue, "olena") for queue in ("cards", "loans")} == {7_000}
    assert habits.wrap_up("loans", "iryna") == 9_000


def test_agents_who_know_more_take_less_time(site: Site) -> None:
    by_level = {"cards": HandlingByLevel(skill="cards", steps=((2, 1.5), (9, 0.5)))}
    workload = replace(
        load(site), handling_by_level=by_level, talk=dict.fromkeys(load(site).talk, Deterministic(mean_ms=100))
    )
    habits = Population(site, workload, 1).next(workload.callers[0]).habits
    # Olena has cards 9, James 2, Sofia 1, Iryna none.
    assert [habits.talk("cards", agent) for agent in ("olena", "james", "sofia", "iryna")] == [50, 150, 100, 100]
    assert habits.talk("loans", "olena") == 100


def factors_of(busyness: Busyness, kind: str, days: int = 400) -> list[float]:
    factors = Factors(busyness, seed=1)
    return [factors.of(kind, MONDAY + timedelta(days=day), (MONDAY, day)) for day in range(days)]


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    return statistics.correlation(one, other)


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_days_differ_by_a_gamma_factor_that_kinds_share_in_part(shared: float) -> None:
    busyness = Busyness(day_sd=0.2, correlation=shared)
    cards, loans = factors_of(busyness, "cards"), factors_of(busyness, "loans")
    assert statistics.fmean(cards) == pytest.approx(1.0, abs=0.04)
    assert statistics.stdev(cards) == pytest.approx(0.2, rel=0.12)
    assert correlation(cards, loans) == pytest.approx(shared, abs=0.12)


def test_intervals_differ_on_top_of_days() -> None:
    busyness = Busyness(day_sd=0.3, interval_sd=0.4)
    assert statistics.variance(factors_of(busyness, "cards", 2_000)) == pytest.approx(1.09 * 1.16 - 1, rel=0.2)


def test_a_days_calls_scatter_more_than_poisson_by_its_factor(site: Site) -> None:
    workload = replace(load(site), busyness=Busyness(day_sd=0.25))
    start = at("2026-11-23T09:00")
    (kind, *_) = workload.callers
    plain = pieces(workload, kind, start, start + 3_600_000, Factors(Busyness(), 1))
    busy = [pieces(workload, kind, start, start + 3_600_000, Factors(workload.busyness, seed)) for seed in range(300)]
    assert sum(piece.calls_per_hour for piece in plain) / len(plain) == pytest.approx(95 * 3 / 20)
    assert statistics.fmean(one[0].calls_per_hour for one in busy) == pytest.approx(95 * 3 / 20, rel=0.05)


def test_rates_change_at_their_time_of_day_and_by_the_day_of_the_week(site: Site) -> None:
    kind = Callers(name="vip", rates=((time(8, 10), 60.0), (time(8, 40), 120.0)), wants="cards", keys={})
    workload = replace(load(site), callers=(kind,), weekdays=(1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.0))
    found = pieces(workload, kind, at("2026-11-23T08:00"), at("2026-11-23T09:00"), Factors(Busyness(), 1))
    assert (found[0].start, found[-1].end) == (at("2026-11-23T08:00"), at("2026-11-23T09:00"))
    assert {one.start: one.calls_per_hour for one in found}[at("2026-11-23T08:10")] == 60.0
    assert {one.start: one.calls_per_hour for one in found}[at("2026-11-23T08:40")] == 120.0
    # Before the first time of the day holds the last.
    assert found[0].calls_per_hour == 120.0
    assert workload.calls_per_hour(at("2026-11-24T08:20")) == 30.0
    assert workload.calls_per_hour(at("2026-11-22T08:20")) == 0.0


def test_a_trace_says_who_calls_when(site: Site) -> None:
    calls = tuple(
        TracedCall(arrival=datetime.fromisoformat(f"2026-11-23T{clock}"), kind=kind)
        for clock, kind in (("09:00:00", "cards"), ("09:00:01", "loans"), ("09:00:00.250", "cards"))
    )
    workload = replace(load(site), trace=calls)
    next_after = traced(workload, "cards", at("2026-11-23T00:00"), at("2026-11-24T00:00"))
    begin = at("2026-11-23T09:00")
    assert [next_after(0), next_after(0), next_after(0)] == [begin, begin + 250, None]
    assert traced(workload, "cards", at("2026-11-24T00:00"), at("2026-11-25T00:00"))(0) is None


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=KYIV).timestamp() * 1000)
