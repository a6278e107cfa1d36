"""A call's walk through a flow: ``start`` puts it on the first node, ``advance`` tells it what happened.

Both walk on, node by node, until the call has to be asked, spoken to, queued or let go, and give the next session
with what is to be done. Nothing is changed in place and nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr.flow import (
    Attempts,
    Collect,
    Flow,
    HangUp,
    Hours,
    Menu,
    Queue,
    Say,
    SetLanguage,
    Tag,
    Transfer,
    Voicemail,
)
from ivr.messages import (
    Ask,
    CallOutside,
    Disconnect,
    Effect,
    Entered,
    Entry,
    EntryEnd,
    Event,
    JoinQueue,
    LeftQueue,
    MenuStep,
    MessageTaken,
    Speak,
    Spoken,
    TakeMessage,
    TransferEnded,
    masked,
)
from ivr.session import Session

NODES_PER_EVENT = 200
"""A flow that passes more nodes than this without asking or speaking goes round in circles: the call is let go."""

PATH_MOST = 100
"""Choices kept for the call card, the latest; a caller may press “repeat” all day."""

_DIGITS = frozenset("0123456789")


def start(flow: Flow, at: int) -> tuple[Session, list[Effect]]:
    """The session of a call that enters ``flow`` at ``at`` (Unix milliseconds), and the first effects."""
    session = Session(flow=flow.digest, node=flow.start, language=flow.language)
    return _enter(flow, session, flow.start, at)


def adopt(flow: Flow, queue: str, *, language: str, needs: tuple[str, ...] = (), priority: int = 0) -> Session | None:
    """The session of a call that was found waiting in ``queue`` and whose own session is lost.

    It stands at the flow's first node for that queue, so that it can go on from there when the queue lets it go;
    None where the flow has no such node.
    """
    for name, node in flow.nodes.items():
        if isinstance(node, Queue) and node.queue == queue:
            return Session(
                flow=flow.digest,
                node=name,
                language=language or flow.language,
                waiting_in=queue,
                needs=needs,
                priority=priority,
            )
    return None


def advance(flow: Flow, session: Session, event: Event, at: int) -> tuple[Session, list[Effect]]:
    """What follows from ``event`` at ``at`` (Unix milliseconds).

    An answer to an older question, to a question of another kind, or after the end changes nothing.
    ``ValueError`` when the session belongs to another flow.
    """
    if session.flow != flow.digest:
        raise ValueError(f"the session began with flow {session.flow}, not with {flow.digest} ({flow.id})")
    if session.ended:
        return session, []
    node = flow.nodes[session.node]
    match event, node:
        case LeftQueue(), Queue() if session.waiting_in is not None:
            return _enter(flow, session, node.keys.get(event.key) or node.exits.get(event.why, node.otherwise), at)
        case Spoken(step=step), Say() if step == session.step:
            return _enter(flow, session, node.next, at)
        case Entered(step=step), Menu() if step == session.step:
            return _chosen(flow, session, node, event, at)
        case Entered(step=step), Collect() if step == session.step:
            return _collected(flow, session, node, event, at)
        case MessageTaken(step=step), Voicemail() if step == session.step:
            return _enter(flow, session, node.next if event.length_ms >= node.shortest_ms else node.otherwise, at)
        case TransferEnded(step=step), Transfer() if step == session.step:
            if event.answered:
                return replace(session, ended=True), []
            return _enter(flow, session, node.otherwise, at)
    return session, []


def _enter(flow: Flow, session: Session, name: str, at: int) -> tuple[Session, list[Effect]]:
    """Walks from the node ``name`` until something has to be done outside."""
    session = replace(session, waiting_in=None)
    for _ in range(NODES_PER_EVENT):
        session = replace(session, node=name, attempt=0)
        node = flow.nodes[name]
        match node:
            case Say():
                session = replace(session, step=session.step + 1)
                speak = Speak(
                    step=session.step,
                    prompts=(node.prompt,),
                    language=session.language,
                    barge_in=node.barge_in,
                )
                return session, [speak]
            case Menu() | Collect():
                return _ask(session, node)
            case Queue():
                session = replace(session, waiting_in=node.queue)
                join = JoinQueue(
                    queue=node.queue,
                    needs=session.needs,
                    priority=session.priority,
                    language=session.language,
                    prompts=_some(node.prompt),
                    keys="".join(node.keys),
                )
                return session, [join]
            case Voicemail():
                session = replace(session, step=session.step + 1)
                take = TakeMessage(
                    step=session.step,
                    prompts=(node.prompt,),
                    language=session.language,
                    longest_ms=node.longest_ms,
                    silence_ms=node.silence_ms,
                )
                return session, [take]
            case Transfer():
                session = replace(session, step=session.step + 1)
                outside = CallOutside(
                    step=session.step,
                    prompts=_some(node.prompt),
                    language=session.language,
                    number=node.number,
                    ring_ms=node.ring_ms,
                )
                return session, [outside]
            case HangUp():
                return _end(session, _some(node.prompt))
            case SetLanguage():
                session, name = _speak_language(session, node), node.next
            case Tag():
                session, name = _tag(session, node), node.next
            case Hours():
                name = node.open if node.calendar.is_open(at) else node.closed
    return _end(session, ())


def _ask(session: Session, node: Menu | Collect, before: str | None = None) -> tuple[Session, list[Effect]]:
    """Asks the node's question, ``before`` spoken first."""
    session = replace(session, step=session.step + 1)
    keys = node.keys
    if isinstance(node, Menu):  # one key, and any key may be a choice: none of them can end the entry instead
        keys = replace(keys, least=1, most=1, terminator="", sensitive=False)
    ask = Ask(step=session.step, prompts=(*_some(before), node.prompt), language=session.language, keys=keys)
    return session, [ask]


