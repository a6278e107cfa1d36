"""An offer from the ringing phone to its end."""

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
    Queued,
    Withdraw,
)
from tests.unit.acd.floor import T0, Floor, queue


def test_a_caller_gets_a_free_agent_in_the_same_instant() -> None:
    floor = Floor(queue(ring_ms=15_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    assert floor.said == [
        Queued(call="c1", queue="cards", waiting_since=T0),
        Offer(offer="c1-1", call="c1", agent="ann", queue="cards", ring_ms=15_000),
        AgentChanged(agent="ann", state=AgentState.OFFERED, call="c1", until=T0 + 15_000),
    ]
    assert floor.acd.position("c1") == 0


def test_waiting_ends_when_the_agent_is_connected_not_when_the_phone_rings() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.later(30_000)
    floor.ready("ann")
    floor.later(4_000)
    floor.answer("ann")
    assert floor.only(Answered).waited_ms == 34_000


def test_credit_for_time_before_the_queue_counts_as_waiting() -> None:
    floor = Floor(ann={})
    floor.call("c1")
    floor.later(10_000)
    floor.call("c2", ago=60_000)
    assert floor.acd.waiting("cards") == ["c2", "c1"]
    floor.ready("ann")
    assert floor.offers() == [("c2", "ann")]


def test_nobody_waits_since_the_future() -> None:
    floor = Floor(ann={})
    floor.call("c1", ago=-5_000)
    assert floor.only(Queued).waiting_since == floor.now


@pytest.mark.parametrize("away_ms", [1, 600_000])
def test_an_offer_of_which_the_line_was_never_told_is_nobodys_miss_however_late_that_is_known(away_ms: int) -> None:
    floor = Floor(queue(ring_ms=15_000), ann={}, bob={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    (lost,) = [agent.offer for agent in floor.acd.agents() if agent.offer is not None]
    floor.tell(ev.OffersLost(offers=(lost, "c1-99")))
    assert floor.said == []
    floor.now += away_ms
    floor.tell(ev.TimePassed())
    assert floor.only(OfferEnded).how is OfferEnd.LOST
    assert floor.only(Withdraw).offer == lost, "the order to ring may be on its way"
    assert floor.offers() == [("c1", "ann")]
    assert floor.only(Offer).offer != lost
    floor.later(14_000)
    assert floor.state("ann") is AgentState.OFFERED, "the phone has rung for a moment only"
    assert floor.acd.waiting("cards") == ["c2"]


def test_an_offer_that_was_thought_lost_may_be_answered_after_all() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.tell(ev.OffersLost(offers=("c1-1",)))
    floor.answer("ann")
    floor.later(60_000)
    assert floor.state("ann") is AgentState.TALKING


def test_a_caller_who_hangs_up_while_ringing_frees_the_agent_at_once() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    floor.later(3_000)
    floor.tell(ev.CallAbandoned(call="c1"))
    assert [type(effect) for effect in floor.said] == [
        Withdraw,
        OfferEnded,
        Abandoned,
        AgentChanged,
        Offer,
        AgentChanged,
    ]
    assert floor.only(OfferEnded).how is OfferEnd.WITHDRAWN
    assert floor.only(Abandoned).waited_ms == 3_000
    assert floor.offers() == [("c2", "ann")]


def test_an_unanswered_call_goes_to_the_next_agent_in_the_same_instant_and_keeps_place_and_time() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.later(20_000)
    floor.fail("ann")
    assert floor.offers() == [("c1", "bob")]
    floor.later(1_000)
    floor.answer("bob")
    assert floor.only(Answered).waited_ms == 21_000


def test_a_silent_agent_is_asked_again_only_if_nobody_else_is_idle() -> None:
    floor = Floor(settings={"misses_allowed": 3}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann")
    assert floor.offers() == [("c1", "ann")]


def test_a_call_back_in_line_stands_before_those_who_came_later() -> None:
    floor = Floor(ann={}, bob={"bob": 1})
    floor.ready("ann", "bob")
    floor.call("c1", needs="not bob")
    floor.later(1_000)
    floor.call("c2", needs="not bob")
    floor.tell(ev.AgentNotReady(agent="ann", reason="lunch"))
    floor.fail("ann")
    assert floor.acd.waiting("cards") == ["c1", "c2"]


@pytest.mark.parametrize("why", [ev.OfferFailure.NO_ANSWER, ev.OfferFailure.BUSY, ev.OfferFailure.UNREACHABLE])
def test_after_too_many_misses_in_a_row_the_agent_is_not_ready_with_a_reason_of_its_own(
    why: ev.OfferFailure,
) -> None:
    floor = Floor(settings={"misses_allowed": 2}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann", why)
    floor.fail("ann", why)
    view = floor.acd.agent("ann")
    assert (view.state, view.reason) == (AgentState.NOT_READY, "missed-calls")
    assert floor.acd.waiting("cards") == ["c1"]
    assert floor.acd.queue("cards").staffed == 0


def test_an_answered_call_starts_the_count_of_misses_anew() -> None:
    floor = Floor(settings={"misses_allowed": 2}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann")
    floor.talk("ann", "c1")
    floor.call("c2")
    floor.fail("ann")
    assert floor.offers() == [("c2", "ann")]


def test_an_agent_who_comes_back_from_missed_calls_has_a_clean_slate() -> None:
    floor = Floor(settings={"misses_allowed": 2}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann")
    floor.fail("ann")
    floor.tell(ev.AgentReady(agent="ann"))
    floor.fail("ann")
    assert floor.offers() == [("c1", "ann")]


def test_a_missed_call_puts_the_agent_at_the_end_of_the_line_of_idle_agents() -> None:
    floor = Floor(ann={"x": 1}, bob={})
    floor.ready("ann")
    floor.later(1_000)
    floor.ready("bob")
    floor.call("c1", needs="x")
    floor.later(1_000)
    floor.fail("ann")
    floor.tell(ev.CallAbandoned(call="c1"))
    floor.call("c2")
    assert floor.offers() == [("c2", "bob")]


def test_who_declines_stays_ready_but_is_not_asked_for_that_call_for_a_while() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert floor.state("ann") is AgentState.READY
    assert floor.offers() == []
    assert floor.acd.waiting("cards") == ["c1"]
    floor.later(9_999)
    assert floor.offers() == []
    floor.later(1)
    assert floor.offers() == [("c1", "ann")]


def test_who_declines_one_call_gets_the_next_one_at_once() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.call("c2")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert floor.offers() == [("c2", "ann")]


def test_declining_is_no_miss() -> None:
    floor = Floor(settings={"misses_allowed": 1}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert floor.state("ann") is AgentState.READY


def test_once_another_agent_had_the_call_the_one_who_declined_may_be_asked_again() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.fail("ann", ev.OfferFailure.DECLINED)
    assert floor.offers() == [("c1", "bob")]
    floor.fail("bob")
    assert floor.offers() == [("c1", "ann")]


def test_an_offer_of_which_the_line_never_spoke_again_ends_by_itself() -> None:
    floor = Floor(queue(ring_ms=20_000), settings={"misses_allowed": 1, "offer_grace_ms": 3_000}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(22_999)
    assert floor.said == []
    floor.later(1)
    assert floor.only(OfferEnded).how is OfferEnd.NO_ANSWER
    assert floor.only(Withdraw).offer == "c1-1"


def test_the_word_of_the_line_wins_over_the_timer_of_the_same_instant() -> None:
    floor = Floor(queue(ring_ms=20_000), settings={"offer_grace_ms": 3_000}, ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.now += 23_000
    floor.answer("ann")
    assert floor.only(Answered).agent == "ann"


def test_what_is_said_of_an_offer_that_is_over_changes_nothing() -> None:
    floor = Floor(ann={}, bob={})
    floor.ready("ann", "bob")
    floor.call("c1")
    floor.fail("ann")
    assert floor.tell(ev.OfferAnswered(offer="c1-1")) == []
    assert floor.tell(ev.OfferFailed(offer="c1-1", why=ev.OfferFailure.BUSY)) == []
    floor.answer("bob")
    assert floor.tell(ev.OfferAnswered(offer="c1-2")) == []


def test_no_two_offers_ever_have_the_same_name_even_if_the_call_comes_again() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.tell(ev.CallLeft(call="c1", why=Exit.KEY))
    floor.call("c1")
    assert floor.tell(ev.OfferAnswered(offer="c1-1")) == []
    assert floor.state("ann") is AgentState.OFFERED


def test_all_that_is_late_comes_in_the_order_in_which_it_fell_due() -> None:
    floor = Floor(queue(wrap_up_ms=10_000, max_wait_ms=30_000), ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.answer("ann")
    floor.tell(ev.CallFinished(call="c1"))
    floor.call("c2")
    floor.now += 60_000
    floor.tell(ev.TimePassed())
    assert floor.offers() == [("c2", "ann")]


def test_time_never_goes_back() -> None:
    floor = Floor(ann={})
    floor.ready("ann")
    floor.call("c1")
    floor.later(5_000)
    floor.now -= 60_000
    floor.answer("ann")
    assert floor.only(Answered).waited_ms == 5_000
