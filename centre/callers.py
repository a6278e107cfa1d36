"""What callers and their lines tell a centre."""

from __future__ import annotations

from acd import events as acd_events
from acd.effects import Exit
from centre import events
from centre.agents import after_over, conversation_over, found_talking, goes_on
from centre.callbacks import open_wish
from centre.calls import Call, CallRecord, Message, Outcome, Phase
from centre.effects import (
    CallChanged,
    CallOutside,
    Effect,
    FindCustomer,
    HangUp,
    LookUpCustomer,
    SendReply,
    TakeMessage,
)
from centre.routing import advance, comes_back, in_flow, join_queue, moved, note_exit, put_in_queue, route, wait_on
from centre.state import State
from ivr import engine as ivr
from ivr import messages as ivr_messages
from ivr.flow import Queue
from ivr.recordings import Record, Voicemail
from ivr.records import replace
from ivr.session import Session


def call_arrived(state: State, event: events.CallArrived) -> list[Effect]:
    known = state.calls.get(event.call)
    if known is not None and known.phase is Phase.TALKING:
        # The caller is there without the agent, who hung up where no engine saw it.
        if comes_back(state, known):
            return goes_on(state, known, "agent")
        return [*conversation_over(state, known, "agent"), HangUp(call=event.call)]
    if known is not None:
        return _asked_again(state, known) or _waits_again(known) or _let_go_again(known)
    flow = state.setup.flows[state.setup.entry]
    nodes: list[str] = []
    session, wanted = ivr.start(
        flow,
        state.now,
        call=event.call,
        number=event.number,
        dialled=event.dialled,
        pace=state.pace_of(event.number),
        trace=nodes,
    )
    call = state.admit(
        session,
        CallRecord(
            call=event.call,
            line=event.line,
            number=event.number,
            name=event.name,
            dialled=event.dialled,
            language=session.language,
            arrived_at=state.now if event.arrived_at is None else event.arrived_at,
            flow=flow.id,
            nodes=tuple(nodes),
        ),
    )
    return [*_greeted(call), *in_flow(state, call, wanted)]


def call_adopted(state: State, event: events.CallAdopted) -> list[Effect]:
    known = state.calls.get(event.call)
    if known is not None:
        return _waits_after_all(state, known, event) or _asked_again(state, known) or _let_go_again(known)
    if state.is_over(event.call):
        # The customer's end, or answer, was not heard of in time: one callback is one record, and not a new caller.
        return [HangUp(call=event.call)]
    found = _place_in(state, state.setup.entry, event)
    if found is not None:
        return _admitted(state, event, found)
    # The rules of today know no such queue: the caller is asked again, and has waited all the same.
    flow = state.setup.flows[state.setup.entry]
    nodes: list[str] = []
    session, wanted = ivr.start(
        flow, state.now, call=event.call, number=event.number, pace=state.pace_of(event.number), trace=nodes
    )
    call = state.admit(session, _adopted_record(state, event, session, tuple(nodes)))
    return [*_greeted(call), *in_flow(state, call, wanted)]


def _place_in(state: State, flow: str, event: events.CallAdopted) -> Session | None:
    """The session of a caller whom the line says to wait, in this flow; None where it has no such queue."""
    return ivr.adopt(
        state.setup.flows[flow],
        event.queue,
        call=event.call,
        number=event.number,
        language=event.language,
        needs=event.needs,
        priority=event.priority,
        pace=state.pace_of(event.number),
    )


def _admitted(state: State, event: events.CallAdopted, found: Session) -> list[Effect]:
    call = state.admit(found, _adopted_record(state, event, found, (found.node,)))
    return [*_greeted(call), *_joined(state, call, event)]


def _adopted_record(state: State, event: events.CallAdopted, session: Session, nodes: tuple[str, ...]) -> CallRecord:
    return CallRecord(
        call=event.call,
        line=event.line,
        number=event.number,
        name=event.name,
        dialled="",
        language=session.language,
        arrived_at=event.arrived_at,
        queued_at=event.waiting_since if event.queue else None,
        flow=state.setup.flows[session.flow].id,
        nodes=nodes,
    )


def _joined(state: State, call: Call, event: events.CallAdopted) -> list[Effect]:
    assert call.session.waiting_in is not None
    join = ivr_messages.JoinQueue(
        queue=call.session.waiting_in,
        needs=event.needs,
        priority=event.priority,
        language=call.session.language,
    )
    return join_queue(state, call, join)


