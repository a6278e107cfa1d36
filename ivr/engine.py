"""A call's walk through a flow: ``start`` puts it on the first node, ``advance`` tells it what happened.

Both walk on, node by node, until the call has to be asked, spoken to, queued or let go, or until another system has
to be asked, and give the next session with what is to be done. Nothing is changed in place and nothing is remembered
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr import callback, data, questions
from ivr.expressions import Value, as_text, evaluate
from ivr.flow import (
    Callback,
    Collect,
    Flow,
    HangUp,
    Hours,
    Menu,
    Node,
    Queue,
    Say,
    SetLanguage,
    Tag,
    Transfer,
    Voicemail,
)
from ivr.logic import Branch, Fetch, Goto, LookUp, Pace, Set, Split
from ivr.messages import (
    CallbackDecided,
    CallOutside,
    Disconnect,
    Effect,
    Entered,
    Event,
    Fetched,
    FetchFailed,
    JoinQueue,
    LeftQueue,
    MessageTaken,
    Speak,
    SpeakingEffect,
    Spoken,
    TakeMessage,
    TransferEnded,
)
from ivr.questions import Onward
from ivr.session import Session

NODES_PER_EVENT = 200
"""A flow that passes more nodes than this without asking or speaking goes round in circles: the call is let go."""

CALLER_NUMBER, DIALLED, LEFT_QUEUE, LANGUAGE = "caller_number", "dialled", "left_queue", "language"
GIVEN = (CALLER_NUMBER, DIALLED, LEFT_QUEUE, LANGUAGE)
"""Variables that every flow can read: who calls, what was dialled, why the call left its last queue, the language."""


def start(
    flow: Flow, at: int, *, call: str = "", number: str = "", dialled: str = "", trace: list[str] | None = None
) -> tuple[Session, list[Effect]]:
    """The session of a call that enters ``flow`` at ``at`` (Unix milliseconds), and the first effects.

    ``trace`` takes down every node that the call comes to, here as in :func:`advance`.
    """
    session = Session(
        flow=flow.digest,
        node=flow.start,
        language=flow.language,
        call=call,
        variables=_at_first(flow, number, dialled),
    )
    return _walk(flow, session, flow.start, at, trace)


def adopt(
    flow: Flow, queue: str, *, call: str, number: str, language: str, needs: tuple[str, ...] = (), priority: int = 0
) -> Session | None:
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
                call=call,
                waiting_in=queue,
                needs=needs,
                priority=priority,
                variables=_at_first(flow, number, ""),
            )
    return None


def advance(
    flow: Flow, session: Session, event: Event, at: int, *, trace: list[str] | None = None
) -> tuple[Session, list[Effect]]:
    """What follows from ``event`` at ``at`` (Unix milliseconds).

    An answer to an older question, to a question of another kind, or after the end changes nothing.
    ``ValueError`` when the session belongs to another flow.
    """
    if session.flow != flow.digest:
        raise ValueError(f"the session began with flow {session.flow}, not with {flow.digest} ({flow.id})")
    if session.ended or (not isinstance(event, LeftQueue) and event.step != session.step):
        return session, []
    session, onward = _followed(session, flow.nodes[session.node], event, at)
    if isinstance(onward, list):
        return session, _with_values(flow, session, onward)
    return _walk(flow, session, onward, at, trace)


def _followed(session: Session, node: Node, event: Event, at: int) -> tuple[Session, Onward]:
    """What the answer to the question of ``node`` leads to; nothing where it is none."""
    onward: Onward = []
    match event, node:
        case LeftQueue(why=why), Queue() if session.waiting_in is not None:
            session = replace(session, variables={**session.variables, LEFT_QUEUE: why})
            onward = node.keys.get(event.key) or node.exits.get(why, node.otherwise)
        case Spoken(), Say():
            onward = node.next
        case Entered(), Menu() | Collect():
            session, onward = questions.answered(session, node, event)
        case Entered(), Callback():
            session, onward = callback.answered(session, node, event, at)
        case CallbackDecided(), Callback():
            session, onward = callback.decided(session, node, event)
        case MessageTaken(length_ms=length_ms), Voicemail():
            onward = node.next if length_ms >= node.shortest_ms else node.otherwise
        case TransferEnded(answered=answered), Transfer():
            session, onward = (replace(session, ended=True), []) if answered else (session, node.otherwise)
        case Fetched(), Fetch():
            session, onward = data.fetched(session, node, event)
        case Fetched(), LookUp():
            session, onward = data.looked_up(session, node, event)
        case FetchFailed(), Fetch() | LookUp():
            onward = data.not_fetched(node, event)
    return session, onward


def _at_first(flow: Flow, number: str, dialled: str) -> Mapping[str, Value]:
    return {**flow.variables, CALLER_NUMBER: number, DIALLED: dialled, LEFT_QUEUE: ""}


def _walk(flow: Flow, session: Session, name: str, at: int, trace: list[str] | None) -> tuple[Session, list[Effect]]:
    """Walks from the node ``name`` until something has to be done outside."""
    session = replace(session, waiting_in=None)
    for _ in range(NODES_PER_EVENT):
        session = replace(session, node=name, attempt=0)
        if trace is not None:
            trace.append(name)
        session, onward = _pass(session, flow.nodes[name], at)
        if isinstance(onward, list):
            return session, _with_values(flow, session, onward)
        name = onward
    return _end(session, ())


def _with_values(flow: Flow, session: Session, effects: list[Effect]) -> list[Effect]:
    """The effects, with what their prompts read aloud."""
    read = flow.reads_aloud.get(session.node)
    if not read:
        return effects
    known = _known(session)
    values = {name: as_text(evaluate(variable, known)) for name, variable in read.items()}
    return [replace(one, values=values) if isinstance(one, SpeakingEffect) else one for one in effects]


def _pass(session: Session, node: Node, at: int) -> tuple[Session, Onward]:  # noqa: PLR0912 - a line for each kind
    """What the node does with a call that comes to it."""
    match node:
        case Say():
            return _spoken_to(session, node)
        case Menu() | Collect():
            return questions.asked(session, node)
        case Queue():
            return _queued(session, node)
        case Callback():
            return callback.offered(session, node)
        case Voicemail() | Transfer():
            return _handed_over(session, node)
        case HangUp():
            return _end(session, _some(node.prompt))
        case SetLanguage():
            return _speak_language(session, node), node.next
        case Tag():
            return _tag(session, node), node.next
        case Hours() | Branch() | Split():
            return session, _way(session, node, at)
        case Set():
            return _set(session, node), node.next
        case Goto():
            return _again_or_not(session, node)
        case Pace():
            return replace(session, pace=node.times), node.next
        case Fetch() | LookUp():
            session = replace(session, step=session.step + 1)
            return session, [data.wanted(session, node, _known(session))]


def _way(session: Session, node: Hours | Branch | Split, at: int) -> str:
    match node:
        case Hours():
            return node.open if node.calendar.is_open(at) else node.closed
        case Branch():
            return node.way(_known(session))
        case Split():
            return node.way(session.node, session.call)


def _known(session: Session) -> Mapping[str, Value]:
    """What expressions read."""
    return {**session.variables, LANGUAGE: session.language}


def _spoken_to(session: Session, node: Say) -> tuple[Session, Onward]:
    session = replace(session, step=session.step + 1)
    speak = Speak(step=session.step, prompts=(node.prompt,), language=session.language, barge_in=node.barge_in)
    return session, [speak]


def _queued(session: Session, node: Queue) -> tuple[Session, Onward]:
    preferred = "" if node.preferred is None else as_text(evaluate(node.preferred, _known(session)))
    join = JoinQueue(
        queue=node.queue,
        needs=session.needs,
        priority=session.priority,
        language=session.language,
        prompts=_some(node.prompt),
        keys="".join(node.keys),
        preferred=preferred,
        preferred_ms=node.preferred_ms if preferred else None,
    )
    return replace(session, waiting_in=node.queue), [join]


def _handed_over(session: Session, node: Voicemail | Transfer) -> tuple[Session, Onward]:
    """To a recording, or to somebody outside."""
    session = replace(session, step=session.step + 1)
    if isinstance(node, Voicemail):
        take = TakeMessage(
            step=session.step,
            prompts=(node.prompt,),
            language=session.language,
            longest_ms=node.longest_ms,
            silence_ms=node.silence_ms,
        )
        return session, [take]
    outside = CallOutside(
        step=session.step,
        prompts=_some(node.prompt),
        language=session.language,
        number=node.number,
        ring_ms=node.ring_ms,
    )
    return session, [outside]


def _set(session: Session, node: Set) -> Session:
    known = _known(session)
    values = {name: evaluate(value, known) for name, value in node.values.items()}
    secrets = {name: step for name, step in session.secrets.items() if name not in values}
    return replace(session, variables={**session.variables, **values}, secrets=secrets)


def _again_or_not(session: Session, node: Goto) -> tuple[Session, Onward]:
    count = session.passed.get(session.node, 0)
    if count >= node.most:
        return session, node.otherwise
    return replace(session, passed={**session.passed, session.node: count + 1}), node.next


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
    known = _known(session)
    shown = {name: as_text(evaluate(value, known)) for name, value in node.shown.items()}
    attributes: Mapping[str, str] = {**session.attributes, **node.attributes, **shown}
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
