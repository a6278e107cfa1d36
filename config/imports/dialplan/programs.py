"""Steps that no caller hears by themselves: values, programs of the exchange's machine, loops, calls of subroutines."""

from __future__ import annotations

import re
from collections.abc import Callable

from config.imports.dialplan.analysis import language_of, stored_by
from config.imports.dialplan.reading import Step
from config.imports.dialplan.speaking import read_by_program, say_text
from config.imports.dialplan.values import READ_MOST, counted
from config.imports.dialplan.work import PASSED_BY, Place, Work
from config.imports.draft import END, NEVER, Data
from config.imports.names import one_line

UNHEARD = frozenset(
    {
        *("system", "trysystem", "mysql", "amd", "waituntil", "sendtext", "originate", "page", "chanspy", "sendurl"),
        *("queuelog", "celgenuserevent", "jack", "dbdel", "dbdeltree", "pausequeuemember", "unpausequeuemember"),
        *("addqueuemember", "removequeuemember", "odbc_commit", "odbc_rollback", "tdd", "receivefax", "sendfax"),
    }
)
"""Applications that do something on the exchange while the caller hears nothing of it."""
_TRUTH_MOST = 480
_EXEC = re.compile(r"(?P<condition>.*?)\?\s*(?P<doing>[A-Za-z]\w*\s*\(.*)", re.DOTALL)

Translate = Callable[[Work, Place, str, Step], None]


def unheard(work: Work, place: Place, name: str, step: Step) -> None:
    """Something on the exchange that a flow cannot do: left out, and the call goes on."""
    work.draft.left_open(step.at, name, f"did {_called(step)}; here nothing is done, and what it set stays empty")
    work.draft.put(name, {"do": "tag", "next": work.lead(work.behind(place))}, step.at)


def _called(step: Step) -> str:
    """The application, and which program: never its arguments, which may hold passwords."""
    program = re.match(r"[^\s,?;@]+", step.arguments.strip("\"' ")) if step.application not in ("mysql",) else None
    return step.application + (f" {one_line(program[0], 60)}" if program is not None else "")


def run_program(work: Work, place: Place, name: str, step: Step) -> None:
    """AGI: a text that is read aloud; else a program that nobody knows here, which may talk to the caller."""
    text = read_by_program(step)
    if text is not None:
        say_text(work, place, name, step, text)
        return
    behind = work.settled(work.behind(place))
    then = None if behind is None else work.step(behind)
    if then is None or then.application in ("hangup", "busy", "congestion"):
        work.draft.stop(name, f"{_called(step)} took the call over", step.at)
        return
    unheard(work, place, name, step)


def unknown(work: Work, place: Place, name: str, step: Step) -> None:
    """Any other application: a stop, with what follows kept behind it."""
    message = f"{one_line(step.application, 40)} is not known here"
    work.draft.stop(name, message, step.at, [work.lead(work.behind(place))])


def put_values(work: Work, place: Place, name: str, step: Step) -> None:
    """Set: variables, and the language of what follows; what is kept elsewhere is not."""
    following = work.lead(work.behind(place))
    language, stored = language_of(step), stored_by(step)
    if stored:
        work.draft.left_open(step.at, name, f"kept {', '.join(stored)} on the exchange; here it is kept nowhere")
    values: Data = {}
    for key, value in work.sets(step):
        values[work.known.variable(key)] = _worked_out(work, place, name, step, key, value)
    if language and values:
        first = work.beside(name, "language")
        work.draft.put(name, {"do": "set", "values": values, "next": first}, step.at)
        work.draft.put(first, _language(work, language, following), step.at)
    elif language:
        work.draft.put(name, _language(work, language, following), step.at)
    else:
        data: Data = {"do": "set", "values": values} if values else {"do": "tag"}
        work.draft.put(name, data | {"next": following}, step.at)


