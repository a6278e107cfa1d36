"""A call's walk through a flow: ``start`` puts it on the first node, ``advance`` tells it what happened.

Both walk on, node by node, until the call has to be asked, spoken to, queued or let go, or until another system has
to be asked, and give the next session with what is to be done. While the call waits in a queue ``wait_on`` lets the
flow go on beside it. Nothing is changed in place and nothing is remembered here.
"""

from __future__ import annotations

from ivr import callback, data, questions
from ivr.expressions import as_text, evaluate
from ivr.flow import TAKES_THE_CALL, Callback, Collect, Flow, Menu, Queue, Say, Survey, Transfer
from ivr.given import LEFT_QUEUE, Moment, at_first, known
from ivr.logic import Fetch, Limit, LookUp
from ivr.messages import (
    CallbackDecided,
    CallbackVerdict,
    ConversationOver,
    Effect,
    Entered,
    Event,
    Fetched,
    FetchFailed,
    KeyPressed,
    LeaveQueue,
    LeftQueue,
    LimitDecided,
    MessageTaken,
    MusicOver,
    PlayMusic,
    SpeakingEffect,
    Spoken,
    TransferEnded,
)
from ivr.passing import ended, passed
from ivr.questions import Onward
from ivr.reach import beside
from ivr.recordings import Record, Voicemail
from ivr.records import replace
from ivr.session import Session
from ivr.waiting import AskOutlook, Music

NODES_PER_EVENT = 200
"""A flow that passes more nodes than this without asking or speaking goes round in circles: the call is let go, or
hears music where it waits."""

LIMIT_COSTS = 5
"""Whether a limit allows a try is answered within the same event; it counts as so many nodes."""

EXIT_KEY = "exit-key"
"""Why a call left its queue that was led out of it by what it heard there."""


def start(
    flow: Flow,
    at: int,
    *,
    call: str = "",
    number: str = "",
    dialled: str = "",
    pace: int = 1,
    trace: list[str] | None = None,
) -> tuple[Session, list[Effect]]:
    """The session of a call that enters ``flow`` at ``at`` (Unix milliseconds), and the first effects.

    ``pace``: how many times as long as others the caller is known to need. ``trace`` takes down every node that the
    call comes to, here as in :func:`advance`.
    """
    session = Session(
        flow=flow.digest,
        node=flow.start,
        language=flow.language,
        call=call,
        variables=at_first(flow.variables, number=number, dialled=dialled),
        pace=pace,
    )
    return _walk(flow, session, flow.start, Moment(at=at), trace)


def adopt(
    flow: Flow,
    queue: str,
    *,
    call: str,
    number: str,
    language: str,
    needs: tuple[str, ...] = (),
    priority: int = 0,
    pace: int = 1,
) -> Session | None:
    """The session of a call that was found waiting in ``queue`` and whose own session is lost.

    It stands at the flow's first node for that queue, so that it can go on from there when the queue lets it go, and
    with music, where callers hear more; None where the flow has no such node.
    """
    for name, node in flow.nodes.items():
        if isinstance(node, Queue) and node.queue == queue:
            return Session(
                flow=flow.digest,
                node=name,
                language=language or flow.language,
                call=call,
                waiting_in=queue,
                waiting_at=name,
                rest=_first_music(flow, name),
                needs=needs,
                priority=priority,
                variables=at_first(flow.variables, number=number, dialled=""),
                pace=pace,
            )
    return None


def comes_back(flow: Flow, session: Session) -> bool:
    """Whether the flow has something for the caller when the conversation that the call waits for is over."""
    _check(flow, session)
    return not session.ended and session.waiting_in is not None and _queue_of(flow, session).after is not None


def advance(  # noqa: PLR0912 - a line for each kind
    flow: Flow,
    session: Session,
    event: Event,
    at: int,
    *,
    outlook: AskOutlook | None = None,
    trace: list[str] | None = None,
) -> tuple[Session, list[Effect]]:
    """What follows from ``event`` at ``at`` (Unix milliseconds). ``outlook``: of a call that waits.

    An answer to an older question, to a question of another kind, or after the end changes nothing.
    ``ValueError`` when the session belongs to another flow.
    """
    _check(flow, session)
    without_step = LeftQueue | ConversationOver | KeyPressed
    if session.ended or (not isinstance(event, without_step) and event.step != session.step):
        return session, []
    onward: Onward = []
    match event, flow.nodes[session.node]:
        case LeftQueue(why=why), _ if session.waiting_in is not None:
            queue = _queue_of(flow, session)
            _back_at_queue(session, trace)
            session, onward = _left(session, why), queue.exits.get(why, queue.otherwise)
        case ConversationOver(), _ if comes_back(flow, session):
            after = _queue_of(flow, session).after
            assert after is not None
            _back_at_queue(session, trace)
            session, onward = replace(session, waiting_in=None, rest=None), after
        case MusicOver(), Music() as node if node.next is not None:
            onward = node.next
        case KeyPressed(key=key), Music() as node if key in node.keys:
            onward = node.keys[key]
        case Spoken(), Say() as node:
            onward = node.next
        case Entered(), Menu() | Collect() | Survey() as node:
            session, onward = questions.answered(session, node, event)
        case Entered(), Callback() as node:
            session, onward = callback.answered(session, node, event, at)
        case CallbackDecided(), Callback() as node:
            session, onward = callback.decided(session, node, event)
        case LimitDecided(allowed=allowed), Limit() as node:
            onward = node.next if allowed else node.limited
        case MessageTaken(length_ms=length_ms), Voicemail() as node:
            onward = node.next if length_ms >= node.shortest_ms else node.otherwise
        case MessageTaken(), Record() as node:
            session, onward = data.recorded(session, node, event)
        case TransferEnded(answered=answered), Transfer() as node:
            session, onward = (replace(session, ended=True), []) if answered else (session, node.otherwise)
        case Fetched(), Fetch() as node:
            session, onward = data.fetched(session, node, event)
        case Fetched(), LookUp() as node:
            session, onward = data.looked_up(session, node, event)
        case FetchFailed(), Fetch() | LookUp() as node:
            onward = data.not_fetched(node, event)
    moment = Moment(at=at, outlook=outlook)
    if isinstance(onward, list):
        return session, _with_values(flow, session, onward, moment)
    leaves = isinstance(event, CallbackDecided) and event.verdict is CallbackVerdict.ACCEPTED
    walked = session.walked if isinstance(event, LimitDecided) else 0
    return _walk(flow, session, onward, moment, trace, leaves=leaves, walked=walked)


