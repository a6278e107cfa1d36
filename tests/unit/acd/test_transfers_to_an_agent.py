"""A call that is transferred to one agent: that agent is rung once, or it is said why not."""

from __future__ import annotations

from typing import Any

import pytest

from acd import events as ev
from acd.effects import Answered, Effect, Exit, Offer, Queued, Released
from acd.setup import AcdSetup, AgentSetup, Preference
from tests.unit.acd.floor import Floor, queue

WAIT_MS = 60_000


def transferred(floor: Floor, agent: str = "ann", wait_ms: int = 0, **more: Any) -> list[Effect]:
    floor.call("direct", preferred=agent, direct_ms=wait_ms, **more)
    return floor.said


def released(effects: list[Effect]) -> Exit:
    (one,) = (effect for effect in effects if isinstance(effect, Released) and effect.call == "direct")
    return one.why


def test_the_agent_is_rung_and_has_the_call() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("bob", "ann")
    transferred(floor)
    assert floor.offers() == [("direct", "ann")]
    floor.answer("ann")
    assert floor.only(Answered).agent == "ann"


@pytest.mark.parametrize("how", list(ev.OfferFailure))
def test_who_does_not_answer_is_rung_once_only_and_nobody_else_is(how: ev.OfferFailure) -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    transferred(floor, wait_ms=WAIT_MS)
    assert released(floor.fail("ann", how)) is Exit.AGENT_UNANSWERED
    assert floor.offers() == []


def test_a_line_that_never_says_what_became_of_the_phone_ends_the_transfer_too() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    transferred(floor)
    assert released(floor.later(60_000)) is Exit.AGENT_UNANSWERED


def test_an_agent_who_is_not_at_work_is_away_at_once() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("bob")
    assert released(transferred(floor, wait_ms=WAIT_MS)) is Exit.AGENT_AWAY
    floor.ready("ann")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    assert released(transferred(floor, wait_ms=WAIT_MS)) is Exit.AGENT_AWAY
    assert not any(isinstance(effect, Queued) for effect in floor.said)


def test_an_agent_who_may_not_take_the_call_counts_as_away() -> None:
    floor = Floor(queue(needs="cards"), ann={})
    floor.ready("ann")
    assert released(transferred(floor, wait_ms=WAIT_MS)) is Exit.AGENT_AWAY


@pytest.mark.parametrize("name", ["", "zoe"])
def test_an_agent_whom_nobody_knows(name: str) -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    assert released(transferred(floor, name, wait_ms=WAIT_MS)) is Exit.UNKNOWN_AGENT


def test_without_time_to_wait_an_agent_on_the_phone_is_busy_at_once() -> None:
    floor = Floor(ann={})
    floor.occupy("ann")
    assert released(transferred(floor)) is Exit.AGENT_BUSY


def test_an_agent_on_the_phone_is_waited_for() -> None:
    floor = Floor(queue(wrap_up_ms=0), ann={}, bob={})
    floor.occupy("ann")
    floor.ready("bob")
    transferred(floor, wait_ms=WAIT_MS)
    assert floor.later(WAIT_MS - 1) == []
    floor.tell(ev.CallFinished(call="of-ann"))
    assert floor.offers() == [("direct", "ann")]
    assert not any(isinstance(effect, Released) for effect in floor.later(10_000)), "the phone rings to its end"


def test_an_agent_who_stays_on_the_phone_is_waited_for_so_long() -> None:
    floor = Floor(ann={})
    floor.occupy("ann")
    transferred(floor, wait_ms=WAIT_MS)
    floor.later(WAIT_MS - 1)
    assert released(floor.later(1)) is Exit.AGENT_BUSY


@pytest.mark.parametrize("leaves", [ev.AgentSignedOut(agent="ann"), ev.AgentNotReady(agent="ann", reason="lunch")])
def test_who_waits_for_an_agent_waits_no_more_as_soon_as_that_agent_leaves(
    leaves: ev.AgentSignedOut | ev.AgentNotReady,
) -> None:
    floor = Floor(queue(wrap_up_ms=0), ann={}, bob={})
    floor.occupy("ann")
    floor.occupy("bob")
    transferred(floor, wait_ms=WAIT_MS)
    floor.call("of-bob-too", preferred="bob", direct_ms=WAIT_MS)
    floor.tell(leaves)
    assert floor.later(1_000) == [], "on the phone the agent may still think better of it"
    over = floor.tell(ev.CallFinished(call="of-ann"))
    assert released(over) is Exit.AGENT_AWAY
    assert [effect.call for effect in over if isinstance(effect, Released)] == ["direct"], "others wait on"


def test_the_end_of_a_wrap_up_in_its_time_is_noticed_too() -> None:
    floor = Floor(queue(wrap_up_ms=10_000), ann={})
    floor.occupy("ann")
    transferred(floor, wait_ms=WAIT_MS)
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.CallFinished(call="of-ann"))
    assert released(floor.later(10_000)) is Exit.AGENT_AWAY


def test_an_agent_sent_on_a_break_for_missed_calls_has_left_those_who_wait_too() -> None:
    floor = Floor.of(
        AcdSetup(queues=(queue(wrap_up_ms=0),), agents=(AgentSetup(id="ann"),), misses_allowed=0, decline_pause_ms=1)
    )
    floor.ready("ann")
    floor.call("rings")
    transferred(floor, wait_ms=WAIT_MS)
    assert released(floor.fail("ann")) is Exit.AGENT_AWAY


def test_who_may_not_take_the_call_by_other_rules_is_away_as_well() -> None:
    floor = Floor(queue(), ann={})
    floor.occupy("ann")
    transferred(floor, wait_ms=WAIT_MS)
    rules = AcdSetup(queues=(queue(needs="cards"),), agents=floor.setup.agents)
    assert released(floor.tell(ev.Reconfigured(setup=rules))) is Exit.AGENT_AWAY


def test_of_two_who_want_the_same_agent_the_second_waits_or_hears_that_the_agent_is_busy() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("first")
    assert released(transferred(floor)) is Exit.AGENT_BUSY
    assert [effect for effect in transferred(floor, wait_ms=WAIT_MS) if isinstance(effect, Offer)] == []


def test_the_rules_may_change_while_the_phone_rings() -> None:
    floor = Floor(queue(), ann={})
    floor.ready("ann")
    transferred(floor)
    floor.tell(ev.Reconfigured(setup=AcdSetup(queues=(queue(ring_ms=30_000),), agents=floor.setup.agents)))
    assert released(floor.fail("ann")) is Exit.AGENT_UNANSWERED


def test_the_rules_may_change_while_the_call_waits_for_the_agent() -> None:
    floor = Floor(queue(), ann={})
    floor.occupy("ann")
    transferred(floor, wait_ms=WAIT_MS)
    floor.later(30_000)
    floor.tell(ev.Reconfigured(setup=AcdSetup(queues=(queue(ring_ms=30_000),), agents=floor.setup.agents)))
    floor.later(WAIT_MS - 30_001)
    assert released(floor.later(1)) is Exit.AGENT_BUSY


def test_what_an_agent_wants_of_a_queue_holds_for_transfers_too() -> None:
    picky = AgentSetup(id="ann", queues={"cards": Preference(after_ms=30_000)})
    floor = Floor.of(AcdSetup(queues=(queue(),), agents=(picky,)))
    floor.ready("ann")
    assert released(transferred(floor, wait_ms=WAIT_MS)) is Exit.AGENT_AWAY
