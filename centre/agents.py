"""What agents, their phones and their desks tell a centre."""

from __future__ import annotations

from acd import events as acd_events
from centre import events
from centre.calls import Call, OfferRecord, Outcome, Phase
from centre.effects import (
    CallChanged,
    CallEnded,
    Effect,
    EndConversation,
    HangUp,
    Hold,
    PickUp,
    Retrieve,
    StopRinging,
    WrapUpClosed,
)
from centre.routing import advance, comes_back, route
from centre.state import State, noted_offer
from ivr.messages import ConversationOver
from ivr.records import replace


def offer_ringing(state: State, event: events.OfferRinging) -> list[Effect]:
    call = state.offered(event.offer)
    if call is None:
        return []
    call.record = noted_offer(call.record, event.offer, ringing_at=state.now)
    return [CallChanged(call=call.record.call)]


def offer_answered(state: State, event: events.OfferAnswered) -> list[Effect]:
    if state.offered(event.offer) is None:
        return []
    return route(state, acd_events.OfferAnswered(offer=event.offer))


def found_talking(state: State, event: events.ConversationFound) -> list[Effect]:
    if state.offered(event.offer) is not None:
        return route(state, acd_events.OfferAnswered(offer=event.offer))
    call = state.calls.get(event.call)
    if call is None or call.phase not in (Phase.WAITING, Phase.OFFERED):
        return []
    given_up = next((one.agent for one in call.record.offers if one.offer == event.offer), "")
    agent = event.agent or given_up
    if not given_up and agent in state.agents:
        unknown = OfferRecord(offer=event.offer, agent=agent, offered_at=state.now)
        call.record = replace(call.record, offers=(*call.record.offers, unknown))
    if not agent:
        return []
    return route(state, acd_events.ConversationFound(offer=event.offer, call=event.call, agent=agent))


def offers_found(state: State, event: events.OffersFound) -> list[Effect]:
    known = frozenset(event.offers)
    lost = tuple(
        offer
        for call in state.calls.values()
        if call.phase is Phase.OFFERED and call.caller_there and call.record.line == event.line
        for offer in call.offers
        if offer not in known
    )
    return route(state, acd_events.OffersLost(offers=lost)) if lost else []


def offer_failed(state: State, event: events.OfferFailed) -> list[Effect]:
    if state.offered(event.offer) is None:
        return []
    return route(state, acd_events.OfferFailed(offer=event.offer, why=event.why))


def conversation_ended(state: State, event: events.ConversationEnded) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase is not Phase.TALKING:
        return []
    if not (event.caller_there and comes_back(state, call)):
        return conversation_over(state, call, event.by)
    return goes_on(state, call, event.by)


def goes_on(state: State, call: Call, by: str) -> list[Effect]:
    """The conversation is over, and the flow goes on with its caller."""
    _parted(state, call, by)
    call.phase = Phase.AFTER
    # The agent goes first: what is asked of the caller is no business of theirs any more.
    wrap_up = route(state, acd_events.CallFinished(call=call.record.call))
    return [CallChanged(call=call.record.call), *wrap_up, *advance(state, call, ConversationOver())]


def conversation_over(state: State, call: Call, by: str) -> list[Effect]:
    """The conversation is over, and with it the call for its caller."""
    _parted(state, call, by)
    return [*_caller_done(state, call), *route(state, acd_events.CallFinished(call=call.record.call))]


def after_over(state: State, call: Call) -> list[Effect]:
    """The caller is gone who was asked something after the conversation."""
    ended = _caller_done(state, call)
    if call.in_wrap_up:
        return ended
    del state.calls[call.record.call]
    return [*ended, WrapUpClosed(record=call.record)]


def _parted(state: State, call: Call, by: str) -> None:
    """Agent and caller talk no more."""
    state.end_hold(call)
    record = call.record
    talked = state.now - (record.answered_at or state.now) - record.hold_ms
    call.record = replace(record, outcome=Outcome.ANSWERED, ended_by=by, talk_ms=talked)
    call.in_wrap_up = True


def _caller_done(state: State, call: Call) -> list[Effect]:
    call.record = replace(call.record, ended_at=state.now)
    call.phase = Phase.WRAP_UP
    state.ended += 1
    return [CallEnded(record=call.record), CallChanged(call=call.record.call)]


def call_held(state: State, event: events.CallHeld) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase is not Phase.TALKING or call.held:
        return []
    call.held_since = state.now
    return [*route(state, acd_events.CallHeld(call=event.call)), CallChanged(call=event.call)]


def call_retrieved(state: State, event: events.CallRetrieved) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or not call.held:
        return []
    state.end_hold(call)
    return [*route(state, acd_events.CallRetrieved(call=event.call)), CallChanged(call=event.call)]


def offer_accepted(state: State, event: events.OfferAccepted) -> list[Effect]:
    ringing = state.ringing(event.agent)
    if ringing is None:
        return []
    call, offer = ringing
    return [PickUp(call=call, offer=offer, agent=event.agent)]


def offer_declined(state: State, event: events.OfferDeclined) -> list[Effect]:
    ringing = state.ringing(event.agent)
    if ringing is None:
        return []
    call, offer = ringing
    stop = StopRinging(call=call, offer=offer, agent=event.agent)
    return [stop, *route(state, acd_events.OfferFailed(offer=offer, why=event.why))]


def hold_asked(state: State, event: events.HoldAsked) -> list[Effect]:
    call = state.call_of(event.agent, Phase.TALKING)
    return [Hold(call=call.record.call, agent=event.agent)] if call and not call.held else []


def retrieve_asked(state: State, event: events.RetrieveAsked) -> list[Effect]:
    call = state.call_of(event.agent, Phase.TALKING)
    if call is None or not call.held:
        return []
    return [Retrieve(call=call.record.call, agent=event.agent, comes_back=comes_back(state, call))]


def hang_up_asked(state: State, event: events.HangUpAsked) -> list[Effect]:
    call = state.call_of(event.agent, Phase.TALKING)
    if call is None:
        return []
    if comes_back(state, call):
        return [EndConversation(call=call.record.call, agent=event.agent)]
    return [HangUp(call=call.record.call)]


def call_noted(state: State, event: events.CallNoted) -> list[Effect]:
    call = state.call_of(event.agent, Phase.TALKING, Phase.AFTER, Phase.WRAP_UP)
    if call is None:
        return []
    call.record = replace(call.record, disposition=event.disposition, note=event.note)
    return [CallChanged(call=call.record.call)]


def wrap_up_finished(state: State, event: events.WrapUpFinished) -> list[Effect]:
    call = state.call_of(event.agent, Phase.AFTER, Phase.WRAP_UP)
    if call is not None and (event.disposition or event.note):
        call.record = replace(call.record, disposition=event.disposition, note=event.note)
    return route(state, acd_events.WrapUpDone(agent=event.agent))
