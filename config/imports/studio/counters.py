"""Studio's counters: variables that a flow only ever counts up, and compares with whole numbers.

Studio has no numbers of its own. A flow counts with ``{% if flow.variables.tries %}{{flow.variables.tries | plus: 1}}
{% else %}1{% endif %}``, which is ``tries + 1`` of a number that begins with 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from config.imports.studio.liquid import only_value
from config.imports.studio.widgets import Condition, StudioFlow, Widget

VALUE_MOST = 4_000
"""Characters of a value that a condition compares with; of longer ones none can be asked here."""
_PLAIN = re.compile(r"[\w-]+")
_VARIABLES = re.compile(r"flow\.variables\.([\w-]+)")
_WHOLE = re.compile(r"\s*(-?\d{1,9})\s*")
_STEP = (
    r"\{{\{{-?\s*{path}\s*(?:\|\s*default\s*:\s*['\"]?0['\"]?\s*)?"
    r"\|\s*(plus|minus)\s*:\s*['\"]?(\d{{1,6}})['\"]?\s*-?\}}\}}"
)
_IS_THERE = r"(?: *!= *(?:nil|null|blank|empty|''|\"\"))?"
_COMPARED = ("equal_to", "not_equal_to", "less_than", "greater_than", "matches_any_of", "does_not_match_any_of")


def whole(text: str) -> int | None:
    """The whole number that the text is."""
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found is not None else None


def step(key: str, text: str) -> int | None:
    """By how much the template counts ``flow.variables.<key>`` up (or down), which begins as if it were 0."""
    if len(text) > 500:
        return None
    path = re.escape(f"flow.variables.{key}")
    counted = _STEP.format(path=path)
    plain = re.fullmatch(rf"\s*{counted}\s*", text)
    if plain is not None:
        return _signed(plain[1], plain[2])
    tag = r"\{{%-?\s*{}\s*-?%\}}".format
    choice = re.fullmatch(
        rf"\s*{tag('if ' + path + _IS_THERE)}\s*{counted}\s*{tag('else')}\s*(-?\d{{1,6}})\s*{tag('endif')}\s*", text
    )
    if choice is None:
        return None
    by = _signed(choice[1], choice[2])
    return by if by == int(choice[3]) else None


def _signed(word: str, number: str) -> int:
    return int(number) if word == "plus" else -int(number)


def compared(condition: Condition) -> str:
    """The variable that the condition compares with whole numbers; else nothing."""
    if len(condition.value) > VALUE_MOST:
        return ""
    words = only_value(condition.tested).split(".")
    if words[:2] != ["flow", "variables"] or len(words) != 3 or condition.kind not in _COMPARED:
        return ""
    values = condition.value.split(",") if "match" in condition.kind else [condition.value]
    return words[2] if all(whole(value) is not None for value in values) else ""


def counters(flow: StudioFlow) -> frozenset[str]:
    """The variables that are counters: set to whole numbers and steps only, and read by comparisons with them only."""
    read = _read_otherwise(flow)
    if read is None:
        return frozenset()
    splits: dict[str, list[tuple[str, Condition]]] = {}
    for widget in flow.widgets.values():
        for condition in (one for way in widget.ways for one in way.conditions):
            splits.setdefault(compared(condition), []).append((widget.name, condition))
    return frozenset(
        key
        for key, values in flow.sets.items()
        if _PLAIN.fullmatch(key)
        and key not in read
        and any(step(key, value) is not None for _, value in values)
        and all(whole(value) is not None or step(key, value) is not None for _, value in values)
        and (
            any(whole(value) is not None for _, value in values)
            or not _tells_none_from_zero(flow, key, splits.get(key, []))
        )
    )


def _tells_none_from_zero(flow: StudioFlow, key: str, splits: Sequence[tuple[str, Condition]]) -> bool:
    """Whether a split may be met before anything was counted, and then goes another way than for 0: “less than 3”."""
    counting = {widget for widget, _ in flow.sets[key]}
    return any(
        _holds_for_zero(condition) != (condition.kind in ("not_equal_to", "does_not_match_any_of"))
        and not flow.before.get(split, frozenset()) <= counting
        for split, condition in splits
    )


def _holds_for_zero(condition: Condition) -> bool:
    numbers = [whole(value) or 0 for value in condition.value.split(",")]
    match condition.kind:
        case "less_than":
            return numbers[0] > 0
        case "greater_than":
            return numbers[0] < 0
        case "equal_to" | "matches_any_of":
            return 0 in numbers
    return 0 not in numbers


def _read_otherwise(flow: StudioFlow) -> frozenset[str] | None:
    """Variables that are read in another way than being counted and compared; None where that may be any."""
    read: set[str] = set()
    for widget in flow.widgets.values():
        for text, but in _texts(widget):
            if "flow.variables[" in text:
                return None
            read |= set(_VARIABLES.findall(text)) - {but}
    return frozenset(read)


def _texts(widget: Widget) -> Iterator[tuple[str, str]]:
    """The widget's texts, each with the variable that it may name when that is counted."""
    if widget.kind == "set-variables":
        for one in widget.properties.at("variables").items:
            yield one.at("value").text, one.at("key").text
    elif widget.kind == "split-based-on":
        for condition in (one for way in widget.ways for one in way.conditions):
            yield f"{condition.tested} {condition.value}", compared(condition)
    else:
        for text in widget.properties.texts():
            yield text, ""
