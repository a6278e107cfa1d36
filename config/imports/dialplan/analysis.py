"""What is known of a whole dialplan before a call is followed: variables that name recordings, or never change."""

from __future__ import annotations

import re
from collections.abc import Mapping

from config.imports.dialplan.reading import Dialplan, Step
from config.imports.names import one_line

NAMED = re.compile(r"\$\{(?:GLOBAL\((?=\w+\)\}))?(\w+)\)?\}")
ARGUMENT = re.compile(r"ARG\d{1,2}")
_KEPT = re.compile(r"(?:DB|ODBC_\w+|SHARED|REALTIME|AST_CONFIG|ENV|FILE|GROUP|MINIVMACCOUNT)\(.*\)", re.DOTALL)
"""Functions of Asterisk that keep something beyond the call, or outside of it."""
_LANGUAGE = re.compile(r"(?:CHANNEL\(language\)|LANGUAGE(?:\(\))?)", re.IGNORECASE)
_SET_INSIDE = re.compile(r"\bSet\(_{0,2}(\w{1,80})=", re.IGNORECASE)


def pairs_of(step: Step) -> list[tuple[str, str]]:
    """The variables of a Set with what goes into them; other functions of Asterisk than LOCAL and GLOBAL are none."""
    found = ((re.fullmatch(r"(?:(?:LOCAL|GLOBAL)\()?(\w{1,80})\)?", name), value) for name, value in step.puts)
    return [(name[1], value) for name, value in found if name is not None]


def language_of(step: Step) -> str:
    """The language that a Set chooses for the call, as a code of two or three letters."""
    codes = (re.match("[a-z]{2,3}(?![a-z])", value.lower()) for name, value in step.puts if _LANGUAGE.fullmatch(name))
    return next((code[0] for code in codes if code is not None), "")


def stored_by(step: Step) -> list[str]:
    """What a Set keeps beyond the call."""
    return [one_line(name, 60) for name, _ in step.puts if _KEPT.fullmatch(name)]


def recorded(plan: Dialplan) -> frozenset[str]:
    """Variables that Background and Playback name, and that are set to plain names only."""
    steps = list(plan.steps())
    playing = ("background", "playback", "execif")
    names = {name for step in steps if step.application in playing for name in NAMED.findall(step.arguments)}
    put = [pair for step in steps if step.application == "set" for pair in pairs_of(step)]
    known = {name.lstrip("_") for name, _ in put}
    plain = {name.lstrip("_") for name, value in put if not re.fullmatch(r"[\w./&-]*", value)}
    return frozenset(names & known - plain - set_inside(plan))


def set_inside(plan: Dialplan) -> frozenset[str]:
    """Variables that are set inside of an ExecIf."""
    inside = (step.arguments for step in plan.steps() if step.application == "execif")
    return frozenset(name for arguments in inside for name in _SET_INSIDE.findall(arguments))


def never_set(plan: Dialplan) -> Mapping[str, str]:
    """Global variables that no step sets."""
    put = {
        name.lstrip("_") for step in plan.steps() if step.application in ("set", "mset") for name, _ in pairs_of(step)
    }
    read = {(step.split() or [""])[0] for step in plan.steps() if step.application == "read"}
    gone = put | read | set_inside(plan)
    return {name: value for name, value in plan.variables.items() if name not in gone}


def naming(plan: Dialplan, names: frozenset[str]) -> frozenset[str]:
    """The contexts in which a step names one of the variables, or what a subroutine is given."""
    return frozenset(
        context.name
        for context in plan.contexts.values()
        if any(
            any(name in names or ARGUMENT.fullmatch(name) for name in NAMED.findall(step.arguments))
            for steps in context.extensions.values()
            for step in steps.values()
        )
    )