def _language(work: Work, language: str, following: str) -> Data:
    work.draft.languages.add(language)
    return {"do": "language", "language": language, "next": following}


def _worked_out(work: Work, place: Place, name: str, step: Step, key: str, value: str) -> str:
    by, plain = counted(key, value), key.lstrip("_")
    if plain in work.known.numbers:
        return f"{work.known.variable(key)} {by}" if by is not None else value.strip()
    said = work.known.formula(value, place.extension, step.at)
    if said is None:
        shown = one_line(re.sub(r"://[^\s)]*", "://…", value), 60)
        work.draft.left_open(step.at, name, f"“{shown}” cannot be worked out here; “{plain}” is left empty")
        return '""'
    return said


def go_if(work: Work, place: Place, name: str, step: Step) -> None:
    """GotoIf(condition?there:elsewhere); what is left out is the next step."""
    condition, _, targets = step.arguments.rpartition("?")
    there, _, elsewhere = targets.partition(":")
    ways = [work.target(place, one) if one.strip() else work.behind(place) for one in (there, elsewhere)]
    _branch(work, place, name, step, condition, work.lead(ways[0]), work.lead(ways[1]))


def _branch(work: Work, place: Place, name: str, step: Step, condition: str, there: str, elsewhere: str) -> None:
    said = work.known.truth(condition, place.extension, step.at) if condition else None
    if said is None or len(said) > _TRUTH_MOST:
        asked = one_line(condition or step.arguments, 80)
        work.draft.left_open(
            step.at, name, f"“{asked}” cannot be asked here, so its way is never gone; write a condition in its place"
        )
        said = NEVER
    data: Data = {"do": "branch", "cases": [{"when": said, "next": there}], "otherwise": elsewhere}
    work.draft.put(name, data, step.at)


def exec_if(work: Work, place: Place, name: str, step: Step, translated: Callable[[str], Translate | None]) -> None:
    """ExecIf(condition?application(arguments):other(arguments)): a branch to what is done in either case."""
    found = _EXEC.fullmatch(step.arguments) if len(step.arguments) <= READ_MOST else None
    first, rest = _application(found["doing"]) if found is not None else ("", "")
    doing = [first, _application(rest[1:].strip())[0] if rest.startswith(":") else ""]
    ways: list[str] = []
    for one, word in zip(doing, ("then", "else"), strict=True):
        way = _done(work, place, name, step, one, word, translated)
        if way is None:
            work.draft.stop(
                name, f"“{one_line(step.arguments, 80)}” cannot be done here", step.at, [work.lead(work.behind(place))]
            )
            return
        ways.append(way)
    _branch(work, place, name, step, found["condition"] if found is not None else "", ways[0], ways[1])


def _application(text: str) -> tuple[str, str]:
    """``name(arguments)`` at the beginning of ``text``, and what stands behind its closing bracket."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and depth == 0:
            return text[: at + 1], text[at + 1 :].lstrip()
    return "", ""


def _done(
    work: Work,
    place: Place,
    name: str,
    step: Step,
    doing: str,
    word: str,
    translated: Callable[[str], Translate | None],
) -> str | None:
    """The node that one side of an ExecIf leads to; None where it cannot be done there."""
    application, _, arguments = doing.partition("(")
    application, arguments = application.strip().lower(), arguments[:-1]
    if not application or application in PASSED_BY:
        return work.lead(work.behind(place))
    if application == "goto":
        return work.lead(work.target(place, arguments))
    if application == "hangup":
        return END
    translate = translated(application)
    if translate is None:
        return None
    own = work.beside(name, word)
    translate(work, place, own, Step(application, arguments, "", step.at))
    return own


def while_true(work: Work, place: Place, name: str, step: Step) -> None:
    """While(condition) … EndWhile."""
    end = work.end_of_loop(place)
    elsewhere = work.lead(end.after()) if end is not None else END
    _branch(work, place, name, step, step.arguments, work.lead(work.behind(place)), elsewhere)
