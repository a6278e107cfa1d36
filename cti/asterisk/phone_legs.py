"""Several phones for one caller: a leg of its own for each (AMI Originate), while the caller waits. No I/O here.

Which leg has the caller is settled on the exchange (the context JOIN), with or without an engine: the first that
answers enters a bridge with the caller, and that is what counts as an answer here. The others are for the centre to
stop.

A leg is known by its ChannelId, which is its Uniqueid from the first event on. Seen with Asterisk 22.10: Hangup always
comes for a leg that had a channel, with the reason; OriginateResponse comes at any place among its events, even before
the first, and for a phone that the exchange does not know it is all there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from acd.events import OfferFailure
from centre import events
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent
from cti.asterisk.exchange import Exchange

ANSWERED_ELSEWHERE = 26
"""Q.850 cause with which a leg ends that has come too late; the phone shows no missed call (RFC 3326, by Asterisk)."""
_FAILURES = {"17": OfferFailure.BUSY, "21": OfferFailure.DECLINED}
_NO_ANSWER = "19"
"""Q.850 causes of Hangup: busy, “reject” pressed, not answered in time."""


@dataclass(slots=True, kw_only=True, eq=False)
class PhoneLeg:
    """A phone that rings, or is to ring, for a caller who waits."""

    call: str
    """The centre's name of the call."""
    offer: str
    phone: str
    ring_ms: int
    sent: bool = False
    """Whether the exchange may have got the order."""
    stopped: bool = False
    """The centre wants it no more: nothing is told of it."""
    adopted: bool = False
    """An engine before this one rang it; the centre may have given the offer up since."""
    rang: bool = False
    is_up: bool = False
    """Answered, and not yet with the caller."""
    refused: bool = False
    """The exchange says that this phone cannot be rung (any more). If the leg has no channel, that is the last word."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is a channel that could be hung up, or was."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the phone has said anything, or is over."""

    @property
    def channel(self) -> str:
        """The Uniqueid of its channel."""
        return dialplan.phone_channel(self.offer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the list of all channels means for the phones."""

    told: tuple[events.Event, ...]
    to_ring: tuple[PhoneLeg, ...]
    """Those of which the exchange never heard."""
    to_end: tuple[PhoneLeg, ...]
    """Those that nobody wants any more."""


class PhoneLegs:
    """The legs under way, by channel."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._legs: dict[str, PhoneLeg] = {}

    def begin(self, call: str, offer: str, phone: str, ring_ms: int) -> PhoneLeg:
        """The leg of a phone that is to ring."""
        leg = PhoneLeg(call=call, offer=offer, phone=phone, ring_ms=ring_ms)
        self._legs[leg.channel] = leg
        return leg

    def of(self, offer: str) -> PhoneLeg | None:
        """The leg of an offer, while it is under way."""
        return self._legs.get(dialplan.phone_channel(offer))

    @property
    def sent(self) -> frozenset[str]:
        """The channels of the legs that the exchange should know."""
        return frozenset(leg.channel for leg in self._legs.values() if leg.sent)

    @property
    def offers(self) -> frozenset[str]:
        """Those that have a leg, or are to have one."""
        return frozenset(leg.offer for leg in self._legs.values())

    @property
    def unsent(self) -> dict[str, int]:
        """The offers of phones that are to ring and of which the exchange was not told, with how long each is to ring
        (ms)."""
        return {leg.offer: leg.ring_ms for leg in self._legs.values() if not (leg.sent or leg.stopped)}

    def ring_for(self, call: str) -> bool:
        """Whether any phone rings for the call by a leg of its own."""
        return any(leg.call == call for leg in self._legs.values())

    def hold(self, phone: str, but: PhoneLeg | None = None) -> bool:
        """Whether the exchange may let this phone ring by a leg other than *but*."""
        return any(leg.phone == phone and leg.sent and leg is not but for leg in self._legs.values())

    @property
    def adopted(self) -> list[PhoneLeg]:
        """The legs that an engine before this one lets ring, unless they were stopped."""
        return [leg for leg in self._legs.values() if leg.adopted and not leg.stopped]

    def uses(self, phone: str) -> bool:
        """Whether this phone rings for a caller of ours."""
        return any(leg.phone == phone for leg in self._legs.values())

    def over(self, leg: PhoneLeg) -> bool:
        """Nothing more is heard of the leg. Whether that is news, and the centre is to be told."""
        leg.begun.set()
        leg.heard.set()
        return self._legs.pop(leg.channel, None) is not None and not leg.stopped

    def failed(self, leg: PhoneLeg, why: OfferFailure) -> list[events.Event]:
        """The leg came to nothing."""
        return [events.OfferFailed(offer=leg.offer, why=why)] if self.over(leg) else []

    def hear(self, event: AmiEvent) -> list[events.Event]:
        """What one event of the exchange means to the centre, where it is about a leg under way."""
        match event.name:
            case "DialBegin" | "DialState" | "DialEnd":
                return self._dial_event(event)
            case "BridgeEnter":
                return self._entered(event)
            case "OriginateResponse" if event.headers.get("Response") != "Success":
                leg = self._legs.get(event.headers.get("Uniqueid", ""))
                if leg is not None:
                    leg.refused = True
                    leg.heard.set()
            case "Hangup":
                return self._hung_up(event)
        return []

    def synchronise(self, channels: Iterable[AmiEvent], asked_with: Collection[str]) -> Found:
        """What the whole list of channels means, after :meth:`Exchange.synchronise` with the same arguments.

        *asked_with*: the calls that were known and the legs (see :attr:`sent`) that were sent when the list was asked
        for; what came since is younger than the list.
        """
        there = {channel.headers.get("Uniqueid", ""): channel for channel in channels}
        told: list[events.Event] = []
        to_end: list[PhoneLeg] = []
        for leg in list(self._legs.values()):
            listed = there.get(leg.channel)
            if listed is None:
                if leg.channel in asked_with or (leg.stopped and not leg.sent):
                    told += self.failed(leg, OfferFailure.NO_ANSWER if leg.rang else OfferFailure.UNREACHABLE)
            elif listed.headers.get("BridgeId"):
                self.over(leg)  # the exchange tells who talks
            else:
                told += self._listed(leg, listed)
                if leg.stopped:
                    to_end.append(leg)
        for channel in [channel for channel in there if channel not in self._legs]:
            found = self._stranger(channel, there[channel], asked_with)
            if found is not None:
                told += self._listed(found, there[channel])
                if found.stopped:
                    to_end.append(found)
        to_ring = tuple(leg for leg in self._legs.values() if not leg.sent)
        return Found(told=tuple(told), to_ring=to_ring, to_end=tuple(to_end))

    def _stranger(self, channel: str, listed: AmiEvent, asked_with: Collection[str]) -> PhoneLeg | None:
        """A phone that was rung by an engine before this one, for somebody who waits still; or else stopped, and busy
        until the exchange has ended it. None: another channel."""
        name = self._exchange.name(listed.variables.get(dialplan.CALL, ""))
        offer = dialplan.offer_name(name, listed.variables.get(dialplan.OFFER, ""))
        if not offer or channel != dialplan.phone_channel(offer) or listed.headers.get("Context") == dialplan.AGENT:
            return None
        if listed.headers.get("BridgeId"):
            return None
        call = self._exchange.calls.get(name)
        phone = listed.headers.get("Channel", "").rpartition("-")[0]
        leg = self.begin(name, offer, phone, ring_ms=0)
        leg.adopted = True
        leg.stopped = call is None or call.talking or name in asked_with
        return leg

    def _listed(self, leg: PhoneLeg, listed: AmiEvent) -> list[events.Event]:
        leg.sent = True
        leg.begun.set()
        return self._rings(leg) if listed.headers.get("ChannelStateDesc") == "Ringing" else []

    def _dial_event(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("DestUniqueid", ""))
        if leg is None:
            return []
        leg.begun.set()
        match event.headers.get("DialStatus"):
            case "RINGING" | "PROGRESS":
                return self._rings(leg)
            case "ANSWER":
                leg.is_up = True
                leg.heard.set()
        return []

    def _rings(self, leg: PhoneLeg) -> list[events.Event]:
        if leg.rang or leg.stopped:
            return []
        leg.rang = True
        leg.heard.set()
        return [events.OfferRinging(offer=leg.offer)]

    def _entered(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("Uniqueid", ""))
        call = None if leg is None else self._exchange.calls.get(leg.call)
        if leg is None or call is None or leg.stopped:
            return []  # a leg that has been stopped gives the caller back
        self.over(leg)
        self._exchange.joined(call, leg.channel, leg.phone, leg.offer)
        if leg.adopted:
            agent = self._exchange.agent_of(leg.phone)
            return [events.ConversationFound(call=call.id, offer=leg.offer, agent=agent)]
        return [events.OfferAnswered(offer=leg.offer)]

    def _hung_up(self, event: AmiEvent) -> list[events.Event]:
        leg = self._legs.get(event.headers.get("Uniqueid", ""))
        if leg is None:
            return []
        cause = event.headers.get("Cause", "")
        if cause == str(ANSWERED_ELSEWHERE):
            # The leg that has the caller may be heard of later; that no phone has is for the centre's limit of time.
            self.over(leg)
            return []
        if leg.is_up:  # put down before the caller was there
            return self.failed(leg, OfferFailure.DECLINED)
        rang_out = cause == _NO_ANSWER and leg.rang
        return self.failed(leg, OfferFailure.NO_ANSWER if rang_out else _FAILURES.get(cause, OfferFailure.UNREACHABLE))
