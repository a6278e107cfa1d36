"""What the exchange's events mean to a centre. No I/O: events in, events out.

Asterisk's events come late, twice or not at all; the one that always comes is Hangup, so it frees an agent and ends a
call that nothing has before, and the others are detail, or only sooner. After every connect the whole list of channels
is compared with what was known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from acd.events import OfferFailure
from centre import events
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent
from cti.asterisk.calls import Calls, phone_of
from cti.asterisk.comparison import Comparison
from cti.asterisk.line_call import LineCall

_FAILURES = {
    "BUSY": OfferFailure.BUSY,
    "NOANSWER": OfferFailure.NO_ANSWER,
    "CHANUNAVAIL": OfferFailure.UNREACHABLE,
    "CONGESTION": OfferFailure.UNREACHABLE,
}
_CALL_REJECTED = "21"
"""Q.850 cause of a phone on which somebody pressed “reject” (SIP 603)."""


class Exchange(Calls):
    """The calls of one Asterisk, and what is told of them."""

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

    def synchronise(
        self, channels: Iterable[AmiEvent], asked_with: Collection[str], life: str = ""
    ) -> list[events.Event]:
        """See :class:`~cti.asterisk.comparison.Comparison`. *life*: which one of the exchange it is."""
        return Comparison(self, life).synchronise(channels, asked_with)

    def ended_before(self, channels: Iterable[AmiEvent], unread: Iterable[AmiEvent]) -> None:
        """Callers whose end is among the events that are *unread* still, and who are not in the list of all *channels*
        any more, were over before it. What these events say of them before that is older than the list, too."""
        there = {channel.headers.get("Uniqueid", "") for channel in channels}
        for event in unread:
            channel = event.headers.get("Uniqueid", "")
            if event.name == "Hangup" and event.variables.get(dialplan.ID) and channel not in there:
                self.ended_unknown(channel)

    def _user_event(self, event: AmiEvent) -> list[events.Event]:
        cc_id = event.variables.get(dialplan.ID)
        if not cc_id:
            return []
        call = self.calls.get(self.name(cc_id))
        match event.headers.get("UserEvent"):
            case dialplan.WAITING:
                known, channel = call is not None, event.headers.get("Uniqueid", "")
                if not known and (self.has_ended(channel) or channel in self._parting):
                    return []
                call = self.admit(self.name(cc_id), channel)
                self.waits(call, event)
                if event.headers.get("Reason") == dialplan.CALLED_BACK:
                    return [events.CustomerAnswered(call=call.id)]
                if known and event.headers.get("Reason") != dialplan.ALONE:
                    return []
                if call.sent_off:
                    # The way led to no session of ours: Asterisk could not connect, say, or there were too many. Before
                    # it was sent off, this is only the old news of a caller who was in the list as well.
                    call.fetched = call.sent_off = False
                call.out_of_menu()
                return [self.adopted(call, event)]
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
        call = self.on(channel)
        if call is None or channel != call.channel:
            return []
        if call.in_menu or call.fetched:
            call.keypad.told(key)
        elif event.headers.get("Context") == dialplan.MENU and key in call.keys:
            return [events.CallerPressedExit(call=call.id, key=key)]
        return []

    def _dial_begun(self, event: AmiEvent) -> None:
        call = self.on(event.headers.get("Uniqueid", ""))
        if call is not None:
            call.rests.set()

    def _dial_state(self, event: AmiEvent) -> list[events.Event]:
        call = self.on(event.headers.get("Uniqueid", ""))
        if call is None or event.headers.get("DialStatus") not in ("RINGING", "PROGRESS"):
            return []
        offer = _offer_of_leg(call, event)
        if call.offer != offer:
            return []
        call.rang = True
        return [events.OfferRinging(offer=offer)]

    def _dial_end(self, event: AmiEvent) -> list[events.Event]:
        call = self.on(event.headers.get("Uniqueid", ""))
        if call is None:
            return []
        offer = _offer_of_leg(call, event)
        if call.dialled == phone_of(event.headers.get("DestChannel", "")) and offer in ("", call.dialled_by):
            call.dialled = ""
        if event.headers.get("DialStatus") != "ANSWER":
            call.rests.clear()
            return []
        if call.outside:
            return [events.TransferAnswered(call=call.id)]
        if call.offer != offer:
            return []
        call.offer, call.held = None, False
        self.connected(call, event.headers.get("DestUniqueid", ""), offer)
        if call.adopted:
            return [events.ConversationFound(call=call.id, offer=offer, agent=self.agent_of(call.phone))]
        return [events.OfferAnswered(offer=offer)]

    def _hangup_asked(self, event: AmiEvent) -> list[events.Event]:
        channel = event.headers.get("Uniqueid", "")
        call = self.on(channel)
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
        self.parting_over(channel)
        call = self.on(channel)
        if call is None:
            if event.variables.get(dialplan.ID):
                self.ended_unknown(channel)
            return []
        if channel == call.channel:
            if call.held and call.leg is not None:
                self.left_alone.append(call.leg)
            self.forget(call)
            if call.recording is not None:
                return [*self.message_of(call), events.CallerHungUp(call=call.id)]
            gone = events.CallerHungUp(call=call.id)
            if call.talking:
                # The centre may have given the offer up before it heard of the answer: to it the caller waits still.
                return [events.ConversationEnded(call=call.id, by=call.hung_up_by or "caller"), gone]
            return [gone]
        return [self.left_by_agent(call, call.hung_up_by or "agent")]

    def _phone_hold(self, event: AmiEvent) -> list[events.Event]:
        channel = event.headers.get("Uniqueid", "")
        call = self.on(channel)
        if call is None or channel != call.leg:
            return []
        if event.name == "Hold":
            return [events.CallHeld(call=call.id)]
        return [events.CallRetrieved(call=call.id)]


def _offer_of_leg(call: LineCall, event: AmiEvent) -> str:
    return dialplan.offer_name(call.id, event.variables_of("Dest").get(dialplan.OFFER, ""))
