"""What the exchange's events mean for agents and customers whom the engine had dialled."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from acd.events import OfferFailure
from centre import events
from centre.events import DialFailure
from centre.orders import DialCustomer, Ring
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiReply, AmiTimeout, AmiValue
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.callbacks import Callbacks, Leg
from cti.asterisk.calling_back import CallingBack
from cti.asterisk.exchange import Exchange
from cti.asterisk.manager import Manager
from tests.virtual.house import bank
from tests.virtual.jumping_clock import in_jumping_time

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


def waits_on(leg: Leg) -> AmiEvent:
    """The customer has answered, and comes to the music."""
    return event(
        "UserEvent",
        {dialplan.ID: "1-back"},
        UserEvent=dialplan.WAITING,
        Uniqueid=leg.channel,
        Reason=dialplan.CALLED_BACK,
    )


def here(callbacks: Callbacks) -> Leg:
    """The agent has answered and waits for the customer."""
    leg = callbacks.begin(CALL, OFFER, is_agent=True)
    callbacks.hear(event("UserEvent", UserEvent=dialplan.BACK_HERE, Uniqueid=leg.channel))
    return leg


def test_an_agent_rings_answers_and_is_connected_with_the_customer(callbacks: Callbacks, exchange: Exchange) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=True, phone="PJSIP/anna")
    assert callbacks.uses("PJSIP/anna")
    rings = event("DialState", DestUniqueid=leg.channel, DialStatus="RINGING")
    assert callbacks.hear(rings) == [events.OfferRinging(offer=OFFER)]
    answers = event("UserEvent", UserEvent=dialplan.BACK_HERE, Uniqueid=leg.channel)
    assert callbacks.hear(answers) == [events.OfferAnswered(offer=OFFER)]
    met = event("DialEnd", Uniqueid=leg.channel, DestUniqueid=CUSTOMER, DialStatus="ANSWER")
    assert callbacks.hear(met) == [events.CustomerAnswered(call=CALL)]
    call = exchange.calls[CALL]
    assert (call.channel, call.leg) == (CUSTOMER, leg.channel)
    assert exchange.uses("PJSIP/anna")
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
    waits = waits_on(leg)
    assert exchange.hear(waits) == [events.CustomerAnswered(call=CALL)]
    assert callbacks.hear(waits) == []
    assert exchange.calls[CALL].rests.is_set()
    assert callbacks.leg_of(CALL, is_agent=False) is None


def test_a_customer_who_answers_while_being_hung_up_on_has_not_been_reached(
    callbacks: Callbacks, exchange: Exchange
) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=False)
    callbacks.stop(leg)
    assert exchange.hear(waits_on(leg)) == []
    assert exchange.calls == {}
    assert exchange.hear(event("Hangup", {dialplan.ID: "1-back"}, Uniqueid=leg.channel)) == []


@pytest.mark.parametrize("state", ["Ringing", "Up"])
def test_a_customer_whom_the_link_was_down_to_hang_up_on_is_reached_after_all(
    callbacks: Callbacks, exchange: Exchange, state: str
) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=False)
    callbacks.stop(leg)
    listed = event("CoreShowChannel", {dialplan.ID: "1-back"}, Uniqueid=leg.channel, ChannelStateDesc=state)
    exchange.synchronise([listed], ())
    callbacks.synchronise([listed], frozenset())
    assert exchange.hear(waits_on(leg)) == [events.CustomerAnswered(call=CALL)]


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
        ChannelStateDesc="Up",
    )
    assert callbacks.synchronise([waiting], frozenset()) == [events.OfferAnswered(offer=OFFER)]
    leg = callbacks.leg_of(CALL, is_agent=True)
    assert leg is not None
    assert not leg.dials


AGENT_RINGS = event(
    "CoreShowChannel",
    {dialplan.CALL: "1-back", dialplan.OFFER: "7"},
    Channel="PJSIP/anna-00000001",
    Uniqueid=f"{OFFER}-agent",
    Context="holdless-phone",
    ChannelStateDesc="Ringing",
)
CUSTOMER_RINGS = event(
    "CoreShowChannel",
    {dialplan.ID: "1-back"},
    Channel="PJSIP/carrier-00000002",
    Uniqueid=f"{OFFER}-customer",
    Context="holdless-in",
    ChannelStateDesc="Ringing",
)


def test_a_new_engine_takes_an_agent_whose_phone_still_rings_for_a_call_back_for_one_who_has_not_answered(
    callbacks: Callbacks,
) -> None:
    assert callbacks.synchronise([AGENT_RINGS], frozenset()) == []
    assert callbacks.adopted_on("PJSIP/anna") is callbacks.leg_of(CALL, is_agent=True)
    answers = event("UserEvent", UserEvent=dialplan.BACK_HERE, Uniqueid=f"{OFFER}-agent")
    assert callbacks.hear(answers) == [events.OfferAnswered(offer=OFFER)]


def test_an_agent_who_lets_ring_what_an_engine_before_has_rung_is_not_unreachable(callbacks: Callbacks) -> None:
    callbacks.synchronise([AGENT_RINGS], frozenset())
    leg = callbacks.leg_of(CALL, is_agent=True)
    assert leg is not None
    callbacks.hear(event("Hangup", Uniqueid=leg.channel, Cause="19"))
    rang_out = [events.OfferFailed(offer=OFFER, why=OfferFailure.NO_ANSWER)]
    assert callbacks.hear(response(leg, "3")) == rang_out


def test_a_new_engine_hears_what_becomes_of_a_customer_whose_phone_rings(
    callbacks: Callbacks, exchange: Exchange
) -> None:
    assert exchange.synchronise([CUSTOMER_RINGS], ()) == [events.LineSynchronised(line="asterisk", calls=())]
    assert exchange.calls == {}, "nobody is on the line"
    assert callbacks.synchronise([CUSTOMER_RINGS], frozenset()) == []
    leg = callbacks.leg_of(CALL, is_agent=False)
    assert leg is not None
    callbacks.hear(response(leg, "0"))
    busy = event("Hangup", Uniqueid=leg.channel, Cause="17")
    assert callbacks.hear(busy) == [events.CustomerFailed(call=CALL, why=DialFailure.BUSY)]


def test_a_new_engine_hears_of_a_customer_who_answered_meanwhile(exchange: Exchange) -> None:
    waiting = event(
        "CoreShowChannel", {dialplan.ID: "1-back"}, Uniqueid=CUSTOMER, Context=dialplan.WAIT, CallerIDNum="+38050"
    )
    assert events.CustomerAnswered(call=CALL) in exchange.synchronise([waiting], ())


def test_a_phone_that_was_rung_for_a_call_back_is_held_until_its_leg_has_ended(
    callbacks: Callbacks, exchange: Exchange
) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=True, phone="PJSIP/anna")
    callbacks.stop(leg)
    assert exchange.holds("PJSIP/anna")
    exchange.hear(event("Hangup", Uniqueid=leg.channel))
    assert not exchange.holds("PJSIP/anna")


def test_a_phone_is_held_by_no_leg_that_the_exchange_never_had(callbacks: Callbacks, exchange: Exchange) -> None:
    leg = callbacks.begin(CALL, OFFER, is_agent=True, phone="PJSIP/anna")
    callbacks.stop(leg)
    callbacks.was_never(leg)
    assert not exchange.holds("PJSIP/anna")


RING = Ring(call=CALL, offer=OFFER, agent="olena", queue="cards", ring_ms=8_000, before_customer=True)


class Dialling:
    """What is sent to the exchange, and told to the centre, while a phone comes free."""

    def __init__(self, callbacks: Callbacks) -> None:
        self.sent: list[str] = []
        self.told: list[events.Event] = []
        self.free: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        run = Manager().run
        self.back = CallingBack(bank(), callbacks, self._act, self.told.append, self._until_free, run)

    async def _until_free(self, _phone: str) -> bool:
        return await self.free

    async def _act(self, name: str, _headers: dict[str, AmiValue]) -> AmiReply:
        self.sent.append(name)
        raise AmiTimeout("no answer")


@pytest.mark.parametrize(
    ("is_free", "sent", "told"),
    [
        (True, ["Originate"], []),
        (False, [], [events.OfferFailed(offer=OFFER, why=OfferFailure.BUSY)]),
    ],
)
@in_jumping_time
async def test_an_agent_is_rung_for_a_call_back_once_the_phone_is_free(
    is_free: bool, sent: list[str], told: list[events.Event]
) -> None:
    dialling = Dialling(Callbacks(Exchange("asterisk")))
    ringing = asyncio.create_task(dialling.back.ring_agent(RING))
    await asyncio.sleep(1)
    assert dialling.sent == []
    dialling.free.set_result(is_free)
    await ringing
    assert (dialling.sent, dialling.told) == (sent, told)


async def test_a_customer_whose_phone_an_engine_before_lets_ring_is_not_found_busy_by_the_next_attempt() -> None:
    callbacks = Callbacks(Exchange("asterisk"))
    callbacks.synchronise([CUSTOMER_RINGS], frozenset())
    sent: list[tuple[str, AmiValue]] = []

    async def act(name: str, headers: dict[str, AmiValue]) -> AmiReply:
        sent.append((name, headers["ChannelId"] if name == "Originate" else headers["Channel"]))
        if name == "Originate":
            raise AmiTimeout("no answer")
        return AmiReply(AmiHeaders([]))

    async def at_once(_phone: str) -> bool:
        return True

    site = bank()
    assert site.asterisk is not None
    with_trunk = replace(site, asterisk=replace(site.asterisk, trunk="PJSIP/{number}@carrier"))
    back = CallingBack(with_trunk, callbacks, act, lambda _: None, at_once, Manager().run)
    order = DialCustomer(
        call=CALL,
        offer="asterisk-1-back-8",
        agent="olena",
        number="+380501110003",
        ring_ms=30_000,
        queue="cards",
        waiting_since=0,
        language="en",
    )
    await back.dial_customer(order)
    assert sent == [("Hangup", f"{OFFER}-customer"), ("Originate", "asterisk-1-back-8-customer")]


@in_jumping_time
async def test_an_agent_who_is_not_wanted_any_more_when_the_phone_is_free_is_not_rung() -> None:
    callbacks = Callbacks(Exchange("asterisk"))
    dialling = Dialling(callbacks)
    ringing = asyncio.create_task(dialling.back.ring_agent(RING))
    await asyncio.sleep(1)
    leg = callbacks.leg_of(CALL, is_agent=True)
    assert leg is not None
    callbacks.stop(leg)
    dialling.free.set_result(True)
    await ringing
    assert (dialling.sent, dialling.told) == ([], [])
