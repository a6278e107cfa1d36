"""What agents do, and what the core makes of it."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.effects import AgentChanged, AgentState, Exit, Handled
from acd.engine import Acd
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from tests.unit.acd.floor import T0, Floor, queue


def test_signing_in_is_not_yet_being_ready() -> None:
    floor = Floor(ann={})
    floor.tell(ev.AgentSignedIn(agent="ann"))
    assert floor.said == [AgentChanged(agent="ann", state=AgentState.NOT_READY, reason="signed-in")]
    floor.call("c1")
    assert floor.offers() == []


def test_an_agent_on_a_break_is_not_staff() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.tell(ev.AgentNotReady(agent="bob", reason="lunch"))
    shown = floor.acd.queue("cards")
    assert (shown.ready, shown.staffed) == (1, 1)
    floor.call("c1")
    shown = floor.acd.queue("cards")
    assert (shown.ready, shown.staffed) == (0, 1)


def test_not_ready_while_ringing_is_honoured_after_the_offer() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    assert floor.tell(ev.AgentNotReady(agent="ann", reason="lunch")) == []
    view = floor.acd.agent("ann")
    assert (view.state, view.next_state, view.next_reason) == (AgentState.OFFERED, AgentState.NOT_READY, "lunch")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    view = floor.acd.agent("ann")
    assert (view.state, view.reason, view.next_state) == (AgentState.NOT_READY, "lunch", None)


def test_not_ready_while_ringing_is_honoured_after_the_conversation_if_the_agent_answers() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.talk("ann", "c1")
    view = floor.acd.agent("ann")
    assert (view.state, view.reason) == (AgentState.NOT_READY, "lunch")


def test_signing_out_in_a_conversation_takes_effect_when_wrap_up_ends() -> None:
    floor = Floor(queue(wrap_up_ms=30_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.state("ann") is AgentState.WRAP_UP
    floor.later(30_000)
    assert floor.state("ann") is AgentState.LOGGED_OUT


def test_signing_in_again_takes_a_sign_out_back() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.AgentSignedOut(agent="ann"))
    floor.tell(ev.AgentSignedIn(agent="ann"))
    floor.tell(ev.CallFinished(call="c1"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    view = floor.acd.agent("ann")
    assert (view.state, view.reason) == (AgentState.NOT_READY, "signed-in")


def test_the_last_wish_counts() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.tell(ev.AgentReady(agent="ann"))
    floor.tell(ev.CallFinished(call="c1"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.state("ann") is AgentState.READY


def test_another_reason_begins_another_break() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.later(1_000)
    assert floor.tell(ev.AgentNotReady(agent="ann", reason="lunch")) == []
    floor.tell(ev.AgentNotReady(agent="ann", reason="coaching"))
    view = floor.acd.agent("ann")
    assert (view.reason, view.since) == ("coaching", T0 + 1_000)


def test_wrap_up_ends_by_itself_and_the_next_call_comes_at_once() -> None:
    floor = Floor(queue(wrap_up_ms=30_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.call("c2")
    floor.later(60_000)
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.acd.next_due() == floor.now + 30_000
    floor.later(30_000)
    assert floor.offers() == [("c2", "ann")]
    assert floor.only(Handled) == Handled(
        call="c1", agent="ann", queue="cards", talk_ms=60_000, hold_ms=0, wrap_up_ms=30_000
    )


def test_wrap_up_without_an_end_waits_for_the_agent() -> None:
    floor = Floor(queue(wrap_up_ms=None), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.tell(ev.WrapUpExtended(agent="ann", extra_ms=5_000)) == []
    floor.later(3_600_000)
    assert floor.state("ann") is AgentState.WRAP_UP
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.only(Handled).wrap_up_ms == 3_600_000


def test_a_queue_without_wrap_up_frees_the_agent_when_the_conversation_ends() -> None:
    floor = Floor(queue(wrap_up_ms=0), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    assert floor.only(Handled).wrap_up_ms == 0
    assert floor.offers() == [("c2", "ann")]


def test_a_longer_wrap_up_is_still_one_wrap_up() -> None:
    floor = Floor(queue(wrap_up_ms=30_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.later(20_000)
    floor.tell(ev.WrapUpExtended(agent="ann", extra_ms=15_000))
    assert floor.only(AgentChanged).until == T0 + 45_000
    assert floor.acd.agent("ann").since == T0
    floor.later(24_999)
    assert floor.state("ann") is AgentState.WRAP_UP
    floor.later(1)
    assert floor.only(Handled).wrap_up_ms == 45_000


def test_talk_and_hold_are_told_apart() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.later(10_000)
    floor.tell(ev.CallHeld(call="c1"))
    assert floor.state("ann") is AgentState.HOLD
    floor.later(4_000)
    floor.tell(ev.CallRetrieved(call="c1"))
    floor.later(3_000)
    floor.tell(ev.CallHeld(call="c1"))
    floor.later(2_000)
    floor.tell(ev.CallFinished(call="c1"))
    floor.tell(ev.WrapUpDone(agent="ann"))
    handled = floor.only(Handled)
    assert (handled.talk_ms, handled.hold_ms, handled.wrap_up_ms) == (13_000, 6_000, 0)


@pytest.mark.parametrize(
    "event",
    [
        ev.WrapUpDone(agent="ann"),
        ev.WrapUpExtended(agent="ann", extra_ms=1),
        ev.CallRetrieved(call="c1"),
        ev.CallAbandoned(call="c1"),
        ev.CallLeft(call="c1", why=Exit.KEY),
        ev.CallQueued(call="c1", queue="cards", waiting_since=T0),
        ev.AgentSignedIn(agent="ann"),
        ev.AgentReady(agent="nobody"),
        ev.AgentNotReady(agent="nobody", reason="lunch"),
        ev.AgentSignedOut(agent="bob"),
        ev.AgentReady(agent="bob"),
    ],
)
def test_what_does_not_fit_changes_nothing(event: ev.Event) -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    before = floor.acd.agents()
    assert floor.tell(event) == []
    assert floor.acd.agents() == before


def test_a_caller_may_queue_again_while_the_agent_still_wraps_up() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.call("c1")
    assert floor.offers() == [("c1", "bob")]
    floor.tell(ev.WrapUpDone(agent="ann"))
    assert floor.only(Handled).agent == "ann"


def test_two_agents_of_one_name_are_refused() -> None:
    agents = (AgentSetup(id="ann"), AgentSetup(id="ann"))
    with pytest.raises(ValueError, match="agent “ann” is set up twice"):
        Acd(AcdSetup(queues=(QueueSetup(id="cards"),), agents=agents))
