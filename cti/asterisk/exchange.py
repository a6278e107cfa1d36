"""What is known of the calls on the exchange, and what its events mean to a centre. No I/O: events in, events out.

Asterisk's events come late, twice or not at all; the one that always comes is Hangup, so it frees an agent and ends a
call that nothing has before, and the others are detail, or only sooner. After every connect the whole list of channels
is compared with what was known.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from acd.events import OfferFailure
from centre import events
from centre.dialling import is_callback
from centre.orders import Order, Ring, StopRinging, TakeMessage
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, unescaped
from cti.asterisk.keypad import Hearing, Keypad

_FAILURES = {
    "BUSY": OfferFailure.BUSY,
    "NOANSWER": OfferFailure.NO_ANSWER,
    "CHANUNAVAIL": OfferFailure.UNREACHABLE,
    "CONGESTION": OfferFailure.UNREACHABLE,
}
_STRANGERS_MAX = 1_000
"""So many channels that ended before their calls were known are remembered."""
_CALL_REJECTED = "21"
"""Q.850 cause of a phone on which somebody pressed “reject” (SIP 603)."""


@dataclass(slots=True, kw_only=True, eq=False)
class LineCall:
    """One call on the exchange."""

    id: str
    """The centre's name of it."""
    channel: str
    """The Uniqueid of the caller's channel; actions take it in place of the channel's name."""
    number: str = ""
    name: str = ""
    """Who waits, as the exchange presents it."""
    menu: asyncio.Queue[Order | None] = field(default_factory=asyncio.Queue)
    """What the engine still has to say or ask; None: the caller is gone."""
    in_menu: bool = False
    """Whether the caller's channel is in FastAGI with this process."""
    fetched: bool = False
    """Whether it is on its way there."""
    sent_off: bool = False
    """Whether the exchange has been seen to take it off for there."""
    leaves_menu: bool = False
    """Whether the engine is about to move the caller from a menu to the music."""
    offer: str | None = None
    rang: bool = False
    adopted: bool = False
    """Whether the phone was rung by an engine before this one; the centre may know nothing of that offer."""
    leg: str | None = None
    """The Uniqueid of the agent's channel, once answered."""
    held: bool = False
    comes_back: bool = False
    """Whether the exchange brings the caller to AFTER when the agent hangs up."""
    served: bool = False
    """Whether the conversation is over, and the caller was still there."""
    phone: str = ""
    """The phone that was last rung for it."""
    dialled: str = ""
    """The phone that the exchange lets ring for it by Dial, or may be about to, or to stop."""
    keys: str = ""
    """The keys that mean something while its music plays."""
    recording: TakeMessage | None = None
    """The message that the caller is speaking."""
    outside: bool = False
    """Whether a number outside is being dialled for it, or has answered."""
    hung_up_by: str = ""
    unsent: Ring | StopRinging | None = None
    """The last word on whom to ring, where the link was down for it."""
    keypad: Keypad = field(default_factory=Keypad, repr=False)
    """What the caller presses while in the menu, or on the way there."""
    secrets: dict[int, str] = field(default_factory=dict, repr=False)
    """What the caller entered at sensitive questions, by step: for data dips, and nowhere else."""
    rests: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the caller's channel stays in one application (FastAGI, music, Dial, a bridge): only then may it be
    redirected. A Redirect into the steps between two applications is lost or ends the call (seen with Asterisk 22.10:
    2 in 100), for the channel's own thread is just writing where it goes next."""

    @property
    def talking(self) -> bool:
        """Whether an agent answered and is still there."""
        return self.leg is not None


def _nobody(_phone: str) -> str:
    """The agent of any phone, where none is known."""
    return ""


def _nothing(_message: str) -> int:
    """The length of any message on an exchange that cannot record."""
    return 0


