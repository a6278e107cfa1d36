"""Between the routing core and the menus: what the core decides moves calls, what a flow asks for goes to the core."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from acd import effects as acd_effects
from acd import events as acd_events
from acd.requirement import ANYBODY, Requirement, both, parse
from centre.calls import NODES_KEPT, Call, Outcome, Phase, QueueExit, TransferRecord
from centre.dialling import begin_offer, callback_over, decide, dialled, dialling_over
from centre.effects import (
    Ask,
    CallChanged,
    CallOutside,
    Effect,
    FetchData,
    HangUp,
    LookUpCustomer,
    Ring,
    Speak,
    StopRinging,
    TakeMessage,
    Wait,
    WrapUpClosed,
)
from centre.state import State, noted_offer
from ivr import engine as ivr
from ivr import messages as ivr_messages

QUEUES_AT_ONCE = 20
"""A call that so many queues in a row would not take, in one instant, goes round in circles: it is let go."""
OVERFLOW = "overflow"
"""What a record says of a queue whose own step sent the call to another one."""


def route(state: State, event: acd_events.Event) -> list[Effect]:
    effects: list[Effect] = []
    released: list[acd_effects.Released] = []
    for effect in state.acd.apply(event, state.now):
        state.metrics.note(effect, state.now)
        state.estimates.note(effect, state.now)
        effects += _routed(state, effect)
        # A call that its line lost has no flow to go on with.
        if isinstance(effect, acd_effects.Released) and effect.why is not acd_effects.Exit.LOST:
            released.append(effect)
    # Only now do released calls go on: their flows may route again, which must not overtake this batch.
    for release in released:
        call = state.calls[release.call]
        if release.callback:
            effects += callback_over(state, call, release.why)
            continue
        call.phase = Phase.MENU
        call.ending = _ENDINGS.get(release.why, Outcome.RELEASED)
        note_exit(state, call, release.queue, release.why)
        key, call.key = call.key, ""
        if sum(left.at == state.now for left in call.record.exits) > QUEUES_AT_ONCE:
            call.session = replace(call.session, ended=True)
            effects.append(HangUp(call=release.call))
        else:
            effects += advance(state, call, ivr_messages.LeftQueue(why=release.why, key=key))
    return effects


_ENDINGS = {
    acd_effects.Exit.TIMEOUT: Outcome.TIMEOUT,
    acd_effects.Exit.FULL: Outcome.FULL,
    acd_effects.Exit.CLOSED: Outcome.CLOSED,
    acd_effects.Exit.NOBODY_STAFFED: Outcome.NOBODY_STAFFED,
    acd_effects.Exit.KEY: Outcome.EXIT_KEY,
    acd_effects.Exit.WITHDRAWN: Outcome.WITHDRAWN,
}


def note_exit(state: State, call: Call, queue: str, why: str) -> None:
    """Writes into the record that the call left ``queue`` without an agent."""
    left = QueueExit(queue=queue, why=why, at=state.now)
    call.record = replace(call.record, exits=(*call.record.exits, left))


def _routed(state: State, effect: acd_effects.Effect) -> list[Effect]:
    match effect:
        case acd_effects.Offer():
            return _offer_made(state, effect)
        case acd_effects.Dial():
            return dialled(state, effect)
        case acd_effects.Withdraw():
            return [StopRinging(call=effect.call, offer=effect.offer, agent=effect.agent)]
        case acd_effects.OfferEnded():
            return _offer_ended(state, effect)
        case acd_effects.Answered():
            call = state.calls[effect.call]
            state.forget_callback(call)
            if call.wish is not None:  # who got through after all need not be called back
                call.wish, call.record = None, replace(call.record, callback="")
            call.record = noted_offer(call.record, effect.offer, ended_at=state.now, how="answered")
            call.record = replace(call.record, answered_at=state.now, agent=effect.agent)
            call.phase = Phase.TALKING
            call.offers.clear()
            state.offers.pop(effect.offer, None)
            return [effect, CallChanged(call=effect.call)]
        case acd_effects.Handled():
            call = state.calls.pop(effect.call)
            call.record = replace(call.record, wrap_up_ms=effect.wrap_up_ms)
            return [effect, WrapUpClosed(record=call.record), CallChanged(call=effect.call)]
        case acd_effects.Queued():
            call = state.calls[effect.call]
            if call.record.queue == effect.queue:
                return [effect]
            if call.record.queue is not None:  # a step of its queue sent it there
                note_exit(state, call, call.record.queue, OVERFLOW)
            return [effect, *moved(call, effect.queue)]
        case acd_effects.Abandoned() | acd_effects.Released() | acd_effects.AgentChanged():
            return [effect]


def moved(call: Call, queue: str) -> list[Effect]:
    """A call that waits goes on waiting in another queue: its line, if it holds the caller, is told, for it remembers
    where the call waits."""
    call.record = replace(call.record, queue=queue)
    changed = CallChanged(call=call.record.call)
    if call.waits is None or not call.caller_there:
        return [changed]
    call.waits = replace(call.waits, queue=queue, prompts=(), values={})
    return [call.waits, changed]


def put_in_queue(
    state: State, call: Call, queue: str, *, preferred: str = "", preferred_ms: int | None = None
) -> list[Effect]:
    """Has the core queue the call; where it waits already, it moves and keeps its place."""
    assert call.record.queued_at is not None
    queued = acd_events.CallQueued(
        call=call.record.call,
        queue=queue,
        waiting_since=call.record.queued_at,
        needs=all_of(call.session.needs),
        priority=call.session.priority,
        caller=state.caller_of(call.record.number),
        preferred=preferred,
        preferred_ms=preferred_ms,
    )
    return route(state, queued)


def _offer_ended(state: State, ended: acd_effects.OfferEnded) -> list[Effect]:
    call = state.offered(ended.offer)
    stop: list[Effect] = []
    if call is not None:
        call.record = noted_offer(call.record, ended.offer, ended_at=state.now, how=ended.how.value)
        stop = dialling_over(state, call)
        call.offers.remove(ended.offer)
        if not call.offers:
            call.phase = Phase.WAITING if call.caller_there else Phase.CALLBACK
    state.offers.pop(ended.offer, None)
    return [ended, *stop, CallChanged(call=ended.call)]


def _offer_made(state: State, offer: acd_effects.Offer) -> list[Effect]:
    call = state.calls[offer.call]
    call.phase = Phase.OFFERED
    if offer.offer not in state.offers:
        begin_offer(state, call, offer)
    ring = Ring(
        call=offer.call,
        offer=offer.offer,
        agent=offer.agent,
        queue=offer.queue,
        ring_ms=offer.ring_ms,
        before_customer=not call.caller_there,
    )
    return [ring, CallChanged(call=offer.call)]


def advance(state: State, call: Call, event: ivr_messages.Event) -> list[Effect]:
    flow = state.setup.flows[call.session.flow]
    before = call.session
    nodes: list[str] = []
    call.session, wanted = ivr.advance(flow, before, event, state.now, trace=nodes)
    if call.session == before:
        return []
    call.asked = None
    session = call.session
    call.record = replace(
        call.record,
        language=session.language,
        path=session.path,
        entries=session.entries,
        attributes=session.attributes,
        nodes=(*call.record.nodes, *nodes)[-NODES_KEPT:],
    )
    return [CallChanged(call=call.record.call), *in_flow(state, call, wanted)]


def in_flow(state: State, call: Call, wanted: Iterable[ivr_messages.Effect]) -> list[Effect]:
    """The flow's effects as orders to the line of the call."""
    orders: list[Effect] = []
    for effect in wanted:
        match effect:
            case ivr_messages.Speak():
                call.asked = Speak(
                    call=call.record.call,
                    step=effect.step,
                    prompts=effect.prompts,
                    values=effect.values,
                    language=effect.language,
                    barge_in=effect.barge_in,
                )
                orders.append(call.asked)
            case ivr_messages.Ask():
                call.asked = Ask(
                    call=call.record.call,
                    step=effect.step,
                    prompts=effect.prompts,
                    values=effect.values,
                    language=effect.language,
                    keys=effect.keys,
                    node=call.session.node,
                )
                orders.append(call.asked)
            case ivr_messages.FetchData():
                call.asked = FetchData(
                    call=call.record.call,
                    step=effect.step,
                    node=call.session.node,
                    url=effect.url,
                    query=effect.query,
                    json=effect.json,
                    secrets=effect.secrets,
                    take=effect.take,
                    timeout_ms=effect.timeout_ms,
                )
                orders.append(call.asked)
            case ivr_messages.LookUpCustomer():
                call.asked = LookUpCustomer(
                    call=call.record.call, step=effect.step, node=call.session.node, number=effect.number
                )
                orders.append(call.asked)
            case ivr_messages.JoinQueue():
                orders += join_queue(state, call, effect)
            case ivr_messages.TakeMessage():
                call.asked = TakeMessage(
                    call=call.record.call,
                    step=effect.step,
                    message=f"{call.record.call}-{effect.step}",
                    prompts=effect.prompts,
                    values=effect.values,
                    language=effect.language,
                    longest_ms=effect.longest_ms,
                    silence_ms=effect.silence_ms,
                )
                orders.append(call.asked)
            case ivr_messages.CallOutside():
                rung = TransferRecord(number=effect.number, at=state.now)
                call.record = replace(call.record, transfers=(*call.record.transfers, rung))
                call.asked = CallOutside(
                    call=call.record.call,
                    step=effect.step,
                    prompts=effect.prompts,
                    values=effect.values,
                    language=effect.language,
                    number=effect.number,
                    ring_ms=effect.ring_ms,
                )
                orders.append(call.asked)
            case ivr_messages.AskCallback():
                verdict = decide(state, call, effect)
                orders += advance(state, call, ivr_messages.CallbackDecided(step=effect.step, verdict=verdict))
            case ivr_messages.Disconnect():
                orders.append(
                    HangUp(
                        call=call.record.call, prompts=effect.prompts, language=effect.language, values=effect.values
                    )
                )
    return orders


