"""Liquid templates in a flow: what they say, and what is refused when the flow is loaded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.expressions import ExpressionError, Kind, Value, Variable, evaluate, names, parse

VARIABLES = {
    name: Variable(name, kind)
    for name, kind in {"name": Kind.TEXT, "digits_": Kind.TEXT, "count": Kind.NUMBER, "pin": Kind.SECRET}.items()
}
COUNT_UP = "{% if digits_ %}{{ digits_ | plus: 1 }} {% else %} 1 {% endif %}"


def rendered(text: str, **values: Value) -> Value:
    return evaluate(parse(text, VARIABLES), {"count": Decimal(3), **values})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hello {{ name | upcase }}!", "Hello ANNA!"),
        ("{{ name | downcase | strip }}", "anna"),
        ("{{ count | plus: 1 }}", "4"),
        ("{{ name | to_json }},{{ digits_ | to_json }},{{ count | to_json }}", '"Anna",null,3'),
        ("{% assign who = name | append: '!' %}{{ who }}", "Anna!"),
        ("{% if digits_ %}typed{% elsif count > 2 %}counted{% else %}nothing{% endif %}", "counted"),
        (COUNT_UP, " 1 "),
        ("{{ digits_ | default: 'none' }}", "none"),
    ],
)
def test_a_template_says_what_liquid_says(text: str, says: str) -> None:
    assert rendered(text, name="Anna", digits_="") == says


def test_a_variable_that_holds_something_is_there() -> None:
    assert rendered(COUNT_UP, digits_="2") == "3 "


def test_a_template_reads_the_variables_that_it_names() -> None:
    assert list(names(parse("{{ name }}{% assign x = count %}{{ x }}", VARIABLES))) == ["name", "count"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ ‸nobody }}", "“nobody” is no variable"),
        ("{{ ‸pin }}", "“pin” is sensitive"),
        ("{{ ‸name.first }}", "“name” is one value and has no parts"),
        ("{{ name | ‸date: '%H' }}", "“date” is no filter here; there is abs, at_least"),
        (
            "{% ‸for x in name %}{% endfor %}",
            "this is no Liquid: unexpected tag 'for'; tags that work here: if, unless",
        ),
        ("{{ ‸(1..count) | join }}", "there are no ranges here"),
        (
            "{% if name == 'a' %}{% if ‸(1..1000000000) contains name %}x{% endif %}{% endif %}",
            "there are no ranges here",
        ),
        ("{% assign x = ‸(1..9) %}{{ x | join }}", "there are no ranges here"),
        ("{{ ‸now }}", "“now” is no variable"),
        ("{% ‸include 'other' %}", "this is no Liquid: unexpected tag 'include'"),
        ("‸{{ name", "this is no Liquid: expected '}}'"),
    ],
)
def test_a_mistake_is_shown_at_its_character(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text.replace("‸", ""), VARIABLES)
    assert caught.value.at == text.index("‸")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "text", ["{{ count | divided_by: 0 }}", "{% if name > 3 %}x{% endif %}", "{{ name | truncate: name }}"]
)
def test_what_cannot_be_rendered_is_an_empty_text(text: str) -> None:
    assert rendered(text, name="Anna") == ""


@pytest.mark.parametrize("name", ["now", "today"])
def test_no_template_reads_the_clock(name: str) -> None:
    assert rendered(f"{{% if false %}}{{% assign {name} = 'x' %}}{{% endif %}}{{{{ {name} }}}}") == ""
    of_that_name = parse(f"{{{{ {name} }}}}", {name: Variable(name, Kind.TEXT)})
    assert evaluate(of_that_name, {name: ""}) == ""
    assert evaluate(of_that_name, {name: "noon"}) == "noon"


def test_a_variable_may_be_called_as_pythons_own_are() -> None:
    assert evaluate(parse("{{ self }}", {"self": Variable("self", Kind.TEXT)}), {"self": "me"}) == "me"


def test_a_template_cannot_breed() -> None:
    breeding = "{{ name" + " | replace: 'a', 'aaaaaaaaaaaaaaaa'" * 5
    assert rendered(breeding + " | size }}", name="Anna") == "1000"
    assert len(str(rendered(breeding + " }}" + breeding + " }}", name="Anna"))) <= 1_000
    grown = "{{ count" + " | times: 999999999999999" * 10 + " }}"
    assert rendered(grown) == "1000000000000000"