class Exchange:
    """The calls of one Asterisk, by the centre's name."""

    def __init__(
        self, line: str, length_ms: Callable[[str], int] = _nothing, agent_of: Callable[[str], str] = _nobody
    ) -> None:
        """*line*: the name of the line, with which the names of its calls begin. *length_ms*: how long a message is.
        *agent_of*: whose phone this is; empty if nobody's."""
        self.line = line
        self.agent_of = agent_of
        self.hearing = Hearing()
        self._length_ms = length_ms
        self.calls: dict[str, LineCall] = {}
        self._by_channel: dict[str, LineCall] = {}
        self._parting: dict[str, str] = {}
        """Legs of agents whose callers are gone, each with its phone, until they have ended."""
        self.left_alone: list[str] = []
        """Legs of agents whose callers hung up while they were held: nothing but the line ends them."""
        self._ended_unknown: deque[str] = deque(maxlen=_STRANGERS_MAX)

    def name(self, cc_id: str) -> str:
        """The centre's name of the call with this CC_ID."""
        return f"{self.line}-{cc_id}"

    def admit(self, call: str, channel: str) -> LineCall:
        """The call of this name, new or known, on this channel."""
        known = self.calls.get(call)
        if known is None or known.channel != channel:
            known = self.calls[call] = LineCall(id=call, channel=channel, keypad=Keypad(self.hearing))
            self._by_channel[channel] = known
        return known

    @property
    def offers(self) -> frozenset[str]:
        """Those for which the exchange rings a phone by Dial, or is about to be told so."""
        offers = {call.offer for call in self.calls.values() if call.offer is not None}
        return frozenset(offers | {call.unsent.offer for call in self.calls.values() if isinstance(call.unsent, Ring)})

    def meet(self, call: str, *, customer: str, agent: str) -> None:
        """A customer who was called back talks to the agent: the two channels are a call like any other."""
        found = self.admit(call, customer)
        found.rests.set()
        found.held = False
        self._connected(found, agent)

    def joined(self, call: LineCall, leg: str, phone: str) -> None:
        """One of several phones that rang by legs of their own has been answered, and has the caller."""
        call.offer, call.held, call.phone = None, False, phone
        self._connected(call, leg)

    def called_on(self, channel: str) -> LineCall | None:
        """The call whose caller is on this channel."""
        call = self._by_channel.get(channel)
        return call if call is not None and call.channel == channel else None

    def uses(self, phone: str) -> bool:
        """Whether this phone rings for a call of ours, or is connected to one."""
        return any(call.phone == phone and (call.offer is not None or call.talking) for call in self.calls.values())

    def holds(self, phone: str, but: LineCall | None = None) -> bool:
        """Whether the exchange still has something to do with this phone for a call of ours, *but* aside: rings it, is
        about to stop that, or has it connected."""
        if phone in self._parting.values():
            return True
        others = (call for call in self.calls.values() if call is not but)
        return any(call.dialled == phone or (call.talking and call.phone == phone) for call in others)

    def has_ended(self, channel: str) -> bool:
        """Whether this channel was hung up before its call was known: no other word of its end will come."""
        return channel in self._ended_unknown

    def forget(self, call: LineCall) -> None:
        """The call is over."""
        call.menu.put_nowait(None)
        call.rests.set()
        if call.leg is not None:
            self._parting[call.leg] = call.phone
        for channel in (call.channel, call.leg):
            if channel is not None:
                self._by_channel.pop(channel, None)
        if self.calls.get(call.id) is call:
            del self.calls[call.id]

    def tells_keys(self, tells: bool) -> None:
        """Whether the link is up, by which events tell of keys."""
        self.hearing.tells = tells
        for call in self.calls.values():
            call.keypad.forget()

    def hear(self, event: AmiEvent) -> list[events.Event]:
        """What one event of the exchange means to the centre."""
        match event.name:
            case "UserEvent":
                return self._user_event(event)
            case "DialBegin":
                self._dial_begun(event)
                return []
            case "DialState":
                return self._dial_state(event)
            case "DialEnd":
                return self._dial_end(event)
            case "HangupRequest":
                return self._hangup_asked(event)
            case "Hangup":
                return self._hangup(event)
            case "DTMFEnd":
                return self._key_pressed(event)
            case "Hold" | "Unhold":
                return self._phone_hold(event)
        return []

    def synchronise(self, channels: Iterable[AmiEvent], asked_with: Collection[str]) -> list[events.Event]:
        """What the whole list of channels (CoreShowChannels) means to a centre that may have missed anything.

        *asked_with*: the calls and the offers that were known when the list was asked for; those of the calls that are
        not in it are over. A call or an offer that has come meanwhile is younger than the list and stays.
        """
        self.tells_keys(True)
        channels = list(channels)
        legs = [leg for leg in channels if leg.variables.get(dialplan.CALL)]
        callers = [caller for caller in channels if caller.variables.get(dialplan.ID)]
        callers.sort(key=lambda caller: caller.variables.get(dialplan.ENTRY, ""))
        found: list[events.Event] = []
        there = self.calls.keys() - set(asked_with)
        for caller in callers:
            cc_id = caller.variables[dialplan.ID]
            call = self.admit(self.name(cc_id), caller.headers.get("Uniqueid", ""))
            there.add(call.id)
            call.rests.set()
            its_legs = [leg for leg in legs if leg.variables[dialplan.CALL] == cc_id]
            found += self._found(call, caller, its_legs, asked_with)
        for call in [call for call in self.calls.values() if call.id not in there]:
            found += self._message_of(call)
            self.forget(call)
        listed = {channel.headers.get("Uniqueid", "") for channel in channels}
        self._parting = {leg: phone for leg, phone in self._parting.items() if leg in listed}
        # Answers come first: a centre that was away must hear of them before it gives its old offers up.
        found.sort(key=lambda event: not isinstance(event, events.ConversationFound | events.CustomerAnswered))
        return [*found, events.LineSynchronised(line=self.line, calls=tuple(sorted(there)))]

    def _found(
        self, call: LineCall, caller: AmiEvent, legs: Collection[AmiEvent], asked_with: Collection[str]
    ) -> Iterator[events.Event]:
        offer = dialplan.offer_name(call.id, caller.variables.get(dialplan.OFFER, ""))
        where = caller.headers.get("Context", "")
        is_rung = isinstance(call.unsent, Ring) and call.unsent.offer == offer
        is_stopped = isinstance(call.unsent, StopRinging) and where != dialplan.DIAL
        if is_rung or is_stopped:
            call.unsent = None  # what was not known to have arrived has
        if (caller.headers.get("BridgeId") and where != dialplan.OUTSIDE) or where == dialplan.HOLD:
            yield from self._found_talking(call, caller, legs)
        elif where == dialplan.OUTSIDE:
            call.outside = True
            if caller.headers.get("BridgeId"):
                yield events.TransferAnswered(call=call.id)
        elif where == dialplan.DIAL:
            if call.unsent is None and call.offer != offer:
                call.offer, call.adopted = offer, True
                call.phone = call.dialled = dialplan.rung_phone(caller.headers.get("Exten", ""))
        elif where == dialplan.WAIT:
            yield from self._back(call)
            self._waits(call, caller)
            self._parted(call)
            if call.unsent is None and call.offer in asked_with:
                call.offer = None
            if offer:
                # A phone that rang while nobody was looking, and was not answered; old news changes nothing.
                yield events.OfferFailed(offer=offer, why=OfferFailure.NO_ANSWER)
            yield self._adopted(call, caller)

    def _found_talking(self, call: LineCall, caller: AmiEvent, legs: Collection[AmiEvent]) -> Iterator[events.Event]:
        bridge = caller.headers.get("BridgeId", "")
        was_held, call.held = call.held, not bridge
        # Phones that rang beside the one that was answered may ring still, or just end: nobody was there to stop them.
        answered = [leg for leg in legs if leg.headers.get("ChannelStateDesc") != "Ringing"]
        leg = min(answered, key=lambda leg: leg.headers.get("BridgeId", "") != bridge, default=None)
        if leg is None:
            if call.held:  # the agent has hung up on a held caller
                yield self.left_by_agent(call, "agent")
            return
        call.offer = None
        call.phone = _phone_of(leg.headers.get("Channel", ""))
        extension, data = caller.headers.get("Exten", ""), leg.headers.get("ApplicationData", "")
        call.comes_back = dialplan.comes_back(extension, data)
        self._connected(call, leg.headers.get("Uniqueid", ""))
        yield from self._back(call)
        offer = dialplan.offer_name(call.id, leg.variables.get(dialplan.OFFER, ""))
        adopted = self._adopted(call, caller)
        yield events.ConversationFound(
            call=call.id,
            offer=offer,
            agent=self.agent_of(call.phone),
            adopted=adopted if adopted.queue else None,
        )
        if call.held:
            yield events.CallHeld(call=call.id)
        elif was_held:
            yield events.CallRetrieved(call=call.id)

    @staticmethod
    def _back(call: LineCall) -> Iterator[events.Event]:
        """A customer who was called back by an engine before this one has answered; old news changes nothing."""
        if is_callback(call.id):
            yield events.CustomerAnswered(call=call.id)

    def _adopted(self, call: LineCall, caller: AmiEvent) -> events.CallAdopted:
        place = dialplan.WaitingPlace.from_text(caller.variables.get(dialplan.DATA, ""))
        arrived = dialplan.entry_ms(caller.variables.get(dialplan.ENTRY, "")) or caller.timestamp_ms or 0
        number, name = _presented_by(caller)
        return events.CallAdopted(
            call=call.id,
            line=self.line,
            number=number,
            name=name,
            arrived_at=arrived,
            language="" if place is None else place.language,
            queue="" if place is None else place.queue,
            waiting_since=0 if place is None else place.waiting_since,
            needs=() if place is None else place.needs,
            priority=0 if place is None else place.priority,
        )

    def _user_event(self, event: AmiEvent) -> list[events.Event]:
        cc_id = event.variables.get(dialplan.ID)
        if not cc_id:
            return []
        call = self.calls.get(self.name(cc_id))
        match event.headers.get("UserEvent"):
            case dialplan.WAITING:
                known = call is not None
                call = self.admit(self.name(cc_id), event.headers.get("Uniqueid", ""))
                self._waits(call, event)
                if event.headers.get("Reason") == dialplan.CALLED_BACK:
                    return [events.CustomerAnswered(call=call.id)]
                if known and event.headers.get("Reason") != dialplan.ALONE:
                    return []
                if call.sent_off:
                    # The way led to no session of ours: Asterisk could not connect, say, or there were too many. Before
                    # it was sent off, this is only the old news of a caller who was in the list as well.
                    call.fetched = call.sent_off = False
                return [self._adopted(call, event)]
            case dialplan.DIAL_DONE:
                if call is None:
                    return []
                offer = dialplan.offer_name(call.id, event.headers.get("Offer", ""))
                if call.offer != offer:
                    return []
                why = self._failure(call, event)
                call.offer = None
                return [events.OfferFailed(offer=offer, why=why)]
            case dialplan.KEY if call is not None:
                return [events.CallerPressedExit(call=call.id, key=event.headers.get("Key", ""))]
            case dialplan.OUTSIDE_DONE if call is not None and call.outside:
                call.outside = False
                why = _FAILURES.get(event.headers.get("Status", ""), OfferFailure.UNREACHABLE)
                return [events.TransferFailed(call=call.id, why=why)]
        return []

    @staticmethod
    def _waits(call: LineCall, caller: AmiEvent) -> None:
        call.rests.set()
        call.leaves_menu = False
        call.dialled = ""
        call.number, call.name = _presented_by(caller)

    @staticmethod
    def _failure(call: LineCall, event: AmiEvent) -> OfferFailure:
        if event.headers.get("Cause") == _CALL_REJECTED:
            return OfferFailure.DECLINED
        why = _FAILURES.get(event.headers.get("Status", ""), OfferFailure.UNREACHABLE)
        # A phone that never said it rings did not let it ring: it is off, or the network to it is.
        return OfferFailure.UNREACHABLE if why is OfferFailure.NO_ANSWER and not call.rang else why

    def _key_pressed(self, event: AmiEvent) -> list[events.Event]:
        """A key of a caller in the menu, on the way there, or just out of it; those of one who waits come as user
        events, others concern nobody here."""
        channel, key = event.headers.get("Uniqueid", ""), event.headers.get("Digit", "")
        call = self._by_channel.get(channel)
        if call is None or channel != call.channel:
            return []
        if call.in_menu or call.fetched:
            call.keypad.told(key)
        elif event.headers.get("Context") == dialplan.MENU and key in call.keys:
            return [events.CallerPressedExit(call=call.id, key=key)]
        return []

    def _dial_begun(self, event: AmiEvent) -> None:
        call = self._by_channel.get(event.headers.get("Uniqueid", ""))
        if call is not None:
            call.rests.set()

    def _dial_state(self, event: AmiEvent) -> list[events.Event]:
        call = self._by_channel.get(event.headers.get("Uniqueid", ""))
        if call is None or event.headers.get("DialStatus") not in ("RINGING", "PROGRESS"):
            return []
        offer = _offer_of_leg(call, event)
        if call.offer != offer:
            return []
        call.rang = True
        return [events.OfferRinging(offer=offer)]

    def _dial_end(self, event: AmiEvent) -> list[events.Event]:
        call = self._by_channel.get(event.headers.get("Uniqueid", ""))
        if call is None:
            return []
        if call.dialled == _phone_of(event.headers.get("DestChannel", "")):
            call.dialled = ""
        if event.headers.get("DialStatus") != "ANSWER":
            call.rests.clear()
            return []
        if call.outside:
            return [events.TransferAnswered(call=call.id)]
        offer = _offer_of_leg(call, event)
        if call.offer != offer:
            return []
        call.offer, call.held = None, False
        self._connected(call, event.headers.get("DestUniqueid", ""))
        if call.adopted:
            return [events.ConversationFound(call=call.id, offer=offer, agent=self.agent_of(call.phone))]
        return [events.OfferAnswered(offer=offer)]

    def _connected(self, call: LineCall, leg: str) -> None:
        self._parted(call)
        call.leg, call.hung_up_by = leg, ""
        self._by_channel[leg] = call

    def _parted(self, call: LineCall) -> None:
        if call.leg is not None:
            self._by_channel.pop(call.leg, None)
            call.leg = None

    def _hangup_asked(self, event: AmiEvent) -> list[events.Event]:
        channel = event.headers.get("Uniqueid", "")
        call = self._by_channel.get(channel)
        if call is None:
            return []
        if not call.hung_up_by:
            call.hung_up_by = "caller" if channel == call.channel else "agent"
        if channel != call.leg:
            return []
        # The agent's phone has hung up (BYE): it is free now, while the exchange still takes the bridge down, which
        # under load is some 8 ms later (p95). What ends a call of which this never comes is Hangup.
        return [self.left_by_agent(call, call.hung_up_by)]

    def _hangup(self, event: AmiEvent) -> list[events.Event]:
        channel = event.headers.get("Uniqueid", "")
        self._parting.pop(channel, None)
        call = self._by_channel.get(channel)
        if call is None:
            if event.variables.get(dialplan.ID):
                self._ended_unknown.append(channel)
            return []
        if channel == call.channel:
            if call.held and call.leg is not None:
                self.left_alone.append(call.leg)
            self.forget(call)
            if call.recording is not None:
                return [*self._message_of(call), events.CallerHungUp(call=call.id)]
            gone = events.CallerHungUp(call=call.id)
            if call.talking:
                # The centre may have given the offer up before it heard of the answer: to it the caller waits still.
                return [events.ConversationEnded(call=call.id, by=call.hung_up_by or "caller"), gone]
            return [gone]
        return [self.left_by_agent(call, call.hung_up_by or "agent")]

    def left_by_agent(self, call: LineCall, by: str) -> events.ConversationEnded:
        """The agent's leg is over; the caller's is not, or not yet."""
        self._parted(call)
        call.served = by == "agent"
        # On the way to the engine; but nobody brings a held caller there.
        call.fetched = call.served and call.comes_back and not call.held
        return events.ConversationEnded(call=call.id, by=by, caller_there=call.served)

    def _message_of(self, call: LineCall) -> Iterator[events.MessageTaken]:
        """What a caller who hung up in the midst of a message left: the file is complete when the channel is gone."""
        if call.recording is not None:
            order, call.recording = call.recording, None
            length_ms = self._length_ms(order.message)
            yield events.MessageTaken(call=call.id, step=order.step, length_ms=length_ms, hung_up=True)

    def _phone_hold(self, event: AmiEvent) -> list[events.Event]:
        channel = event.headers.get("Uniqueid", "")
        call = self._by_channel.get(channel)
        if call is None or channel != call.leg:
            return []
        if event.name == "Hold":
            return [events.CallHeld(call=call.id)]
        return [events.CallRetrieved(call=call.id)]


def _phone_of(channel: str) -> str:
    """The phone of a channel with this name."""
    return channel.rpartition("-")[0]


def _offer_of_leg(call: LineCall, event: AmiEvent) -> str:
    return dialplan.offer_name(call.id, event.variables_of("Dest").get(dialplan.OFFER, ""))


def _presented_by(caller: AmiEvent) -> tuple[str, str]:
    """A caller's number and name as shown."""
    number, name = caller.headers.get("CallerIDNum", ""), unescaped(caller.headers.get("CallerIDName", ""))
    return _presented(number), _presented(name)


def _presented(text: str) -> str:
    """A caller's number or name as shown; events say ``<unknown>`` where there is none."""
    return "" if text == "<unknown>" else text
