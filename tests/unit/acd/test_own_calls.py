"""An agent whose phone is busy with a call of the agent's own is left alone."""

from __future__ import annotations

from acd import events as ev
from acd.effects import OWN_CALL, AgentState, Exit, Released
from acd.metrics import Metrics
from acd.setup import Phones
from tests.unit.acd.floor import Floor, queue


def is_on_own_call(floor: Floor, agent: str) -> bool:
    view = floor.acd.agent(agent)
    return (view.state, view.reason) == (AgentState.NOT_READY, OWN_CALL)


def test_a_ready_agent_on_a_call_of_ones_own_is_not_rung_until_it_is_over() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    assert is_on_own_call(floor, "ann")
    floor.call("c1")
    assert floor.offers() == []
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.offers() == [("c1", "ann")]


def test_a_break_is_a_break_whatever_the_phone_does() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.tell(ev.OwnCallBegan(agent="ann"))
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.acd.agent("ann").reason == "lunch"


def test_who_wants_calls_while_on_the_phone_gets_them_after_it() -> None:
    floor = Floor(ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.tell(ev.OwnCallBegan(agent="ann"))
    floor.tell(ev.AgentReady(agent="ann"))
    assert is_on_own_call(floor, "ann")
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.state("ann") is AgentState.READY


def test_a_call_made_in_the_wrap_up_holds_off_the_next_caller() -> None:
    floor = Floor(ann={})
    floor.occupy("ann")
    floor.call("c1")
    floor.tell(ev.CallFinished(call="of-ann"))
    floor.tell(ev.OwnCallBegan(agent="ann"))
    assert floor.state("ann") is AgentState.WRAP_UP
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert is_on_own_call(floor, "ann")
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.offers() == [("c1", "ann")]


def test_time_on_own_calls_is_counted_by_itself_and_costs_no_place_among_the_idle() -> None:
    floor = Floor(ann={}, bob={})
    metrics = Metrics()

    def note() -> None:
        for effect in floor.said:
            metrics.note(effect, floor.now)

    floor.ready("ann")
    floor.later(60_000)
    floor.ready("bob")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    note()
    floor.later(40_000)
    floor.tell(ev.OwnCallEnded(agent="ann"))
    note()
    counters = metrics.agent("ann", 0)
    assert (counters.own_call_ms, counters.not_ready_ms) == (40_000, 40_000)
    floor.call("c1")
    assert floor.offers() == [("c1", "ann")]


def test_a_phone_that_rings_beside_another_is_not_taken_for_the_next_call_from_an_agent_on_a_call_of_ones_own() -> None:
    floor = Floor(queue(phones=Phones(at_once=2)), ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.tell(ev.OwnCallBegan(agent="bob"))
    floor.call("c2")
    assert (floor.offers(), floor.acd.agent("bob").call) == ([], "c1")
    floor.tell(ev.OwnCallEnded(agent="bob"))
    assert floor.offers() == [("c2", "bob")]


def test_an_agent_on_a_call_of_ones_own_is_at_work_so_that_callers_wait_for_the_end_of_it() -> None:
    floor = Floor(queue(unstaffed_ms=60_000), ann={})
    floor.ready("ann")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    assert (floor.acd.queue("cards").staffed, floor.acd.queue("cards").ready) == (1, 0)
    floor.call("c1")
    floor.later(300_000)
    assert floor.acd.waiting("cards") == ["c1"]
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    assert floor.acd.queue("cards").staffed == 0
    floor.later(60_000)
    assert floor.only(Released).why is Exit.NOBODY_STAFFED


def test_a_call_is_kept_for_the_agent_who_is_on_a_call_of_ones_own() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.tell(ev.OwnCallBegan(agent="ann"))
    floor.call("c1", preferred="ann", preferred_ms=20_000)
    assert floor.offers() == []
    floor.tell(ev.OwnCallEnded(agent="ann"))
    assert floor.offers() == [("c1", "ann")]
