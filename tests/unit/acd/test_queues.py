"""Order, relaxation, limits, and ways out of a queue."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.effects import AgentState, Answered, Exit, OfferEnd, OfferEnded, Queued, Released
from acd.requirement import parse
from acd.setup import RelaxationStep
from tests.unit.acd.floor import T0, Floor, queue


def test_within_equal_rank_nobody_overtakes() -> None:
    floor = Floor(ann={})
    for call in ("c1", "c2", "c3"):
        floor.call(call)
    assert floor.acd.waiting("cards") == ["c1", "c2", "c3"]
    assert [floor.acd.position(call) for call in ("c1", "c2", "c3")] == [1, 2, 3]
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]


def test_priority_goes_before_age_across_all_queues_that_share_agents() -> None:
    floor = Floor(queue("cards"), queue("vip", priority=10), ann={})
    floor.call("c1", "cards")
    floor.later(60_000)
    floor.call("c2", "vip")
    floor.ready("ann")
    assert floor.offers() == [("c2", "ann")]


def test_points_can_be_given_while_waiting() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.call("c2")
    assert floor.tell(ev.CallPriorityChanged(call="c2", priority=5)) == []
    assert floor.acd.waiting("cards") == ["c2", "c1"]


def test_points_given_while_ringing_count_if_the_call_comes_back() -> None:
    floor = Floor(settings={"misses_allowed": 1}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    floor.tell(ev.CallPriorityChanged(call="c1", priority=-1))
    floor.fail("ann")
    assert floor.acd.waiting("cards") == ["c2", "c1"]


def test_an_agent_takes_only_what_the_queue_and_the_call_need() -> None:
    floor = Floor(queue("cards", "cards >= 3"), ann={"cards": 2, "english": 5}, bob={"cards": 3})
    floor.ready("ann", "bob")
    floor.call("c1", needs="english")
    assert floor.offers() == []
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]
    assert floor.acd.waiting("cards") == ["c1"]


def test_a_relaxation_step_opens_the_call_to_more_agents_at_its_time() -> None:
    step = RelaxationStep(after_ms=30_000, needs=parse("cards"))
    floor = Floor(queue("cards", "cards >= 3", steps=(step,)), ann={"cards": 1}, zoe={"cards": 3})
    floor.occupy("zoe")
    floor.ready("ann")
    floor.call("c1")
    assert floor.acd.next_due() == T0 + 30_000
    floor.later(29_999)
    assert floor.offers() == []
    floor.later(1)
    assert floor.offers() == [("c1", "ann")]


def test_the_needs_of_the_call_itself_stay_when_the_queue_relaxes() -> None:
    step = RelaxationStep(after_ms=30_000, needs=parse("anybody"))
    floor = Floor(queue("cards", "cards", steps=(step,)), ann={}, bob={"english": 1}, zoe={"cards": 1, "english": 1})
    floor.occupy("zoe")
    floor.ready("ann", "bob")
    floor.call("c1", needs="english")
    assert floor.offers() == []
    floor.later(30_000)
    assert floor.offers() == [("c1", "bob")]


def test_steps_add_their_points_up() -> None:
    steps = (RelaxationStep(after_ms=10_000, add_priority=1), RelaxationStep(after_ms=20_000, add_priority=2))
    floor = Floor(queue("slow", steps=steps), queue("vip", priority=2), ann={})
    floor.call("c1", "slow")
    floor.later(15_000)
    floor.call("c2", "vip")
    floor.later(5_000)
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]


def test_who_has_waited_already_starts_at_the_step_that_is_open_by_then() -> None:
    step = RelaxationStep(after_ms=30_000, needs=parse("anybody"))
    floor = Floor(queue("cards", "cards", steps=(step,)), ann={})
    floor.ready("ann")
    floor.call("c1", ago=30_000)
    assert floor.offers() == [("c1", "ann")]


def test_of_two_calls_that_relax_in_the_same_instant_the_first_in_rank_chooses_first() -> None:
    floor = Floor(
        queue("slow", "nobody", steps=(RelaxationStep(after_ms=10_000, needs=parse("anybody")),)),
        queue("vip", "nobody", steps=(RelaxationStep(after_ms=10_000, needs=parse("anybody"), add_priority=1),)),
        ann={},
        zoe={"nobody": 1},
    )
    floor.occupy("zoe", "slow")
    floor.ready("ann")
    floor.call("c1", "slow")
    floor.call("c2", "vip")
    floor.later(10_000)
    assert floor.offers() == [("c2", "ann")]


def test_a_call_that_moves_to_another_queue_keeps_the_time_it_has_waited() -> None:
    floor = Floor(queue("cards", "cards"), queue("loans"), ann={"x": 1})
    floor.call("c1", "cards")
    floor.later(20_000)
    floor.call("c2", "loans")
    floor.call("c1", "loans")
    assert floor.only(Queued) == Queued(call="c1", queue="loans", waiting_since=T0)
    assert floor.acd.waiting("cards") == []
    assert floor.acd.waiting("loans") == ["c1", "c2"]


def test_a_call_that_moves_while_ringing_frees_the_agent() -> None:
    floor = Floor(queue("cards"), queue("loans", "loans"), ann={})
    floor.ready("ann")
    floor.call("c1", "cards")
    floor.call("c1", "loans")
    assert floor.only(OfferEnded).how is OfferEnd.WITHDRAWN
    assert floor.state("ann") is AgentState.READY


def test_the_same_queue_twice_is_once() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.call("c1", priority=9)
    assert floor.said == []


def test_a_full_queue_sends_the_next_call_on_and_an_offered_call_takes_no_place() -> None:
    floor = Floor(queue(max_waiting=1), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    assert floor.acd.waiting("cards") == ["c2"]
    floor.call("c3", ago=2_000)
    assert floor.said == [Released(call="c3", queue="cards", why=Exit.FULL, waited_ms=2_000)]


def test_a_queue_that_nobody_may_wait_in_still_gives_calls_to_free_agents() -> None:
    floor = Floor(queue(max_waiting=0), ann={})
    floor.ready("ann")
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]


def test_a_call_that_waited_too_long_is_released_with_the_whole_time_it_waited() -> None:
    floor = Floor(queue(max_wait_ms=60_000))
    floor.call("c1", ago=10_000)
    floor.later(59_999)
    assert floor.said == []
    floor.later(1)
    assert floor.said == [Released(call="c1", queue="cards", why=Exit.TIMEOUT, waited_ms=70_000)]
    assert floor.acd.next_due() is None


def test_a_phone_that_rings_when_time_is_up_is_let_ring() -> None:
    floor = Floor(queue(max_wait_ms=10_000, ring_ms=15_000), settings={"misses_allowed": 9}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(10_000)
    assert floor.said == []
    floor.fail("ann")
    assert floor.only(Released).why is Exit.TIMEOUT
    assert floor.state("ann") is AgentState.READY


def test_an_agent_may_still_answer_when_time_is_up() -> None:
    floor = Floor(queue(max_wait_ms=10_000, ring_ms=15_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(12_000)
    floor.answer("ann")
    assert floor.only(Answered).waited_ms == 12_000


def test_a_call_that_leaves_says_why() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.later(1_000)
    floor.tell(ev.CallLeft(call="c1", why=Exit.KEY))
    assert floor.said == [Released(call="c1", queue="cards", why=Exit.KEY, waited_ms=1_000)]
    assert floor.tell(ev.CallAbandoned(call="c1")) == []


def test_a_call_for_a_queue_that_is_not_there_is_sent_on_not_lost() -> None:
    floor = Floor(ann={})
    floor.call("c1", "nowhere")
    assert floor.said == [Released(call="c1", queue="nowhere", why=Exit.UNKNOWN_QUEUE, waited_ms=0)]


def test_views_of_what_is_not_there_are_key_errors() -> None:
    floor = Floor(ann={})
    for view in (floor.acd.agent, floor.acd.queue, floor.acd.waiting, floor.acd.position):
        with pytest.raises(KeyError):
            view("nobody")


def test_the_longest_wait_counts_the_caller_whose_agent_is_ringing() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.later(5_000)
    floor.call("c2")
    floor.ready("ann")
    shown = floor.acd.queue("cards")
    assert (shown.waiting, shown.offered, shown.longest_waiting_since) == (1, 1, T0)
    assert floor.acd.queues() == [shown]
