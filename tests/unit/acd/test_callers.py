"""Calls that are kept for an agent, and callers who call again."""

from __future__ import annotations

from typing import Any

import pytest

from acd import events as ev
from acd.effects import AgentState, Exit, Released
from acd.explain import explain_wait
from acd.requirement import parse
from acd.setup import Preference, RelaxationStep
from tests.unit.acd.floor import Floor, queue

LAST: dict[str, Any] = {"last_agent_ms": 30_000, "last_agent_within_ms": 3_600_000}


def floor_of_two(**agents: dict[str, int]) -> Floor:
    floor = Floor(queue(**LAST), **(agents or {"ann": {}, "bob": {}}))
    floor.ready("ann")
    floor.call("first", caller="+1")
    floor.talk("ann", "first")
    floor.ready("bob")
    return floor


def busy(floor: Floor, agent: str = "ann") -> None:
    """Gives the agent a conversation."""
    floor.call("busy", preferred=agent)
    floor.answer(agent)


def test_the_last_agent_goes_before_who_would_be_next() -> None:
    floor = floor_of_two()
    floor.call("plain")
    assert floor.offers() == [("plain", "ann")]
    floor = floor_of_two()
    busy(floor)
    floor.tell(ev.CallFinished(call="busy"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    floor.later(1_000)
    floor.call("again", caller="+1")
    assert floor.offers() == [("again", "ann")]  # though bob is idle longer


def test_another_caller_is_open_to_everybody() -> None:
    floor = floor_of_two()
    busy(floor)
    floor.call("c1", caller="+2")
    assert floor.offers() == [("c1", "bob")]


def test_unknown_callers_are_not_one_caller() -> None:
    floor = Floor(queue(**LAST), ann={}, bob={})
    floor.ready("ann")
    floor.call("first")
    floor.answer("ann")
    floor.ready("bob")
    floor.call("second")
    assert floor.offers() == [("second", "bob")]


def test_who_spoke_to_the_caller_too_long_ago_is_no_last_agent() -> None:
    for minutes, kept in ((59, True), (61, False)):
        floor = floor_of_two()
        busy(floor)
        floor.later(minutes * 60_000 - 60_000)
        floor.call("again", caller="+1")
        assert (floor.offers() == []) is kept


def test_a_kept_call_is_open_once_its_agent_goes_on_a_break() -> None:
    floor = floor_of_two()
    busy(floor)
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))  # after the call
    floor.call("again", caller="+1")
    assert floor.offers() == []
    floor.tell(ev.CallFinished(call="busy"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.offers() == [("again", "bob")]


@pytest.mark.parametrize("why", [ev.OfferFailure.DECLINED, ev.OfferFailure.NO_ANSWER])
def test_a_last_agent_who_does_not_take_the_call_is_not_waited_for(why: ev.OfferFailure) -> None:
    floor = floor_of_two()
    floor.call("again", caller="+1")
    assert floor.offers() == [("again", "ann")]
    floor.fail("ann", why)
    assert floor.offers() == [("again", "bob")]


def test_an_agent_who_cannot_do_what_is_asked_now_is_not_kept_waiting_for() -> None:
    floor = floor_of_two(ann={}, bob={"loans": 1})
    busy(floor)
    floor.call("again", caller="+1", needs="loans")
    assert floor.offers() == [("again", "bob")]


def test_a_step_that_asks_for_what_the_agent_lacks_opens_the_call() -> None:
    step = RelaxationStep(after_ms=10_000, needs=parse("senior"))
    floor = Floor(queue(steps=(step,)), ann={}, bob={"senior": 1})
    floor.ready("ann", "bob")
    busy(floor)
    floor.call("c1", preferred="ann", preferred_ms=60_000)
    floor.later(9_999)
    assert floor.offers() == []
    floor.later(1)
    assert floor.offers() == [("c1", "bob")]


def test_a_kept_call_does_not_overtake_what_ranks_before_it() -> None:
    floor = Floor(queue(**LAST), ann={})
    floor.ready("ann")
    busy(floor)
    floor.call("older")
    floor.call("kept", preferred="ann")
    floor.tell(ev.CallFinished(call="busy"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.offers() == [("older", "ann")]


def test_a_call_for_one_agent_only_waits_for_that_agent_even_over_a_break() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("bob")
    floor.call("c1", preferred="ann")
    floor.later(3_600_000)
    assert floor.acd.waiting("cards") == ["c1"]
    assert {verdict.agent: verdict.excluded_by for verdict in explain_wait(floor.acd, "c1").verdicts} == {
        "ann": "logged-out",
        "bob": "kept for ann",
    }
    floor.ready("ann")
    assert floor.offers() == [("c1", "ann")]
    assert floor.state("bob") is AgentState.READY


def test_a_call_for_one_agent_only_rings_again_where_it_was_declined() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1", preferred="ann")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert floor.offers() == []
    floor.later(10_000)
    assert floor.offers() == [("c1", "ann")]


def test_a_call_for_nobody_we_know_goes_on_in_its_flow() -> None:
    floor = Floor(ann={})
    floor.call("c1", preferred="zoe")
    assert floor.only(Released).why is Exit.UNKNOWN_AGENT
    floor.call("c2", preferred="zoe", preferred_ms=10_000)
    assert floor.acd.waiting("cards") == ["c2"]


def test_a_call_for_an_agent_who_cannot_take_it_waits_until_a_step_lets_it() -> None:
    step = RelaxationStep(after_ms=10_000, needs=parse("anybody"))
    floor = Floor(queue(needs="cards", steps=(step,)), ann={}, bob={"cards": 1})
    floor.ready("ann", "bob")
    floor.call("c1", preferred="ann")
    assert floor.offers() == []
    floor.later(10_000)
    assert floor.offers() == [("c1", "ann")]


def test_a_place_is_kept_once_and_only_in_its_queue() -> None:
    floor = Floor(queue("a", keep_place_ms=60_000), queue("b", keep_place_ms=60_000))
    floor.call("c1", "a", caller="+1")
    floor.call("c2", "a")
    floor.call("c3", "b")
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.call("c4", "b", caller="+1")
    assert floor.acd.waiting("b") == ["c3", "c4"]
    floor.call("c5", "a", caller="+1")
    floor.call("c6", "a", caller="+1")
    assert floor.acd.waiting("a") == ["c5", "c2", "c6"]


def test_a_place_can_be_kept_again_and_again() -> None:
    floor = Floor(queue(keep_place_ms=60_000))
    floor.call("c1", caller="+1")
    floor.call("other")
    for number in range(2, 5):
        floor.later(30_000)
        floor.tell(ev.CallAbandoned(call=f"c{number - 1}"))
        floor.later(30_000)
        floor.call(f"c{number}", caller="+1")
    assert floor.acd.waiting("cards") == ["c4", "other"]


def test_the_waiting_time_of_who_called_again_is_that_of_the_new_call() -> None:
    floor = Floor(queue(keep_place_ms=60_000, steps=(RelaxationStep(after_ms=30_000, add_priority=5),)))
    floor.call("c1", caller="+1")
    floor.call("other", priority=1)
    floor.later(20_000)
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.later(9_000)
    floor.call("c2", caller="+1")
    floor.later(1_000)  # “other” has its step; “c2” waits 1 s
    assert floor.acd.queue("cards").longest_waiting_since == floor.now - 30_000
    floor.later(29_000)
    floor.tell(ev.CallPriorityChanged(call="other", priority=0))
    assert floor.acd.waiting("cards") == ["c2", "other"]


def test_a_caller_whom_a_full_queue_turned_away_still_has_the_place() -> None:
    floor = Floor(queue(keep_place_ms=60_000, max_waiting=2))
    floor.call("c1", caller="+1")
    floor.later(1)
    floor.call("c2")
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.call("c3")
    floor.call("c4", caller="+1")
    assert floor.only(Released).why is Exit.FULL
    floor.tell(ev.CallAbandoned(call="c3"))
    floor.call("c5", caller="+1")
    assert floor.acd.waiting("cards") == ["c5", "c2"]


def test_an_agent_who_takes_calls_of_the_queue_only_later_is_not_kept_waiting_for() -> None:
    later = {"queues": {"cards": Preference(after_ms=20_000)}}
    floor = Floor(traits={"ann": later}, ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1", preferred="ann", preferred_ms=30_000)
    assert floor.offers() == [("c1", "bob")]
    floor.call("c2", preferred="ann")
    assert floor.offers() == []
    floor.later(20_000)
    assert floor.offers() == [("c2", "ann")]
