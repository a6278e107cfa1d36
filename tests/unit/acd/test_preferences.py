"""What an agent takes first, and what only when it has waited."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.engine import Acd
from acd.explain import explain, explain_wait
from acd.requirement import parse
from acd.setup import AcdSetup, AgentSetup, Preference, RelaxationStep, Strategy
from tests.unit.acd.floor import Floor, queue


def takes(**queues: Preference) -> dict[str, object]:
    return {"queues": queues}


FIRST, LAST, LATER = Preference(rank=-1), Preference(rank=1), Preference(after_ms=30_000)


def test_the_queue_that_ranks_first_goes_before_any_points_and_age() -> None:
    floor = Floor(queue("cards", priority=9), queue("loans"), traits={"ann": takes(loans=FIRST)}, ann={})
    floor.call("card", "cards", ago=60_000)
    floor.call("old", "loans", ago=20_000)
    floor.call("new", "loans")
    floor.ready("ann")
    assert floor.offers() == [("old", "ann")]


def test_the_queue_that_ranks_last_goes_when_there_is_nothing_else() -> None:
    floor = Floor(queue("cards"), queue("loans", priority=9), traits={"ann": takes(loans=LAST)}, ann={})
    floor.call("loan", "loans", ago=60_000)
    floor.call("card", "cards")
    floor.ready("ann")
    assert floor.offers() == [("card", "ann")]
    floor.tell(ev.CallAbandoned(call="card"))
    assert floor.offers() == [("loan", "ann")]


def test_a_call_that_comes_chooses_among_the_idle_whatever_they_prefer() -> None:
    floor = Floor(queue("cards"), queue("loans"), traits={"ann": takes(loans=FIRST)}, ann={}, bob={})
    floor.ready("ann")
    floor.later(1)
    floor.ready("bob")
    floor.call("card", "cards")
    assert floor.offers() == [("card", "ann")]


def test_an_agent_takes_a_preferred_call_that_was_kept_for_them_only_in_its_turn() -> None:
    floor = Floor(queue("cards"), queue("loans"), traits={"ann": takes(cards=FIRST)}, ann={})
    floor.call("kept", "loans", preferred="ann")
    floor.call("card", "cards")
    floor.ready("ann")
    assert floor.offers() == [("card", "ann")]


def test_a_call_kept_for_an_agent_goes_before_an_older_one_of_a_queue_that_ranks_last() -> None:
    floor = Floor(queue("cards"), queue("loans"), traits={"ann": takes(loans=LAST)}, ann={})
    floor.call("loan", "loans", ago=60_000)
    floor.call("kept", "cards", preferred="ann")
    floor.ready("ann")
    assert floor.offers() == [("kept", "ann")]


def test_queues_that_rank_behind_go_in_the_order_of_their_ranks_and_hide_no_younger_call_of_another() -> None:
    traits = {"ann": takes(cards=LAST, loans=Preference(rank=2))}
    floor = Floor(queue("cards"), queue("loans"), queue("other"), traits=traits, ann={})
    for name, ago in (("cards", 50_000), ("loans", 60_000), ("other", 0)):
        floor.call(name, name, ago=ago)
    floor.ready("ann")
    for name in ("other", "cards", "loans"):
        assert floor.offers() == [(name, "ann")]
        floor.tell(ev.CallAbandoned(call=name))


def test_if_two_steps_open_at_once_the_agent_takes_the_preferred_call_and_the_other_call_chooses_again() -> None:
    steps = (RelaxationStep(after_ms=10_000, needs=parse("anybody")),)
    floor = Floor(
        queue("cards", "vip", steps=steps, priority=1, strategy=Strategy.LINEAR),
        queue("loans", "vip", steps=steps),
        traits={"ann": takes(loans=FIRST)},
        ann={},
        bob={},
        zoe={"vip": 1},
    )
    floor.occupy("zoe", "cards")
    floor.ready("ann", "bob")
    floor.call("card", "cards")
    floor.call("loan", "loans")
    floor.now += 10_000
    reasons = explain(floor.acd, ev.TimePassed(), floor.now)
    floor.tell(ev.TimePassed())
    assert floor.offers() == [("loan", "ann"), ("card", "bob")]
    assert [(reason.call, reason.agent, reason.decided_by) for reason in reasons] == [
        ("loan", "ann", "preference of the agent"),
        ("card", "bob", "only candidate"),
    ]


def test_calls_are_closed_to_an_agent_until_they_have_waited() -> None:
    floor = Floor(queue("cards"), queue("loans"), traits={"ann": takes(cards=LATER)}, ann={})
    floor.ready("ann")
    floor.call("card", "cards")
    floor.later(29_999)
    assert floor.offers() == []
    (verdict,) = explain_wait(floor.acd, "card").verdicts
    assert verdict.excluded_by == "takes calls of this queue only when they have waited 30 s"
    floor.later(1)
    assert floor.offers() == [("card", "ann")]


def test_a_call_that_has_waited_elsewhere_is_open_at_once() -> None:
    floor = Floor(queue("cards"), queue("loans"), traits={"ann": takes(cards=LATER)}, ann={})
    floor.ready("ann")
    floor.call("card", "cards", ago=30_000)
    assert floor.offers() == [("card", "ann")]


def test_delays_and_relaxation_steps_go_on_side_by_side() -> None:
    steps = (RelaxationStep(after_ms=20_000, needs=parse("anybody")), RelaxationStep(after_ms=60_000, add_priority=5))
    floor = Floor(queue("cards", "cards", steps=steps), traits={"ann": takes(cards=LATER)}, ann={}, bob={"loans": 1})
    floor.ready("ann")
    floor.call("c1", "cards")
    floor.call("c2", "cards", priority=1)
    floor.later(29_999)
    assert floor.offers() == []
    floor.later(1)
    assert floor.offers() == [("c2", "ann")]
    floor.ready("bob")
    assert floor.offers() == [("c1", "bob")]


def test_agents_of_equal_skills_who_take_queues_alike_are_still_told_apart_from_those_who_do_not() -> None:
    floor = Floor(queue("cards"), traits={"ann": takes(cards=LATER)}, ann={}, bob={}, cleo={})
    floor.ready("ann")
    floor.later(1)
    floor.ready("bob", "cleo")
    for call in ("c1", "c2", "c3"):
        floor.call(call, "cards")
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")] == [None, "c1", "c2"]


def test_a_preference_for_a_queue_that_is_not_set_up_is_refused() -> None:
    agent = AgentSetup(id="ann", queues={"crads": FIRST})
    with pytest.raises(ValueError, match="agent “ann” has a preference for “crads”, which is no queue"):
        Acd(AcdSetup(queues=(queue("cards"),), agents=(agent,)))
