"""Which of the idle agents gets the call."""

from __future__ import annotations

from acd import events as ev
from acd.effects import AgentState
from acd.setup import Strategy
from tests.unit.acd.floor import Floor, queue


def test_longest_idle_goes_first() -> None:
    floor = Floor(ann={}, bob={"x": 1})
    floor.ready("bob")
    floor.later(1)
    floor.ready("ann")
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]


def test_equally_idle_agents_go_in_the_order_of_the_setup() -> None:
    floor = Floor(ann={}, bob={"x": 1})
    floor.ready("bob", "ann")
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]


def test_a_break_neither_gains_nor_loses_a_place() -> None:
    floor = Floor(ann={}, bob={}, cleo={})
    floor.ready("ann")
    floor.later(5_000)
    floor.ready("bob")
    floor.later(5_000)
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.tell(ev.AgentReady(agent="ann"))
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]  # 10 s idle against 5 s: a break of no length changes nothing


def test_time_on_a_break_is_not_idle_time() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.later(5_000)
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.ready("bob")
    floor.later(6_000)
    floor.tell(ev.AgentReady(agent="ann"))
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]  # 6 s idle against 5 s


def test_a_conversation_begins_idle_time_anew() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.later(5_000)
    floor.ready("bob")
    floor.call("c1")
    floor.talk("ann", "c1", ms=1_000)
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.tell(ev.AgentReady(agent="ann"))
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]


def test_best_skill_takes_the_highest_level_of_what_the_call_needs() -> None:
    floor = Floor(
        queue("cards", "cards", strategy=Strategy.BEST_SKILL),
        ann={"cards": 5, "loans": 9},
        bob={"cards": 6},
        cleo={"cards": 6},
    )
    floor.ready("ann", "cleo")
    floor.later(1)
    floor.ready("bob")
    floor.call("c1")
    assert floor.offers() == [("c1", "cleo")]
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]
    floor.call("c3")
    assert floor.offers() == [("c3", "ann")]


def test_best_skill_adds_the_levels_of_all_that_is_needed_but_not_of_what_must_be_missing() -> None:
    floor = Floor(
        queue("cards", "cards and not loans >= 5", strategy=Strategy.BEST_SKILL),
        ann={"cards": 5, "english": 1, "loans": 4},
        bob={"cards": 4, "english": 3},
    )
    floor.ready("ann", "bob")
    floor.call("c1", needs="english")
    assert floor.offers() == [("c1", "bob")]


def test_worst_skill_keeps_the_specialist_free() -> None:
    floor = Floor(queue("cards", "cards", strategy=Strategy.WORST_SKILL), ann={"cards": 9}, bob={"cards": 1})
    floor.ready("ann")
    floor.later(1)
    floor.ready("bob")
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]


def test_fewest_calls_counts_since_signing_in() -> None:
    floor = Floor(queue(strategy=Strategy.FEWEST_CALLS), ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    floor.talk("ann", "c1")
    floor.later(10_000)
    floor.ready("bob")
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]
    floor.talk("bob", "c2")
    floor.tell(ev.AgentSignedOut(agent="bob"))
    floor.ready("bob")
    floor.call("c3")
    assert floor.offers() == [("c3", "bob")]


def test_round_robin_takes_turns_whoever_is_idle_longer() -> None:
    floor = Floor(queue(strategy=Strategy.ROUND_ROBIN), ann={}, bob={"x": 1}, cleo={})
    floor.ready("ann", "bob", "cleo")
    order = []
    for number in range(6):
        floor.call(f"c{number}")
        ((call, agent),) = floor.offers()
        order.append(agent)
        floor.talk(agent, call, ms=1_000 * (6 - number))
    assert order == ["ann", "bob", "cleo"] * 2


def test_round_robin_counts_a_turn_when_the_phone_rings_not_when_it_is_answered() -> None:
    floor = Floor(queue(strategy=Strategy.ROUND_ROBIN), ann={}, bob={"x": 1})
    floor.ready("ann")
    floor.later(1)
    floor.ready("bob")
    floor.call("c1")
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]


def test_least_occupied_goes_by_the_share_of_time_at_work_not_by_the_amount() -> None:
    floor = Floor(queue(strategy=Strategy.LEAST_OCCUPIED), ann={}, bob={"bob": 1})
    floor.ready("ann")
    floor.later(500_000)
    floor.call("c1")
    floor.talk("ann", "c1", ms=100_000)  # ann: 100 s of 600 s
    floor.ready("bob")
    floor.call("c2", needs="bob")
    floor.talk("bob", "c2", ms=10_000)  # bob: 10 s of 10 s
    floor.call("c3")
    assert floor.offers() == [("c3", "ann")]


def test_occupancy_falls_while_an_agent_stands_idle() -> None:
    floor = Floor(queue(strategy=Strategy.LEAST_OCCUPIED), ann={}, bob={"bob": 1})
    floor.ready("ann")
    floor.later(900_000)
    floor.call("c1")
    floor.talk("ann", "c1", ms=100_000)  # ann: 10 %
    floor.ready("bob")
    floor.call("c2", needs="bob")
    floor.talk("bob", "c2", ms=10_000)  # bob: 100 %, falling fast
    floor.later(240_000)  # bob: 10 s of 250 s, ann: 100 s of 1250 s
    floor.call("c3")
    assert floor.offers() == [("c3", "bob")]


def test_each_queue_has_its_own_strategy_over_the_same_agents() -> None:
    floor = Floor(
        queue("a", "cards", strategy=Strategy.BEST_SKILL),
        queue("b", "cards", strategy=Strategy.LONGEST_IDLE),
        ann={"cards": 1},
        bob={"cards": 9},
        cleo={"cards": 9},
    )
    floor.ready("ann")
    floor.later(1)
    floor.ready("bob", "cleo")
    floor.call("c1", "a")
    assert floor.offers() == [("c1", "bob")]
    floor.call("c2", "b")
    assert floor.offers() == [("c2", "ann")]
    assert floor.state("cleo") is AgentState.READY
