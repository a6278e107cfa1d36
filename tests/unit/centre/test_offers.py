"""A waiting call is offered to agents: phones ring, are answered, declined, withdrawn."""

from __future__ import annotations

import pytest

from acd.events import OfferFailure
from acd.setup import Phones
from centre import events
from centre.calls import Outcome, Phase
from centre.effects import CallEnded, PickUp, Ring, StopRinging
from centre.machine import Centre
from tests.unit.centre.small_centre import call_in_queue, centre, make_ready, only


def test_accept_at_the_desk_picks_up_the_phone_that_rings() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    assert only(it.apply(events.OfferAccepted(agent="anna"), 5_000), PickUp).offer == ring.offer


def three_phones(it: Centre) -> dict[str, Ring]:
    """A call rings at three agents' phones, by agent."""
    make_ready(it, "anna", "boris", "clara")
    return {effect.agent: effect for effect in call_in_queue(it, "c1", 0) if isinstance(effect, Ring)}


def with_three() -> Centre:
    return centre(agents=("anna", "boris", "clara"), phones=Phones(at_once=3))


def test_of_several_phones_the_first_to_answer_has_the_call_and_the_others_stop() -> None:
    it = with_three()
    rings = three_phones(it)
    assert set(rings) == {"anna", "boris", "clara"}
    effects = it.apply(events.OfferAnswered(offer=rings["boris"].offer), 9_000)
    stopped = {effect.agent for effect in effects if isinstance(effect, StopRinging)}
    assert stopped == {"anna", "clara"}
    call = it.call("c1")
    assert call is not None
    assert (call.phase, call.record.agent) == (Phase.TALKING, "boris")
    assert {offer.agent: offer.how for offer in call.record.offers} == {
        "anna": "withdrawn",
        "boris": "answered",
        "clara": "withdrawn",
    }


def test_each_of_several_agents_accepts_or_declines_for_the_own_phone() -> None:
    it = with_three()
    rings = three_phones(it)
    assert only(it.apply(events.OfferAccepted(agent="clara"), 5_000), PickUp).offer == rings["clara"].offer
    stop = only(it.apply(events.OfferDeclined(agent="anna"), 6_000), StopRinging)
    assert (stop.offer, stop.agent) == (rings["anna"].offer, "anna")
    call = it.call("c1")
    assert call is not None
    assert call.phase is Phase.OFFERED


def test_a_call_waits_again_only_when_the_last_of_its_phones_was_not_answered() -> None:
    it = with_three()
    rings = three_phones(it)
    phases = []
    for agent in ("anna", "boris", "clara"):
        it.apply(events.AgentNotReady(agent=agent, reason="lunch"), 5_000)
        it.apply(events.OfferFailed(offer=rings[agent].offer, why=OfferFailure.BUSY), 5_000)
        call = it.call("c1")
        assert call is not None
        phases.append(call.phase)
    assert phases == [Phase.OFFERED, Phase.OFFERED, Phase.WAITING]


def test_a_caller_who_hangs_up_stops_all_phones() -> None:
    it = with_three()
    three_phones(it)
    effects = it.apply(events.CallerHungUp(call="c1"), 9_000)
    assert {effect.agent for effect in effects if isinstance(effect, StopRinging)} == {"anna", "boris", "clara"}
    assert {offer.how for offer in only(effects, CallEnded).record.offers} == {"withdrawn"}


def test_accept_without_an_offer_does_nothing() -> None:
    it = centre()
    make_ready(it, "anna")
    assert it.apply(events.OfferAccepted(agent="anna"), 0) == []


def test_a_declined_offer_stops_one_phone_and_rings_the_next() -> None:
    it = centre()
    make_ready(it, "anna", "boris")
    first = only(call_in_queue(it, "c1", 0), Ring)
    effects = it.apply(events.OfferDeclined(agent=first.agent), 6_000)
    stop, ring = only(effects, StopRinging), only(effects, Ring)
    assert (stop.offer, stop.agent) == (first.offer, first.agent)
    assert ring.agent != first.agent
    assert effects.index(stop) < effects.index(ring)


@pytest.mark.parametrize("why", list(OfferFailure))
def test_a_caller_whom_an_agent_does_not_answer_keeps_the_place_and_the_time(why: OfferFailure) -> None:
    it = centre(agents=("anna",))
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    call_in_queue(it, "c2", 1_000)
    call_in_queue(it, "c3", 2_000)
    it.apply(events.OfferFailed(offer=ring.offer, why=why), 20_000)
    call = it.call("c1")
    assert call is not None
    assert call.record.queued_at == 4_000
    assert call.record.offers[0].how == why
    order = [one.record.call for one in it.waiting_calls("cards")]
    assert order == sorted(order), "the waiting order is that of arrival, whatever was tried"


def test_a_caller_who_hangs_up_while_ringing_stops_the_phone_and_counts_as_abandoned() -> None:
    it = centre()
    make_ready(it, "anna")
    ring = only(call_in_queue(it, "c1", 0), Ring)
    effects = it.apply(events.CallerHungUp(call="c1"), 9_000)
    assert only(effects, StopRinging).offer == ring.offer
    record = only(effects, CallEnded).record
    assert (record.outcome, record.ended_by, record.offers[0].how) == (Outcome.ABANDONED, "caller", "withdrawn")
