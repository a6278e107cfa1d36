"""How a Studio flow asks again, as the attempts of a question of ours.

A question that is not answered leads back to itself: at once, behind a message, or by way of a counter: “gather, count
up, split on the count”. What a question of ours does by itself then needs no nodes of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.imports.studio.counters import compared, step, whole
from config.imports.studio.widgets import Widget
from config.imports.studio.work import Work

ATTEMPTS_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How often a question is asked, the widgets whose messages come before asking again, and what comes then."""

    most: int
    otherwise: str
    no_input: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """A way from a question that was not answered: back to it (``most`` times, or for ever), or elsewhere."""

    said_before: str = ""
    counter: str = ""
    """The widget that splits on the count."""
    said_after: str = ""
    most: int = 0
    then: str = ""
    leaves: bool = False

    @property
    def messages(self) -> tuple[str, ...]:
        return tuple(widget for widget in (self.said_before, self.said_after) if widget)


def asked(work: Work, question: Widget, no_input: str, no_match: str | None) -> Asked | None:
    """The attempts of a question, from where it leads without an answer and with a wrong one (None: none is wrong).

    None where only nodes of their own can say it.
    """
    silent = _again(work, question, no_input, no_match)
    wrong = silent if no_match is None else _again(work, question, no_match, no_input)
    if silent.leaves or wrong.leaves:
        both = silent.leaves and wrong.leaves and silent.then == wrong.then
        return Asked(most=1, otherwise=silent.then) if both else None
    if not silent.counter and not wrong.counter:
        return Asked(
            most=ATTEMPTS_MOST,
            otherwise=question.name,
            no_input=silent.messages,
            no_match=wrong.messages,
            note="asks again for ever, as it did in Studio; let “otherwise” lead to somebody who helps",
        )
    if silent.counter != wrong.counter or silent.said_before != wrong.said_before:
        return None
    if silent.said_before:
        work.instead[silent.said_before] = silent.then
    return Asked(
        most=silent.most,
        otherwise=silent.said_before or silent.then,
        no_input=silent.messages,
        no_match=wrong.messages,
    )


def _again(work: Work, question: Widget, target: str, other: str | None) -> _Again:
    """Where a question leads that was not answered, when ``other`` is its other way of that kind."""
    widgets = work.flow.widgets
    here, said = widgets.get(target), ""
    failing = {question.name, question.next("keypress")}
    if target == question.name:
        return _Again()
    if here is not None and _only_says(here) and _only_from(work, here.name, failing):
        said, here = here.name, widgets.get(here.next("audioComplete"))
        if here is question:
            return _Again(said_before=said)
    others = widgets.get(other or "")
    through = {said} | ({others.name} if others is not None and _only_says(others) else set())
    counted = _counted(work, question, here, failing | through) if here is not None else None
    if counted is None:
        return _Again(leaves=True, then=target)
    return _Again(
        said_before=said,
        counter=counted.counter,
        said_after=counted.said_after,
        most=counted.most,
        then=counted.then,
    )


def _counted(work: Work, question: Widget, here: Widget, allowed: set[str]) -> _Again | None:
    """The way by a counter and a split on it, whichever comes first: back to the question, or out."""
    if not _only_from(work, here.name, allowed):
        return None
    widgets = work.flow.widgets
    if here.kind == "set-variables":
        split = widgets.get(here.next("next"))
        limit = (
            None
            if split is None or not _only_from(work, split.name, {here.name})
            else _limit(work, split, _counts(here))
        )
        if split is None or limit is None:
            return None
        most, out, back, last = limit.most, limit.out, limit.back, split.name
    else:
        limit = _limit(work, here, "")
        counting = None if limit is None else widgets.get(limit.back)
        if limit is None or counting is None or not _only_from(work, counting.name, {here.name}):
            return None
        if _counts(counting) != limit.key:
            return None
        # It is asked once more than it is counted.
        most, out, back, last = limit.most + 1, limit.out, counting.next("next"), counting.name
    after = ""
    if back != question.name:
        message = widgets.get(back)
        if message is None or not _only_says(message) or not _only_from(work, back, {last}):
            return None
        if message.next("audioComplete") != question.name:
            return None
        after = back
    if not 1 <= most <= ATTEMPTS_MOST:
        return None
    return _Again(counter=last, said_after=after, most=most, then=out)


@dataclass(frozen=True, slots=True)
class _Limit:
    """A split on a counter: how far it is counted before the call leaves, and the two ways."""

    key: str
    most: int
    out: str
    back: str


def _limit(work: Work, split: Widget, key: str) -> _Limit | None:
    """The limit that the split sets to the counter ``key`` (whichever it is, where that is empty)."""
    matches = [way for way in split.ways if way.event == "match"]
    if split.kind != "split-based-on" or len(matches) != 1 or len(matches[0].conditions) != 1:
        return None
    condition = matches[0].conditions[0]
    tested, number = compared(condition), whole(condition.value)
    if tested not in work.known.numbers or (key and tested != key) or number is None:
        return None
    firsts = {first for _, text in work.flow.sets.get(tested, ()) if (first := whole(text)) is not None} or {0}
    if len(firsts) != 1:
        return None
    most = number - firsts.pop() + (condition.kind == "greater_than")
    match condition.kind:
        case "equal_to" | "greater_than":
            return _Limit(tested, most, matches[0].next, split.next("noMatch"))
        case "less_than" | "not_equal_to":
            return _Limit(tested, most, split.next("noMatch"), matches[0].next)
    return None


def _counts(widget: Widget) -> str:
    """The variable that the widget counts up by one, if it does nothing else."""
    if widget.kind != "set-variables" or len(widget.properties.at("variables").items) != 1:
        return ""
    (one,) = widget.properties.at("variables").items
    key = one.at("key").text
    return key if key and step(key, one.at("value").text) == 1 else ""


def _only_says(widget: Widget) -> bool:
    return widget.kind == "say-play"


def _only_from(work: Work, name: str, sources: set[str]) -> bool:
    return {source for source, _ in work.before.get(name, ())} <= sources
