"""Customers who keep their place and are called back."""

from __future__ import annotations

from typing import Any

import pytest

from acd import events as ev
from acd.counters import average_callback_wait_ms
from acd.effects import AgentState, Answered, Dial, Effect, Exit, OfferEnd, OfferEnded, Queued, Released, Withdraw
from acd.estimate import Estimates
from acd.metrics import Metrics
from acd.setup import CallbackOrder, CallbackRules
from tests.unit.acd.floor import T0, Floor, queue

AGENT_FIRST = CallbackRules(attempts=2, gap_ms=300_000, dial_ms=25_000)
CUSTOMER_FIRST = CallbackRules(order=CallbackOrder.CUSTOMER_FIRST, attempts=2, gap_ms=300_000, dial_ms=25_000)
BOTH = pytest.mark.parametrize("rules", [AGENT_FIRST, CUSTOMER_FIRST], ids=["agent-first", "customer-first"])


def floor(rules: CallbackRules = AGENT_FIRST, **agents: dict[str, int]) -> Floor:
    return Floor(queue(callback=rules), queue("loans", callback=rules), **(agents or {"ann": {}}))


def dialled(effects: list[Effect]) -> list[str]:
    return [effect.call for effect in effects if isinstance(effect, Dial)]


def ask(it: Floor, call: str = "back", caller: str = "+1", **more: Any) -> list[Effect]:
    it.call(call, caller=caller, callback=True, **more)
    return it.said


def dial(it: Floor, call: str = "back") -> None:
    """Up to the customer's phone ringing, whichever rings first."""
    if it.acd.setup.queues[0].callback != CUSTOMER_FIRST:
        it.answer("ann")
    assert it.only(Dial).call == call


@BOTH
def test_a_callback_keeps_the_place_that_its_caller_had(rules: CallbackRules) -> None:
    it = floor(rules)
    it.call("older", ago=90_000)
    it.call("younger", ago=30_000)
    ask(it, ago=60_000)
    assert it.acd.waiting("cards") == ["older", "back", "younger"]
    assert it.acd.position("younger") == 3


def test_agent_first_the_agent_answers_and_then_the_customer_is_dialled() -> None:
    it = floor(AGENT_FIRST)
    ask(it, ago=60_000)
    it.ready("ann")
    assert it.offers() == [("back", "ann")]
    it.later(4_000)
    it.answer("ann")
    assert (it.only(Dial).agent, it.only(Dial).ring_ms) == ("ann", 25_000)
    assert it.state("ann") is AgentState.OFFERED
    it.later(6_000)
    it.tell(ev.CustomerAnswered(call="back"))
    assert (it.only(Answered).agent, it.only(Answered).waited_ms) == ("ann", 70_000)
    assert it.state("ann") is AgentState.TALKING


def test_customer_first_the_agent_is_kept_free_until_the_customer_has_answered() -> None:
    it = floor(CUSTOMER_FIRST)
    ask(it)
    it.ready("ann")
    assert (it.only(Dial).agent, it.offers()) == ("ann", [])
    assert it.state("ann") is AgentState.OFFERED
    it.tell(ev.CustomerAnswered(call="back"))
    assert it.offers() == [("back", "ann")]
    it.answer("ann")
    assert it.only(Answered).call == "back"


@BOTH
def test_a_customer_who_does_not_answer_costs_the_agent_nothing_and_is_dialled_again_after_the_gap(
    rules: CallbackRules,
) -> None:
    it = floor(rules)
    ask(it)
    it.ready("ann")
    dial(it)
    it.tell(ev.CustomerFailed(call="back"))
    assert it.only(OfferEnded).how is OfferEnd.NOT_REACHED
    assert (it.state("ann"), it.acd.waiting("cards")) == (AgentState.READY, [])
    it.later(299_999)
    assert (it.offers(), dialled(it.said)) == ([], [])
    it.later(1)
    dial(it)


@BOTH
def test_after_the_last_attempt_the_callback_has_failed(rules: CallbackRules) -> None:
    it = floor(rules)
    ask(it)
    it.ready("ann")
    dial(it)
    it.tell(ev.CustomerFailed(call="back"))
    it.later(300_000)
    dial(it)
    it.tell(ev.CustomerFailed(call="back"))
    assert (it.only(Released).why, it.only(Released).callback) == ("callback-failed", True)
    assert (it.acd.queue("cards").callbacks, it.acd.next_due()) == (0, None)


@BOTH
def test_a_line_that_never_says_what_became_of_the_customer_does_not_keep_the_agent(rules: CallbackRules) -> None:
    it = floor(rules)
    ask(it)
    it.ready("ann")
    dial(it)
    it.later(28_000)
    assert it.state("ann") is AgentState.READY
    assert it.acd.queue("cards").callbacks == 1


def test_agent_first_a_failed_attempt_stops_the_phone_that_the_agent_holds() -> None:
    it = floor(AGENT_FIRST)
    ask(it)
    it.ready("ann")
    it.answer("ann")
    it.tell(ev.CustomerFailed(call="back"))
    assert it.only(Withdraw).agent == "ann"


def test_customer_first_an_agent_who_declines_leaves_the_customer_to_the_next_one() -> None:
    it = floor(CUSTOMER_FIRST, ann={}, bob={})
    ask(it)
    it.ready("ann", "bob")
    it.tell(ev.CustomerAnswered(call="back"))
    it.fail("ann", ev.OfferFailure.DECLINED)
    assert (it.offers(), dialled(it.said)) == ([("back", "bob")], [])