def all_of(texts: Iterable[str]) -> Requirement:
    """All of the requirements, which were checked when the site was loaded."""
    needs: Requirement = ANYBODY
    for text in texts:
        needs = both(needs, parse(text))
    return needs


def join_queue(state: State, call: Call, join: ivr_messages.JoinQueue) -> list[Effect]:
    record = call.record
    since = state.now if record.queued_at is None else record.queued_at
    call.record = replace(record, queue=join.queue, queued_at=since)
    call.phase = Phase.WAITING
    call.waits = Wait(
        call=record.call,
        queue=join.queue,
        waiting_since=since,
        language=join.language,
        needs=join.needs,
        priority=join.priority,
        prompts=join.prompts,
        values=join.values,
        keys=join.keys,
    )
    wait = call.waits  # a step of the queue may send it on at once
    if any(agent.id == join.preferred for agent in state.setup.acd.agents):
        routed = put_in_queue(state, call, join.queue, preferred=join.preferred, preferred_ms=join.preferred_ms)
    else:
        routed = put_in_queue(state, call, join.queue)
    # A call that the queue would not take (full) is back in its flow: it never began to wait.
    if any(isinstance(effect, acd_effects.Released) and effect.call == record.call for effect in routed):
        return routed
    return [wait, CallChanged(call=record.call), *routed]
