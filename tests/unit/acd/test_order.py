"""Which of the waiting calls goes first: strictly by points, or by score, and never starving."""

from __future__ import annotations

from acd import events as ev
from acd.effects import Offer
from acd.setup import Order, RelaxationStep
from tests.unit.acd.floor import Floor, queue

SCORE = {"order": Order.SCORE}
MINUTE = 60_000


def served(floor: Floor) -> list[str]:
    """Lets ann take every waiting call, one after the other, in no time."""
    floor.ready("ann")
    calls = []
    while (call := floor.acd.agent("ann").call) is not None:
        calls.append(call)
        floor.answer("ann")
        floor.tell(ev.CallFinished(call=call))
        floor.tell(ev.WrapUpDone(agent="ann"))
    return calls


def test_by_score_a_minute_of_waiting_is_worth_a_point() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=3), settings=SCORE, ann={})
    floor.call("four-minutes", "cards", ago=4 * MINUTE)
    floor.call("two-minutes", "cards", ago=2 * MINUTE)
    floor.call("gold", "gold")
    assert served(floor) == ["four-minutes", "gold", "two-minutes"]


def test_strictly_a_point_is_worth_more_than_any_age() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=3), ann={})
    floor.call("an-hour", "cards", ago=60 * MINUTE)
    floor.call("gold", "gold")
    assert served(floor) == ["gold", "an-hour"]


def test_the_rate_says_what_a_minute_is_worth() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=3), settings={**SCORE, "points_per_minute": 2}, ann={})
    floor.call("two-minutes", "cards", ago=2 * MINUTE)
    floor.call("one-minute", "cards", ago=1 * MINUTE)
    floor.call("gold", "gold")
    assert served(floor) == ["two-minutes", "gold", "one-minute"]


def test_of_equal_scores_the_older_call_goes_first() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=3), settings=SCORE, ann={})
    floor.call("gold", "gold")
    floor.call("three-minutes", "cards", ago=3 * MINUTE)
    assert served(floor) == ["three-minutes", "gold"]


def test_points_of_a_step_count_in_the_score() -> None:
    steps = (RelaxationStep(after_ms=MINUTE, add_priority=5),)
    floor = Floor(queue("cards"), queue("help", steps=steps), settings=SCORE, ann={})
    floor.call("older", "cards", ago=3 * MINUTE)
    floor.call("younger", "help")
    assert floor.acd.waiting("help") == ["younger"]
    floor.later(MINUTE)
    assert served(floor) == ["younger", "older"]


def test_a_call_beyond_the_starvation_bound_goes_before_any_points_of_younger_ones() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=100), settings={"starvation_ms": 10 * MINUTE}, ann={})
    floor.call("old", "cards")
    floor.later(1)
    floor.call("older-gold", "gold", ago=5 * MINUTE)
    floor.later(10 * MINUTE - 2)
    floor.call("young-gold", "gold", ago=9 * MINUTE)
    assert floor.acd.waiting("gold") == ["older-gold", "young-gold"]
    floor.later(1)  # now “old” has waited ten minutes
    assert served(floor) == ["older-gold", "old", "young-gold"]


def test_among_calls_beyond_the_bound_the_oldest_goes_first_whatever_its_points() -> None:
    floor = Floor(queue("cards"), queue("gold", priority=100), settings={"starvation_ms": 10 * MINUTE}, ann={})
    floor.call("gold", "gold", ago=11 * MINUTE)
    floor.call("plain", "cards", ago=12 * MINUTE)
    assert served(floor) == ["plain", "gold"]


def test_a_call_that_passes_the_bound_while_a_phone_rings_for_it_comes_back_before_the_others() -> None:
    floor = Floor(
        queue("cards", ring_ms=20_000),
        queue("gold", priority=100),
        settings={"starvation_ms": MINUTE, "misses_allowed": 1},
        ann={},
    )
    floor.ready("ann")
    floor.call("old", "cards", ago=50_000)
    floor.call("gold", "gold", ago=30_000)
    floor.later(20_000)
    floor.fail("ann")
    floor.tell(ev.AgentReady(agent="ann"))
    assert floor.only(Offer).call == "old"