def test_agent_first_an_agent_who_does_not_answer_leaves_the_callback_to_the_next_one() -> None:
    it = floor(AGENT_FIRST, ann={}, bob={})
    ask(it)
    it.ready("ann", "bob")
    it.fail("ann")
    assert it.offers() == [("back", "bob")]


def test_a_customer_who_answered_and_hangs_up_before_the_agent_comes_has_abandoned() -> None:
    it = floor(CUSTOMER_FIRST)
    ask(it)
    it.ready("ann")
    it.tell(ev.CallAbandoned(call="back"))
    assert it.state("ann") is AgentState.OFFERED, "nobody is on the line who could hang up"
    it.tell(ev.CustomerAnswered(call="back"))
    it.tell(ev.CallAbandoned(call="back"))
    assert (it.state("ann"), it.acd.queue("cards").callbacks) == (AgentState.READY, 0)


def test_a_caller_has_one_callback_and_a_queue_no_more_than_it_may() -> None:
    it = Floor(queue(callback=CallbackRules(most=1)), queue("none"), ann={})
    ask(it, "first")
    assert [effect.why for effect in ask(it, "second") if isinstance(effect, Released)] == ["callback-open"]
    assert [effect.why for effect in ask(it, "third", "+2") if isinstance(effect, Released)] == ["full"]
    it.call("fourth", "none", caller="+3", callback=True)
    assert it.only(Released).why == "no-callbacks"


@BOTH
def test_who_calls_in_takes_over_the_place_and_is_not_dialled_meanwhile(rules: CallbackRules) -> None:
    it = floor(rules)
    it.call("other", ago=30_000)
    ask(it, ago=60_000)
    it.call("again", caller="+1")
    assert it.acd.waiting("cards") == ["again", "other"]
    it.tell(ev.CallAbandoned(call="again"))
    assert it.acd.waiting("cards") == ["back", "other"]


def test_the_callback_of_a_customer_who_got_through_is_dropped() -> None:
    it = floor()
    ask(it, ago=60_000)
    it.call("again", caller="+1")
    it.ready("ann")
    it.answer("ann")
    assert (it.only(Answered).call, it.only(Released).call, it.only(Released).why) == ("again", "back", "got-through")


def test_a_customer_who_speaks_to_somebody_about_something_else_is_still_called_back_a_gap_later() -> None:
    it = floor()
    ask(it, ago=60_000)
    it.call("other-matter", "loans", caller="+1")
    it.ready("ann")
    it.talk("ann", "other-matter", ms=10_000)
    assert it.offers() == []
    it.later(290_000)
    assert it.offers() == [("back", "ann")]


@BOTH
def test_who_calls_in_while_being_dialled_is_given_the_agent(rules: CallbackRules) -> None:
    it = floor(rules)
    ask(it, ago=60_000)
    it.ready("ann")
    dial(it)
    it.call("again", caller="+1")
    assert it.only(OfferEnded).how is OfferEnd.WITHDRAWN
    assert it.offers() == [("again", "ann")]


def test_a_booked_callback_comes_into_line_at_its_time() -> None:
    it = floor()
    it.ready("ann")
    ask(it, not_before=T0 + 3_600_000)
    assert it.only(Queued).waiting_since == T0 + 3_600_000
    it.later(3_599_999)
    assert it.offers() == []
    it.later(1)
    assert it.offers() == [("back", "ann")]


def test_a_callback_is_not_subject_to_the_limits_of_those_who_wait_on_the_line() -> None:
    it = Floor(queue(callback=AGENT_FIRST, max_waiting=1, max_wait_ms=60_000), ann={})
    it.call("live")
    ask(it)
    assert (it.acd.queue("cards").waiting, it.acd.queue("cards").callbacks) == (1, 1)
    it.later(3_600_000)
    assert (it.acd.queue("cards").waiting, it.acd.queue("cards").callbacks) == (0, 1)


def test_a_callback_has_a_wait_limit_of_its_own_where_one_is_set() -> None:
    it = floor(CallbackRules(max_wait_ms=3_600_000))
    ask(it)
    assert [(effect.call, effect.why) for effect in it.later(3_600_000) if isinstance(effect, Released)] == [
        ("back", "timeout")
    ]


def test_callbacks_are_counted_apart_and_leave_the_service_level_alone() -> None:
    it = floor()
    metrics, estimates = Metrics(queues=it.setup.queues), Estimates(it.acd)

    def note(effects: list[Effect]) -> None:
        for effect in effects:
            metrics.note(effect, it.now)
            estimates.note(effect, it.now)

    note(ask(it, ago=60_000))
    note(ask(it, "second", "+2"))
    note(it.tell(ev.CallLeft(call="second", why=Exit.WITHDRAWN)))
    it.tell(ev.AgentSignedIn(agent="ann"))
    note(it.tell(ev.AgentReady(agent="ann")))
    note(it.answer("ann"))
    note(it.tell(ev.CustomerAnswered(call="back")))
    counters = metrics.queue("cards", 0)
    assert (counters.queued, counters.answered, counters.max_wait_ms) == (0, 0, 0)
    assert (counters.callbacks, counters.callbacks_connected, counters.callbacks_dropped) == (2, 1, 1)
    assert average_callback_wait_ms(counters) == 60_000
