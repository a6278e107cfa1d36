"""Several phones ring for one call."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.effects import (
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Exit,
    Offer,
    OfferEnd,
    OfferEnded,
    Released,
    Withdraw,
)
from acd.explain import Decision, watch
from acd.metrics import Metrics
from acd.setup import Phones, Preference, QueueSetup, Strategy
from tests.unit.acd.floor import Floor, queue

THREE = Phones(at_once=3)
PROGRESSIVE = Phones(add_every_ms=5_000, most=3)


def ended(floor: Floor) -> list[tuple[str, OfferEnd]]:
    """Whose phone stopped ringing, and how, in answer to the last event."""
    return [(effect.agent, effect.how) for effect in floor.said if isinstance(effect, OfferEnded)]


def ringing(floor: Floor, call: str) -> list[str]:
    """Whose phones ring for the call."""
    return [view.id for view in floor.acd.agents() if view.offer is not None and view.call == call]


def three(queue_: QueueSetup | None = None, **settings: object) -> Floor:
    """Ann, Bob and Cleo are ready, Ann the longest."""
    floor = Floor(queue_ or queue(phones=THREE), settings=settings, ann={}, bob={}, cleo={})
    for agent in ("ann", "bob", "cleo"):
        floor.ready(agent)
        floor.later(1_000)
    return floor


def test_as_many_phones_ring_at_once_as_the_queue_wants() -> None:
    floor = three()
    floor.call("c1")
    assert floor.offers() == [("c1", "ann"), ("c1", "bob"), ("c1", "cleo")]
    assert [effect.phone for effect in floor.said if isinstance(effect, Offer)] == [1, 2, 3]
    assert floor.acd.position("c1") == 0
    assert (floor.acd.queue("cards").waiting, floor.acd.queue("cards").offered) == (0, 1)


def test_the_first_to_answer_has_the_call_and_the_others_stop() -> None:
    floor = three()
    floor.call("c1")
    floor.later(3_000)
    floor.answer("bob")
    assert [type(effect) for effect in floor.said[:5]] == [Withdraw, OfferEnded, Withdraw, OfferEnded, Answered]
    assert ended(floor) == [("ann", OfferEnd.WITHDRAWN), ("cleo", OfferEnd.WITHDRAWN)]
    assert [floor.state(agent) for agent in ("ann", "bob", "cleo")] == [
        AgentState.READY,
        AgentState.TALKING,
        AgentState.READY,
    ]


def test_a_second_agent_who_answers_too_late_changes_nothing() -> None:
    floor = three()
    floor.call("c1")
    late = floor.acd.agent("cleo").offer
    assert late is not None
    floor.answer("ann")
    assert floor.tell(ev.OfferAnswered(offer=late)) == []


def test_to_lose_a_call_to_another_agent_is_no_miss_and_costs_no_idle_time() -> None:
    floor = three(misses_allowed=1)
    metrics = Metrics()
    floor.call("c1")
    floor.later(3_000)
    floor.answer("bob")
    for effect in floor.said:
        metrics.note(effect, floor.now)
    assert metrics.agent("ann", 0).missed == 0
    floor.ready("ann", "cleo")
    floor.call("c2", needs="anybody")
    assert floor.offers() == [("c2", "ann"), ("c2", "cleo")]


def test_round_robin_counts_no_turn_for_who_lost_a_call_to_another() -> None:
    floor = Floor(
        queue(phones=Phones(at_once=2), strategy=Strategy.ROUND_ROBIN, wrap_up_ms=0), ann={}, bob={}, cleo={}, dan={}
    )
    floor.ready("ann", "bob", "cleo", "dan")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.call("c2")
    assert floor.offers() == [("c2", "bob"), ("c2", "cleo")]


@pytest.mark.parametrize("why", ev.OfferFailure)
def test_who_does_not_take_the_call_is_replaced_in_the_same_instant(why: ev.OfferFailure) -> None:
    floor = three(queue(phones=Phones(at_once=2)))
    floor.call("c1")
    floor.fail("ann", why)
    assert floor.offers() == [("c1", "cleo")]
    floor.fail("cleo", why)
    assert floor.offers() == []  # Ann has had it; Bob's phone still rings
    assert ringing(floor, "c1") == ["bob"]


def test_when_no_phone_rings_any_more_those_who_missed_it_are_asked_again_as_many_as_the_queue_wants() -> None:
    floor = three(queue(phones=Phones(at_once=2)), misses_allowed=9)
    floor.tell(ev.AgentSignedOut(agent="cleo"))
    floor.call("c1")
    floor.fail("ann")
    floor.fail("bob")
    assert floor.offers() == [("c1", "ann"), ("c1", "bob")]


def test_all_phones_stop_when_the_caller_hangs_up() -> None:
    floor = three()
    floor.call("c1")
    floor.tell(ev.CallAbandoned(call="c1"))
    assert ended(floor) == [(agent, OfferEnd.WITHDRAWN) for agent in ("ann", "bob", "cleo")]
    assert floor.only(Abandoned).call == "c1"
    assert ringing(floor, "c1") == []


def test_all_phones_stop_when_the_call_moves_to_another_queue_and_those_of_the_other_queue_ring() -> None:
    floor = Floor(queue(phones=THREE), queue("loans"), ann={}, bob={}, cleo={})
    floor.ready("ann", "bob", "cleo")
    floor.call("c1")
    floor.call("c1", "loans")
    assert len(ended(floor)) == 3
    assert floor.offers() == [("c1", "ann")]


def test_of_agents_who_are_free_at_the_same_instant_each_call_has_one_before_any_has_two() -> None:
    floor = Floor(queue(phones=Phones(at_once=2), wrap_up_ms=10_000), ann={}, bob={})
    floor.occupy("ann")
    floor.occupy("bob")
    floor.call("c1")
    floor.call("c2")
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.CallFinished(call="of-bob"))
    said = floor.later(10_000)
    assert floor.offers() == [("c1", "ann"), ("c2", "bob")]
    assert not any(isinstance(effect, Withdraw) for effect in said)


def test_phones_are_added_one_by_one_while_nobody_answers_up_to_the_most() -> None:
    floor = Floor(queue(phones=PROGRESSIVE), ann={}, bob={}, cleo={}, dan={})
    floor.ready("ann", "bob", "cleo", "dan")
    floor.call("c1")
    assert ringing(floor, "c1") == ["ann"]
    floor.later(4_999)
    assert ringing(floor, "c1") == ["ann"]
    floor.later(1)
    assert ringing(floor, "c1") == ["ann", "bob"]
    floor.later(5_000)
    assert ringing(floor, "c1") == ["ann", "bob", "cleo"]
    floor.later(5_000)
    assert ringing(floor, "c1") == ["ann", "bob", "cleo"]


def test_a_phone_that_cannot_be_added_yet_is_added_as_soon_as_somebody_is_idle() -> None:
    floor = Floor(queue(phones=PROGRESSIVE), ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(7_000)
    floor.ready("bob")
    assert floor.offers() == [("c1", "bob")]


def test_no_phone_is_added_when_the_call_has_been_there_for_too_long_but_those_that_ring_may_be_answered() -> None:
    floor = Floor(queue(phones=PROGRESSIVE, max_wait_ms=7_000), ann={}, bob={}, cleo={})
    floor.ready("ann", "bob", "cleo")
    floor.call("c1")
    floor.later(12_000)
    assert ringing(floor, "c1") == ["ann", "bob"]
    floor.fail("ann")
    assert floor.offers() == []
    floor.fail("bob")
    assert floor.only(Released).why is Exit.TIMEOUT


def test_a_call_without_a_phone_has_that_which_another_call_had_added_last() -> None:
    floor = three()
    floor.call("c1")
    floor.call("c2")
    assert ended(floor) == [("cleo", OfferEnd.WITHDRAWN)]
    assert floor.offers() == [("c2", "cleo")]
    floor.call("c3")
    assert floor.offers() == [("c3", "bob")]


def test_the_first_phone_of_a_call_is_never_taken_from_it() -> None:
    floor = three()
    for call in ("c1", "c2", "c3", "c4"):
        floor.call(call)
    assert [ringing(floor, call) for call in ("c1", "c2", "c3", "c4")] == [["ann"], ["cleo"], ["bob"], []]
    assert floor.acd.waiting("cards") == ["c4"]


def test_a_phone_is_only_taken_for_a_call_that_its_agent_may_have() -> None:
    floor = Floor(queue(phones=THREE), ann={"loans": 1}, bob={"loans": 1}, cleo={})
    floor.ready("ann", "bob", "cleo")
    floor.call("c1")
    floor.call("c2", needs="loans")
    assert floor.offers() == [("c2", "bob")]


def test_whoever_asked_for_a_break_is_not_called_to_another_phone() -> None:
    floor = three()
    floor.call("c1")
    floor.tell(ev.AgentNotReady(agent="cleo", reason="lunch"))
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]


def test_taking_back_the_wish_for_a_break_frees_the_phone_for_who_waits() -> None:
    floor = Floor(queue(phones=Phones(at_once=2)), ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.tell(ev.AgentNotReady(agent="bob", reason="lunch"))
    floor.call("c2")
    assert floor.offers() == []
    floor.tell(ev.AgentReady(agent="bob"))
    assert floor.offers() == [("c2", "bob")]


def test_an_agent_who_becomes_idle_goes_to_the_call_without_a_phone_whatever_its_points() -> None:
    floor = Floor(queue(phones=THREE), queue("loans"), ann={}, bob={"loans": 1})
    floor.ready("ann")
    floor.call("c1", priority=100)
    floor.call("c2", "loans", needs="loans")
    floor.ready("bob")
    assert floor.offers() == [("c2", "bob")]


def test_an_agent_s_own_order_of_queues_gives_nobody_a_second_phone_before_another_has_a_first() -> None:
    floor = Floor(
        queue(phones=THREE),
        queue("loans"),
        traits={"bob": {"queues": {"cards": Preference(rank=-1)}}},
        ann={},
        bob={"loans": 1},
    )
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2", "loans", needs="loans")
    floor.ready("bob")
    assert floor.offers() == [("c2", "bob")]


def test_a_second_phone_for_one_call_comes_before_a_third_for_another() -> None:
    floor = Floor(queue(phones=THREE), ann={}, bob={}, cleo={}, dan={})
    floor.ready("ann", "bob", "cleo")
    floor.call("c1", priority=9)
    floor.call("c2")
    assert (ringing(floor, "c1"), ringing(floor, "c2")) == (["ann", "bob"], ["cleo"])
    floor.ready("dan")
    assert floor.offers() == [("c2", "dan")]


def test_a_call_that_may_be_let_in_because_a_phone_can_be_had_is_not_refused_as_too_many() -> None:
    floor = three(queue(phones=THREE, max_waiting=0))
    floor.call("c1")
    floor.call("c2")
    assert floor.offers() == [("c2", "cleo")]


def test_more_agents_who_may_take_it_after_a_while_ring_beside_the_first() -> None:
    floor = Floor(
        queue(phones=Phones(at_once=2)),
        traits={"bob": {"queues": {"cards": Preference(after_ms=4_000)}}},
        ann={},
        bob={},
    )
    floor.ready("ann", "bob")
    floor.call("c1")
    assert ringing(floor, "c1") == ["ann"]
    floor.later(4_000)
    assert ringing(floor, "c1") == ["ann", "bob"]


def test_a_call_kept_for_an_agent_rings_at_no_other_until_it_is_open_to_all() -> None:
    floor = three()
    floor.call("c1", preferred="bob", preferred_ms=10_000)
    assert ringing(floor, "c1") == ["bob"]
    floor.later(10_000)
    assert ringing(floor, "c1") == ["ann", "bob", "cleo"]


def test_a_decline_is_respected_until_no_phone_rings_for_the_call() -> None:
    floor = three(queue(phones=Phones(at_once=2)))
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    floor.later(2_000)
    floor.fail("bob", ev.OfferFailure.DECLINED)
    assert floor.offers() == []
    floor.fail("cleo", ev.OfferFailure.DECLINED)
    assert floor.offers() == [("c1", "ann"), ("c1", "bob")]


def test_an_agent_s_state_goes_from_one_offer_to_the_other_by_ready() -> None:
    floor = three()
    floor.call("c1")
    floor.call("c2")
    states = [effect.state for effect in floor.said if isinstance(effect, AgentChanged) and effect.agent == "cleo"]
    assert states == [AgentState.READY, AgentState.OFFERED]


def test_a_decision_says_beside_how_many_phones_the_agent_s_rings() -> None:
    floor = three()
    seen: list[Decision] = []
    watch(floor.acd, "c1", seen.append)
    floor.call("c1")
    assert [(decision.agent, decision.phone) for decision in seen] == [("ann", 1), ("bob", 2), ("cleo", 3)]


@pytest.mark.parametrize("phones", [{"at_once": 0}, {"at_once": 16}, {"at_once": 3, "add_every_ms": 1, "most": 2}])
def test_numbers_of_phones_that_cannot_be_are_refused(phones: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="phones for a call"):
        Phones(**phones)
