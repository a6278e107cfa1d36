"""What callers and their lines tell a centre."""

from __future__ import annotations

from dataclasses import replace

from acd import events as acd_events
from acd.effects import Exit
from centre import events
from centre.agents import conversation_over
from centre.calls import Call, CallRecord, Outcome, Phase
from centre.effects import CallChanged, Effect, FindCustomer
from centre.routing import advance, in_flow, join_queue, route
from centre.state import State
from ivr import engine as ivr
from ivr import messages as ivr_messages


def call_arrived(state: State, event: events.CallArrived) -> list[Effect]:
    known = state.calls.get(event.call)
    if known is not None:
        return _asked_again(known)
    session, wanted = ivr.start(state.setup.flows[state.setup.entry], state.now)
    call = state.admit(
        session,
        CallRecord(
            call=event.call,
            line=event.line,
            number=event.number,
            name=event.name,
            dialled=event.dialled,
            language=session.language,
            path=(),
            entries=(),
            attributes={},
            customer={},
            arrived_at=state.now if event.arrived_at is None else event.arrived_at,
        ),
    )
    return [*_greeted(call), *in_flow(state, call, wanted)]


def call_adopted(state: State, event: events.CallAdopted) -> list[Effect]:
    known = state.calls.get(event.call)
    if known is not None:
        return _asked_again(known)
    flow = state.setup.flows[state.setup.entry]
    session = ivr.adopt(flow, event.queue, language=event.language, needs=event.needs, priority=event.priority)
    wanted: list[ivr_messages.Effect] = []
    if session is None:
        session, wanted = ivr.start(flow, state.now)
    call = state.admit(
        session,
        CallRecord(
            call=event.call,
            line=event.line,
            number=event.number,
            name=event.name,
            dialled="",
            language=session.language,
            path=(),
            entries=(),
            attributes={},
            customer={},
            arrived_at=event.arrived_at,
            queued_at=event.waiting_since if session.waiting_in else None,
        ),
    )
    if session.waiting_in is None:
        return [*_greeted(call), *in_flow(state, call, wanted)]
    join = ivr_messages.JoinQueue(
        queue=event.queue, needs=event.needs, priority=event.priority, language=session.language
    )
    return [*_greeted(call), *join_queue(state, call, join)]


def _asked_again(call: Call) -> list[Effect]:
    return [call.asked] if call.phase is Phase.MENU and call.asked is not None else []


def _greeted(call: Call) -> list[Effect]:
    record = call.record
    changed: list[Effect] = [CallChanged(call=record.call)]
    return [*changed, FindCustomer(call=record.call, number=record.number)] if record.number else changed


def prompt_ended(state: State, event: events.PromptEnded) -> list[Effect]:
    return _in_menu(state, event.call, ivr_messages.Spoken(step=event.step))


def keys_entered(state: State, event: events.KeysEntered) -> list[Effect]:
    return _in_menu(state, event.call, ivr_messages.Entered(step=event.step, keys=event.keys, end=event.end))


def _in_menu(state: State, call_id: str, event: ivr_messages.Event) -> list[Effect]:
    call = state.calls.get(call_id)
    if call is None or call.phase is not Phase.MENU:
        return []
    return advance(state, call, event)


def caller_hung_up(state: State, event: events.CallerHungUp) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None:
        return []
    return _caller_gone(state, call, by="caller", lost=False)


def _caller_gone(state: State, call: Call, by: str, lost: bool) -> list[Effect]:
    match call.phase:
        case Phase.MENU:
            outcome = Outcome.LEFT_IN_MENU
            if call.session.ended:
                outcome = Outcome.SELF_SERVED if call.record.queued_at is None else Outcome.RELEASED
                by = "centre"
            return state.end(call, Outcome.LOST if lost else outcome, by)
        case Phase.WAITING | Phase.OFFERED:
            if lost:
                routed = route(state, acd_events.CallLeft(call=call.record.call, why=Exit.LOST))
                return [*routed, *state.end(call, Outcome.LOST, by)]
            routed = route(state, acd_events.CallAbandoned(call=call.record.call))
            return [*routed, *state.end(call, Outcome.ABANDONED, by)]
        case Phase.TALKING:
            return conversation_over(state, call, by)
        case Phase.WRAP_UP:
            return []


def caller_pressed_exit(state: State, event: events.CallerPressedExit) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase is not Phase.WAITING:
        return []
    return route(state, acd_events.CallLeft(call=event.call, why=Exit.KEY))


def line_synchronised(state: State, event: events.LineSynchronised) -> list[Effect]:
    there = set(event.calls)
    gone = [call for call in state.calls.values() if call.record.line == event.line and call.record.call not in there]
    effects: list[Effect] = []
    for call in gone:
        effects += _caller_gone(state, call, by="line", lost=True)
    return effects


def customer_found(state: State, event: events.CustomerFound) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None:
        return []
    call.record = replace(call.record, customer=event.customer)
    return [CallChanged(call=event.call)]
