"""Menus, questions for digits and for scores: how they are asked, and where an answer leads."""

from __future__ import annotations

from decimal import Decimal

from ivr.flow import Choice, Collect, Command, Menu, Survey
from ivr.keys import KeyRules
from ivr.messages import Ask, Effect, Entered, Entry, EntryEnd, MenuStep, Score, masked
from ivr.records import replace
from ivr.session import Session

PATH_MOST = 100
"""Choices kept for the call card, the latest; a caller may press “repeat” all day."""
TRAIL_MOST = 20
"""Questions that “back” can go back."""

_DIGITS = frozenset("0123456789")

Question = Menu | Collect | Survey
Onward = str | list[Effect]
"""The node to go on to; or what has to be done first."""


def asked(session: Session, node: Question, before: str | None = None) -> tuple[Session, Onward]:
    """Asks the node's question, ``before`` spoken first."""
    again = session.trail[-1:] == (session.node,)
    trail = session.trail if again else (*session.trail, session.node)[-TRAIL_MOST:]
    session = replace(session, step=session.step + 1, trail=trail)
    keys = node.keys
    if isinstance(node, Menu):  # one key, and any key may be a choice: none of them can end the entry instead
        keys = replace(keys, least=1, most=1, terminator="", sensitive=False)
    # What was typed before the caller was told of a mistake belongs to the mistake.
    keys = replace(paced(session, keys), type_ahead=keys.type_ahead and session.attempt == 0)
    prompts = (node.prompt,) if before is None else (before, node.prompt)
    return session, [Ask(step=session.step, prompts=prompts, language=session.language, keys=keys)]


def paced(session: Session, keys: KeyRules) -> KeyRules:
    """The rules, with all times as long as the caller needs them."""
    return replace(
        keys,
        first_key_ms=keys.first_key_ms * session.pace,
        next_key_ms=keys.next_key_ms * session.pace,
        all_keys_ms=None if keys.all_keys_ms is None else keys.all_keys_ms * session.pace,
    )


def answered(session: Session, node: Question, event: Entered) -> tuple[Session, Onward]:
    """Where the caller's entry leads."""
    pressed = event.keys if event.end is not EntryEnd.NO_INPUT else ""
    command = node.commands.get(pressed)
    if command is not None:
        return _commanded(session, node, command)
    if isinstance(node, Menu) and event.end is EntryEnd.KEYS and pressed in node.choices:
        return _chosen(session, pressed, node.choices[pressed])
    if isinstance(node, Collect):
        if pressed in node.choices:
            return _chosen(session, pressed, node.choices[pressed])
        if _is_whole(node, event):
            return _kept(session, node, event), node.next
    if isinstance(node, Survey) and event.end is EntryEnd.KEYS:
        score = node.scale.score(pressed)
        if score is not None:
            return _scored(session, node, score), node.next
    return _again(session, node, event)


def _commanded(session: Session, node: Question, command: Command) -> tuple[Session, Onward]:
    if command is Command.BACK and len(session.trail) > 1:
        return replace(session, trail=session.trail[:-2]), session.trail[-2]
    return asked(session, node)


def _chosen(session: Session, key: str, choice: Choice) -> tuple[Session, Onward]:
    path = (*session.path, MenuStep(node=session.node, key=key, label=choice.label))
    return replace(session, path=path[-PATH_MOST:]), choice.next


def _kept(session: Session, node: Collect, event: Entered) -> Session:
    value = masked(event.keys) if node.keys.sensitive else event.keys
    others = tuple(entry for entry in session.entries if entry.name != node.into)
    session = replace(session, entries=(*others, Entry(name=node.into, value=value, label=node.label)))
    if not node.variable:
        return session
    secrets = {name: step for name, step in session.secrets.items() if name != node.variable}
    if node.keys.sensitive:
        secrets[node.variable] = event.step
    return replace(session, variables={**session.variables, node.variable: value}, secrets=secrets)


def _scored(session: Session, node: Survey, score: int) -> Session:
    """The score is kept; of a question that is asked again the last one."""
    others = tuple(one for one in session.scores if one.name != node.into)
    scores = (*others, Score(name=node.into, scale=node.scale, score=score))
    variables = {**session.variables, node.variable: Decimal(score)} if node.variable else session.variables
    return replace(session, scores=scores, variables=variables)


def _is_whole(node: Collect, event: Entered) -> bool:
    """Whether the keys are what was asked for: digits (dots stand for sensitive ones), as many as allowed."""
    accepted = _DIGITS | set(masked("0")) if node.keys.sensitive else _DIGITS
    return (
        event.end is EntryEnd.KEYS
        and node.keys.least <= len(event.keys) <= node.keys.most
        and accepted.issuperset(event.keys)
    )


def _again(session: Session, node: Question, event: Entered) -> tuple[Session, Onward]:
    """The caller said nothing, or nothing that fits: asked again, until the attempts are used up."""
    if session.attempt + 1 >= node.attempts.most:
        return session, node.otherwise
    session = replace(session, attempt=session.attempt + 1)
    silent = event.end is EntryEnd.NO_INPUT
    return asked(session, node, before=node.attempts.said_before(session.attempt, silent=silent))
