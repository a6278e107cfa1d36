"""What a flow can work out, and what it is told where it cannot."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.expressions import ExpressionError, Kind, Value, Variable, as_text, evaluate, from_text, names, parse

VARIABLES = {
    name: Variable(name, kind)
    for name, kind in {
        "tries": Kind.NUMBER,
        "balance": Kind.NUMBER,
        "card": Kind.TEXT,
        "language": Kind.TEXT,
        "known": Kind.TRUTH,
        "pin": Kind.SECRET,
    }.items()
}
VALUES: dict[str, Value] = {
    "tries": Decimal(2),
    "balance": Decimal("12.50"),
    "card": "4000 1234",
    "language": "uk",
    "known": True,
}


def worked_out(text: str) -> Value:
    return evaluate(parse(text, VARIABLES), VALUES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tries + 1", Decimal(3)),
        ("1 + 2 * 3 - -4", Decimal(11)),
        ("(1 + 2) * 3", Decimal(9)),
        ("0.1 + 0.2 == 0.3", True),
        ("balance * 2", Decimal(25)),
        ('"card " + last(card, 4)', "card 1234"),
        ("last(card, 0)", ""),
        ("first(card, 4)", "4000"),
        ("first(card, -4)", ""),
        ("digits(card)", "40001234"),
        ("length(card)", Decimal(9)),
        ("tries < 3 and known", True),
        ("tries > 3 or not known", False),
        ("not not known", True),
        ("language in ('en', 'uk')", True),
        ("language not in ('en', 'ru')", True),
        ("tries in (1, 3)", False),
        ("1 if known else 2", Decimal(1)),
        ("1 if not known else 2 if tries == 2 else 3", Decimal(2)),
        ("number('17', 0)", Decimal(17)),
        ("number(card, 0 - 1)", Decimal(-1)),
        ("number('NaN', 7)", Decimal(7)),
        ("text(balance)", "12.5"),
        ("text(100 * 10)", "1000"),
        ("max(tries, 5) - min(tries, 5)", Decimal(3)),
        ("starts(card, '4000') and contains(card, '12')", True),
        ("'a' < 'b'", True),
        ("lower('УВАГА')", "увага"),
        ("strip('  gold ')", "gold"),
    ],
)
def test_an_expression_has_its_value(text: str, value: Value) -> None:
    assert worked_out(text) == value
    assert type(worked_out(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("‸", "something is missing here; write a variable, a number or a text in quotes"),
        ("tries +‸", "something is missing here; write a variable, a number or a text in quotes"),
        ("tries ‸= 1", "one “=” compares nothing; write =="),
        ("tries ‸/ 2", "“/” is not known here: expressions add, subtract and multiply"),
        ("known ‸&& known", "write the words and, or, not"),
        ("tries ‸tries", "it ends here, or an operator such as “and” or “+” is missing"),
        ("‸triez + 1", "“triez” is no variable"),
        ("card == ‸'x", "this text has no end; close the quotation mark (a text holds neither backslash nor line end)"),
        ("tries ‸+ card", "“+” takes a number, a number or a text, a text; here it is given a number, a text"),
        ("tries ‸and known", "“and” takes true or false, true or false; here it is given a number, true or false"),
        ("1 < tries ‸< 3", "one comparison at a time; join two of them with “and”"),
        ("‸last(card)", "“last” takes a text, a number; here it is given a text"),
        (
            "‸eval('1')",
            "“eval” is no function; there is "
            "length, first, last, digits, strip, lower, contains, starts, number, text, min, max",
        ),
        ("card‸.strip", "“.” means nothing here; leave it out"),
        ("‸pin == '1234'", "“pin” is sensitive: nothing may read it, and only the json of a data dip carry it"),
        ("1 if ‸tries else 2", "this has to be true or false; what stands here is a number"),
        ("1 if known else ‸card", "this has to be a number; what stands here is a text"),
        ("(tries‸", "the closing bracket is missing"),
        ("‸1234567890123456", "this is no number; write digits, at most 15, with a point and at most 6 more"),
        ("‸0x10", "this is no number; write digits, at most 15, with a point and at most 6 more"),
        ("‸١", "this is no number; write digits, at most 15, with a point and at most 6 more"),
        ("tries in ‸1", "write the choices in brackets: in (1, 2)"),
        ("‸\u2028", "“�” means nothing here; leave it out"),
    ],
)
def test_a_mistake_is_shown_at_its_character(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text.replace("‸", ""), VARIABLES)
    assert (caught.value.at, str(caught.value)) == (text.index("‸"), message)


@pytest.mark.parametrize("text", ["(" * 50 + "1" + ")" * 50, "-" * 150 + "1", "1 +" * 200 + "1", "number('1'," * 60])
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="in several steps"):
        parse(text, VARIABLES)


def test_numbers_and_texts_that_grow_for_ever_stop_at_a_bound() -> None:
    number, text = parse("tries * tries", VARIABLES), parse("card + card", VARIABLES)
    values = dict(VALUES)
    for _ in range(100):
        values = {**values, "tries": evaluate(number, values), "card": evaluate(text, values)}
    assert values["tries"] == Decimal(10) ** 15
    assert len(str(values["card"])) == 1_000


def test_only_the_side_that_counts_is_worked_out_but_every_name_is_known() -> None:
    assert list(names(parse("tries if known else length(card)", VARIABLES))) == ["known", "tries", "card"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12.50", Kind.NUMBER, Decimal("12.5")),
        ("1e3", Kind.NUMBER, Decimal(1000)),
        ("Infinity", Kind.NUMBER, None),
        ("1e999999", Kind.NUMBER, Decimal(10) ** 15),
        ("twelve", Kind.NUMBER, None),
        ("true", Kind.TRUTH, True),
        ("yes", Kind.TRUTH, None),
        ("yes", Kind.TEXT, "yes"),
    ],
)
def test_values_come_from_text_and_go_back(text: str, kind: Kind, value: Value | None) -> None:
    assert from_text(text, kind) == value
    if value is not None:
        assert from_text(as_text(value), kind) == value
