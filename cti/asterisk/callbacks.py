"""Calling customers back: the legs that the engine has the exchange dial by itself (AMI Originate). No I/O here.

Agent first: the agent's leg is originated into BACK, ``agent``, where it waits, and is then redirected to dial the
customer from there: the agent hears what the carrier says, ringing or busy. Customer first: the customer's leg is
originated into BACK, ``customer``, and waits like any caller from then on.

A leg is known by the ChannelId that it is given, which is its Uniqueid from the first event on. Facts about Originate,
seen with Asterisk 22.10: an OriginateResponse says what became of it (Reason 3 when it rang out; 0 for busy too, where
DialEnd says BUSY and Hangup the cause); it may come before or after the other events; for an endpoint that is not there
it is the only one. So a refusal is judged when Hangup has said the cause, or a moment later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from acd.events import OfferFailure
from centre import events
from centre.events import DialFailure
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent
from cti.asterisk.calls import is_unanswered, phone_of
from cti.asterisk.exchange import Exchange

_RANG_OUT = "3"
_BUSY = "17"
_REJECTED = "21"
"""Q.850 causes of Hangup: busy, and a phone on which somebody pressed “reject”."""
_FAILURES = {"BUSY": DialFailure.BUSY, "NOANSWER": DialFailure.NO_ANSWER}
_TO_AGENT = {DialFailure.BUSY: OfferFailure.BUSY, DialFailure.NO_ANSWER: OfferFailure.NO_ANSWER}


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """A leg that the engine had dialled and that is not connected with anybody yet."""

    call: str
    """The centre's name of the call."""
    offer: str
    channel: str
    is_agent: bool
    phone: str = ""
    """Of the agent, where it is known."""
    adopted: bool = False
    """An engine before this one had it dialled; the centre may know nothing of it."""
    rang: bool = False
    is_up: bool = False
    """Answered; an agent's leg waits for the customer from then on."""
    dials: bool = False
    """An agent's leg: the customer is being dialled from it."""
    status: str = ""
    """The DialStatus of the leg, if it said one."""
    cause: str | None = None
    """Of its Hangup, if it has ended."""
    refused: str | None = None
    """The Reason for which the exchange says that it could not be dialled, if it does."""
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was refused, is up, or is not under way any more."""


class Callbacks:
    """The legs under way, by channel."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._legs: dict[str, Leg] = {}

    def begin(self, call: str, offer: str, *, is_agent: bool, phone: str = "") -> Leg:
        """A leg that is about to be dialled: of the agent of this offer and with this phone, or of the customer."""
        channel = dialplan.leg_channel(offer, is_agent=is_agent)
        leg = Leg(call=call, offer=offer, channel=channel, is_agent=is_agent, phone=phone)
        self._legs[leg.channel] = leg
        return leg

    def leg_of(self, call: str, *, is_agent: bool) -> Leg | None:
        """The agent's or the customer's leg of a call, if it is under way."""
        return next((leg for leg in self._legs.values() if leg.call == call and leg.is_agent is is_agent), None)

    def failed(self, leg: Leg, why: DialFailure) -> list[events.Event]:
        """The leg came to nothing; nothing more is heard of it."""
        if not self._over(leg):
            return []
        if not leg.is_agent:
            return [events.CustomerFailed(call=leg.call, why=why)]
        reason = _TO_AGENT.get(why, OfferFailure.UNREACHABLE)
        return [events.OfferFailed(offer=leg.offer, why=OfferFailure.DECLINED if leg.cause == _REJECTED else reason)]

    def stop(self, leg: Leg) -> None:
        """The leg is to be hung up, as the centre wants: it tells nothing more, and its phone may ring a moment yet. A
        customer who answers in that moment is hung up on, and has not been reached."""
        if self._over(leg) and leg.cause is None:
            self._exchange.parts(leg.channel, leg.phone)

    def was_never(self, leg: Leg) -> None:
        """The exchange has no such channel."""
        self._exchange.parting_over(leg.channel)

    def adopted_on(self, phone: str) -> Leg | None:
        """The leg by which an engine before this one lets a phone ring, or its agent wait for the customer."""
        legs = self._legs.values()
        return next((leg for leg in legs if leg.adopted and leg.phone == phone), None)

    def uses(self, phone: str) -> bool:
        """Whether this phone rings for a call back, or its agent waits for the customer."""
        return any(leg.phone == phone for leg in self._legs.values())

    def is_wanted(self, leg: Leg) -> bool:
        """Whether the leg is under way, or still to be dialled."""
        return self._legs.get(leg.channel) is leg

    def judge(self, leg: Leg) -> list[events.Event]:
        """What a refusal of the leg means, by all that was heard of it."""
        if leg.refused is None:
            return []
        if leg.status == "BUSY" or leg.cause == _BUSY:
            return self.failed(leg, DialFailure.BUSY)
        rang_out = leg.refused == _RANG_OUT and (leg.rang or not leg.is_agent)
        return self.failed(leg, DialFailure.NO_ANSWER if rang_out else DialFailure.UNREACHABLE)

    @property
    def channels(self) -> frozenset[str]:
        """Those of the legs under way."""
        return frozenset(self._legs)

    def _over(self, leg: Leg) -> bool:
        leg.settled.set()
        return self._legs.pop(leg.channel, None) is not None

    def hear(self, event: AmiEvent) -> list[events.Event]:
        """What one event of the exchange means to the centre, where it is about a leg under way."""
        match event.name:
            case "UserEvent":
                return self._user_event(event)
            case "DialState" | "DialEnd":
                return self._dial_event(event)
            case "OriginateResponse":
                return self._originated(event)
            case "Hangup":
                return self._hung_up(event)
        return []

    def synchronise(self, channels: Iterable[AmiEvent], asked_with: Collection[str]) -> list[events.Event]:
        """What the whole list of channels means: legs that are not in it came to nothing; agents who are rung, or wait,
        for a customer whom an engine before this one wanted to call, and customers whose phones ring, are taken on.

        *asked_with*: the :attr:`channels` when the list was asked for; a leg begun since is younger than the list.
        """
        there = {channel.headers.get("Uniqueid", ""): channel for channel in channels}
        told: list[events.Event] = []
        for leg in [leg for name, leg in self._legs.items() if name not in there and name in asked_with]:
            told += self.failed(leg, DialFailure.UNREACHABLE)
        for channel, found in there.items():
            if channel in self._legs or found.headers.get("BridgeId"):
                continue
            if dialplan.is_agents_channel(channel):
                told += self._adopt_agent(found)
            elif (offer := dialplan.customers_offer(channel)) is not None and is_unanswered(found):
                self._adopt(self._exchange.name(found.variables.get(dialplan.ID, "")), offer, found, is_agent=False)
        return told

    def _adopt_agent(self, found: AmiEvent) -> list[events.Event]:
        call = self._exchange.name(found.variables.get(dialplan.CALL, ""))
        offer = dialplan.offer_name(call, found.variables.get(dialplan.OFFER, ""))
        leg = self._adopt(call, offer, found, is_agent=True, phone=phone_of(found.headers.get("Channel", "")))
        if not leg.is_up:
            return []
        leg.dials = found.headers.get("Exten") != dialplan.BACK_AGENT
        return [events.OfferAnswered(offer=leg.offer)]

    def _adopt(self, call: str, offer: str, found: AmiEvent, *, is_agent: bool, phone: str = "") -> Leg:
        leg = self.begin(call, offer, is_agent=is_agent, phone=phone)
        self._exchange.parting_over(leg.channel)  # the order to hang it up was lost
        state = found.headers.get("ChannelStateDesc")
        leg.adopted, leg.rang, leg.is_up = True, state == "Ringing", state == "Up"
        return leg

    def _user_event(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("Uniqueid", ""))
        if leg is None:
            return []
        match event.headers.get("UserEvent"):
            case dialplan.BACK_HERE:
                leg.is_up = True
                leg.settled.set()
                return [events.OfferAnswered(offer=leg.offer)]
            case dialplan.BACK_DONE:
                self.stop(leg)
                why = _FAILURES.get(event.headers.get("Status", ""), DialFailure.UNREACHABLE)
                return [events.CustomerFailed(call=leg.call, why=why)]
            case dialplan.WAITING:
                self._over(leg)  # customer first, and the customer waits now (see Exchange)
        return []

    def _dial_event(self, event: AmiEvent) -> list[events.Event]:
        status, dialled = event.headers.get("DialStatus", ""), event.headers.get("DestUniqueid", "")
        agent = self._legs.get(event.headers.get("Uniqueid", ""))
        if agent is not None and event.name == "DialEnd" and status == "ANSWER":
            self._over(agent)
            self._exchange.meet(agent.call, customer=dialled, agent=agent.channel, phone=agent.phone)
            return [events.CustomerAnswered(call=agent.call)]
        leg = self._legs.get(dialled)
        if leg is None:
            return []
        leg.status = status
        if leg.is_agent and not leg.rang and status in ("RINGING", "PROGRESS"):
            leg.rang = True
            return [events.OfferRinging(offer=leg.offer)]
        return []

    def _originated(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("Uniqueid", ""))
        if leg is None:
            return []
        leg.settled.set()
        if event.headers.get("Response") == "Success":
            leg.is_up = True
            return [] if leg.cause is None else self.failed(leg, DialFailure.NO_ANSWER)
        leg.refused = event.headers.get("Reason", "")
        return [] if leg.cause is None else self.judge(leg)

    def _hung_up(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("Uniqueid", ""))
        if leg is None:
            return []
        leg.cause = event.headers.get("Cause", "")
        if not leg.is_up:
            return self.judge(leg)
        if leg.is_agent:
            leg.cause = _REJECTED  # the agent has put the phone down before the customer came
        return self.failed(leg, DialFailure.NO_ANSWER)
