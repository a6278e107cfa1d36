"""Which of the idle agents gets the call."""

from __future__ import annotations

from collections import Counter

import pytest

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


def test_least_talk_time_counts_talk_and_hold_and_neither_ringing_nor_wrap_up() -> None:
    floor = Floor(queue(strategy=Strategy.LEAST_TALK_TIME, wrap_up_ms=None), ann={}, bob={"bob": 1})
    floor.ready("ann")
    floor.call("c1")
    floor.later(15_000)
    floor.answer("ann")
    floor.later(5_000)
    floor.tell(ev.CallHeld(call="c1"))
    floor.later(5_000)
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(30_000)
    floor.tell(ev.WrapUpDone(agent="ann"))  # ann: 10 s
    floor.ready("bob")
    floor.call("c2", needs="bob")
    floor.talk("bob", "c2", ms=9_999)
    floor.call("c3")
    assert floor.offers() == [("c3", "bob")]
    floor.talk("bob", "c3", ms=2)
    floor.call("c4")
    assert floor.offers() == [("c4", "ann")]


def test_cost_takes_the_cheapest_and_of_equally_cheap_ones_the_longest_idle() -> None:
    floor = Floor(
        queue(strategy=Strategy.COST),
        traits={"ann": {"cost_per_hour": 2_000}, "bob": {"cost_per_hour": 1_500}, "cleo": {"cost_per_hour": 1_500}},
        ann={},
        bob={},
        cleo={},
    )
    floor.ready("ann", "cleo")
    floor.later(1)
    floor.ready("bob")
    for call in ("c1", "c2", "c3"):
        floor.call(call)
    assert [floor.acd.agent(agent).call for agent in ("cleo", "bob", "ann")] == ["c1", "c2", "c3"]


def test_linear_takes_the_first_of_the_setup_who_is_free() -> None:
    floor = Floor(queue(strategy=Strategy.LINEAR), ann={}, bob={"x": 1}, cleo={})
    floor.ready("cleo")
    floor.later(1)
    floor.ready("bob")
    floor.later(1)
    floor.ready("ann")
    for call in ("c1", "c2", "c3"):
        floor.call(call)
    assert [floor.acd.agent(agent).call for agent in ("ann", "bob", "cleo")] == ["c1", "c2", "c3"]


@pytest.mark.parametrize("others", [0, 60])
def test_twice_the_weight_is_twice_the_calls(others: int) -> None:
    """Also where those who may take the call are few among the idle, so that drawing at random rarely meets one."""
    floor = Floor(
        queue(needs="cards", strategy=Strategy.WEIGHTED_RANDOM, wrap_up_ms=0),
        settings={"seed": 7},
        traits={"bob": {"weight": 2}},
        ann={"cards": 1},
        bob={"cards": 2},
        cleo={"cards": 1},
        **{f"other{number}": {"loans": number % 10 + 1} for number in range(others)},
    )
    floor.ready(*(agent.id for agent in floor.setup.agents))
    taken: Counter[str] = Counter()
    for number in range(2_000):
        floor.call(f"c{number}")
        ((call, agent),) = floor.offers()
        taken[agent] += 1
        floor.answer(agent)
        floor.tell(ev.CallFinished(call=call))
    assert set(taken) == {"ann", "bob", "cleo"}
    assert abs(taken["bob"] - 1_000) < 100  # 4.5 standard deviations
    assert abs(taken["ann"] - 500) < 90


def test_another_seed_draws_other_lots_and_the_same_seed_the_same() -> None:
    def drawn(seed: int) -> list[str]:
        floor = Floor(queue(strategy=Strategy.WEIGHTED_RANDOM, wrap_up_ms=0), settings={"seed": seed}, ann={}, bob={})
        floor.ready("ann", "bob")
        agents = []
        for number in range(40):
            floor.call(f"c{number}")
            agents.append(floor.offers()[0][1])
            floor.answer(agents[-1])
            floor.tell(ev.CallFinished(call=f"c{number}"))
        return agents

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_the_lot_passes_over_who_missed_the_call() -> None:
    floor = Floor(queue(strategy=Strategy.WEIGHTED_RANDOM), settings={"misses_allowed": 9}, ann={}, bob={})
    floor.ready("ann", "bob")
    for number in range(20):
        floor.call(f"c{number}")
        ((_, first),) = floor.offers()
        floor.fail(first)
        ((_, second),) = floor.offers()
        assert second != first
        floor.talk(second, f"c{number}")


def test_whose_occupancy_would_have_fallen_in_line_is_not_looked_for_there_after_leaving_it() -> None:
    floor = Floor(queue("cards", strategy=Strategy.LEAST_OCCUPIED, wrap_up_ms=0), ann={}, bob={})
    floor.ready("ann")
    floor.call("c0")
    floor.talk("ann", "c0")
    floor.later(50)
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]
    floor.later(10_000)
    floor.ready("bob")
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]