def wait_on(
    flow: Flow, session: Session, at: int, *, outlook: AskOutlook | None = None, trace: list[str] | None = None
) -> tuple[Session, list[Effect]]:
    """Lets a call that waits hear what its flow has for it: from the beginning, or, where that was cut off (by a phone
    that rang in vain, by an engine that was away), from the music on that it heard last, or would have heard first.

    Nothing, for a call that does not wait or whose flow has only music for it.
    """
    _check(flow, session)
    if session.ended or session.waiting_in is None:
        return session, []
    queue = _queue_of(flow, session)
    if queue.waiting is None:
        return session, []
    moment = Moment(at=at, outlook=outlook)
    if session.rest is not None:
        return _walk(flow, session, session.rest, moment, trace)
    session = replace(session, rest=_first_music(flow, session.waiting_at))
    return _walk(flow, session, queue.waiting, moment, trace)


def _check(flow: Flow, session: Session) -> None:
    if session.flow != flow.digest:
        raise ValueError(f"the session began with flow {session.flow}, not with {flow.digest} ({flow.id})")


def _queue_of(flow: Flow, session: Session) -> Queue:
    """The node that gave the call to the queue it waits in."""
    node = flow.nodes[session.waiting_at]
    assert isinstance(node, Queue)
    return node


def _back_at_queue(session: Session, trace: list[str] | None) -> None:
    """From the queue's own node the call goes on, whatever it came by beside its place."""
    if trace is not None and session.node != session.waiting_at:
        trace.append(session.waiting_at)


def _first_music(flow: Flow, queue: str) -> str | None:
    return next((name for name in beside(flow, queue) if isinstance(flow.nodes[name], Music)), None)


def _left(session: Session, why: str) -> Session:
    """The call waits no more."""
    return replace(session, waiting_in=None, rest=None, variables={**session.variables, LEFT_QUEUE: why})


def _walk(
    flow: Flow,
    session: Session,
    name: str,
    moment: Moment,
    trace: list[str] | None,
    *,
    leaves: bool = False,
    walked: int = 0,
) -> tuple[Session, list[Effect]]:
    """Walks from the node ``name`` until something has to be done outside. ``leaves``: a call that waits does so no
    longer from here on, whatever the node. ``walked``: how many nodes the same event has led through already."""
    first: list[Effect] = []
    for count in range(walked, NODES_PER_EVENT):
        node = flow.nodes[name]
        session = replace(session, node=name, attempt=0)
        if trace is not None:
            trace.append(name)
        if session.waiting_in is not None and (leaves or isinstance(node, TAKES_THE_CALL)):
            session, first = _left(session, EXIT_KEY), [LeaveQueue()]
        session, onward = passed(session, node, moment)
        if isinstance(onward, list):
            if isinstance(node, Limit):
                session = replace(session, walked=count + LIMIT_COSTS)
            return session, [*first, *_with_values(flow, session, onward, moment)]
        name = onward
    if session.waiting_in is not None:
        session = replace(session, node=session.waiting_at, step=session.step + 1)
        return session, [PlayMusic(step=session.step, for_ms=None)]
    session, last = ended(session)
    return session, [*first, *last]


def _with_values(flow: Flow, session: Session, effects: list[Effect], moment: Moment) -> list[Effect]:
    """The effects, with what their prompts read aloud."""
    read = flow.reads_aloud.get(session.node)
    if not read:
        return effects
    # Who hears a queue's own prompt is about to come into it: nothing is known of the wait yet.
    outlook = None if session.node == session.waiting_at else moment.outlook
    holds = known(session, Moment(at=moment.at, outlook=outlook))
    values = {name: as_text(evaluate(variable, holds)) for name, variable in read.items()}
    return [replace(one, values=values) if isinstance(one, SpeakingEffect) else one for one in effects]
