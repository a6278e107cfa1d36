"""Many days of the twin: means with intervals, the same on any number of processes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time

import numpy as np
import pytest
from rich.console import Console

from acd.requirement import is_met
from acd.setup import AgentSetup
from config.laws import Deterministic
from config.loader import load_site
from config.site import Site
from simulator.figures_report import print_figures, rows
from simulator.measures import measures_of
from simulator.precision import ALL, Measure, Precision
from simulator.replications import Study, StudyResult, figures_of_day, run_study
from simulator.service_level import Definition
from simulator.study_plots import study_charts
from simulator.sums import COUNTED, DAY, Figures, Key, Sums
from simulator.twin import span_of
from simulator.workers import Workers, hired
from tests.twin.days import played
from tests.twin.recorded import MONDAY
from tests.virtual.house import BANK, bank

HOUR_MS = 3_600_000
OF_QUEUES = ("queued", "answered", "abandoned", "short_abandoned", "released", "moved_on")


def half_an_hour() -> Site:
    """The bank, called from nine to half past nine only: a day in no time."""
    site = bank()
    assert site.workload is not None
    rates = ((time(9), 150.0), (time(9, 30), 0.0))
    return replace(site, workload=replace(site.workload, rates=rates))


def study(**changes: object) -> Study:
    return replace(Study(site=half_an_hour(), date=MONDAY, days=12), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return run_study(study())


def sums_of(figures: Figures, key: Key) -> Sums:
    sums = Sums()
    for name, value in zip(COUNTED, figures[key][0], strict=True):
        setattr(sums, name, value)
    return sums


def test_a_day_counts_what_the_centre_itself_counts() -> None:
    site = bank()
    start, end = span_of(site, MONDAY)
    metrics = played(site, seed=4, date=MONDAY).centre.metrics
    figures = dict(figures_of_day(study(site=site), 4))

    def time_of(agents: Iterable[AgentSetup]) -> tuple[int, int]:
        own = [metrics.agent(agent.id, start, end) for agent in agents]
        busy = sum(one.offered_ms + one.talk_ms + one.hold_ms + one.wrap_up_ms for one in own)
        return busy, busy + sum(one.ready_ms for one in own)

    for queue in site.acd.queues:
        sums = sums_of(figures, Key("queue", queue.id))
        counted = metrics.queue(queue.id, start)
        for name in (*OF_QUEUES, "answered_wait_ms", "max_wait_ms", "answered_within", "handled"):
            assert getattr(sums, name) == getattr(counted, name)
        waits = figures[Key("queue", queue.id)][1]
        assert (len(waits), waits.sum()) == (counted.answered, counted.answered_wait_ms)
        assert sums.handling_ms == counted.talk_ms + counted.hold_ms + counted.wrap_up_ms
        able = (agent for agent in site.acd.agents if is_met(queue.needs, agent.skills))
        assert (sums.busy_ms, sums.staffed_ms) == time_of(able)
    everybody = sums_of(figures, Key("all", ""))
    assert (everybody.busy_ms, everybody.staffed_ms) == time_of(site.acd.agents)


@pytest.mark.parametrize("seed", range(1, 9))
def test_littles_law_and_conservation_hold_in_every_day(seed: int) -> None:
    figures = dict(figures_of_day(study(), seed))
    for key in figures:
        sums = sums_of(figures, key)
        if key.interval == DAY and key.kind != "group":
            # Everybody is gone by midnight: the queue's length over time is the callers' waits, added up.
            assert sums.queue_ms == sums.waited_ms
            assert sums.queued == sums.answered + sums.abandoned + sums.released + sums.moved_on
        parts = [sums_of(figures, other) for other in figures if (other.kind, other.name) == (key.kind, key.name)]
        if key.interval == DAY:
            for name in ("queued", "answered", "queue_ms", "busy_ms", "staffed_ms", "waited_ms"):
                assert sum(getattr(part, name) for part in parts) == 2 * getattr(sums, name)
            assert max(part.max_queue for part in parts) == sums.max_queue


def test_skills_count_calls_by_what_they_need_and_all_together_once() -> None:
    figures = dict(figures_of_day(study(), 1))
    queues = [sums_of(figures, Key("queue", queue.id)).queued for queue in bank().acd.queues]
    assert sums_of(figures, Key("all", "")).queued == sum(queues)
    languages = [sums_of(figures, Key("skill", skill)).queued for skill in ("english", "ukrainian")]
    assert sum(languages) == sum(queues)
    assert sums_of(figures, Key("skill", "loans")).queued == queues[1]


def test_the_answer_is_the_same_for_any_number_of_workers(result: StudyResult) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert run_study(study(), Workers(threads, 3)).measures == result.measures
    two = run_study(study(days=2))
    with hired(2) as processes:
        assert run_study(study(days=2), processes).measures == two.measures


def test_as_many_call_as_the_workload_says(result: StudyResult) -> None:
    queued = result.measures[Key("all", "")]["queued"]
    assert queued.days == 12
    assert queued.low is not None
    assert queued.high is not None
    # 19 of 20 callers want a queue.
    assert queued.low < 75 * 19 / 20 < queued.high


def test_everything_is_measured_by_queue_skill_group_and_interval(result: StudyResult) -> None:
    assert {key.kind for key in result.measures} == {"all", "queue", "skill", "group"}
    nine, noon = Key("queue", "cards", 9 * HOUR_MS), Key("queue", "cards", 12 * HOUR_MS)
    assert nine in result.measures
    assert not result.measures[noon]["queued"].mean
    assert set(measures_of("queue")) == set(result.measures[nine])
    olena = result.measures[Key("group", "cards 9, english 8, ukrainian 10", 9 * HOUR_MS)]
    assert olena["staffed_agents"].mean == pytest.approx(1.0, abs=0.01)


def test_it_stops_when_it_is_precise_enough_and_not_before(result: StudyResult) -> None:
    reached = run_study(study(days=200, until=Precision(measure=Measure.ASA, queue=ALL, half_width=6_000)))
    assert reached.precise is True
    assert 10 <= reached.days < 200
    half = reached.measures[Key("all", "")]["asa_ms"].half_width
    assert half is not None
    assert half <= 6_000
    never = run_study(study(days=11, until=Precision(measure=Measure.ASA, queue="cards", half_width=1)))
    assert (never.precise, never.days) == (False, 11)


def test_ctrl_c_leaves_what_there_is() -> None:
    def interrupt(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    stopped = run_study(study(), progress=interrupt)
    assert (stopped.stopped, stopped.days) == (True, 2)
    assert stopped.measures == run_study(study(days=2)).measures


def test_a_warm_up_fills_the_centre_and_is_not_counted() -> None:
    site = bank()
    assert site.workload is not None
    # An hour around midnight only, when nobody works and everybody waits for an hour.
    load = replace(
        site.workload,
        rates=((time(0, 15), 0.0), (time(23, 15), 40.0)),
        patience=Deterministic(mean_ms=HOUR_MS),
        staff=(),
    )
    night = study(site=replace(site, workload=load), days=2)
    cold = run_study(night).measures[Key("all", "", 0)]
    warm = run_study(replace(night, warm_up_ms=HOUR_MS)).measures[Key("all", "", 0)]
    assert cold["mean_queue"].mean is not None
    assert warm["mean_queue"].mean is not None
    assert cold["mean_queue"].mean < 12
    assert warm["mean_queue"].mean > cold["mean_queue"].mean + 15
    assert warm["queued"].mean == pytest.approx(10 * 19 / 20, abs=6)


def test_machines_get_every_figure_and_people_tables(result: StudyResult) -> None:
    level = result.measures[Key("queue", "cards", 9 * HOUR_MS)]["service_level_abandons_negative"]
    row = ("queue", "cards", "2026-11-23T09:00+02:00", "service_level_abandons_negative", level.mean, level.half_width)
    assert row in list(rows(half_an_hour(), result.measures, result.start))
    text = io.StringIO()
    print_figures(
        Console(file=text, width=120),
        half_an_hour(),
        result.measures,
        start=result.start,
        interval_ms=result.interval_ms,
        definition=Definition.ABANDONS_NEGATIVE,
    )
    assert "Skill Ukrainian" in text.getvalue()
    assert "Olena Kovalenko" in text.getvalue()


def test_callbacks_are_counted_by_themselves_as_the_centre_does() -> None:
    site = load_site(BANK.parent / "callback")
    start, _ = span_of(site, MONDAY)
    (queue, *_) = site.acd.queues
    counted = played(site, seed=1, date=MONDAY).centre.metrics.queue(queue.id, start)
    sums = sums_of(figures_of_day(study(site=site), 1), Key("queue", queue.id))
    assert sums.callbacks > 10
    for name in ("callbacks", "callbacks_connected", "callbacks_failed", "callback_wait_ms", "queued"):
        assert getattr(sums, name) == getattr(counted, name)


def test_where_nobody_was_answered_the_curve_of_waits_has_a_gap() -> None:
    (_, chart) = next(
        drawn for drawn in study_charts(half_an_hour(), run_study(study(days=2))) if "95 of 100" in drawn[0]
    )
    drawn = {row["begins"]: row["mean"] for row in chart.to_dict()["data"]["values"] if row["queue"] == "Card services"}
    assert drawn["2026-11-23T09:00:00"] is not None
    assert drawn["2026-11-23T12:00:00"] is None


def test_the_distribution_of_waits_is_that_of_the_calls_themselves() -> None:
    result = run_study(study(days=2))
    waits = {queue.id: np.sort(result.waits[queue.id]) for queue in half_an_hour().acd.queues}
    assert sum(map(len, waits.values())) == 2 * (result.measures[Key("all", "")]["answered"].mean or 0)
    (_, chart) = next(drawn for drawn in study_charts(half_an_hour(), result) if "how long at most" in drawn[0])
    cards = [row for row in chart.to_dict()["data"]["values"] if row["queue"] == "Card services"]
    assert cards[0]["seconds"] == 0.0
    assert cards[-1]["share"] >= 0.99
    for row in cards:
        assert row["share"] == np.mean(waits["cards"] <= row["seconds"] * 1000 + 1e-6)
