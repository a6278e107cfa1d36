"""Liquid templates as expressions, for flows that were written for Twilio Studio.

``{% if name %}Hello {{ name | upcase }}{% else %}Hello{% endif %}`` gives a text. The python-liquid package reads and
renders it, held to what every other expression promises (docs/decisions/0006):

- it is pure: only the tags and filters listed here are there, none of which reads a clock, a file or anything random,
  and python-liquid's own ``now`` and ``today`` are nothing;
- it is total: whatever the values are, a text comes out. A template that cannot be rendered is an empty text;
- it is bounded: no tag repeats, there are no ranges, and no filter makes more than a text or a number may hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.context import builtin
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.static_analysis import TemplateAnalysis
from liquid.undefined import is_undefined

from ivr.expressions.errors import ExpressionError, Unknown, readable
from ivr.expressions.tree import NUMBER_MOST, TEXT_MOST, Apply, Kind, Value, Variable

TAGS = ("if", "unless", "case", "assign", "capture", "comment", "echo")
FILTERS = (
    *("abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus", "round", "times"),
    *("append", "capitalize", "default", "downcase", "escape", "lstrip", "prepend", "remove", "remove_first"),
    *("replace", "replace_first", "rstrip", "size", "slice", "squish", "strip", "strip_newlines", "truncate"),
    *("truncatewords", "upcase", "url_decode", "url_encode", "split", "join", "first", "last"),
)
"""Those of python-liquid that are let through; ``to_json``, which Studio adds, comes on top."""
_PARTS = ("content", "output", "illegal")
"""What python-liquid itself counts as tags: text, ``{{ }}``, and what is neither."""

_CLOCK: Mapping[str, object] = dict.fromkeys(builtin)
"""What python-liquid would look up on the clock, held to be nothing. A template can ask for it in spite of the check of
its names: by a name that it only seems to assign, or that a variable has which holds nothing."""

Filter = Callable[..., object]


class _Bounded(Environment):
    """Liquid without anything that repeats, includes, or looks at the world."""

    output_stream_limit = 4 * TEXT_MOST
    local_namespace_limit = 100 * TEXT_MOST

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Registers what is let through, and no more."""
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: self.tags[name] for name in (*_PARTS, *TAGS)}
        self.filters = {name: _within_bounds(self.filters[name]) for name in FILTERS}
        self.filters["to_json"] = _within_bounds(_to_json)


def _within_bounds(work: Filter) -> Filter:
    """The filter, with what it makes cut to what a value may hold."""

    def bounded(*arguments: object, **named: object) -> object:
        made = work(*arguments, **named)
        if isinstance(made, str):
            return made[:TEXT_MOST]
        if isinstance(made, int | float | Decimal) and not isinstance(made, bool):
            return max(min(made, int(NUMBER_MOST)), -int(NUMBER_MOST))
        return made[:TEXT_MOST] if isinstance(made, list) else made

    for mark in ("with_context", "with_environment"):  # python-liquid asks the filter what it wants to be given
        if hasattr(work, mark):
            setattr(bounded, mark, getattr(work, mark))
    return bounded


def _to_json(value: object) -> str:
    return json.dumps(None if is_undefined(value) else value, ensure_ascii=False, default=str)


ENVIRONMENT = _Bounded(tolerance=Mode.STRICT)


def read(text: str, variables: Mapping[str, Variable], unknown: Unknown | None) -> Apply:
    """The template as an expression that gives a text. ``variables`` by the names that it uses.

    Raises :class:`ExpressionError` where it is no Liquid, or asks for what is not there.
    """
    template, parts = template_of(text)
    used: dict[str, Variable] = {}
    for name, found in parts.globals.items():
        used[name] = readable(name, found[0].span.index, variables, unknown)
        for one in found:
            if len(one.segments) > 1 and one.segments[1:] != ["size"]:
                raise ExpressionError(one.span.index, f"“{name}” is one value and has no parts; write {name} alone")
    names = tuple(used)

    def rendered(*values: Value) -> str:
        # What holds nothing is not there for Liquid, so that “{% if name %}” says whether there is any.
        given = {name: _given(value) for name, value in zip(names, values, strict=True) if value != ""}
        try:
            return template.render({**_CLOCK, **given})
        except (LiquidError, ArithmeticError, ValueError, TypeError, AttributeError, RecursionError):
            return ""

    return Apply(f"liquid {text!r}", rendered, tuple(used.values()), Kind.TEXT)


def template_of(text: str) -> tuple[BoundTemplate, TemplateAnalysis]:
    """The template, and what it uses. Its variables are for the caller to check.

    Raises :class:`ExpressionError` where it is no Liquid, or uses what is not let through.
    """
    try:
        template = ENVIRONMENT.from_string(text)
        parts = template.analyze()
        ranges = list(_ranges(_expressions(template.nodes, RenderContext(template))))
    except (LiquidError, RecursionError) as error:
        raise _unreadable(error) from None
    for name, spans in parts.filters.items():
        if name not in ENVIRONMENT.filters:
            raise ExpressionError(spans[0].index, f"“{name}” is no filter here; there is {', '.join(FILTERS)}, to_json")
    if ranges:
        # One of a billion numbers is quickly written, and joined only after minutes, in gigabytes.
        raise ExpressionError(ranges[0].token.start_index, "there are no ranges here; write the numbers that are meant")
    return template, parts


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    """Every expression of the nodes and of what is inside them."""
    for node in nodes:
        yield from node.expressions()
        yield from _expressions(node.children(context), context)


def _ranges(expressions: Iterable[Expression]) -> Iterator[RangeLiteral]:
    for expression in expressions:
        if isinstance(expression, RangeLiteral):
            yield expression
        yield from _ranges(expression.children())


def _given(value: Value) -> object:
    """The value as Liquid has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _unreadable(error: LiquidError | RecursionError) -> ExpressionError:
    if isinstance(error, RecursionError):
        return ExpressionError(0, "this is nested too deeply; work it out in several steps")
    token = error.token
    said = str(error.message) if hasattr(error, "message") else str(error)
    at = token.start_index if token is not None and token.start_index > 0 else 0
    return ExpressionError(at, f"this is no Liquid: {said.splitlines()[0]}; tags that work here: {', '.join(TAGS)}")
