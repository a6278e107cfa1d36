"""What the exchange's events mean where several phones ring for one caller, each on a leg of its own."""

from __future__ import annotations

import pytest

from acd.events import OfferFailure
from centre import events
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.phone_legs import PhoneLeg, PhoneLegs

CALL, CHANNEL = "asterisk-1", "1.1"


def event(name: str, variables: dict[str, str] | None = None, **headers: str) -> AmiEvent:
    lists = [(key, [value]) for key, value in headers.items()]
    told = [f"{key}={value}" for key, value in (variables or {}).items()]
    return AmiEvent(name, AmiHeaders([*lists, ("ChanVariable", told)]), None)


def dial(name: str, leg: PhoneLeg, status: str = "") -> AmiEvent:
    return event(name, DestUniqueid=leg.channel, DialStatus=status)


def hangup(leg: PhoneLeg, cause: int) -> AmiEvent:
    return event("Hangup", Uniqueid=leg.channel, Cause=str(cause))


def entered(leg: PhoneLeg) -> AmiEvent:
    return event("BridgeEnter", Uniqueid=leg.channel)


def listed(offer: str, *, state: str = "Ringing", bridge: str = "", context: str = "holdless-phone") -> AmiEvent:
    """A leg in the list of channels."""
    variables = {dialplan.CALL: "1", dialplan.OFFER: offer.removeprefix(f"{CALL}-")}
    channel = dialplan.phone_channel(offer)
    headers = {"Uniqueid": channel, "Channel": f"PJSIP/anna-{offer[-1]}", "Context": context, "BridgeId": bridge}
    return event("CoreShowChannel", variables, ChannelStateDesc=state, **headers)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange("asterisk")


@pytest.fixture
def call(exchange: Exchange) -> LineCall:
    return exchange.admit(CALL, CHANNEL)


@pytest.fixture
def legs(exchange: Exchange, call: LineCall) -> PhoneLegs:
    assert call.id == CALL
    return PhoneLegs(exchange)


def ringing(legs: PhoneLegs, number: int) -> PhoneLeg:
    leg = legs.begin(CALL, f"{CALL}-{number}", f"PJSIP/agent{number}", 20_000)
    leg.sent = True
    assert legs.hear(dial("DialBegin", leg)) == []
    assert legs.hear(dial("DialState", leg, "RINGING")) == [events.OfferRinging(offer=leg.offer)]
    return leg


def test_the_leg_that_comes_to_the_caller_has_answered_and_no_other_is_touched(
    legs: PhoneLegs, call: LineCall, exchange: Exchange
) -> None:
    first, second = ringing(legs, 7), ringing(legs, 8)
    assert legs.hear(dial("DialEnd", first, "ANSWER")) == [], "answered, but who is first is not settled yet"
    assert legs.hear(entered(first)) == [events.OfferAnswered(offer=first.offer)]
    assert (call.leg, call.phone) == (first.channel, first.phone)
    assert legs.uses(second.phone)
    assert exchange.hear(event("Hangup", Uniqueid=first.channel)) == [
        events.ConversationEnded(call=CALL, by="agent", caller_there=True)
    ]


def test_a_leg_that_came_too_late_is_no_failure(legs: PhoneLegs) -> None:
    first, second = ringing(legs, 7), ringing(legs, 8)
    for leg in (first, second):
        legs.hear(dial("DialEnd", leg, "ANSWER"))
    assert legs.hear(hangup(second, 26)) == [], "heard of before the one that has the caller"
    assert legs.hear(entered(first)) == [events.OfferAnswered(offer=first.offer)]
    assert not legs.uses(second.phone)


def test_a_leg_that_the_centre_has_stopped_tells_nothing_and_takes_nobody(legs: PhoneLegs, call: LineCall) -> None:
    leg = ringing(legs, 7)
    leg.stopped = True
    assert legs.hear(entered(leg)) == []
    assert not call.talking
    assert legs.uses(leg.phone), "until it has ended"
    assert legs.hear(hangup(leg, 16)) == []
    assert not legs.uses(leg.phone)


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (17, OfferFailure.BUSY),
        (21, OfferFailure.DECLINED),
        (19, OfferFailure.NO_ANSWER),
        (20, OfferFailure.UNREACHABLE),
    ],
)
def test_why_a_phone_was_not_answered_is_in_the_cause_of_its_end(
    legs: PhoneLegs, cause: int, why: OfferFailure
) -> None:
    leg = ringing(legs, 7)
    assert legs.hear(hangup(leg, cause)) == [events.OfferFailed(offer=leg.offer, why=why)]
    assert legs.hear(hangup(leg, cause)) == [], "told once"


def test_a_phone_that_never_rang_could_not_be_reached(legs: PhoneLegs) -> None:
    leg = legs.begin(CALL, f"{CALL}-7", "PJSIP/anna", 20_000)
    legs.hear(dial("DialBegin", leg))
    assert legs.hear(hangup(leg, 19)) == [events.OfferFailed(offer=leg.offer, why=OfferFailure.UNREACHABLE)]


