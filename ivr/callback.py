"""The offer to call back: for which number, and when. The centre decides; here the caller is asked.

=========  ===================================  ==============================================
question   answer                               what follows
=========  ===================================  ==============================================
offer      1: this number, 2: another number    time, if there is a choice; else number or decision
offer      another key, or none in the end      refused
time       a key of the choice                  number, or decision
time       none in the end                      refused
number     digits                               decision
number     none in the end                      invalid
decision   invalid                              number, or invalid in the end
decision   accepted, refused                    accepted, refused
=========  ===================================  ==============================================
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.flow import Callback, CallbackTime, CallbackTimes
from ivr.hours import Calendar, wall_clock
from ivr.keys import KeyRules
from ivr.messages import Ask, AskCallback, CallbackDecided, CallbackVerdict, Effect, Entered, EntryEnd
from ivr.questions import Onward, paced
from ivr.records import replace
from ivr.session import CallbackQuestion, CallbackWish, Session

THIS_NUMBER = "1"
ANOTHER_NUMBER = "2"


def offered(session: Session, node: Callback) -> tuple[Session, list[Effect]]:
    """The first question."""
    return _ask(replace(session, callback=CallbackWish()), node, CallbackQuestion.OFFER)


def answered(session: Session, node: Callback, event: Entered, at: int) -> tuple[Session, Onward]:
    """Where the caller's answer at ``at`` (Unix milliseconds) leads."""
    pressed = event.keys if event.end is EntryEnd.KEYS else ""
    match session.callback.asked:
        case CallbackQuestion.OFFER if pressed in (THIS_NUMBER, ANOTHER_NUMBER):
            wish = replace(session.callback, own_number=pressed == THIS_NUMBER)
            session = replace(session, callback=wish, attempt=0)
            return _which_number(session, node) if node.times is None else _ask(session, node, CallbackQuestion.TIME)
        case CallbackQuestion.OFFER if pressed:
            return session, node.refused
        case CallbackQuestion.TIME if node.times is not None and pressed in node.times.choices:
            return _timed(session, node, node.times, pressed, at)
        case CallbackQuestion.NUMBER if pressed:
            return _decide(session, node, pressed)
        case CallbackQuestion.DECISION:
            return session, []
    return _again(session, node, silent=event.end is EntryEnd.NO_INPUT)


def decided(session: Session, node: Callback, event: CallbackDecided) -> tuple[Session, Onward]:
    """Where the centre's word leads."""
    match event.verdict:
        case CallbackVerdict.ACCEPTED:
            return session, node.accepted
        case CallbackVerdict.REFUSED:
            return session, node.refused
        case CallbackVerdict.INVALID if session.callback.own_number:
            return _ask(session, node, CallbackQuestion.NUMBER)
        case CallbackVerdict.INVALID:
            session = replace(session, callback=replace(session.callback, asked=CallbackQuestion.NUMBER))
            return _again(session, node, silent=False)


def moment(time: CallbackTime, calendar: Calendar, at: int) -> int | None:
    """When that is, seen from ``at`` (Unix milliseconds): the time itself if the calendar is open then, else the next
    opening; None if it does not open within a year."""
    wanted = at + time.after_ms if time.wall is None else _next_showing(time, calendar, at)
    return wanted if calendar.is_open(wanted) else calendar.next_change(wanted)


def _next_showing(time: CallbackTime, calendar: Calendar, at: int) -> int:
    assert time.wall is not None
    zone = ZoneInfo(calendar.zone)
    today = wall_clock(at, zone).date()
    days = (datetime.combine(today + timedelta(days=days), time.wall, zone) for days in (0, 1))
    return next(instant for day in days if (instant := round(day.timestamp() * 1_000)) >= at)


def _timed(session: Session, node: Callback, times: CallbackTimes, pressed: str, at: int) -> tuple[Session, Onward]:
    choice = times.choices[pressed]
    not_before = None
    if choice.wall is not None or choice.after_ms:
        not_before = moment(choice, times.calendar, at)
        if not_before is None:
            return session, node.refused
    session = replace(session, callback=replace(session.callback, not_before=not_before), attempt=0)
    return _which_number(session, node)


def _which_number(session: Session, node: Callback) -> tuple[Session, Onward]:
    if session.callback.own_number:
        return _decide(session, node, "")
    return _ask(session, node, CallbackQuestion.NUMBER)


def _decide(session: Session, node: Callback, number: str) -> tuple[Session, Onward]:
    wish = replace(session.callback, asked=CallbackQuestion.DECISION, own_number=not number)
    session = replace(session, callback=wish, step=session.step + 1)
    return session, [AskCallback(step=session.step, queue=node.queue, number=number, not_before=wish.not_before)]


def _ask(
    session: Session, node: Callback, question: CallbackQuestion, before: str | None = None
) -> tuple[Session, list[Effect]]:
    session = replace(session, step=session.step + 1, callback=replace(session.callback, asked=question))
    one_key = replace(node.keys, least=1, most=1, terminator="", sensitive=False)
    asking: Mapping[CallbackQuestion, tuple[str, KeyRules]] = {
        CallbackQuestion.OFFER: (node.prompt, one_key),
        CallbackQuestion.TIME: ("" if node.times is None else node.times.prompt, one_key),
        CallbackQuestion.NUMBER: (node.number_prompt, node.keys),
    }
    prompt, keys = asking[question]
    prompts = (prompt,) if before is None else (before, prompt)
    return session, [Ask(step=session.step, prompts=prompts, language=session.language, keys=paced(session, keys))]


def _again(session: Session, node: Callback, *, silent: bool) -> tuple[Session, Onward]:
    """The caller said nothing, or nothing that fits: asked again, until the attempts are used up."""
    question = session.callback.asked
    if session.attempt + 1 >= node.attempts.most:
        return session, node.invalid if question is CallbackQuestion.NUMBER else node.refused
    session = replace(session, attempt=session.attempt + 1)
    return _ask(session, node, question, node.attempts.said_before(session.attempt, silent=silent))
