"""The search for the cheapest numbers of agents: it meets every goal, and none of its agents can be spared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from acd.requirement import Skill
from acd.setup import AcdSetup, QueueSetup
from centre.virtual.agent import Duty
from config.laws import Exponential
from config.staffing import Goal, Team
from config.workload import Absence
from simulator.planner.model import AT_ONCE, CallKind, PlannerError, Rate
from simulator.planner.outcome import occupied
from simulator.service_level import Definition
from simulator.staffing.absences import there_of, to_schedule
from simulator.staffing.nearby import nearby
from simulator.staffing.plan import staff_day
from simulator.staffing.search import Search
from simulator.sums import DAY, Key
from tests.virtual.house import bank

HALF_HOUR = 1_800_000
GOALS = {"cards": Goal(service_level=0.8), "loans": Goal(asa_ms=20_000, abandonment=0.05)}


def teams(*, most: int = 100, both: float = 1.15) -> tuple[Team, ...]:
    skills = {"cards": 5, "loans": 5}
    return (
        Team(name="cards", skills={"cards": 5}, cost_per_hour=1.0, most=most),
        Team(name="loans", skills={"loans": 5}, cost_per_hour=1.0, most=most),
        Team(name="both", skills=skills, cost_per_hour=both, most=most),
    )


def search(
    own: tuple[Team, ...] | None = None,
    goals: dict[str, Goal] = GOALS,
    occupancy: float | None = None,
    half_hours: tuple[tuple[int, ...], tuple[int, ...]] = ((40, 90), (30, 50)),
    answer_ms: int = 0,
    seed: int = 1,
) -> Search:
    def kind(queue: str, calls: tuple[int, ...]) -> CallKind:
        return CallKind(
            name=queue,
            queue=queue,
            rates=tuple(
                Rate(begin_ms=at * HALF_HOUR, end_ms=(at + 1) * HALF_HOUR, per_ms=number / HALF_HOUR)
                for at, number in enumerate(calls)
            ),
            talk=Exponential(mean_ms=180_000),
            patience=Exponential(mean_ms=240_000),
            answer_delay=Exponential(mean_ms=answer_ms) if answer_ms else AT_ONCE,
        )

    queues = tuple(QueueSetup(id=name, needs=Skill(name), wrap_up_ms=0) for name in GOALS)
    return Search(
        acd=AcdSetup(queues=queues, agents=()),
        teams=teams() if own is None else own,
        kinds=(kind("cards", half_hours[0]), kind("loans", half_hours[1])),
        goals=goals,
        interval_ms=HALF_HOUR,
        intervals=2,
        occupancy=occupancy,
        replications=20,
        seed=seed,
    )


def test_every_goal_is_met_and_no_single_agent_can_be_spared() -> None:
    looked = search()
    found = looked.run()
    assert looked.missed(found.numbers) == []
    for team, row in enumerate(found.numbers):
        for interval, there in enumerate(row):
            fewer = [list(numbers) for numbers in found.numbers]
            fewer[team][interval] = there - 1
            assert there == 0 or looked.missed(fewer) != []
    assert sum(row[1] for row in found.numbers) > sum(row[0] for row in found.numbers)
    assert found.out_of_reach == ()


def test_more_agents_of_a_team_lift_the_level_of_the_queues_it_serves_and_fewer_lower_it() -> None:
    looked = search(teams(both=100.0))
    found = looked.run()
    near = {(one.team, one.more): one.levels for one in nearby(looked, found.numbers, (-1, 0, 1))}
    assert {team for team, _ in near} == {"cards", "loans"}, "nobody of the third is on shift"
    for team in ("cards", "loans"):
        fewer, same, more = (near[team, change][team].mean or 0.0 for change in (-1, 0, 1))
        assert fewer < same < more
        assert set(near[team, 0]) == {team}
    assert (near["cards", 0]["cards"].mean or 0.0) >= 0.8


def test_few_calls_are_given_to_agents_who_can_do_both_rather_than_to_two_who_idle() -> None:
    found = search(half_hours=((4, 4), (3, 3))).run()
    cards, loans, both = (sum(row) for row in found.numbers)
    apart = search(teams()[:2], half_hours=((4, 4), (3, 3))).run()
    assert both > 0
    assert found.cost < apart.cost
    assert cards + loans + both < sum(map(sum, apart.numbers))


def test_agents_are_not_kept_busier_than_asked() -> None:
    relaxed, easy = search().run(), search(occupancy=0.6).run()
    assert sum(map(sum, easy.numbers)) > sum(map(sum, relaxed.numbers))


def test_before_the_day_as_many_are_at_work_as_in_its_first_interval() -> None:
    warm = replace(search(), warm_up_ms=HALF_HOUR // 2)
    model = warm.model([[2, 1], [0, 1], [0, 0]])
    assert (model.counted_from_ms, model.end_ms) == (HALF_HOUR // 2, HALF_HOUR // 2 + 2 * HALF_HOUR)
    assert [(change.at_ms, change.agent, change.duty) for change in model.duties] == [
        (0, 0, Duty.ON),
        (0, 1, Duty.ON),
        (HALF_HOUR // 2 + HALF_HOUR, 1, Duty.OFF),
        (HALF_HOUR // 2 + HALF_HOUR, 2, Duty.ON),
    ]


def test_a_queue_that_nobody_may_serve_is_named() -> None:
    with pytest.raises(PlannerError, match="no team may take all calls of queue “loans”"):
        search(teams()[:1]).run()


def test_goals_that_the_teams_cannot_meet_are_named() -> None:
    with pytest.raises(PlannerError, match=r"2 of “cards”, 2 of “both”\) do not meet the goals of queue “cards”"):
        search(teams(most=2)).run()


def test_a_goal_that_no_number_of_agents_meets_is_refused_with_what_can_be_had() -> None:
    impatient = {"cards": Goal(asa_ms=100), "loans": Goal(asa_ms=20_000)}
    with pytest.raises(PlannerError, match=r"no number of agents meets the goals of queue “cards”: .* ASA of \d"):
        search(goals=impatient, answer_ms=4_000).run()


def test_where_few_calls_miss_a_goal_by_chance_it_is_measured_against_what_can_be_had() -> None:
    found = search(
        goals={"cards": Goal(service_level=0.92), "loans": Goal(service_level=0.5)},
        half_hours=((2, 90), (30, 50)),
        answer_ms=6_000,
        seed=4,
    ).run()
    assert [(one.queue, one.interval) for one in found.out_of_reach] == [("cards", 0)]
    assert found.out_of_reach[0].instead.service_level == pytest.approx(0.92 * 0.9)


@pytest.mark.parametrize("with_shifts", [True, False])
def test_those_who_will_be_absent_are_scheduled_too(with_shifts: bool) -> None:
    absence = Absence(no_show=0.1, shrinkage=0.2)
    site = bank()
    assert site.workload is not None
    assert site.staffing is not None
    staffing = replace(
        site.staffing,
        teams=tuple(team for team in site.staffing.teams if team.name == "all-round"),
        shifts=site.staffing.shifts if with_shifts else (),
    )
    absent = replace(site, staffing=staffing, workload=replace(site.workload, absence=absence))
    found = staff_day(absent, date=date(2026, 11, 23), interval_ms=2 * HALF_HOUR, seed=1, replications=4, scale=1.0)
    assert all(
        scheduled >= to_schedule(needed, absence) and on_shift >= (0 if with_shifts else scheduled)
        for needed, scheduled, on_shift in zip(*found.need.numbers, *found.scheduled, *found.present, strict=True)
    )
    assert sum(*found.present) > 1.2 * sum(*found.need.numbers)
    # At their desks are fewer than on shift.
    totals = {key: own for key, own in found.outcome.measures.items() if key.interval == DAY}
    there = totals[Key("all", "")]["staffed_agents"].mean or 0.0
    assert 0.6 < there / (sum(*found.present) / 24) < 0.85
    for queue, goal in staffing.goals.items():
        level = totals[Key("queue", queue)][Definition(goal.definition).measure].mean
        assert goal.service_level is None or (level is not None and level >= goal.service_level)


def test_as_many_are_scheduled_as_leave_the_needed_there_on_average() -> None:
    absence = Absence(no_show=0.03, shrinkage=0.08)
    assert [to_schedule(needed, absence) for needed in (0, 1, 4, 8, 9)] == [0, 2, 5, 9, 11]
    assert [to_schedule(needed, Absence(shrinkage=0.1)) for needed in (9, 10)] == [10, 12]
    assert [there_of(scheduled, Absence(shrinkage=0.1)) for scheduled in (0, 1, 10, 11)] == [0, 1, 9, 9]


def test_a_share_of_those_on_shift_is_away() -> None:
    looked = replace(search(), absence=Absence(no_show=0.1, shrinkage=0.2, away_ms=1_800_000), replications=200)
    numbers = [[20, 20], [0, 0], [0, 0]]
    all_there, some_away = (
        occupied(looked.sample(looked.model(numbers, absent=absent)).times)[1].sum() for absent in (False, True)
    )
    assert 0.9 * 0.8 - 0.03 < some_away / all_there < 0.9 * 0.8 + 0.03
