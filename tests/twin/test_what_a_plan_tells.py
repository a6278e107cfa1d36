"""A plan tells what many simulated days tell, by the same names, and its sums agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from acd.groups import Groups
from acd.setup import Preference
from simulator.planner import cells as c
from simulator.planner.bins import BINS
from simulator.planner.day import model_of_day
from simulator.planner.outcome import Outcome, outcome_of
from simulator.planner.report import rows
from simulator.planner.runs import Sample, run
from simulator.replications import Study, run_study
from simulator.study_report import rows as study_rows
from tests.twin.recorded import MONDAY
from tests.virtual.house import bank

TWIN_ALONE = {"mean_queue", "moved_on", "callbacks", "callbacks_connected", "callbacks_failed", "callback_wait_ms"}
"""Beside all by skill: nobody is called back or moves on in a plan."""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    model = model_of_day(bank(), date=MONDAY).model
    return outcome_of(model, run(model, seed=1, replications=10))


def test_figures_have_the_names_that_the_twin_gives_them(outcome: Outcome) -> None:
    site = bank()
    study = run_study(Study(site=site, date=MONDAY, days=1))
    twins = {row[:4] for row in study_rows(site, study) if row[0] != "skill"}
    plans = {row[:4] for row in rows(site, outcome, study.start)}
    more = {(of, measure) for of, _, _, measure in plans - twins if (of, measure) != ("queue", "occupancy")}
    assert {measure for _, measure in more} <= {"aht_ms", *(measure for _, _, _, measure in twins)}
    less = {(of, measure) for of, _, _, measure in twins - plans}
    assert {measure for _, measure in less} <= TWIN_ALONE | {"max_queue"}
    assert {of for of, measure in less if measure == "max_queue"} == {"all"}
    whole_day = {(of, name) for of, name, begins, _ in twins if not begins}
    assert whole_day == {(of, name) for of, name, begins, _ in plans if not begins}


def test_all_calls_are_those_of_all_queues_in_each_interval_and_over_the_day(outcome: Outcome) -> None:
    together = outcome.together
    for at, figures in [(None, together.total), *enumerate(together.intervals)]:
        each = [queue.total if at is None else queue.intervals[at] for queue in outcome.queues]
        for name in ("queued", "answered", "abandoned", "short_abandoned", "released", "refused"):
            assert getattr(figures, name).mean == pytest.approx(sum(getattr(one, name).mean for one in each))
        teams = [group.total if at is None else group.intervals[at] for group in outcome.groups]
        staffed = [team.staffed_agents.mean or 0.0 for team in teams]
        assert figures.staffed_agents.mean == pytest.approx(sum(staffed))
        if sum(staffed):
            busy = sum(staff * (team.occupancy.mean or 0.0) for staff, team in zip(staffed, teams, strict=True))
            assert figures.occupancy.mean == pytest.approx(busy / sum(staffed))


def test_waits_of_all_calls_lie_between_those_of_the_queues(outcome: Outcome) -> None:
    for share, wait in outcome.together.total.wait_ms.items():
        each = [queue.total.wait_ms[share].mean or 0.0 for queue in outcome.queues]
        assert min(each) <= (wait.mean or 0.0) <= max(each)


def test_the_occupancy_of_a_queue_in_an_interval_is_that_of_who_may_take_its_calls(outcome: Outcome) -> None:
    loans = next(queue for queue in outcome.queues if queue.queue == "loans")
    noon = 12 * 4
    able = [group.intervals[noon] for group in outcome.groups if "loans" in group.name]
    staffed = [team.staffed_agents.mean or 0.0 for team in able]
    busy = sum(staff * (team.occupancy.mean or 0.0) for staff, team in zip(staffed, able, strict=True))
    assert loans.intervals[noon].occupancy.mean == pytest.approx(busy / sum(staffed))


def test_agents_of_equal_skills_are_one_group_whatever_they_prefer() -> None:
    site = bank()
    one, other, *rest = site.acd.agents
    alike = replace(other, skills=one.skills, queues={"cards": Preference(rank=2)})
    model = model_of_day(replace(site, acd=replace(site.acd, agents=(one, alike, *rest))), date=MONDAY).model
    queues, groups, intervals = len(model.acd.queues), Groups(model.acd.agents).size, model.intervals
    assert groups == len(site.acd.agents)
    sample = Sample(  # an hour ready and an hour busy in each interval, for each group that routing knows
        counts=np.zeros((2, queues, intervals, c.COUNT_CELLS), np.int64),
        times=np.full((2, groups, intervals, c.TIME_CELLS), 3_600_000, np.int64),
        waits=np.zeros((2, queues, BINS), np.int64),
        waits_by_interval=np.zeros((queues, intervals, BINS), np.int64),
        still_there=np.zeros(2, np.int64),
    )
    first, second, *_ = outcome_of(model, sample).groups
    assert (first.agents, len(second.agents)) == ((one.id, other.id), 1)
    assert first.total.staffed_agents.mean == 2 * (second.total.staffed_agents.mean or 0)
