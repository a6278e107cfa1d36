"""What the exchange's events mean for agents and customers whom the engine had dialled."""

from __future__ import annotations

import pytest

from acd.events import OfferFailure
from centre import events
from centre.events import DialFailure
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.callbacks import Callbacks, Leg
from cti.asterisk.exchange import Exchange

CALL, OFFER = "asterisk-1-back", "asterisk-1-back-7"
CUSTOMER = "9.9"


def event(name: str, variables: dict[str, str] | None = None, **headers: str) -> AmiEvent:
    lists = [(key, [value]) for key, value in headers.items()]
    told = [f"{key}={value}" for key, value in (variables or {}).items()]
    return AmiEvent(name, AmiHeaders([*lists, ("ChanVariable", told)]), None)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange("asterisk")


@pytest.fixture
def callbacks(exchange: Exchange) -> Callbacks:
    return Callbacks(exchange)


def response(leg: Leg, reason: str, said: str = "Failure") -> AmiEvent:
    return event("OriginateResponse", Uniqueid=leg.channel, Response=said, Reason=reason)


def here(callbacks: Callbacks) -> Leg:
    """The agent has answered and waits for the customer."""
    leg = callbacks.begin(CALL, OFFER, is_agent=True)
    callbacks.hear(event("UserEvent", UserEvent=dialplan.BACK_HERE, Uniqueid=leg.channel))
    return leg


def test_an_agent_rings_answers_and_is_connected_with_the_customer(callbacks: Callbacks, exchange: Exchange) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=True)
    rings = event("DialState", DestUniqueid=leg.channel, DialStatus="RINGING")
    assert callbacks.hear(rings) == [events.OfferRinging(offer=OFFER)]
    answers = event("UserEvent", UserEvent=dialplan.BACK_HERE, Uniqueid=leg.channel)
    assert callbacks.hear(answers) == [events.OfferAnswered(offer=OFFER)]
    met = event("DialEnd", Uniqueid=leg.channel, DestUniqueid=CUSTOMER, DialStatus="ANSWER")
    assert callbacks.hear(met) == [events.CustomerAnswered(call=CALL)]
    call = exchange.calls[CALL]
    assert (call.channel, call.leg) == (CUSTOMER, leg.channel)
    over = exchange.hear(event("Hangup", Uniqueid=CUSTOMER))
    assert over == [events.ConversationEnded(call=CALL, by="caller"), events.CallerHungUp(call=CALL)]


@pytest.mark.parametrize(
    ("heard", "reason", "why"),
    [
        ([("DialEnd", {"DialStatus": "BUSY"})], "0", OfferFailure.BUSY),
        ([("DialState", {"DialStatus": "RINGING"})], "3", OfferFailure.NO_ANSWER),
        ([], "3", OfferFailure.UNREACHABLE),
        ([], "0", OfferFailure.UNREACHABLE),
        ([("Hangup", {"Cause": "17"})], "0", OfferFailure.BUSY),
        ([("Hangup", {"Cause": "21"})], "0", OfferFailure.DECLINED),
    ],
)
@pytest.mark.parametrize("overtakes", [False, True], ids=["in order", "OriginateResponse first"])
def test_why_an_agent_did_not_answer(
    callbacks: Callbacks, heard: list[tuple[str, dict[str, str]]], reason: str, why: OfferFailure, *, overtakes: bool
) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=True)
    said = [event(name, None, Uniqueid=leg.channel, DestUniqueid=leg.channel, **headers) for name, headers in heard]
    said.insert(0 if overtakes else len(said), response(leg, reason))
    heard_of = [*(one for each in said for one in callbacks.hear(each)), *callbacks.judge(leg)]
    assert [one for one in heard_of if not isinstance(one, events.OfferRinging)] == [
        events.OfferFailed(offer=OFFER, why=why)
    ]
    assert callbacks.judge(leg) == [], "told once"


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [("BUSY", "0", DialFailure.BUSY), ("RINGING", "3", DialFailure.NO_ANSWER), ("", "0", DialFailure.UNREACHABLE)],
)
def test_why_a_customer_who_was_dialled_first_did_not_answer(
    callbacks: Callbacks, status: str, reason: str, why: DialFailure
) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=False)
    callbacks.hear(event("DialEnd", DestUniqueid=leg.channel, DialStatus=status))
    assert callbacks.hear(response(leg, reason)) == []
    assert leg.settled.is_set()
    assert callbacks.judge(leg) == [events.CustomerFailed(call=CALL, why=why)]


def test_a_customer_dialled_from_the_agents_leg_who_is_busy_ends_the_attempt(callbacks: Callbacks) -> None:
    leg = here(callbacks)
    done = event("UserEvent", UserEvent=dialplan.BACK_DONE, Uniqueid=leg.channel, Status="BUSY")
    assert callbacks.hear(done) == [events.CustomerFailed(call=CALL, why=DialFailure.BUSY)]
    assert callbacks.hear(event("Hangup", Uniqueid=leg.channel, Cause="16")) == []


def test_an_agent_who_hangs_up_before_the_customer_came_has_declined(callbacks: Callbacks) -> None:
    leg = here(callbacks)
    declined = [events.OfferFailed(offer=OFFER, why=OfferFailure.DECLINED)]
    assert callbacks.hear(event("Hangup", Uniqueid=leg.channel, Cause="16")) == declined


def test_a_customer_who_answers_first_waits_like_any_caller(callbacks: Callbacks, exchange: Exchange) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=False)
    waits = event(
        "UserEvent",
        {dialplan.ID: "1-back"},
        UserEvent=dialplan.WAITING,
        Uniqueid=leg.channel,
        Reason=dialplan.CALLED_BACK,
    )
    assert exchange.hear(waits) == [events.CustomerAnswered(call=CALL)]
    assert callbacks.hear(waits) == []
    assert exchange.calls[CALL].rests.is_set()
    assert callbacks.leg_of(CALL, is_agent=False) is None


def test_after_an_outage_a_leg_that_is_not_there_has_failed(callbacks: Callbacks) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=False)
    assert callbacks.synchronise([], {leg.channel}) == [events.CustomerFailed(call=CALL, why=DialFailure.UNREACHABLE)]


def test_a_leg_that_is_younger_than_the_list_of_channels_is_not_judged_by_it(callbacks: Callbacks) -> None:
    callbacks.begin(CALL, OFFER, is_agent=False)
    assert callbacks.synchronise([], frozenset()) == []
    assert callbacks.leg_of(CALL, is_agent=False) is not None


def test_a_new_engine_takes_on_an_agent_who_waits_for_a_customer(callbacks: Callbacks) -> None:
    waiting = event(
        "CoreShowChannel",
        {dialplan.CALL: "1-back", dialplan.OFFER: "7"},
        Uniqueid=f"{OFFER}-agent",
        Context=dialplan.BACK,
        Exten=dialplan.BACK_AGENT,
    )
    assert callbacks.synchronise([waiting], frozenset()) == [events.OfferAnswered(offer=OFFER)]
    leg = callbacks.leg_of(CALL, is_agent=True)
    assert leg is not None
    assert not leg.dials


def test_a_new_engine_hears_of_a_customer_who_answered_meanwhile(exchange: Exchange) -> None:
    waiting = event(
        "CoreShowChannel", {dialplan.ID: "1-back"}, Uniqueid=CUSTOMER, Context=dialplan.WAIT, CallerIDNum="+38050"
    )
    assert events.CustomerAnswered(call=CALL) in exchange.synchronise([waiting], ())
