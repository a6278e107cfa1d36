"""The calls on the exchange by name and by channel: which there are, where each is, and whom it talks to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator

from centre import events
from centre.orders import Ring
from cti.asterisk import dialplan, withheld
from cti.asterisk.ami_messages import AmiEvent, unescaped
from cti.asterisk.keypad import Hearing, Keypad
from cti.asterisk.line_call import LineCall

_UNANSWERED = frozenset({"Down", "Rsrvd", "Dialing", "Ring", "Ringing"})
"""Of the states by ``ast_state2str`` in Asterisk's ``main/channel.c``, those of a leg that is being dialled."""
_STRANGERS_MAX = 1_000
"""So many channels that ended before their calls were known are remembered."""


def _nobody(_phone: str) -> str:
    """The agent of any phone, where none is known."""
    return ""


def _nothing(_message: str) -> int:
    """The length of any message on an exchange that cannot record."""
    return 0


class Calls:
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
        """Legs of agents whose callers are gone, or who are not to call back any more, each with its phone, and of
        customers who are not to be called back now, until they have ended."""
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
            self.parting_over(channel)
        return known

    @property
    def offers(self) -> frozenset[str]:
        """Those for which the exchange rings a phone by Dial, or is about to be told so."""
        offers = {call.offer for call in self.calls.values() if call.offer is not None}
        return frozenset(offers | {call.unsent.offer for call in self.calls.values() if isinstance(call.unsent, Ring)})

    def meet(self, call: str, *, customer: str, agent: str, phone: str) -> None:
        """A customer who was called back talks to the agent, who has this phone: the two channels are a call like any
        other."""
        found = self.admit(call, customer)
        found.rests.set()
        found.held, found.phone = False, phone
        self.connected(found, agent)

    def joined(self, call: LineCall, leg: str, phone: str, offer: str) -> None:
        """One of several phones that rang by legs of their own has been answered, and has the caller."""
        call.offer, call.held, call.phone = None, False, phone
        self.connected(call, leg, offer)

    def on(self, channel: str) -> LineCall | None:
        """The call of which this channel is the caller's or the agent's."""
        return self._by_channel.get(channel)

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

    def ended_unknown(self, channel: str) -> None:
        """A caller's channel was hung up, and no call is known to be on it."""
        self._ended_unknown.append(channel)

    def parts(self, leg: str, phone: str) -> None:
        """A leg has still to end, and with it the ringing of an agent's phone; empty: it is a customer's."""
        self._parting[leg] = phone

    def parting_over(self, leg: str) -> None:
        """A channel has ended: if it was the leg of an agent whose caller was gone before, the phone is free."""
        self._parting.pop(leg, None)

    def parting_only(self, there: Collection[str]) -> None:
        """There are these channels, and no others."""
        self._parting = {leg: phone for leg, phone in self._parting.items() if leg in there}

    def forget(self, call: LineCall) -> None:
        """The call is over."""
        call.menu.put_nowait(None)
        call.rests.set()
        if call.leg is not None:
            self.parts(call.leg, call.phone)
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

    def adopted(self, call: LineCall, caller: AmiEvent) -> events.CallAdopted:
        """The caller on this channel waits: all that the channel itself remembers, for a centre that may not know."""
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

    @staticmethod
    def waits(call: LineCall, caller: AmiEvent) -> None:
        """The caller on this channel has come to the music."""
        call.rests.set()
        call.leaves_menu = call.given_up = False
        call.dialled = ""
        call.number, call.name = _presented_by(caller)

    def connected(self, call: LineCall, leg: str, offer: str = "") -> None:
        """The caller talks to the agent on this leg, who has answered this offer."""
        self.parted(call)
        call.leg, call.answered, call.hung_up_by = leg, offer, ""
        self._by_channel[leg] = call

    def parted(self, call: LineCall) -> None:
        """The caller talks to nobody."""
        if call.leg is not None:
            self._by_channel.pop(call.leg, None)
            call.leg = None

    def left_by_agent(self, call: LineCall, by: str) -> events.ConversationEnded:
        """The agent's leg is over; the caller's is not, or not yet."""
        self.parted(call)
        call.served = by == "agent"
        # On the way to the engine; but nobody brings a held caller there.
        call.fetched = call.served and call.comes_back and not call.held
        return events.ConversationEnded(call=call.id, by=by, caller_there=call.served)

    def message_of(self, call: LineCall) -> Iterator[events.MessageTaken]:
        """What a caller who hung up in the midst of a message left: the file is complete when the channel is gone."""
        if call.recording is not None:
            order, call.recording = call.recording, None
            length_ms = self._length_ms(order.message)
            yield events.MessageTaken(call=call.id, step=order.step, length_ms=length_ms, hung_up=True)


def _presented_by(caller: AmiEvent) -> tuple[str, str]:
    """A caller's number and name as shown."""
    number, name = caller.headers.get("CallerIDNum", ""), unescaped(caller.headers.get("CallerIDName", ""))
    return withheld.told(number), withheld.told(name)


def is_unanswered(channel: AmiEvent) -> bool:
    """Whether nobody has taken up the phone that is rung by this channel, as CoreShowChannels has it."""
    return channel.headers.get("ChannelStateDesc") in _UNANSWERED


def phone_of(channel: str) -> str:
    """The phone of a channel with this name."""
    return channel.rpartition("-")[0]
