"""An expression as a tree, and its value. Every node knows the kind of value that comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum

TEXT_MOST = 1_000
"""Characters that a text holds; what is longer is cut off."""
NUMBER_MOST = Decimal(10) ** 15
"""Numbers stay between this and its negative: a flow that doubles one for ever gets no further."""
_GRAIN = Decimal("0.000001")

Value = str | Decimal | bool


class Kind(StrEnum):
    """What a value can be."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """A sensitive entry. No expression reads one: the engine holds dots only, and the line keeps the keys."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the text."""

    value: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the call."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the values of its arguments. ``name`` is the operator or function as it is written."""

    name: str
    work: Callable[..., Value]
    arguments: tuple[Expression, ...]
    kind: Kind

    def __repr__(self) -> str:
        """As :mod:`ivr.expressions` wrote it; the function's address in memory says nothing and is never the same."""
        return f"{self.name}({', '.join(map(repr, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Choose:
    """``then if condition else otherwise``: only the side that counts is worked out."""

    condition: Expression
    then: Expression
    otherwise: Expression

    @property
    def kind(self) -> Kind:
        """That of both sides."""
        return self.then.kind


Expression = Constant | Variable | Apply | Choose


def evaluate(expression: Expression, variables: Mapping[str, Value]) -> Value:
    """The value. A variable that is not there counts as :func:`empty`; that none is missing is checked at load."""
    match expression:
        case Constant(value):
            return value
        case Variable(name, kind):
            return variables.get(name, empty(kind))
        case Choose(condition, then, otherwise):
            return evaluate(then if evaluate(condition, variables) else otherwise, variables)
        case Apply(_, work, arguments):
            return bounded(work(*(evaluate(argument, variables) for argument in arguments)))


def names(expression: Expression) -> Iterator[str]:
    """Every variable that the expression reads."""
    match expression:
        case Variable(name):
            yield name
        case Apply(_, _, arguments):
            for argument in arguments:
                yield from names(argument)
        case Choose(condition, then, otherwise):
            for part in (condition, then, otherwise):
                yield from names(part)


def bounded(value: Value) -> Value:
    """The value, within the bounds of its kind: numbers to six places after the point."""
    if isinstance(value, str):
        return value[:TEXT_MOST]
    return _number_within(value) if isinstance(value, Decimal) else value


def _number_within(value: Decimal) -> Decimal:
    within = min(max(value, -NUMBER_MOST), NUMBER_MOST)
    return within.quantize(_GRAIN, rounding=ROUND_HALF_EVEN).normalize() + Decimal(0)


def empty(kind: Kind) -> Value:
    """What a variable of this kind holds before anything was put into it."""
    if kind is Kind.TRUTH:
        return False
    return Decimal(0) if kind is Kind.NUMBER else ""


def as_text(value: Value) -> str:
    """The value as a person writes it: “12.5”, “true”, the text itself. :func:`from_text` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{_number_within(value):f}"


def from_text(text: str, kind: Kind) -> Value | None:
    """The value of this kind that ``text`` writes; None where it writes none."""
    if kind is Kind.TRUTH:
        return {"true": True, "false": False}.get(text)
    if kind is not Kind.NUMBER:
        return bounded(text)
    try:
        number = Decimal(text) if text.isascii() and len(text) <= TEXT_MOST else Decimal("NaN")
    except InvalidOperation:
        return None
    return bounded(number) if number.is_finite() else None
