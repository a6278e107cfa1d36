"""What each kind of node does with a call that comes to it: the next session, and where it goes on or what it wants."""

from __future__ import annotations

from collections.abc import Mapping

from ivr import callback, data, questions
from ivr.expressions import as_text, evaluate
from ivr.flow import Callback, Collect, HangUp, Hours, Menu, Node, Queue, Say, SetLanguage, Survey, Tag, Transfer
from ivr.given import Moment, known
from ivr.logic import Branch, Fetch, Goto, Limit, LookUp, Pace, Set, Split
from ivr.messages import (
    AskLimit,
    CallOutside,
    Disconnect,
    Effect,
    JoinQueue,
    PlayMusic,
    Speak,
    TakeMessage,
    recording_name,
)
from ivr.questions import Onward
from ivr.recordings import LONGEST_RECORDING_MS, Record, Voicemail
from ivr.records import replace
from ivr.session import Session
from ivr.waiting import Music


def passed(session: Session, node: Node, moment: Moment) -> tuple[Session, Onward]:  # noqa: PLR0912 - one line a kind
    """What the node does with a call that comes to it."""
    match node:
        case Say():
            return _spoken_to(session, node)
        case Menu() | Collect() | Survey():
            return questions.asked(session, node)
        case Queue():
            return _queued(session, node, moment)
        case Music():
            return _music(session, node)
        case Callback():
            return callback.offered(session, node)
        case Voicemail() | Record():
            return _recorded(session, node)
        case Transfer():
            return _sent_outside(session, node)
        case HangUp():
            return ended(session, _some(node.prompt))
        case SetLanguage():
            return _speak_language(session, node), node.next
        case Tag():
            return _tag(session, node, moment), node.next
        case Hours() | Branch() | Split():
            return session, _way(session, node, moment)
        case Set():
            return _set(session, node, moment), node.next
        case Goto():
            return _again_or_not(session, node)
        case Limit():
            return _limited(session, node, moment)
        case Pace():
            return replace(session, pace=node.times), node.next
        case Fetch() | LookUp():
            session = replace(session, step=session.step + 1)
            return session, [data.wanted(session, node, known(session, moment))]


def ended(session: Session, prompts: tuple[str, ...] = ()) -> tuple[Session, list[Effect]]:
    """The end of the flow, after some last words."""
    return replace(session, ended=True), [Disconnect(prompts=prompts, language=session.language)]


def _way(session: Session, node: Hours | Branch | Split, moment: Moment) -> str:
    match node:
        case Hours():
            return node.way(moment.at)
        case Branch():
            return node.way(known(session, moment))
        case Split():
            return node.way(session.node, session.call)


def _spoken_to(session: Session, node: Say) -> tuple[Session, Onward]:
    session = replace(session, step=session.step + 1)
    speak = Speak(step=session.step, prompts=(node.prompt,), language=session.language, barge_in=node.barge_in)
    return session, [speak]


def _queued(session: Session, node: Queue, moment: Moment) -> tuple[Session, Onward]:
    preferred = "" if node.preferred is None else as_text(evaluate(node.preferred, known(session, moment)))
    join = JoinQueue(
        queue=node.queue,
        needs=session.needs,
        priority=session.priority,
        language=session.language,
        prompts=_some(node.prompt),
        preferred=preferred,
        preferred_ms=node.preferred_ms if preferred else None,
        direct_ms=node.direct_ms,
    )
    return replace(session, waiting_in=node.queue, waiting_at=session.node, rest=None), [join]


def _music(session: Session, node: Music) -> tuple[Session, Onward]:
    session = replace(session, step=session.step + 1, rest=session.node)
    return session, [PlayMusic(step=session.step, for_ms=node.for_ms, keys="".join(node.keys))]


def _recorded(session: Session, node: Voicemail | Record) -> tuple[Session, Onward]:
    session = replace(session, step=session.step + 1)
    sensitive = isinstance(node, Record) and node.sensitive
    take = TakeMessage(
        step=session.step,
        message=recording_name(session.call, session.step, sensitive=sensitive),
        prompts=(node.prompt,),
        language=session.language,
        longest_ms=min(node.longest_ms * session.pace, max(node.longest_ms, LONGEST_RECORDING_MS)),
        silence_ms=node.silence_ms * session.pace,
    )
    if isinstance(node, Record):
        take = replace(take, keys=node.keys, beep=node.beep, into=node.into, sensitive=sensitive)
    return session, [take]


def _sent_outside(session: Session, node: Transfer) -> tuple[Session, Onward]:
    session = replace(session, step=session.step + 1)
    outside = CallOutside(
        step=session.step,
        prompts=_some(node.prompt),
        language=session.language,
        number=node.number,
        ring_ms=node.ring_ms,
    )
    return session, [outside]


def _set(session: Session, node: Set, moment: Moment) -> Session:
    values_before = known(session, moment)
    values = {name: evaluate(value, values_before) for name, value in node.values.items()}
    secrets = {name: step for name, step in session.secrets.items() if name not in values}
    return replace(session, variables={**session.variables, **values}, secrets=secrets)


def _again_or_not(session: Session, node: Goto) -> tuple[Session, Onward]:
    count = session.passed.get(session.node, 0)
    if count >= node.most:
        return session, node.otherwise
    return replace(session, passed={**session.passed, session.node: count + 1}), node.next


def _limited(session: Session, node: Limit, moment: Moment) -> tuple[Session, Onward]:
    """Asks for one more try; one call has as many as a caller has, whatever is counted by."""
    count = session.passed.get(session.node, 0)
    if count >= node.most:
        return session, node.limited
    session = replace(session, step=session.step + 1, passed={**session.passed, session.node: count + 1})
    whose = as_text(evaluate(node.by, known(session, moment)))
    ask = AskLimit(step=session.step, counter=node.counter, whose=whose, most=node.most, within_ms=node.within_ms)
    return session, [ask]


def _speak_language(session: Session, node: SetLanguage) -> Session:
    """The last language chosen counts: what an earlier one needed of an agent is needed no more."""
    kept = tuple(need for need in session.needs if need != session.language_needs)
    return replace(
        session,
        language=node.language,
        language_needs=node.needs,
        needs=_with(kept, node.needs),
    )


def _tag(session: Session, node: Tag, moment: Moment) -> Session:
    """A node tags a call once: who goes round through a menu gains no priority by it."""
    if session.node in session.tagged:
        return session
    values = known(session, moment)
    shown = {name: as_text(evaluate(value, values)) for name, value in node.shown.items()}
    attributes: Mapping[str, str] = {**session.attributes, **node.attributes, **shown}
    return replace(
        session,
        needs=_with(session.needs, node.needs),
        priority=session.priority + node.priority,
        attributes=attributes,
        tagged=(*session.tagged, session.node),
    )


def _with(needs: tuple[str, ...], need: str | None) -> tuple[str, ...]:
    return needs if need is None or need in needs else (*needs, need)


def _some(prompt: str | None) -> tuple[str, ...]:
    return () if prompt is None else (prompt,)
