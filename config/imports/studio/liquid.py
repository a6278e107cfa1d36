"""Studio's Liquid templates as formulas of ours: an expression where that says exactly the same, else Liquid."""

from __future__ import annotations

import re
from collections.abc import Sequence

from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    ContainsExpression,
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
)
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Blank, Empty, Nil, StringLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.expression import Expression

from config.imports.names import one_line
from config.imports.source import Json
from config.imports.studio.paths import NOTHING, Known
from ivr.expressions import ExpressionError, is_template, liquid

FORMULA_MOST = 500
TEMPLATE_MOST = 2_000
"""Characters of a template that is looked at at all: with its spaces taken out it may still make a formula."""
_PATH = re.compile(r"""[A-Za-z_][\w-]*(?:\.[\w-]+|\[\s*(?:"[^"]*"|'[^']*'|\d+)\s*\])*""")
_ONE_VALUE = re.compile(r"\s*\{\{-?(?P<path>[^{}|]*+)\}\}\s*")


class _CannotSayError(Exception):
    """Our expressions have no way to say this exactly."""


def parsed(text: str) -> BoundTemplate | None:
    """The template; None where it is none that a flow of ours could hold."""
    try:
        return liquid.template_of(text)[0]
    except ExpressionError:
        return None


def only_value(text: str) -> str:
    """“flow.variables.count” of a text that is ``{{flow.variables.count}}`` and nothing else; else nothing."""
    found = _ONE_VALUE.fullmatch(text)
    return found["path"].removesuffix("-").strip() if found is not None else ""


def formula(text: str, known: Known, at: Json) -> str | None:
    """The text as a formula that gives a text; None, with a finding, where there is none."""
    if len(text) > TEMPLATE_MOST:
        known.draft.fault(at, f"this is longer than {TEMPLATE_MOST} characters; split it up")
        return None
    if not is_template(text):
        return _fitting(_quoted_or_liquid(text), known, at)
    template = parsed(text)
    if template is None:
        message = f"“{one_line(text, 80)}” uses Liquid that is not there (a loop, a range, a date, or a mistake)"
        known.draft.fault(at, message)
        return None
    try:
        match template.nodes:
            case [IfNode() as only] if not only.blank:
                said = _choice(only, known, at)
            case nodes:
                said = _joined(nodes, known, at)
    except _CannotSayError:
        said = _kept(text, template, known, at)
    return _fitting(said, known, at)


def quoted(text: str) -> str:
    """The text in quotes. Raises where no quotes can hold it."""
    for quote in "\"'":
        if not set(text) & {quote, "\\", "\n"} and not is_template(text):
            return f"{quote}{text}{quote}"
    raise _CannotSayError


def _quoted_or_liquid(text: str) -> str:
    """A text without templates. What no quotes can hold is Liquid too: outside of braces everything stands as it is."""
    try:
        return quoted(text)
    except _CannotSayError:
        return "{% comment %}{% endcomment %}" + text


def _fitting(said: str, known: Known, at: Json) -> str | None:
    if len(said) <= FORMULA_MOST:
        return said
    known.draft.fault(at, f"this is longer than {FORMULA_MOST} characters when written as one formula; split it up")
    return None


def _joined(nodes: Sequence[Node], known: Known, at: Json) -> str:
    """What the nodes of a template say one after the other."""
    parts: list[str] = []
    for node in nodes:
        match node:
            case ContentNode():
                parts.append(quoted(node.text))
            case OutputNode(expression=FilteredExpression() as expression):
                parts.append(_filtered(expression, known, at))
            case IfNode():
                parts.append(NOTHING if node.blank else f"({_choice(node, known, at)})")
            case _:
                raise _CannotSayError
    return " + ".join(part for part in parts if part != NOTHING) or NOTHING


def _choice(node: IfNode, known: Known, at: Json) -> str:
    otherwise = NOTHING if node.default is None else _joined(node.default.nodes, known, at)
    branches = [(node.condition, node.consequence), *((one.expression, one.block) for one in node.alternatives)]
    for condition, block in reversed(branches):
        otherwise = f"{_joined(block.nodes, known, at)} if {_condition(condition, known, at)} else {otherwise}"
    return otherwise


def _condition(expression: Expression, known: Known, at: Json) -> str:
    match expression:
        case BooleanExpression():
            return _condition(expression.expression, known, at)
        case Path():
            return f"{_text(expression, known, at)} != {NOTHING}"
        case LogicalAndExpression() | LogicalOrExpression():
            word = "and" if isinstance(expression, LogicalAndExpression) else "or"
            left, right = (_condition(side, known, at) for side in (expression.left, expression.right))
            return f"({left}) {word} ({right})"
        case EqExpression(left=Path() as path, right=Nil() | Blank() | Empty()):
            return f"{_text(path, known, at)} == {NOTHING}"
        case NeExpression(left=Path() as path, right=Nil() | Blank() | Empty()):
            return f"{_text(path, known, at)} != {NOTHING}"
        case EqExpression(left=Path() as path, right=StringLiteral() as literal):
            return f"{_text(path, known, at)} == {quoted(literal.value)}"
        case NeExpression(left=Path() as path, right=StringLiteral() as literal):
            return f"{_text(path, known, at)} != {quoted(literal.value)}"
        case ContainsExpression(left=Path() as path, right=StringLiteral() as literal):
            return f"contains({_text(path, known, at)}, {quoted(literal.value)})"
    raise _CannotSayError


def _filtered(expression: FilteredExpression, known: Known, at: Json) -> str:
    said = _value(expression.left, known, at)
    for step in expression.filters or ():
        arguments = [_value(argument.value, known, at) for argument in step.args or ()]
        match step.name, arguments:
            case "downcase", []:
                said = f"lower({said})"
            case "strip", []:
                said = f"strip({said})"
            case "append", [more]:
                said = f"{said} + {more}"
            case "prepend", [more]:
                said = f"{more} + {said}"
            case _:
                raise _CannotSayError
    return said


def _value(expression: Expression, known: Known, at: Json) -> str:
    match expression:
        case StringLiteral():
            return quoted(expression.value)
        case Path():
            return _text(expression, known, at)
    raise _CannotSayError


def _text(path: Path, known: Known, at: Json) -> str:
    """The value at the path, as a text."""
    if any(isinstance(part, Path) for part in path.path):
        raise _CannotSayError
    said = known.meaning(path.path, at)
    if known.draft.variables.get(said) == "number":
        return f"text({said})"
    return said


def _kept(text: str, template: BoundTemplate, known: Known, at: Json) -> str:
    """The template itself, with our names in it."""
    found = [one for uses in template.analyze().globals.values() for one in uses]
    for use in sorted(found, key=lambda one: one.span.index, reverse=True):
        place = _PATH.match(text, use.span.index)
        said = NOTHING
        if place is None or any(isinstance(part, list) for part in use.segments):
            known.draft.fault(at, f"“{one_line(str(use), 80)}” looks a value up by another one; it is left empty")
        else:
            segments = use.segments
            size = ".size" if len(segments) > 2 and segments[-1] == "size" else ""
            said = known.meaning(segments[:-1] if size else segments, at) + size
        if said.startswith(NOTHING):
            said = "nil"
        end = place.end() if place is not None else use.span.index
        text = text[: use.span.index] + said + text[end:]
    return text
