"""The menus of an Asterisk dialplan to a draft of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from config.errors import Finding, SiteError
from config.imports.dialplan.analysis import naming, never_set, recorded, set_inside
from config.imports.dialplan.menus import KEYS, ask
from config.imports.dialplan.programs import (
    UNHEARD,
    Translate,
    exec_if,
    go_if,
    put_values,
    run_program,
    unheard,
    unknown,
    while_true,
)
from config.imports.dialplan.reading import Dialplan, Step, read_dialplan
from config.imports.dialplan.speaking import play, say_value, speak
from config.imports.dialplan.times import week_of
from config.imports.dialplan.values import Known, counters
from config.imports.dialplan.work import Place, Work
from config.imports.draft import Data, Draft
from config.imports.finishing import finish
from config.imports.names import as_name, one_line

_ASKS = frozenset(("background", "backgrounddetect", "waitexten", "read"))
_WAITS = frozenset(("queue",))
_OUTSIDE = re.compile(
    r"(?:SIP|PJSIP|IAX2|DAHDI|Local|Motif)/(?:[\w.-]+/)?(\+?\d{6,20})(?:@[\w.-]+)?(?:/\w*)?", re.IGNORECASE
)


def import_dialplan(
    text: str, file: str, *, context: str = "", extension: str = "", name: str = "", hand_over: str = ""
) -> Draft:
    """The draft of the menu at which a call begins that comes to ``extension`` of ``context``.

    Left out, these are the first context with a menu, and its “s” or its first extension. ``hand_over`` is the queue
    for calls that cannot go on. :class:`SiteError` where there is no dialplan, no menu, or no such context; everything
    else is a finding of the draft.
    """
    plan = read_dialplan(text, file)
    start = _beginning(plan, file, context, extension)
    draft = Draft(name=name or as_name(start.context, "main").lower()[:40].rstrip("-_"), file=file, hand_over=hand_over)
    draft.title = start.context
    draft.findings += plan.findings
    known, names = Known(draft=draft, plan=plan, numbers=counters(plan) - set_inside(plan)), recorded(plan)
    work = Work(draft=draft, plan=plan, known=known, recorded=names, naming=naming(plan, names), given=never_set(plan))
    where = f"extension “{one_line(start.extension, 40)}” of context “{one_line(start.context, 60)}”"
    draft.to_bind.append(f"calls come in at {where}; if not, import with --context and --extension")
    draft.start = work.lead(start)
    for place in work.ahead:  # it grows meanwhile
        step, node = work.step(place), work.names[place]
        if place in work.missing:
            written, at = work.missing[place]
            draft.stop(node, f"“{written}” is led to and is not in this file", at)
            continue
        assert step is not None, "only steps that are there are led to"
        if step.application == "execif":
            exec_if(work, place, node, step, _doable)
        else:
            _APPLICATIONS.get(step.application, unknown)(work, place, node, step)
    finish(draft)
    return draft


def _beginning(plan: Dialplan, file: str, context: str, extension: str) -> Place:
    called = _called(plan)
    menus = [name for name, one in plan.contexts.items() if _has(one.extensions, _ASKS)]
    waiting = [name for name, one in plan.contexts.items() if _has(one.extensions, _WAITS)]
    own = [name for name in menus if name not in called] or [name for name in waiting if name not in called] or menus
    chosen = context or next(iter(own), "")
    here = plan.contexts.get(chosen)
    if here is None or not here.extensions:
        known = ", ".join(menus) or "none"
        message = f"“{one_line(chosen, 60)}” is no context with extensions" if chosen else "no context here has a menu"
        raise SiteError([Finding(file, 1, 1, f"{message}; contexts with menus: {known}; choose one with --context")])
    first = next((one for one in here.extensions if one not in KEYS and one not in ("i", "t", "h", "e", "o")), "")
    wanted = extension or ("s" if "s" in here.extensions else first)
    if not here.extensions.get(wanted):
        message = (
            f"context “{one_line(chosen, 60)}” has no extension “{one_line(wanted, 40)}”; choose one with --extension"
        )
        raise SiteError([Finding(file, here.at.line, here.at.column, message)])
    others = [menu for menu in own if menu != chosen]
    if others and not context:
        message = f"the flow begins in “{chosen}”; there are menus in {one_line(', '.join(others), 200)} too: --context"
        plan.findings.append(Finding(file, here.at.line, here.at.column, message))
    return Place(chosen, wanted, min(here.extensions[wanted]))


def _called(plan: Dialplan) -> frozenset[str]:
    """Contexts that are subroutines: no call comes in there."""
    called = {name for name in plan.contexts if name.startswith("macro-")}
    for step in plan.steps():
        if step.application == "gosub":
            called.add(re.sub(r"\(.*", "", (step.split() or [""])[0]).strip())
        elif step.application == "dial":
            called.update(re.findall(r"[MU]\(([\w-]{1,80})", step.arguments))
    return frozenset(called)


def _has(extensions: Mapping[str, Mapping[int, Step]], applications: frozenset[str]) -> bool:
    return any(step.application in applications for steps in extensions.values() for step in steps.values())


def _ask(work: Work, place: Place, name: str, _: Step) -> None:
    ask(work, place, name)


def _read(work: Work, place: Place, name: str, step: Step) -> None:
    """Read(variable,files,most,options,attempts,timeout): what was keyed in; nothing after the last attempt."""
    words = [*step.split(), *[""] * 6]
    if not re.fullmatch(r"\w{1,60}", words[0]):
        work.draft.stop(name, "reads digits into a variable that has no plain name", step.at)
        return
    following = work.lead(place.after())
    variable = work.known.variable(words[0])
    most = min(int(words[2]), 100) if words[2].isascii() and words[2].isdigit() and int(words[2][:4]) > 0 else 100
    wait = f"{min(max(int(words[5][:4]), 1), 600)} s" if words[5].isascii() and words[5].isdigit() else "10 s"
    attempts = min(max(int(words[4][:2]), 1), 10) if words[4].isascii() and words[4].isdigit() else 1
    nothing = work.beside(name, "nothing")
    data: Data = {
        "do": "collect",
        "prompt": work.recordings(name, words[1]),
        "into": variable,
        "keys": {"least": 1, "most": most, "first_key": wait, "next_key": wait},
        "attempts": {"most": attempts},
        "next": following,
        "otherwise": nothing,
    }
    work.draft.put(name, data, step.at)
    work.draft.put(nothing, {"do": "set", "values": {variable: '""'}, "next": following}, step.at)


def _goto_if_time(work: Work, place: Place, name: str, step: Step) -> None:
    """GotoIfTime(times,days of week,days of month,months?there:elsewhere) as a calendar."""
    written, _, targets = step.arguments.partition("?")
    there, _, elsewhere = targets.partition(":")
    words = [word.strip() or "*" for word in [*written.replace("|", ",").split(","), "", "", ""]]
    ways = [work.target(place, one) if one.strip() else place.after() for one in (there, elsewhere)]
    calendar = name if "hour" in name else f"{name[:50]}-hours"
    week = week_of(words[0], words[1])
    if week is None or not week["week"]:
        work.draft.stop(name, f"“{one_line(written, 60)}” cannot be read as times", step.at, map(work.lead, ways))
        return
    opens, closes = (work.lead(way) for way in ways)
    data: Data = {"do": "hours", "calendar": calendar, "open": opens, "closed": closes}
    if words[2] != "*" or words[3] != "*":
        dates = (
            f"“{one_line(written, 60)}” is on some days of the year; put these dates in as exceptions of the calendar"
        )
        if words[0] == "*":
            week, what = {"week": {"mon-sun": ["00:00-24:00"]}}, '{"2026-12-25": closed}'
            data |= {"open": closes, "closed": closes, "holiday": opens}
        else:
            week, what = {"week": {"mon-sun": "closed"}}, '{"2026-12-24": ["09:00-13:00"]}'
        work.draft.lost(step.at, name, f"{dates}, like {what}")
    work.draft.calendars[calendar] = f"was {one_line(written, 80)}"
    work.draft.hours[calendar] = week
    work.draft.put(name, data, step.at)


def _queue(work: Work, place: Place, name: str, step: Step) -> None:
    words = [*step.split(), *[""] * 5]
    queue = as_name(words[0], "queue") if "${" not in words[0] else as_name(name, "queue")
    what = f"Asterisk's queue {words[0]}"
    if words[4].isascii() and words[4].isdigit():
        what += f"; a caller waited {words[4]} s at most (wait_limit)"
    work.draft.queues[queue] = one_line(what, 180)
    work.draft.put(name, {"do": "queue", "queue": queue, "otherwise": work.lead(place.after())}, step.at)


def _dial(work: Work, place: Place, name: str, step: Step) -> None:
    """A number outside is dialled; phones of the house are agents, who wait behind a queue here."""
    words = [*step.split(), *[""] * 2]
    outside = _OUTSIDE.fullmatch(words[0])
    ring = min(max(int(words[1][:4]), 1), 600) if words[1].isascii() and words[1].isdigit() else 0
    if outside is not None:
        number = work.draft.outside(outside[1], name)
        data: Data = {"do": "transfer", "number": number, **({"ring": f"{ring} s"} if ring else {})}
        work.draft.put(name, data | {"otherwise": work.lead(place.after())}, step.at)
        return
    phones = one_line(words[0], 100)
    if not phones or "${" in phones:
        message = (
            f"rings “{phones or 'nothing'}”, which is not known beforehand; a flow dials numbers that site.yaml names"
        )
        work.draft.stop(name, message, step.at, [work.lead(place.after())])
        return
    queue = as_name(re.sub(r"^\w+/", "", phones.partition("&")[0]), "phones")
    work.draft.queues[queue] = f"for agents with the phones {phones}" + (
        f"; rang {ring} s (wait_limit)" if ring else ""
    )
    work.draft.put(name, {"do": "queue", "queue": queue, "otherwise": work.lead(place.after())}, step.at)


def _voicemail(work: Work, place: Place, name: str, step: Step) -> None:
    box = one_line((step.split() or [""])[0], 60)
    work.draft.to_bind.append(f"“{name}” was the mailbox {box}: say who hears its messages")
    prompt = work.draft.prompt(name, "Please leave a message after the tone.", f"the greeting of mailbox {box}")
    following = work.lead(place.after())
    data: Data = {"do": "voicemail", "prompt": prompt, "next": following, "otherwise": following}
    work.draft.put(name, data, step.at)


def _hang_up(work: Work, _: Place, name: str, step: Step) -> None:
    work.draft.put(name, {"do": "hangup"}, step.at)


_APPLICATIONS: Mapping[str, Translate] = {
    "playback": play,
    **dict.fromkeys(("background", "backgrounddetect", "waitexten"), _ask),
    **dict.fromkeys(("festival", "flite", "espeak", "googletts", "picotts", "swift", "cepstral"), speak),
    **dict.fromkeys(("saydigits", "saynumber", "sayalpha", "sayphonetic", "sayunixtime", "datetime"), say_value),
    "read": _read,
    **dict.fromkeys(("set", "mset"), put_values),
    "gotoif": go_if,
    "gotoiftime": _goto_if_time,
    "while": while_true,
    "queue": _queue,
    "dial": _dial,
    **dict.fromkeys(("voicemail", "record"), _voicemail),
    **dict.fromkeys(("hangup", "busy", "congestion"), _hang_up),
    **dict.fromkeys(("agi", "deadagi", "eagi", "fastagi"), run_program),
    **dict.fromkeys(UNHEARD, unheard),
}
"""By name, in small letters."""


def _doable(application: str) -> Translate | None:
    """How an application is translated that stands inside of ExecIf, where nobody can be asked."""
    return None if application in _ASKS else _APPLICATIONS.get(application)
