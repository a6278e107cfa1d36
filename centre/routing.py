"""Between the routing core and the menus: what the core decides moves calls, what a flow asks for goes to the core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from acd import effects as acd_effects
from acd import events as acd_events
from acd.requirement import ANYBODY, Requirement, both, parse
from centre.asking import order_for
from centre.calls import Call, Outcome, Phase, QueueExit, TransferRecord, further
from centre.dialling import begin_offer, callback_over, decide, dialled, dialling_over
from centre.effects import (
    CallChanged,
    Effect,
    HangUp,
    Ring,
    StopRinging,
    Wait,
    WrapUpClosed,
)
from centre.recording import recording_of
from centre.state import State, noted_offer, noted_offers
from ivr import engine as ivr
from ivr import messages as ivr_messages
from ivr.records import replace
from ivr.session import Session

QUEUES_AT_ONCE = 20
"""A call that so many queues in a row would not take, in one instant, goes round in circles: it is let go."""
OVERFLOW = "overflow"
"""What a record says of a queue whose own step sent the call to another one."""


_STAYED: frozenset[type] = frozenset({acd_effects.OfferEnded, acd_effects.Queued})


def route(state: State, event: acd_events.Event) -> list[Effect]:
    effects: list[Effect] = []
    released: list[acd_effects.Released] = []
    stayed: list[str] = []
    routed: list[Any] = state.acd.apply(event, state.now)
    state.note(routed)
    for effect in routed:
        kind = type(effect)
        follows = _FOLLOWS[kind]
        if follows is None:
            effects.append(effect)
        else:
            effects += follows(state, effect)
        if kind in _STAYED:
            stayed.append(effect.call)
        # A call that its line lost has no flow to go on with.
        elif kind is acd_effects.Released and effect.why is not acd_effects.Exit.LOST:
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
        if sum(left.at == state.now for left in call.record.exits) > QUEUES_AT_ONCE:
            call.session = replace(call.session, ended=True)
            effects.append(HangUp(call=release.call))
        elif release.why is not acd_effects.Exit.KEY:  # which the flow itself wanted: it has gone on already
            effects += advance(state, call, ivr_messages.LeftQueue(why=release.why))
    for name in stayed:
        waiting = state.calls.get(name)
        if waiting is not None and waiting.phase is Phase.WAITING and waiting.cut_off:
            effects += wait_on(state, waiting)
    return effects


_ENDINGS = {
    acd_effects.Exit.TIMEOUT: Outcome.TIMEOUT,
    acd_effects.Exit.FULL: Outcome.FULL,
    acd_effects.Exit.CLOSED: Outcome.CLOSED,
    acd_effects.Exit.NOBODY_STAFFED: Outcome.NOBODY_STAFFED,
    acd_effects.Exit.KEY: Outcome.EXIT_KEY,
    acd_effects.Exit.WITHDRAWN: Outcome.WITHDRAWN,
    acd_effects.Exit.UNKNOWN_AGENT: Outcome.TRANSFER_FAILED,
    acd_effects.Exit.AGENT_AWAY: Outcome.TRANSFER_FAILED,
    acd_effects.Exit.AGENT_BUSY: Outcome.TRANSFER_FAILED,
    acd_effects.Exit.AGENT_UNANSWERED: Outcome.TRANSFER_FAILED,
}


def note_exit(state: State, call: Call, queue: str, why: str) -> None:
    """Writes into the record that the call left ``queue`` without an agent."""
    left = QueueExit(queue=queue, why=why, at=state.now)
    call.record = replace(call.record, exits=(*call.record.exits, left))


def _withdrawn(_: State, effect: acd_effects.Withdraw) -> list[Effect]:
    return [StopRinging(call=effect.call, offer=effect.offer, agent=effect.agent)]


def _answered(state: State, effect: acd_effects.Answered) -> list[Effect]:
    call = state.calls[effect.call]
    state.forget_callback(call)
    if call.wish is not None:  # who got through after all need not be called back
        call.wish, call.record = None, replace(call.record, callback="")
    offers = noted_offers(call.record, effect.offer, ended_at=state.now, how="answered")
    call.record = replace(
        call.record,
        offers=offers,
        answered_at=state.now,
        agent=effect.agent,
        recording=recording_of(state, call),
    )
    call.phase = Phase.TALKING
    call.offers.clear()
    state.offers.pop(effect.offer, None)
    return [effect, CallChanged(call=effect.call)]


def _handled(state: State, effect: acd_effects.Handled) -> list[Effect]:
    call = state.calls[effect.call]
    call.record = replace(call.record, wrap_up_ms=effect.wrap_up_ms)
    call.in_wrap_up = False
    if call.phase is Phase.AFTER:  # the caller is there still
        return [effect, CallChanged(call=effect.call)]
    del state.calls[effect.call]
    return [effect, WrapUpClosed(record=call.record), CallChanged(call=effect.call)]


def _queued(state: State, effect: acd_effects.Queued) -> list[Effect]:
    call = state.calls[effect.call]
    if call.record.queue == effect.queue:
        return [effect]
    if call.record.queue is not None:  # a step of its queue sent it there
        note_exit(state, call, call.record.queue, OVERFLOW)
    return [effect, *moved(call, effect.queue)]


def moved(call: Call, queue: str) -> list[Effect]:
    """A call that waits goes on waiting in another queue: its line, if it holds the caller, is told, for it remembers
    where the call waits."""
    call.record = replace(call.record, queue=queue)
    changed = CallChanged(call=call.record.call)
    if call.waits is None or not call.caller_there:
        return [changed]
    call.waits = replace(call.waits, queue=queue, prompts=(), values={})
    call.cut_off = call.cut_off or call.asked is not None
    return [call.waits, changed]


def put_in_queue(
    state: State,
    call: Call,
    queue: str,
    *,
    preferred: str = "",
    preferred_ms: int | None = None,
    direct_ms: int | None = None,
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
        direct_ms=direct_ms,
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
            call.cut_off = True
    state.offers.pop(ended.offer, None)
    return [ended, *stop, CallChanged(call=ended.call)]


def _offer_made(state: State, offer: acd_effects.Offer) -> list[Effect]:
    call = state.calls[offer.call]
    call.phase = Phase.OFFERED
    call.asked = None  # whatever it was hearing while it waited is cut off
    if offer.offer not in state.offers:
        begin_offer(state, call, offer)
    ring = Ring(
        call=offer.call,
        offer=offer.offer,
        agent=offer.agent,
        queue=offer.queue,
        ring_ms=offer.ring_ms,
        before_customer=not call.caller_there,
        comes_back=comes_back(state, call),
        record=recording_of(state, call),
    )
    return [ring, CallChanged(call=offer.call)]


def comes_back(state: State, call: Call) -> bool:
    """Whether the flow goes on with the caller when the agent hangs up."""
    return ivr.comes_back(state.setup.flows[call.session.flow], call.session)


def advance(state: State, call: Call, event: ivr_messages.Event) -> list[Effect]:
    flow = state.setup.flows[call.session.flow]
    nodes: list[str] = []
    outlook = partial(state.outlook, call)
    session, wanted = ivr.advance(flow, call.session, event, state.now, outlook=outlook, trace=nodes)
    return [] if session == call.session else _went_on(state, call, session, wanted, nodes)


def wait_on(state: State, call: Call) -> list[Effect]:
    """Lets a call that waits hear what its flow has for it meanwhile."""
    call.cut_off = False
    flow = state.setup.flows[call.session.flow]
    nodes: list[str] = []
    outlook = partial(state.outlook, call)
    session, wanted = ivr.wait_on(flow, call.session, state.now, outlook=outlook, trace=nodes)
    return _went_on(state, call, session, wanted, nodes) if wanted else []


def music_over(state: State) -> list[Effect]:
    """Time has passed: flows whose music is over go on."""
    effects: list[Effect] = []
    for call, step in state.music_over():
        effects += advance(state, call, ivr_messages.MusicOver(step=step))
    return effects


def _went_on(
    state: State, call: Call, session: Session, wanted: Iterable[ivr_messages.Effect], nodes: Iterable[str]
) -> list[Effect]:
    call.session, call.asked = session, None
    call.record = replace(
        call.record,
        language=session.language,
        path=session.path,
        entries=session.entries,
        scores=session.scores,
        attributes=session.attributes,
        nodes=further(call.record.nodes, nodes),
    )
    return [CallChanged(call=call.record.call), *in_flow(state, call, wanted)]


def in_flow(state: State, call: Call, wanted: Iterable[ivr_messages.Effect]) -> list[Effect]:
    """The flow's effects as orders to the line of the call."""
    orders: list[Effect] = []
    session = call.session
    for effect in wanted:
        if call.session is not session:
            break  # the effect before has led the flow on already
        match effect:
            case ivr_messages.JoinQueue():
                orders += join_queue(state, call, effect)
            case ivr_messages.LeaveQueue():
                orders += route(state, acd_events.CallLeft(call=call.record.call, why=acd_effects.Exit.KEY))
            case ivr_messages.PlayMusic():
                assert call.waits is not None
                call.waits = replace(call.waits, prompts=(), values={}, keys=effect.keys, node=session.node)
                state.play_music(call, effect.for_ms)
                orders.append(call.waits)
            case ivr_messages.AskCallback():
                verdict = decide(state, call, effect)
                orders += advance(state, call, ivr_messages.CallbackDecided(step=effect.step, verdict=verdict))
            case ivr_messages.AskLimit():
                decided = ivr_messages.LimitDecided(step=effect.step, allowed=state.may_try(effect))
                orders += advance(state, call, decided)
            case ivr_messages.Disconnect():
                said = HangUp(
                    call=call.record.call, prompts=effect.prompts, language=effect.language, values=effect.values
                )
                orders.append(said)
            case _:
                if isinstance(effect, ivr_messages.CallOutside):
                    rung = TransferRecord(number=effect.number, at=state.now)
                    call.record = replace(call.record, transfers=(*call.record.transfers, rung))
                call.asked = order_for(call, effect)
                orders.append(call.asked)
    return orders


