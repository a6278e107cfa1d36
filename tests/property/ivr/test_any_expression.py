"""Any text is an expression that always has a value of its kind, or it is refused with a place inside it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ivr.expressions import Expression, ExpressionError, Kind, Value, Variable, as_text, evaluate, from_text, parse

VARIABLES = {"n": Variable("n", Kind.NUMBER), "t": Variable("t", Kind.TEXT), "b": Variable("b", Kind.TRUTH)}
TYPES = {Kind.NUMBER: Decimal, Kind.TEXT: str, Kind.TRUTH: bool}

WORDS = "n t b n t b 1 0.5 'x' true false + - * == != < >= and or not in if else ( ( ) ) , last first number length"
words = st.sampled_from(WORDS.split())
texts = st.lists(words, max_size=12).map(" ".join) | st.text(max_size=30)
values = st.fixed_dictionaries(
    {"n": st.decimals(-(10**15), 10**15, places=6), "t": st.text(max_size=50), "b": st.booleans()}
)


def read(text: str) -> tuple[Expression | None, int]:
    try:
        return parse(text, VARIABLES), -1
    except ExpressionError as error:
        return None, error.at


@given(texts, values)
def test_what_can_be_read_always_has_a_value_of_its_kind(text: str, values: dict[str, Value]) -> None:
    expression, refused_at = read(text)
    if expression is None:
        assert 0 <= refused_at <= len(text)
        return
    value = evaluate(expression, values)
    assert type(value) is TYPES[expression.kind]
    assert evaluate(expression, values) == value
    assert from_text(as_text(value), expression.kind) == value


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_arithmetic_is_that_of_whole_numbers(a: int, b: int, c: int) -> None:
    values: dict[str, Value] = {"a": Decimal(a), "b": Decimal(b), "c": Decimal(c)}
    variables = {name: Variable(name, Kind.NUMBER) for name in values}
    assert evaluate(parse("a + b * c - (a - b) * -c", variables), values) == a + b * c - (a - b) * -c
    assert evaluate(parse("a < b and b <= c or a == c", variables), values) == (a < b <= c or a == c)


TEMPLATES = (
    "{{ }} {% %} if else endif elsif assign capture n t b x = | plus replace split join times : 1 'ab' , size == >"
)
pieces = st.lists(st.sampled_from(TEMPLATES.split()) | st.text(max_size=3), max_size=14).map(" ".join)


@given(pieces, values)
def test_any_template_says_something_or_is_refused_with_a_place(text: str, values: dict[str, Value]) -> None:
    expression, refused_at = read("{{ t }}" + text)
    if expression is None:
        assert 0 <= refused_at <= len(text) + 7
        return
    said = evaluate(expression, values)
    assert isinstance(said, str)
    assert len(said) <= 1_000
    assert evaluate(expression, values) == said
