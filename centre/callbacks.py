"""Calling customers back: from the end of the call in which it was asked for to the customer's answer."""

from __future__ import annotations

from acd import events as acd_events
from centre import events
from centre.calls import Call, CallRecord, Phase, Wish
from centre.dialling import note_attempt
from centre.effects import CallChanged, Effect, FindCustomer
from centre.routing import all_of, route
from centre.state import State
from ivr.records import replace


def open_wish(state: State, call: Call) -> list[Effect]:
    """The call is over, and its caller is to be called back: the callback takes the place that the call had."""
    wish, asked = call.wish, call.record
    if wish is None:
        return []
    record = CallRecord(
        call=asked.callback,
        line=asked.line,
        number=wish.number,
        name=asked.name,
        dialled=asked.dialled,
        language=asked.language,
        path=asked.path,
        entries=asked.entries,
        attributes=asked.attributes,
        customer=asked.customer,
        arrived_at=asked.arrived_at,
        queue=wish.queue,
        queued_at=wish.not_before or asked.queued_at or state.now,
        asked_by=asked.call,
        booked_at=wish.not_before,
    )
    session = replace(call.session, waiting_in=None, ended=True)
    state.calls[record.call] = Call(record=record, session=session, phase=Phase.CALLBACK, caller_there=False)
    state.called_back += 1
    effects: list[Effect] = [CallChanged(call=record.call)]
    if wish.number != state.caller_of(asked.number):
        effects.append(FindCustomer(call=record.call, number=wish.number))
    return effects + route(
        state,
        acd_events.CallQueued(
            call=record.call,
            queue=wish.queue,
            waiting_since=asked.queued_at or state.now,
            needs=all_of(session.needs),
            priority=session.priority + _booked_points(state, wish),
            caller=wish.number,
            callback=True,
            not_before=wish.not_before,
        ),
    )


def _booked_points(state: State, wish: Wish) -> int:
    queue = state.queue(wish.queue)
    if wish.not_before is None or queue is None or queue.callback is None:
        return 0  # where the configuration has changed meanwhile, the core has the last word
    return queue.callback.booked_priority


def customer_answered(state: State, event: events.CustomerAnswered) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is not None and call.phase is Phase.CALLBACK:
        # Dialled by an engine that could not keep that: to this one nobody was called yet.
        call.caller_there, call.phase = True, Phase.WAITING
        return [CallChanged(call=event.call), *route(state, acd_events.CustomerAnswered(call=event.call))]
    if call is None or call.phase is not Phase.DIALLING:
        return []
    note_attempt(state, call, "answered")
    call.caller_there = True
    # Back to OFFERED or on to TALKING, as the core says now; nothing is left to be given up.
    call.phase = Phase.OFFERED
    return route(state, acd_events.CustomerAnswered(call=event.call))


def customer_failed(state: State, event: events.CustomerFailed) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase is not Phase.DIALLING:
        return []
    note_attempt(state, call, event.why.value)
    return route(state, acd_events.CustomerFailed(call=event.call))
