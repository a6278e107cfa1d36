"""The operators and functions of expressions, each with the kinds it takes and the kind it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ivr.expressions.tree import Kind, Value, as_text, from_text

_T, _N, _B = Kind.TEXT, Kind.NUMBER, Kind.TRUTH


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives."""

    takes: tuple[Kind, ...]
    gives: Kind
    work: Callable[..., Value]


def _count(number: Decimal) -> int:
    """A number of characters: whole, and none is the least."""
    return int(max(number, Decimal(0)))


def _last(text: str, count: Decimal) -> str:
    return text[-_count(count) :] if _count(count) else ""


def _number(text: str, otherwise: Decimal) -> Value:
    number = from_text(text.strip(), Kind.NUMBER)
    return otherwise if number is None else number


FUNCTIONS: dict[str, Signature] = {
    "length": Signature((_T,), _N, lambda text: Decimal(len(text))),
    "first": Signature((_T, _N), _T, lambda text, count: text[: _count(count)]),
    "last": Signature((_T, _N), _T, _last),
    "digits": Signature((_T,), _T, lambda text: "".join(one for one in text if one in "0123456789")),
    "strip": Signature((_T,), _T, str.strip),
    "lower": Signature((_T,), _T, str.lower),
    "contains": Signature((_T, _T), _B, lambda text, part: part in text),
    "starts": Signature((_T, _T), _B, str.startswith),
    "number": Signature((_T, _N), _N, _number),
    "text": Signature((_N,), _T, as_text),
    "min": Signature((_N, _N), _N, min),
    "max": Signature((_N, _N), _N, max),
}
"""By name. ``number(text, otherwise)`` is ``otherwise`` where the text is no number, so it has a value always."""

OPERATORS: dict[str, tuple[Signature, ...]] = {
    "+": (Signature((_N, _N), _N, lambda a, b: a + b), Signature((_T, _T), _T, lambda a, b: a + b)),
    "-": (Signature((_N, _N), _N, lambda a, b: a - b),),
    "*": (Signature((_N, _N), _N, lambda a, b: a * b),),
    **{
        sign: tuple(Signature((kind, kind), _B, work) for kind in kinds)
        for sign, work, kinds in (
            ("==", lambda a, b: a == b, (_T, _N, _B)),
            ("!=", lambda a, b: a != b, (_T, _N, _B)),
            ("<", lambda a, b: a < b, (_N, _T)),
            ("<=", lambda a, b: a <= b, (_N, _T)),
            (">", lambda a, b: a > b, (_N, _T)),
            (">=", lambda a, b: a >= b, (_N, _T)),
        )
    },
    "and": (Signature((_B, _B), _B, lambda a, b: a and b),),
    "or": (Signature((_B, _B), _B, lambda a, b: a or b),),
    "not": (Signature((_B,), _B, lambda a: not a),),
    "negative": (Signature((_N,), _N, lambda a: -a),),
}
"""By sign; the first signature that fits the kinds counts."""
