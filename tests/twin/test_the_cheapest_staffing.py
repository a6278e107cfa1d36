"""The search for the cheapest numbers of agents: it meets every goal, and none of its agents can be spared."""

from __future__ import annotations

import pytest

from acd.requirement import Skill
from acd.setup import AcdSetup, QueueSetup
from config.laws import Exponential
from simulator.planner.model import CallKind, PlannerError, Rate
from simulator.planner.staffing import Goal, Search, Team

HALF_HOUR = 1_800_000
GOALS = {"cards": Goal(service_level=0.8), "loans": Goal(asa_ms=20_000, abandonment=0.05)}
TEAMS = (
    Team(name="cards", skills={"cards": 5}, cost=1.0),
    Team(name="loans", skills={"loans": 5}, cost=1.0),
    Team(name="both", skills={"cards": 5, "loans": 5}, cost=1.15),
)


def search(teams: tuple[Team, ...] = TEAMS, most: int = 100) -> Search:
    def kind(queue: str, calls_in_half_hours: tuple[int, ...]) -> CallKind:
        return CallKind(
            name=queue,
            queue=queue,
            rates=tuple(
                Rate(begin_ms=at * HALF_HOUR, end_ms=(at + 1) * HALF_HOUR, per_ms=calls / HALF_HOUR)
                for at, calls in enumerate(calls_in_half_hours)
            ),
            talk=Exponential(mean_ms=180_000),
            patience=Exponential(mean_ms=240_000),
        )

    queues = tuple(QueueSetup(id=name, needs=Skill(name), wrap_up_ms=0) for name in GOALS)
    return Search(
        acd=AcdSetup(queues=queues, agents=()),
        teams=teams,
        kinds=(kind("cards", (40, 90)), kind("loans", (30, 50))),
        goals=GOALS,
        interval_ms=HALF_HOUR,
        intervals=2,
        replications=20,
        most=most,
    )


def test_every_goal_is_met_and_no_single_agent_can_be_spared() -> None:
    looked = search()
    found = looked.run()
    assert looked._missed(found.numbers) == []
    for team, row in enumerate(found.numbers):
        for interval, there in enumerate(row):
            fewer = [list(numbers) for numbers in found.numbers]
            fewer[team][interval] = there - 1
            assert there == 0 or looked._missed(fewer) != []
    assert sum(row[1] for row in found.numbers) > sum(row[0] for row in found.numbers)


def test_a_queue_that_nobody_may_serve_is_named() -> None:
    with pytest.raises(PlannerError, match="no team may take all calls of queue “loans”"):
        search(TEAMS[:1]).run()


def test_goals_that_the_teams_cannot_meet_are_named() -> None:
    with pytest.raises(
        PlannerError, match="2 agents of each team that may take its calls do not meet the goals of queue"
    ):
        search(most=2).run()
