"""Conditions of Studio's splits as truths of ours.

“Studio conditions are not case-sensitive and automatically trim leading and trailing whitespace characters”
(https://www.twilio.com/docs/studio/widget-library/split-based-on), and a regular expression has to match the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

from config.imports.names import one_line
from config.imports.studio.counters import VALUE_MOST, compared, whole
from config.imports.studio.paths import Known
from config.imports.studio.widgets import Condition
from config.imports.studio.work import Work
from ivr.expressions import is_template

WORDS_A_CASE = 25
"""Alternatives of one case: each is several words of an expression, which may have 120."""
_MATCHES_MOST = 200
_WITH_A_TEXT: Mapping[str, str] = {
    "equal_to": "{0} == {1}",
    "not_equal_to": "{0} != {1}",
    "contains": "contains({0}, {1})",
    "does_not_contain": "not contains({0}, {1})",
    "starts_with": "starts({0}, {1})",
    "does_not_start_with": "not starts({0}, {1})",
    # Times of 24 hours and ISO dates stand in the order of their letters.
    "is_before_time": '{0} != "" and {0} < {1}',
    "is_before_date": '{0} != "" and {0} < {1}',
    "is_after_time": "{0} > {1}",
    "is_after_date": "{0} > {1}",
}
_SIGNS = {"equal_to": "==", "not_equal_to": "!=", "less_than": "<", "greater_than": ">"}


def truths(condition: Condition, work: Work, held: dict[str, str], wanted: str) -> list[str] | None:
    """The condition as one truth or as several, of which one has to hold. None, with a finding, where it is not.

    What only Liquid can work out goes into variables called ``wanted`` or nearly so (``held``).
    """
    known = work.known
    if len(condition.value) > VALUE_MOST:
        known.draft.fault(condition.at, f"its value has more than {VALUE_MOST} characters; write another condition")
        return None
    if compared(condition) in known.numbers:
        return _of_number(condition, known)
    tested = work.held(condition.tested, wanted, held, condition.at)
    value = _value(condition, work, held, f"{wanted}_with") if condition.kind in _WITH_A_TEXT else ""
    if tested is None or value is None:
        return None
    said = _of_text(condition, tested, value, known)
    if said is None:
        known.draft.fault(
            condition.at,
            f"“{condition.kind} {one_line(condition.value, 80)}” cannot be asked here; write another condition",
        )
    return said


def plain_values(condition: Condition) -> list[str] | None:
    """The values of which the condition asks for one; None where it asks for something else."""
    if is_template(condition.value) or len(condition.value) > VALUE_MOST:
        return None
    match condition.kind:
        case "equal_to":
            return [condition.value.strip()]
        case "matches_any_of":
            return [value.strip() for value in condition.value.split(",")]
    return None


def _of_number(condition: Condition, known: Known) -> list[str]:
    variable = known.variable(compared(condition))
    if "match" in condition.kind:
        values = ", ".join(str(whole(value)) for value in condition.value.split(","))
        return [f"{variable} {'in' if condition.kind == 'matches_any_of' else 'not in'} ({values})"]
    return [f"{variable} {_SIGNS[condition.kind]} {whole(condition.value)}"]


def _value(condition: Condition, work: Work, held: dict[str, str], wanted: str) -> str | None:
    """What is compared with, as an expression without capitals and without spaces around it."""
    if is_template(condition.value):
        said = work.held(condition.value, wanted, held, condition.at)
        return None if said is None else f"lower(strip({said}))"
    return work.held(condition.value.strip().lower(), wanted, held, condition.at)


def _of_text(condition: Condition, tested: str, value: str, known: Known) -> list[str] | None:
    text = _trimmed(tested, known)
    match condition.kind:
        case "is_blank":
            return [f'{text} == ""']
        case "is_not_blank":
            return [f'{text} != ""']
        case "matches_any_of":
            return _among(_without_case(text, known), condition.value.split(","))
        case "does_not_match_any_of":
            among = _among(_without_case(text, known), condition.value.split(","))
            return [f"not ({truth})" for truth in among] if among is not None and len(among) == 1 else None
        case "less_than" | "greater_than":
            return _compared_with_number(condition, tested)
        case "regex":
            return _matching(condition.value.strip(), text, known)
    if condition.kind not in _WITH_A_TEXT:
        return None
    has_letters = re.search("[^\\W\\d_]", condition.value) is not None
    return [_WITH_A_TEXT[condition.kind].format(_without_case(text, known) if has_letters else text, value)]


def _trimmed(tested: str, known: Known) -> str:
    return tested if tested in _typed(known) or tested.startswith('"') else f"strip({tested})"


def _without_case(text: str, known: Known) -> str:
    if text.startswith('"'):
        return text.lower()
    return text if text in _typed(known) else f"lower({text})"


def _typed(known: Known) -> set[str]:
    """Variables that hold keys of a telephone, which have neither case nor space."""
    return {name for path, name in known.names.items() if path[0] == "widgets" and path[-1] == "Digits"}


def _among(text: str, values: list[str]) -> list[str] | None:
    wanted = list(dict.fromkeys(value.strip().lower() for value in values))
    if len(wanted) > _MATCHES_MOST or any(set(value) & {'"', "\\", "\n", "{"} for value in wanted):
        return None
    groups = [wanted[at : at + WORDS_A_CASE] for at in range(0, len(wanted), WORDS_A_CASE)]
    listed = [", ".join(f'"{value}"' for value in group) for group in groups]
    truths = [f"{text} in ({words})" if "," in words else f"{text} == {words}" for words in listed]
    return truths if all(len(truth) < 480 for truth in truths) else None


def _compared_with_number(condition: Condition, tested: str) -> list[str] | None:
    try:
        number = f"{float(condition.value):.6f}".rstrip("0").rstrip(".")
    except (ValueError, OverflowError):
        return None
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", number):
        return None
    # What is no number counts as the limit itself, which is neither less nor greater.
    return [f"number({tested}, {number}) {_SIGNS[condition.kind]} {number}"]


_PIECE = re.compile(
    r"(?:(?P<text>[A-Za-z0-9 _@#*+-])|\[(?P<set>(?:[A-Za-z0-9#*]-[A-Za-z0-9]|[A-Za-z0-9#*])+)\]|\\(?P<sign>[*+#.]))"
    r"(?:\{(?P<times>\d)\})?"
)


def _matching(pattern: str, text: str, known: Known) -> list[str] | None:
    """A regular expression of the kinds that menus have: so many digits, or one of a few words."""
    pattern = pattern.removeprefix("^").removesuffix("$")
    run = re.fullmatch(r"(?:\\d|\[0-9\])(?:\{(\d{1,2})(?:(,)(\d{1,2})?)?\}|([+*]))?", pattern)
    if run is not None:
        return [_digits_only(text, *run.groups())]
    words: list[str] = []
    inner = pattern[1:-1] if re.fullmatch(r"\((?:\?:)?[^()]*\)", pattern) else pattern
    for part in inner.removeprefix("?:").split("|"):
        spelled = _spelled(part)
        if spelled is None or len(words) + len(spelled) > _MATCHES_MOST:
            return None
        words += spelled
    return _among(_without_case(text, known), words)


def _digits_only(text: str, least: str | None, comma: str | None, most: str | None, sign: str | None) -> str:
    low = 0 if sign == "*" else int(least or 1)
    all_digits = f"digits({text}) == {text}"
    if sign is not None or (comma is not None and most is None):
        return f"{all_digits} and length({text}) >= {low}"
    high = int(most) if most is not None else low
    if low == high:
        return f"{all_digits} and length({text}) == {low}"
    return f"{all_digits} and length({text}) >= {low} and length({text}) <= {high}"


def _spelled(pattern: str) -> list[str] | None:
    """Every text that the pattern matches, where that is a list of some texts and sets of characters."""
    at = 0
    sets: list[str] = []
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return None
        sets += [piece["text"] or piece["sign"] or _characters(piece["set"])] * int(piece["times"] or 1)
        at = piece.end()
    count = 1
    for one in sets:
        count *= len(one)
        if count > _MATCHES_MOST:
            return None
    return ["".join(letters) for letters in product(*sets)] if sets else None


def _characters(group: str) -> str:
    spread = re.sub(
        r"(.)-(.)",
        lambda found: "".join(map(chr, range(ord(found[1]), min(ord(found[2]), ord(found[1]) + 99) + 1))),
        group,
    )
    return "".join(dict.fromkeys(spread))