def _chosen(flow: Flow, session: Session, node: Menu, event: Entered, at: int) -> tuple[Session, list[Effect]]:
    choice = node.choices.get(event.keys) if event.end is EntryEnd.KEYS else None
    if choice is None:
        return _again(flow, session, node, event, at)
    path = (*session.path, MenuStep(node=session.node, key=event.keys, label=choice.label))
    return _enter(flow, replace(session, path=path[-PATH_MOST:]), choice.next, at)


def _collected(flow: Flow, session: Session, node: Collect, event: Entered, at: int) -> tuple[Session, list[Effect]]:
    if not _is_whole(node, event):
        return _again(flow, session, node, event, at)
    value = masked(event.keys) if node.keys.sensitive else event.keys
    others = tuple(entry for entry in session.entries if entry.name != node.into)
    entry = Entry(name=node.into, value=value, label=node.label)
    return _enter(flow, replace(session, entries=(*others, entry)), node.next, at)


def _is_whole(node: Collect, event: Entered) -> bool:
    """Whether the keys are what was asked for: digits (dots stand for sensitive ones), as many as allowed."""
    accepted = _DIGITS | set(masked("0")) if node.keys.sensitive else _DIGITS
    return (
        event.end is EntryEnd.KEYS
        and node.keys.least <= len(event.keys) <= node.keys.most
        and accepted.issuperset(event.keys)
    )


def _again(flow: Flow, session: Session, node: Menu | Collect, event: Entered, at: int) -> tuple[Session, list[Effect]]:
    """The caller said nothing, or nothing that fits: asked again, until the attempts are used up."""
    attempts: Attempts = node.attempts
    if session.attempt + 1 >= attempts.most:
        return _enter(flow, session, node.otherwise, at)
    session = replace(session, attempt=session.attempt + 1)
    silent = event.end is EntryEnd.NO_INPUT
    return _ask(session, node, before=attempts.no_input_prompt if silent else attempts.no_match_prompt)


def _speak_language(session: Session, node: SetLanguage) -> Session:
    """The last language chosen counts: what an earlier one needed of an agent is needed no more."""
    kept = tuple(need for need in session.needs if need != session.language_needs)
    return replace(
        session,
        language=node.language,
        language_needs=node.needs,
        needs=_with(kept, node.needs),
    )


def _tag(session: Session, node: Tag) -> Session:
    """A node tags a call once: who goes round through a menu gains no priority by it."""
    if session.node in session.tagged:
        return session
    attributes: Mapping[str, str] = {**session.attributes, **node.attributes}
    return replace(
        session,
        needs=_with(session.needs, node.needs),
        priority=session.priority + node.priority,
        attributes=attributes,
        tagged=(*session.tagged, session.node),
    )


def _end(session: Session, prompts: tuple[str, ...]) -> tuple[Session, list[Effect]]:
    return replace(session, ended=True), [Disconnect(prompts=prompts, language=session.language)]


def _with(needs: tuple[str, ...], need: str | None) -> tuple[str, ...]:
    return needs if need is None or need in needs else (*needs, need)


def _some(prompt: str | None) -> tuple[str, ...]:
    return () if prompt is None else (prompt,)
