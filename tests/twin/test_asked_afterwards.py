"""Callers who are asked how it was on a simulated day: they answer, and cost no agent any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from centre.calls import CallRecord, Outcome
from centre.effects import CallEnded
from config.loader import load_site
from ivr.flow import Queue
from simulator.planner.menu_ways import not_walked
from simulator.twin import span_of
from tests.twin.days import played

INSURANCE = load_site(Path(__file__).parents[2] / "config" / "examples" / "insurance")
MONDAY = date(2026, 11, 23)


def test_simulated_callers_answer_as_the_workload_says_and_agents_have_the_same_day_without_the_questions() -> None:
    records: list[CallRecord] = []

    def noted(ended: CallEnded, _: int) -> None:
        records.append(ended.record)

    asked = played(INSURANCE, seed=1, date=MONDAY, observer={CallEnded: noted})
    flow = INSURANCE.entry_flow
    claims = flow.nodes["claims"]
    assert isinstance(claims, Queue)
    last = replace(flow, nodes={**flow.nodes, "claims": replace(claims, after=None)})
    without = played(replace(INSURANCE, flows={**INSURANCE.flows, INSURANCE.entry: last}), seed=1, date=MONDAY)
    start, end = span_of(INSURANCE, MONDAY)
    with_questions, without_any = (twin.centre.metrics for twin in (asked, without))
    for queue in INSURANCE.acd.queues:
        assert with_questions.queue(queue.id, start) == without_any.queue(queue.id, start)
    for agent in INSURANCE.acd.agents:
        same = with_questions.agent(agent.id, start, end) == without_any.agent(agent.id, start, end)
        assert same, "agents are free when they hang up"
    given = [tuple(score.score for score in record.scores) for record in records if record.scores]
    assert set(given) <= {(5, 9), (3,)}
    assert len(given) > 10
    assert all(record.outcome is Outcome.ANSWERED for record in records if record.scores)
    assert not any(asked.centre.conservation().inside.values())


def test_the_planner_minds_no_node_behind_the_conversation() -> None:
    named = {refusal.path[0] for refusal in not_walked(INSURANCE.entry_flow)}
    assert "file" in named
    assert "some" not in named
