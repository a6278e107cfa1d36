"""Every decision can be explained afterwards."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.explain import Rival, Verdict, explain, explain_wait
from acd.requirement import parse
from acd.setup import RelaxationStep, Strategy
from tests.unit.acd.floor import T0, Floor, queue


def test_a_decision_says_who_was_a_candidate_and_which_clause_kept_the_others_out() -> None:
    floor = Floor(
        queue("cards", "cards >= 2"),
        ann={"cards": 2},
        bob={"cards": 3},
        cleo={"cards": 1},
        dan={"cards": 5},
        eve={"cards": 5},
        fay={"cards": 5, "english": 1},
    )
    floor.ready("bob")
    floor.later(1_000)
    floor.ready("ann", "cleo", "dan", "fay")
    floor.tell(ev.AgentNotReady(agent="dan", reason="lunch"))
    floor.call("c0", needs="english")
    event = ev.CallQueued(call="c1", queue="cards", waiting_since=floor.now)
    (decision,) = explain(floor.acd, event, floor.now)
    assert (decision.call, decision.agent, decision.decided_by) == ("c1", "bob", "longest-idle")
    assert decision.verdicts == (
        Verdict(agent="bob", excluded_by="", score=0, idle_ms=1_000),
        Verdict(agent="ann", excluded_by="", score=0, idle_ms=0),
        Verdict(agent="cleo", excluded_by="needs cards >= 2"),
        Verdict(agent="dan", excluded_by="not-ready: lunch"),
        Verdict(agent="eve", excluded_by="logged-out"),
        Verdict(agent="fay", excluded_by="offered"),
    )


def test_asking_changes_nothing() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    event = ev.CallQueued(call="c1", queue="cards", waiting_since=floor.now)
    explain(floor.acd, event, floor.now)
    assert floor.acd.waiting("cards") == []
    floor.tell(event)
    assert floor.offers() == [("c1", "ann")]


def test_an_agent_who_becomes_free_might_have_had_the_calls_behind() -> None:
    floor = Floor(queue("cards"), queue("vip", priority=5), ann={})
    floor.call("c1", "cards")
    floor.call("c2", "vip")
    floor.call("c3", "vip", needs="gold")
    floor.tell(ev.AgentSignedIn(agent="ann"))
    (decision,) = explain(floor.acd, ev.AgentReady(agent="ann"), floor.now)
    assert (decision.call, decision.points) == ("c2", 5)
    assert decision.rivals == (Rival(call="c1", points=0, waiting_since=T0),)


def test_the_strategy_and_its_score_are_named() -> None:
    floor = Floor(queue("cards", "cards", strategy=Strategy.BEST_SKILL), ann={"cards": 3}, bob={"cards": 7})
    floor.ready("ann", "bob")
    event = ev.CallQueued(call="c1", queue="cards", waiting_since=floor.now)
    (decision,) = explain(floor.acd, event, floor.now)
    assert decision.decided_by == "best-skill"
    assert [(verdict.agent, verdict.score) for verdict in decision.verdicts] == [("bob", 7), ("ann", 3)]


def test_equals_are_told_apart_by_the_order_of_the_setup_and_it_says_so() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("bob", "ann")
    event = ev.CallQueued(call="c1", queue="cards", waiting_since=floor.now)
    (decision,) = explain(floor.acd, event, floor.now)
    assert (decision.agent, decision.decided_by) == ("ann", "order of the setup")


def test_the_agent_who_missed_a_call_stands_behind_and_it_says_so() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    offer = floor.acd.agent("ann").offer
    assert offer is not None
    missed = ev.OfferFailed(offer=offer, why=ev.OfferFailure.NO_ANSWER)
    (decision,) = explain(floor.acd, missed, floor.now)
    assert (decision.agent, decision.decided_by) == ("bob", "has not missed this call")


def test_why_a_call_still_waits() -> None:
    step = RelaxationStep(after_ms=10_000, needs=parse("cards >= 2"), add_priority=3)
    floor = Floor(queue("cards", "cards >= 5", steps=(step,)), ann={"cards": 3}, bob={"cards": 1})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.later(10_000)
    floor.fail("ann", ev.OfferFailure.DECLINED)
    decision = explain_wait(floor.acd, "c1")
    assert (decision.agent, decision.decided_by) == (None, "no candidate")
    assert (decision.needs, decision.steps_open, decision.points) == ("cards >= 2", 1, 3)
    assert [verdict.excluded_by for verdict in decision.verdicts] == ["declined this call", "needs cards >= 2"]
    with pytest.raises(KeyError):
        explain_wait(floor.acd, "nobody")
    floor.later(10_000)
    with pytest.raises(KeyError):
        explain_wait(floor.acd, "c1")
