"""The whole list of channels (CoreShowChannels) compared with what was known of the calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from acd.events import OfferFailure
from centre import events
from centre.dialling import is_callback
from centre.orders import Ring, StopRinging
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent
from cti.asterisk.calls import Calls, is_unanswered, phone_of
from cti.asterisk.line_call import LineCall


class Comparison:
    """Of the calls with the list of channels."""

    def __init__(self, calls: Calls, exchange: str) -> None:
        """*exchange*: which life of it the list is of; empty: not known."""
        self._known = calls
        self._exchange = exchange

    def synchronise(self, channels: Iterable[AmiEvent], asked_with: Collection[str]) -> list[events.Event]:
        """What the whole list of channels (CoreShowChannels) means to a centre that may have missed anything.

        *asked_with*: the calls and the offers that were known when the list was asked for; those of the calls that are
        not in it are over. A call or an offer that has come meanwhile is younger than the list and stays.
        """
        self._known.tells_keys(True)
        channels = list(channels)
        legs = [leg for leg in channels if leg.variables.get(dialplan.CALL)]
        callers = [caller for caller in channels if caller.variables.get(dialplan.ID) and not self._is_dialled(caller)]
        callers.sort(key=lambda caller: caller.variables.get(dialplan.ENTRY, ""))
        found: list[events.Event] = []
        there = self._known.calls.keys() - set(asked_with)
        for caller in callers:
            cc_id = caller.variables[dialplan.ID]
            call = self._known.admit(self._known.name(cc_id), caller.headers.get("Uniqueid", ""))
            there.add(call.id)
            call.rests.set()
            its_legs = [leg for leg in legs if leg.variables[dialplan.CALL] == cc_id]
            waits = caller.headers.get("Context") == dialplan.WAIT and not caller.headers.get("BridgeId")
            if not call.given_up or waits:
                found += self._found(call, caller, its_legs, asked_with)
        for call in [call for call in self._known.calls.values() if call.id not in there]:
            found += self._known.message_of(call)
            self._known.forget(call)
        self._known.parting_only({channel.headers.get("Uniqueid", "") for channel in channels})
        # Answers come first: a centre that was away must hear of them before it gives its old offers up.
        found.sort(key=lambda event: not isinstance(event, events.ConversationFound | events.CustomerAnswered))
        # Once more at the end: an agent may have been in a conversation to the centre that is over by this list only.
        talks = [event for event in found if isinstance(event, events.ConversationFound | events.CallHeld)]
        return [*found, self._synchronised(there), *talks]

    def _is_dialled(self, caller: AmiEvent) -> bool:
        """A customer whose phone rings is nobody on the line yet: the leg is in :mod:`cti.asterisk.callbacks`."""
        return is_callback(self._known.name(caller.variables[dialplan.ID])) and is_unanswered(caller)

    def _synchronised(self, there: Collection[str]) -> events.LineSynchronised:
        return events.LineSynchronised(line=self._known.line, calls=tuple(sorted(there)), exchange=self._exchange)

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
                call.dialled_by = offer
                adopted = self._known.adopted(call, caller)
                if adopted.queue:  # a centre that lost the end of its journal may not know that the caller waits
                    yield adopted
        elif where == dialplan.WAIT:
            yield from self._back(call)
            self._known.waits(call, caller)
            self._known.parted(call)
            if call.unsent is None and call.offer in asked_with:
                call.offer = None
            if offer:
                # A phone that rang while nobody was looking, and was not answered; old news changes nothing.
                yield events.OfferFailed(offer=offer, why=OfferFailure.NO_ANSWER)
            yield self._known.adopted(call, caller)

    def _found_talking(self, call: LineCall, caller: AmiEvent, legs: Collection[AmiEvent]) -> Iterator[events.Event]:
        bridge = caller.headers.get("BridgeId", "")
        was_held, call.held = call.held, not bridge
        # Phones that rang beside the one that was answered may ring still, or just end: nobody was there to stop them.
        answered = [leg for leg in legs if leg.headers.get("ChannelStateDesc") != "Ringing"]
        leg = min(answered, key=lambda leg: leg.headers.get("BridgeId", "") != bridge, default=None)
        if leg is None:
            if call.held:  # the agent has hung up on a held caller
                yield self._known.left_by_agent(call, "agent")
            return
        call.offer = None
        call.phone = phone_of(leg.headers.get("Channel", ""))
        extension, data = caller.headers.get("Exten", ""), leg.headers.get("ApplicationData", "")
        call.comes_back = dialplan.comes_back(extension, data)
        offer = dialplan.offer_name(call.id, leg.variables.get(dialplan.OFFER, ""))
        self._known.connected(call, leg.headers.get("Uniqueid", ""), offer)
        yield from self._back(call)
        adopted = self._known.adopted(call, caller)
        yield events.ConversationFound(
            call=call.id,
            offer=offer,
            agent=self._known.agent_of(call.phone),
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