@lru_cache(maxsize=1_000)
def all_of(texts: tuple[str, ...]) -> Requirement:
    """All of the requirements, which were checked when the site was loaded. There are few, and to read one is slow."""
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
    )
    wait = call.waits  # a step of the queue may send it on at once
    if join.direct_ms is not None:
        routed = put_in_queue(state, call, join.queue, preferred=join.preferred, direct_ms=join.direct_ms)
    elif join.preferred in state.agents:
        routed = put_in_queue(state, call, join.queue, preferred=join.preferred, preferred_ms=join.preferred_ms)
    else:
        routed = put_in_queue(state, call, join.queue)
    # A call that the queue would not take (full) is back in its flow: it never began to wait.
    for effect in routed:
        if type(effect) is acd_effects.Released and effect.call == record.call:
            return routed
    heard = wait_on(state, call) if call.phase is Phase.WAITING else []
    if any(isinstance(one, Wait) for one in heard):
        return [CallChanged(call=record.call), *routed, *heard]
    return [wait, CallChanged(call=record.call), *routed, *heard]


_FOLLOWS: Mapping[type, Callable[[State, Any], list[Effect]] | None] = {
    acd_effects.Offer: _offer_made,
    acd_effects.Dial: dialled,
    acd_effects.Withdraw: _withdrawn,
    acd_effects.OfferEnded: _offer_ended,
    acd_effects.Answered: _answered,
    acd_effects.Handled: _handled,
    acd_effects.Queued: _queued,
    acd_effects.AgentChanged: None,
    acd_effects.Abandoned: None,
    acd_effects.Released: None,
}
"""What a decision of the core means for its call; None: nothing but that others are told."""
