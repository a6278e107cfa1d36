"""A plan tells what simulated days of the twin tell, by the same names, and its sums agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from acd.groups import Groups
from acd.setup import Preference
from simulator.figures_report import rows
from simulator.measures import Measured, measures_of, wait_name
from simulator.planner import cells as c
from simulator.planner.bins import BINS
from simulator.planner.day import model_of_day
from simulator.planner.model import Model
from simulator.planner.outcome import outcome_of, totals_of
from simulator.planner.runs import Sample, run
from simulator.planner.subjects import subjects_of
from simulator.replications import Study, run_study
from simulator.sums import DAY, Key
from tests.twin.recorded import MONDAY
from tests.virtual.house import bank

QUARTER_MS = 900_000


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of_day(bank(), date=MONDAY).model


@pytest.fixture(scope="module")
def measures(model: Model) -> Measured:
    return outcome_of(model, run(model, seed=1, replications=10)).measures


def whole_day(measures: Measured, kind: str) -> list[Key]:
    return [key for key in measures if key.kind == kind and key.interval == DAY]


def test_every_row_has_the_name_that_the_twin_gives_it(measures: Measured) -> None:
    site = bank()
    study = run_study(Study(site=site, date=MONDAY, days=1, interval_ms=QUARTER_MS))
    twins = {row[:4] for row in rows(site, study.measures, study.start)}
    plans = {row[:4] for row in rows(site, measures, study.start)}
    assert twins <= plans
    assert {row for row in plans if not row[2]} == {row for row in twins if not row[2]}
    assert {row[3] for row in plans if row[0] == "skill"} == set(measures_of("skill"))


def test_all_calls_are_those_of_all_queues_in_each_interval_and_over_the_day(measures: Measured) -> None:
    for together in (key for key in measures if key.kind == "all"):
        figures = measures[together]
        each = [own for key, own in measures.items() if (key.kind, key.interval) == ("queue", together.interval)]
        for name in ("queued", "answered", "abandoned", "short_abandoned", "released", "refused", "mean_queue"):
            assert figures[name].mean == pytest.approx(sum(own[name].mean or 0.0 for own in each))
        longest = [own["max_queue"].mean or 0.0 for own in each]
        assert max(longest) <= (figures["max_queue"].mean or 0.0) <= sum(longest)
        teams = [own for key, own in measures.items() if (key.kind, key.interval) == ("group", together.interval)]
        staffed = [team["staffed_agents"].mean or 0.0 for team in teams]
        assert figures["staffed_agents"].mean == pytest.approx(sum(staffed))
        if sum(staffed):
            busy = sum(staff * (team["occupancy"].mean or 0.0) for staff, team in zip(staffed, teams, strict=True))
            assert figures["occupancy"].mean == pytest.approx(busy / sum(staffed))


def test_intervals_add_up_to_the_day_and_waiting_is_littles_law(model: Model, measures: Measured) -> None:
    for key in (*whole_day(measures, "all"), *whole_day(measures, "queue"), *whole_day(measures, "skill")):
        day = measures[key]
        parts = [measures[replace(key, interval=at * QUARTER_MS)] for at in range(model.intervals)]
        assert day["queued"].mean == pytest.approx(sum(own["queued"].mean or 0.0 for own in parts))
        assert day["mean_queue"].mean == pytest.approx(sum(own["mean_queue"].mean or 0.0 for own in parts) / 96)
        left = sum(day[name].mean or 0.0 for name in ("answered", "abandoned", "released"))
        # Some of the night's last callers wait beyond midnight.
        waited = left * (day["mean_wait_ms"].mean or 0.0) / 86_400_000
        assert day["mean_queue"].mean == pytest.approx(waited, rel=0.01)


def test_calls_of_a_skill_are_those_of_the_queues_and_ways_through_the_menu_that_ask_for_it(measures: Measured) -> None:
    day = {(key.kind, key.name): measures[key] for key in measures if key.interval == DAY}
    assert day["skill", "cards"] == dict(day["queue", "cards"]) | {
        name: day["skill", "cards"][name] for name in ("occupancy", "staffed_agents")
    }
    languages = [day["skill", name]["queued"].mean or 0.0 for name in ("english", "ukrainian")]
    assert sum(languages) == pytest.approx(day["all", ""]["queued"].mean)


def test_waits_of_all_calls_lie_between_those_of_the_queues(measures: Measured) -> None:
    for name in (wait_name(share) for share in (0.5, 0.9)):
        each = [measures[key][name].mean or 0.0 for key in whole_day(measures, "queue")]
        assert min(each) <= (measures[Key("all", "")][name].mean or 0.0) <= max(each)


def test_the_occupancy_of_a_queue_in_an_interval_is_that_of_who_may_take_its_calls(measures: Measured) -> None:
    noon = 48 * QUARTER_MS
    able = [own for key, own in measures.items() if (key.kind, key.interval) == ("group", noon) and "loans" in key.name]
    staffed = [team["staffed_agents"].mean or 0.0 for team in able]
    busy = sum(staff * (team["occupancy"].mean or 0.0) for staff, team in zip(staffed, able, strict=True))
    for loans in (measures[Key(kind, "loans", noon)] for kind in ("queue", "skill")):
        assert loans["occupancy"].mean == pytest.approx(busy / sum(staffed))
        assert loans["staffed_agents"].mean == pytest.approx(sum(staffed))


def test_agents_of_equal_skills_are_one_group_whatever_they_prefer() -> None:
    site = bank()
    one, other, *rest = site.acd.agents
    alike = replace(other, skills=one.skills, queues={"cards": Preference(rank=2)})
    model = model_of_day(replace(site, acd=replace(site.acd, agents=(one, alike, *rest))), date=MONDAY).model
    subjects, groups, intervals = len(subjects_of(model).every), Groups(model.acd.agents).size, model.intervals
    assert groups == len(site.acd.agents)
    sample = Sample(  # an hour ready and an hour busy in each interval, for each group that routing knows
        counts=np.zeros((2, subjects, intervals, c.COUNT_CELLS), np.int64),
        crowds=np.zeros((2, subjects, intervals, c.CROWD_CELLS), np.int64),
        times=np.full((2, groups, intervals, c.TIME_CELLS), 3_600_000, np.int64),
        waits=np.zeros((2, subjects, BINS), np.int64),
        waits_by_interval=np.zeros((subjects, intervals, BINS), np.int64),
        still_there=np.zeros(2, np.int64),
    )
    at_work = [own["staffed_agents"].mean for key, own in totals_of(model, sample).items() if key.kind == "group"]
    assert len(at_work) == groups - 1
    assert max(at_work) == 2 * min(at_work)  # type: ignore[operator,type-var]
