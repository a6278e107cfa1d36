"""What becomes of a wish to be called back, and of the calls by which customers are called back, in the centre's books.

Nothing here asks the routing core; :mod:`centre.callbacks` does.
"""

from __future__ import annotations

from acd.effects import Dial, Exit, Offer
from centre.calls import AttemptRecord, Call, OfferRecord, Outcome, Phase, Wish
from centre.effects import CallChanged, DialCustomer, Effect, HangUp, StopDialling
from centre.recording import recording_of
from centre.state import State
from ivr.messages import AskCallback, CallbackVerdict
from ivr.records import replace

STOPPED = "stopped"
"""How an attempt ended that we gave up."""

_BACK = "-back"
"""How the name of a callback ends; before it stands that of the call in which it was asked for."""

_DROPPED_BY = {Exit.GOT_THROUGH: "caller", Exit.WITHDRAWN: "supervisor"}
_FAILED = (Exit.CALLBACK_FAILED, Exit.TIMEOUT)


def decide(state: State, call: Call, ask: AskCallback) -> CallbackVerdict:
    """Whether the caller will be called back. One callback for each number: who has one in this queue keeps it."""
    rules = state.setup.numbers
    queue = state.queue(ask.queue)
    if rules is None or queue is None or queue.callback is None:
        return CallbackVerdict.REFUSED
    number = rules.dialable(ask.number or call.record.number)
    if number is None:
        return CallbackVerdict.INVALID
    state.forget_callback(call)  # a caller who asks again means the last word
    call.wish, call.record = None, replace(call.record, callback="")
    known = state.callbacks.get(number)
    if known is not None:
        other = state.calls.get(known)
        if other is not None and other.record.queue != ask.queue:
            return CallbackVerdict.REFUSED
        call.record = replace(call.record, callback=known)
        return CallbackVerdict.ACCEPTED
    if state.acd.queue(ask.queue).callbacks >= queue.callback.most:
        return CallbackVerdict.REFUSED
    call.wish = Wish(number=number, queue=ask.queue, not_before=ask.not_before)
    call.record = replace(call.record, callback=call.record.call + _BACK)
    state.callbacks[number] = call.record.callback
    return CallbackVerdict.ACCEPTED


def is_callback(call: str) -> bool:
    """Whether this is the name of a call by which a customer is called back."""
    return call.endswith(_BACK)


def begin_offer(state: State, call: Call, offer: Offer | Dial) -> None:
    """An agent is kept for the call from now on."""
    state.offers[offer.offer] = offer.call
    call.offers.append(offer.offer)
    made = OfferRecord(offer=offer.offer, agent=offer.agent, offered_at=state.now)
    call.record = replace(call.record, offers=(*call.record.offers, made))


def dialled(state: State, dial: Dial) -> list[Effect]:
    """The customer is dialled."""
    call = state.calls[dial.call]
    call.phase = Phase.DIALLING
    if dial.offer not in state.offers:
        begin_offer(state, call, dial)
    record = call.record = replace(call.record, attempts=(*call.record.attempts, AttemptRecord(dialled_at=state.now)))
    order = DialCustomer(
        call=record.call,
        offer=dial.offer,
        agent=dial.agent,
        number=record.number,
        ring_ms=dial.ring_ms,
        queue=dial.queue,
        waiting_since=state.now if record.queued_at is None else record.queued_at,
        language=record.language,
        needs=call.session.needs,
        priority=call.session.priority,
        record=recording_of(state, call),
    )
    return [order, CallChanged(call=record.call)]


def note_attempt(state: State, call: Call, how: str) -> None:
    """Notes how the present attempt ended, unless that is known already."""
    *before, last = call.record.attempts
    if last.ended_at is None:
        call.record = replace(call.record, attempts=(*before, replace(last, ended_at=state.now, how=how)))


def dialling_over(state: State, call: Call) -> list[Effect]:
    """The offer of the call is over: the line must not go on dialling."""
    if call.phase is not Phase.DIALLING:
        return []
    note_attempt(state, call, STOPPED)
    return [StopDialling(call=call.record.call)]


def callback_over(state: State, call: Call, why: Exit) -> list[Effect]:
    """The core let a callback go without a conversation."""
    effects: list[Effect] = []
    if call.caller_there:
        effects.append(HangUp(call=call.record.call))
    outcome = Outcome.CALLBACK_FAILED if why in _FAILED else Outcome.CALLBACK_DROPPED
    return [*effects, *state.end(call, outcome, _DROPPED_BY.get(why, "centre"))]