def test_an_agent_who_hangs_up_before_the_caller_is_there_has_declined(legs: PhoneLegs) -> None:
    leg = ringing(legs, 7)
    legs.hear(dial("DialEnd", leg, "ANSWER"))
    assert legs.hear(hangup(leg, 16)) == [events.OfferFailed(offer=leg.offer, why=OfferFailure.DECLINED)]


def test_a_response_that_overtakes_the_events_of_its_leg_does_not_say_why(legs: PhoneLegs) -> None:
    leg = legs.begin(CALL, f"{CALL}-7", "PJSIP/anna", 20_000)
    assert legs.hear(event("OriginateResponse", Uniqueid=leg.channel, Response="Failure", Reason="0")) == []
    assert leg.refused
    legs.hear(dial("DialBegin", leg))
    assert legs.hear(hangup(leg, 17)) == [events.OfferFailed(offer=leg.offer, why=OfferFailure.BUSY)]


def test_events_of_legs_that_nobody_knows_mean_nothing(legs: PhoneLegs) -> None:
    stranger = PhoneLeg(call=CALL, offer=f"{CALL}-9", phone="PJSIP/anna", ring_ms=1)
    for one in (dial("DialState", stranger, "RINGING"), entered(stranger), hangup(stranger, 16)):
        assert legs.hear(one) == []


# After every connect: the list of channels.


def test_legs_that_are_not_in_the_list_have_ended_those_never_sent_are_to_ring_and_those_stopped_are_to_end(
    legs: PhoneLegs,
) -> None:
    ended, rings, stopped = ringing(legs, 1), ringing(legs, 2), ringing(legs, 3)
    stopped.stopped = True
    gone_too = ringing(legs, 4)
    gone_too.stopped = True
    unsent = legs.begin(CALL, f"{CALL}-5", "PJSIP/anna", 20_000)
    unsent_and_stopped = legs.begin(CALL, f"{CALL}-8", "PJSIP/bob", 20_000)
    unsent_and_stopped.stopped = True
    asked_with = {CALL, *legs.sent}
    young = ringing(legs, 6)
    found = legs.synchronise([listed(rings.offer), listed(stopped.offer)], asked_with)
    assert found.told == (events.OfferFailed(offer=ended.offer, why=OfferFailure.NO_ANSWER),)
    assert found.to_ring == (unsent,)
    assert found.to_end == (stopped,)
    assert not legs.uses(gone_too.phone)
    assert not legs.uses(unsent_and_stopped.phone)
    assert legs.uses(young.phone), "younger than the list"


def test_a_phone_that_an_engine_before_this_one_rang_rings_on_for_who_still_waits(legs: PhoneLegs) -> None:
    found = legs.synchronise([listed(f"{CALL}-7")], ())
    assert found.told == (events.OfferRinging(offer=f"{CALL}-7"),)
    adopted = legs.of(f"{CALL}-7")
    assert adopted is not None
    assert legs.uses("PJSIP/anna")
    assert legs.hear(entered(adopted)) == [events.ConversationFound(call=CALL, offer=f"{CALL}-7")]


@pytest.mark.parametrize("caller", ["talks", "is gone", "was known, and the phone stopped"])
def test_a_phone_that_rings_for_nobody_is_to_end_and_busy_until_it_has(
    exchange: Exchange, legs: PhoneLegs, call: LineCall, caller: str
) -> None:
    if caller == "talks":
        call.leg = "2.2"
    elif caller == "is gone":
        exchange.forget(call)
    found = legs.synchronise([listed(f"{CALL}-7")], {CALL} if caller.startswith("was") else ())
    (leg,) = found.to_end
    assert (found.told, leg.offer, leg.stopped) == ((), f"{CALL}-7", True)
    assert legs.hold(leg.phone)
    assert legs.hear(hangup(leg, 16)) == []
    assert not legs.hold(leg.phone)


def test_a_leg_that_came_to_the_caller_unseen_is_the_exchanges_to_tell_of(legs: PhoneLegs) -> None:
    leg = ringing(legs, 7)
    talks = listed(leg.offer, state="Up", bridge="b", context=dialplan.JOIN)
    holds = listed(f"{CALL}-8", state="Up", context=dialplan.AGENT)
    found = legs.synchronise([talks, holds], {CALL, leg.channel})
    assert (found.told, found.to_end) == ((), ())
    assert not legs.uses(leg.phone)


def test_of_all_legs_of_a_call_the_one_in_the_callers_bridge_has_answered(exchange: Exchange, call: LineCall) -> None:
    caller = event(
        "CoreShowChannel", {dialplan.ID: "1"}, Uniqueid=CHANNEL, Context=dialplan.WAIT, BridgeId="b"
    )  # Bridge() leaves the caller's context as it was
    late = listed(f"{CALL}-6", state="Up", context=dialplan.JOIN)
    talks = listed(f"{CALL}-7", state="Up", bridge="b", context=dialplan.JOIN)
    found = exchange.synchronise([listed(f"{CALL}-5"), late, talks, caller], {CALL})
    assert found[0] == events.ConversationFound(call=CALL, offer=f"{CALL}-7")
    assert (call.leg, call.phone) == (dialplan.phone_channel(f"{CALL}-7"), "PJSIP/anna")