def _waits_after_all(state: State, call: Call, event: events.CallAdopted) -> list[Effect]:
    """The line remembers a wait of which the centre knows nothing: the end of the journal was lost, with the caller's
    last answer in the menu. The caller is not asked again, and keeps the place."""
    if call.phase is not Phase.MENU or call.record.queued_at is not None:
        return []
    found = _place_in(state, call.session.flow, event)
    return [] if found is None else _rejoined(state, call, event, found)


def _rejoined(state: State, call: Call, event: events.CallAdopted, found: Session) -> list[Effect]:
    session, since = call.session, call.record.queued_at
    call.session = replace(
        found, attributes=session.attributes, path=session.path, entries=session.entries, pace=session.pace
    )
    call.asked = None
    call.record = replace(
        call.record, queued_at=event.waiting_since if since is None else since, language=found.language
    )
    return _joined(state, call, event)


def conversation_found(state: State, event: events.ConversationFound) -> list[Effect]:
    return [*_waited_before(state, event), *found_talking(state, event)]


def _waited_before(state: State, event: events.ConversationFound) -> list[Effect]:
    """Who talks has waited, whatever the centre knows of it: where the end of the journal was lost, nothing, or that
    the caller is in the menu still. Where the rules of today have no such queue, any will do: nobody parts the two."""
    call, adopted = state.calls.get(event.call), event.adopted
    if adopted is None or not adopted.queue or not (call is None or call.phase is Phase.MENU):
        return []
    flow = state.setup.entry if call is None else call.session.flow
    found = _place_in(state, flow, adopted)
    if found is None:
        queues = (node.queue for node in state.setup.flows[flow].nodes.values() if isinstance(node, Queue))
        found = _place_in(state, flow, replace(adopted, queue=next(queues, "")))
    if found is None:
        return []
    return _admitted(state, adopted, found) if call is None else _rejoined(state, call, adopted, found)


def _asked_again(state: State, call: Call) -> list[Effect]:
    """The line has lost its place: a question is asked again; what is heard while waiting is not, music follows."""
    if call.asked is None:
        return []
    if call.phase is Phase.WAITING:
        return wait_on(state, call)
    return [call.asked] if call.phase in (Phase.MENU, Phase.AFTER) else []


def _waits_again(call: Call) -> list[Effect]:
    """A line that has lost its place asks what to do with a caller who is to wait."""
    waits = call.phase in (Phase.WAITING, Phase.OFFERED) and call.caller_there
    return [replace(call.waits, prompts=())] if waits and call.waits is not None else []


def _let_go_again(call: Call) -> list[Effect]:
    """The flow had ended, and nobody has carried that out."""
    is_over = call.session.ended and call.phase in (Phase.MENU, Phase.AFTER)
    return [HangUp(call=call.record.call)] if is_over else []


def _greeted(call: Call) -> list[Effect]:
    record = call.record
    changed: list[Effect] = [CallChanged(call=record.call)]
    return [*changed, FindCustomer(call=record.call, number=record.number)] if record.number else changed


def prompt_ended(state: State, event: events.PromptEnded) -> list[Effect]:
    return _in_menu(state, event.call, ivr_messages.Spoken(step=event.step))


def keys_entered(state: State, event: events.KeysEntered) -> list[Effect]:
    return _in_menu(state, event.call, ivr_messages.Entered(step=event.step, keys=event.keys, end=event.end))


def data_fetched(state: State, event: events.DataFetched) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is not None and isinstance(call.asked, LookUpCustomer) and call.asked.step == event.step:
        call.record = replace(call.record, customer=event.values)
    return _in_menu(state, event.call, ivr_messages.Fetched(step=event.step, values=event.values))


def data_failed(state: State, event: events.DataFailed) -> list[Effect]:
    return _in_menu(state, event.call, ivr_messages.FetchFailed(step=event.step, why=event.why))


