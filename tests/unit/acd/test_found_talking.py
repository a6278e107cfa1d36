"""A phone was answered unseen, after its offer was over to the core: whoever talks is in conversation."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.effects import MISSED_CALLS, AgentState, Answered, Handled, OfferEnd, OfferEnded, Withdraw
from acd.setup import Phones
from tests.unit.acd.floor import Floor, queue


def given_up(floor: Floor, agent: str = "ann") -> ev.ConversationFound:
    """Nothing is heard of the phone that rings for c1 until the core gives it up; what it would mean if it was answered
    all the same."""
    floor.call("c1")
    offer = floor.acd.agent(agent).offer
    assert offer is not None
    floor.later(23_000)
    return ev.ConversationFound(offer=offer, call="c1", agent=agent)


def test_a_call_that_waits_again_is_answered_by_the_agent_who_is_found_talking_to_it() -> None:
    floor = Floor(queue(), settings={"misses_allowed": 1}, ann={})
    floor.ready("ann")
    found = given_up(floor)
    assert floor.acd.agent("ann").reason == MISSED_CALLS
    floor.tell(found)
    answered = floor.only(Answered)
    assert (answered.offer, answered.agent, answered.waited_ms) == (found.offer, "ann", 23_000)
    assert floor.state("ann") is AgentState.TALKING
    assert floor.acd.waiting("cards") == []


def test_who_missed_nothing_after_all_is_ready_after_the_conversation() -> None:
    floor = Floor(queue(wrap_up_ms=0), settings={"misses_allowed": 1}, ann={})
    floor.ready("ann")
    floor.tell(given_up(floor))
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.state("ann") is AgentState.READY


@pytest.mark.parametrize("gone", [ev.AgentNotReady(agent="ann", reason="lunch"), ev.AgentSignedOut(agent="ann")])
def test_who_had_taken_a_break_or_left_meanwhile_does_so_after_the_conversation(gone: ev.Event) -> None:
    floor = Floor(queue(wrap_up_ms=0), settings={"misses_allowed": 1}, ann={})
    floor.ready("ann")
    found = given_up(floor)
    floor.tell(gone)
    before = floor.acd.agent("ann")
    floor.tell(found)
    assert floor.state("ann") is AgentState.TALKING
    floor.tell(ev.CallFinished(call="c1"))
    assert (floor.state("ann"), floor.acd.agent("ann").reason) == (before.state, before.reason)


def test_a_phone_that_rings_for_the_caller_meanwhile_stops_and_is_no_miss() -> None:
    floor = Floor(queue(), ann={}, bob={})
    floor.ready("ann", "bob")
    found = given_up(floor)
    assert floor.acd.agent("bob").call == "c1"
    floor.tell(found)
    assert floor.only(Withdraw).agent == "bob"
    assert floor.only(OfferEnded).how is OfferEnd.WITHDRAWN
    assert (floor.state("ann"), floor.state("bob")) == (AgentState.TALKING, AgentState.READY)


def test_an_agent_whose_phone_was_to_ring_for_another_call_leaves_it_to_others() -> None:
    floor = Floor(queue(), settings={"misses_allowed": 9}, ann={})
    floor.ready("ann")
    found = given_up(floor)
    floor.call("c2", priority=5)
    floor.fail("ann")
    assert floor.acd.agent("ann").call == "c2"
    floor.tell(found)
    assert [effect.call for effect in floor.said if isinstance(effect, Withdraw)] == ["c2"]
    assert (floor.acd.agent("ann").call, floor.acd.waiting("cards")) == ("c1", ["c2"])


def test_all_of_several_phones_that_still_ring_stop() -> None:
    floor = Floor(queue(phones=Phones(at_once=2)), ann={}, bob={}, cleo={})
    floor.ready("ann", "bob", "cleo")
    floor.call("c1")
    offer = floor.acd.agent("ann").offer
    assert offer is not None
    floor.fail("ann")
    floor.tell(ev.ConversationFound(offer=offer, call="c1", agent="ann"))
    assert [floor.state(agent) for agent in ("ann", "bob", "cleo")] == [
        AgentState.TALKING,
        AgentState.READY,
        AgentState.READY,
    ]


def test_who_is_found_talking_to_the_next_caller_has_finished_the_wrap_up_of_the_last() -> None:
    floor = Floor(queue(wrap_up_ms=60_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.call("c2")
    floor.later(1_000)
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(2_000)
    floor.tell(ev.ConversationFound(offer="c2-77", call="c2", agent="ann"))
    assert (floor.only(Handled).call, floor.only(Handled).wrap_up_ms) == ("c1", 2_000)
    assert (floor.only(Answered).call, floor.state("ann")) == ("c2", AgentState.TALKING)
    assert floor.later(60_000) == []
    assert floor.acd.agent("ann").call == "c2"


def test_who_meant_to_take_a_break_after_that_wrap_up_takes_it_after_the_conversation() -> None:
    floor = Floor(queue(wrap_up_ms=60_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.call("c2")
    floor.tell(ev.ConversationFound(offer="c2-77", call="c2", agent="ann"))
    assert floor.state("ann") is AgentState.TALKING
    floor.tell(ev.CallFinished(call="c2"))
    floor.later(60_000)
    assert (floor.state("ann"), floor.acd.agent("ann").reason) == (AgentState.NOT_READY, "lunch")


def test_a_call_that_is_out_of_the_queues_and_an_agent_who_talks_to_somebody_else_stay_as_they_are() -> None:
    floor = Floor(queue(), ann={})
    floor.ready("ann")
    found = given_up(floor)
    floor.answer("ann")
    assert floor.tell(found) == []
    floor.call("c2")
    assert floor.tell(ev.ConversationFound(offer=found.offer, call="c2", agent="ann")) == []
    assert floor.tell(ev.ConversationFound(offer=found.offer, call="c2", agent="nobody")) == []
