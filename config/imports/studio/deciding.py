"""Widgets that no caller hears and that ask nobody: split-based-on and set-variables."""

from __future__ import annotations

from itertools import product
from math import prod

from config.imports.draft import NEVER, Data
from config.imports.names import one_line, unused
from config.imports.studio.conditions import truths
from config.imports.studio.counters import step, whole
from config.imports.studio.liquid import formula
from config.imports.studio.paths import NOTHING
from config.imports.studio.widgets import Way, Widget
from config.imports.studio.work import Work

CASES_MOST = 50
TRUTH_MOST = 500


def split(work: Work, widget: Widget) -> None:
    """Conditions in their order; one that cannot be asked here never holds."""
    held: dict[str, str] = {}
    cases: list[Data] = []
    for way in widget.ways:
        if way.event != "match" or not way.conditions:
            continue
        said = _whole(work, widget, way, held)
        if said is None:
            message = (
                f"the way to “{one_line(way.next or 'the end', 60)}” is never gone: its condition cannot be asked here"
            )
            work.left_open(widget, f"{message}; write one in its place", way.at)
            said = [NEVER]
        cases += [{"when": one, "next": way} for one in said]
    otherwise = work.lead(widget.way("noMatch"))
    cases = [{"when": case["when"], "next": work.lead(case["next"])} for case in cases]
    if not cases:
        work.lost(widget, "it has no condition, so every call goes on the same way")
        cases = [{"when": "true", "next": otherwise}]
    name = work.before_it(widget, "cases", held)
    while cases:
        here, cases = cases[:CASES_MOST], cases[CASES_MOST:]
        more = unused(f"{name[:50]}-more", {*work.draft.nodes, *work.names.values()}) if cases else ""
        work.draft.put(name, {"do": "branch", "cases": here, "otherwise": more or otherwise}, widget.at)
        name = more


def set_variables(work: Work, widget: Widget) -> None:
    """Values into variables."""
    values: Data = {}
    for one in widget.properties.at("variables").items:
        key, template = one.at("key").text.strip(), one.at("value").text
        if not key:
            work.lost(widget, "a variable without a name is left out", one)
            continue
        said = _counted(work, key, template)
        if said is None:
            said = formula(template, work.known, one)
        if said is None:
            work.left_open(
                widget, f"what goes into “{one_line(key, 60)}” cannot be worked out here; it is left empty", one
            )
            said = NOTHING
        values[work.known.variable(key)] = said
    following = work.lead(widget.way("next"))
    if not values:
        work.put(widget, {"do": "tag", "next": following})
        return
    work.put(widget, {"do": "set", "values": values, "next": following})


def _counted(work: Work, key: str, template: str) -> str | None:
    """What goes into a counter."""
    if key not in work.known.numbers:
        return None
    number, by = whole(template), step(key, template)
    if number is not None:
        return str(number)
    assert by is not None, "a counter is set to whole numbers and counted only"
    return f"{work.known.variable(key)} {'+' if by >= 0 else '-'} {abs(by)}"


def _whole(work: Work, widget: Widget, way: Way, held: dict[str, str]) -> list[str] | None:
    """All the conditions of a way together, as truths of which one has to hold."""
    all_of: list[list[str]] = []
    for condition in way.conditions:
        said = truths(condition, work, held, f"{widget.name}_tested")
        if said is None:
            return None
        all_of.append(said)
    if prod(len(one) for one in all_of) > CASES_MOST:
        return None
    together = [" and ".join(f"({one})" for one in each) if len(each) > 1 else each[0] for each in product(*all_of)]
    return together if all(len(one) <= TRUTH_MOST for one in together) else None