def _in_menu(state: State, call_id: str, event: ivr_messages.Event) -> list[Effect]:
    call = state.calls.get(call_id)
    if call is None or call.phase not in (Phase.MENU, Phase.WAITING, Phase.AFTER):
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
            outcome = call.ending
            if call.session.ended:
                by = by if lost else "centre"
            elif outcome is Outcome.SELF_SERVED:
                outcome = Outcome.LEFT_IN_MENU
            if call.record.callback:
                outcome = Outcome.CALLBACK
            elif lost:
                outcome = Outcome.LOST
            return [*state.end(call, outcome, by), *open_wish(state, call)]
        case Phase.CALLBACK | Phase.DIALLING | Phase.WRAP_UP:
            return []  # nobody is there who could go: the line answers for a customer by CustomerFailed
        case Phase.OFFERED if not call.caller_there:
            return []
        case Phase.WAITING | Phase.OFFERED:
            if lost:
                routed = route(state, acd_events.CallLeft(call=call.record.call, why=Exit.LOST))
                return [*routed, *state.end(call, Outcome.LOST, by), *open_wish(state, call)]
            routed = route(state, acd_events.CallAbandoned(call=call.record.call))
            return [*routed, *state.end(call, Outcome.ABANDONED, by), *open_wish(state, call)]
        case Phase.TALKING:
            return conversation_over(state, call, by)
        case Phase.AFTER:
            return after_over(state, call)
        case Phase.OUTSIDE:
            return state.end(call, Outcome.TRANSFERRED, by)


def caller_pressed_exit(state: State, event: events.CallerPressedExit) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase is not Phase.WAITING:
        return []
    return advance(state, call, ivr_messages.KeyPressed(key=event.key))


def call_withdrawn(state: State, event: events.CallWithdrawn) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or call.phase not in (Phase.WAITING, Phase.OFFERED, Phase.CALLBACK, Phase.DIALLING):
        return []
    if not event.queue:
        return route(state, acd_events.CallLeft(call=event.call, why=Exit.WITHDRAWN))
    here = call.record.queue
    if here is None or event.queue not in state.queues or event.queue == here:
        return []
    note_exit(state, call, here, Exit.WITHDRAWN)
    return [*moved(call, event.queue), *put_in_queue(state, call, event.queue)]


def message_taken(state: State, event: events.MessageTaken) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or not isinstance(call.asked, TakeMessage) or call.asked.step != event.step:
        return []
    node = state.setup.flows[call.session.flow].nodes[call.session.node]
    if isinstance(node, Voicemail | Record) and event.length_ms >= node.shortest_ms:
        asked = call.asked
        taken = Message(message=asked.message, at=state.now, length_ms=event.length_ms, into=asked.into)
        call.record = replace(call.record, messages=(*call.record.messages, taken))
        call.ending = Outcome.VOICEMAIL if isinstance(node, Voicemail) else call.ending
    if event.hung_up:
        return []
    return advance(state, call, ivr_messages.MessageTaken(step=event.step, length_ms=event.length_ms))


def transfer_answered(state: State, event: events.TransferAnswered) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or not isinstance(call.asked, CallOutside):
        return []
    step = call.asked.step
    _note_transfer(call, "answered")
    call.phase = Phase.OUTSIDE
    return advance(state, call, ivr_messages.TransferEnded(step=step, answered=True))


def transfer_failed(state: State, event: events.TransferFailed) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None or not isinstance(call.asked, CallOutside):
        return []
    step = call.asked.step
    _note_transfer(call, event.why)
    call.ending = Outcome.TRANSFER_FAILED
    return advance(state, call, ivr_messages.TransferEnded(step=step, answered=False))


def _note_transfer(call: Call, how: str) -> None:
    *before, last = call.record.transfers
    call.record = replace(call.record, transfers=(*before, replace(last, how=how)))


def reply_ready(state: State, event: events.ReplyReady) -> list[Effect]:
    first = state.replies.first(event.call, event.request, event.reply, state.now)
    return [SendReply(call=event.call, request=event.request, instead="" if first == event.reply else first)]


def line_synchronised(state: State, event: events.LineSynchronised) -> list[Effect]:
    there = set(event.calls)
    gone = [call for call in state.calls.values() if call.record.line == event.line and call.record.call not in there]
    is_the_same = event.exchange != "" and event.exchange == state.exchanges.get(event.line)
    if event.exchange:
        state.exchanges[event.line] = event.exchange
    effects: list[Effect] = []
    for call in gone:
        effects += _caller_gone(state, call, by="line", lost=not is_the_same)
    return effects


def customer_found(state: State, event: events.CustomerFound) -> list[Effect]:
    call = state.calls.get(event.call)
    if call is None:
        return []
    call.record = replace(call.record, customer=event.customer)
    return [CallChanged(call=event.call)]
