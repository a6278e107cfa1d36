"""What becomes of the texts, variables and conditions of a Studio flow."""

from __future__ import annotations

import pytest

from config.imports.studio.liquid import only_value
from tests.unit.config.imports.studio_drafts import draft_of, messages, node
from tests.unit.config.imports.studio_flows import flex, gather, put, say, split, state


def test_texts_become_prompts_and_what_cannot_be_said_is_a_finding() -> None:
    draft = draft_of(
        say("hello", "value", " Good   morning.\n"),
        say("value", "marks", "Your number is {{trigger.call.From}}, {{flow.variables.x}} yes."),
        say("marks", "others", "<speak>Stay <break time='1s'/> here, {{trigger.call.From}} &amp; co.</speak>"),
        say("others", "file", "Stay <audio src='x'/> here, <emphasis>please</emphasis>."),
        state("file", "say-play", {"audioComplete": "nothing"}, play="https://media.example.com/a/hold.mp3"),
        state("nothing", "say-play", {"audioComplete": None}, digits="123"),
    )
    texts = {name: prompt.text for name, prompt in draft.prompts.items()}
    assert texts == {
        "hello": "Good morning.",
        "value": "Your number is {caller_number:phone}, … yes.",
        "marks": "Stay here, {caller_number:phone} & co.",
        "others": "Stay here, please .",
        "file": "[hold.mp3]",
        "silence": "…",
    }
    assert draft.prompts["marks"].ssml == "Stay <break time='1s'/> here, {caller_number:phone} &amp; co."
    assert "was: Your number is {{trigger.call.From}}" in draft.prompts["value"].comment
    assert draft.to_bind == ["put the recording https://media.example.com/a/hold.mp3 beside the prompt “file”"]
    for part in (
        "value: says a value",
        "others: its text has SSML marks that prompts cannot have",
        "nothing: played the tones 123",
    ):
        assert part in messages(draft)


def test_the_flow_speaks_the_language_that_most_widgets_speak() -> None:
    widgets = [say(f"say{number}", f"say{number + 1}") for number in range(3)]
    for widget, language in zip(widgets, ("fr-FR", "uk-UA", "fr-CA"), strict=True):
        widget["properties"]["language"] = language
    draft = draft_of(*widgets, say("say3", None))
    assert draft.language == "fr"
    assert "say1 speak uk, and the flow fr" in messages(draft)


@pytest.mark.parametrize(
    ("template", "formula"),
    [
        ("gold", '"gold"'),
        ("{{trigger.call.From}}", "caller_number"),
        ("{{contact.channel.address}} called {{trigger.call.To}}", 'caller_number + " called " + dialled'),
        ("{{widgets.menu.Digits | strip | downcase}}", "lower(strip(menu))"),
        (
            "{% if flow.variables.tier == 'gold' %}best{% else %}{{flow.variables.tier}}{% endif %}",
            '"best" if tier == "gold" else tier',
        ),
        ("{% if flow.variables.tier %}yes{% endif %}", '"yes" if tier != "" else ""'),
        ("{{flow.variables.tier | upcase}}", "{{tier | upcase}}"),
        ("{{widgets.menu.Digits | to_json}}", "{{menu | to_json}}"),
        ("{% assign x = flow.variables.tier | plus: 2 %}{{ x }}", "{% assign x = tier | plus: 2 %}{{ x }}"),
        ("{{flow.variables['tier'] | append: widgets.menu.SpeechResult}}", 'tier + ""'),
        ("{{ widgets.dial.DialCallStatus }}", '"no-answer"'),
    ],
)
def test_liquid_becomes_an_expression_where_that_says_the_same(template: str, formula: str) -> None:
    draft = draft_of(gather("menu", "put", None, number_of_digits=3), put("put", None, {"tier": template}))
    assert node(draft, "put")["values"] == {"tier": formula}
    assert draft.findings == []


@pytest.mark.parametrize(
    ("predicate", "value", "when"),
    [
        ("equal_to", " Gold ", 'lower(strip(tier)) == "gold"'),
        ("equal_to", 12, 'strip(tier) == "12"'),
        ("not_equal_to", True, 'lower(strip(tier)) != "true"'),
        ("matches_any_of", "a, B,c", 'lower(strip(tier)) in ("a", "b", "c")'),
        ("does_not_match_any_of", "1,2", 'not (lower(strip(tier)) in ("1", "2"))'),
        ("is_blank", "Is Blank", 'strip(tier) == ""'),
        ("contains", "42", 'contains(strip(tier), "42")'),
        ("does_not_start_with", "x", 'not starts(lower(strip(tier)), "x")'),
        ("less_than", "3", "number(tier, 3) < 3"),
        ("is_before_time", "17:00", 'strip(tier) != "" and strip(tier) < "17:00"'),
        ("regex", "^[0-9]{4}$", "digits(strip(tier)) == strip(tier) and length(strip(tier)) == 4"),
        ("regex", "[1-3]", 'lower(strip(tier)) in ("1", "2", "3")'),
        ("regex", "(yes|y)", 'lower(strip(tier)) in ("yes", "y")'),
        ("equal_to", "{{trigger.call.From}}", "lower(strip(tier)) == lower(strip(caller_number))"),
    ],
)
def test_conditions_mind_neither_capitals_nor_spaces_around(predicate: str, value: str, when: str) -> None:
    draft = draft_of(split("split", "{{flow.variables.tier}}", None, (predicate, value, "sales")), flex("sales"))
    assert node(draft, "split")["cases"] == [{"when": when, "next": "sales"}]


def test_a_condition_that_cannot_be_asked_never_holds_until_somebody_writes_one() -> None:
    asked = [("regex", "a.*b+?", "sales"), ("equal_to", "gold", "sales")]
    draft = draft_of(split("split", "{{flow.variables.tier}}", None, *asked), flex("sales"))
    assert [case["when"] for case in node(draft, "split")["cases"]] == ["false", 'lower(strip(tier)) == "gold"']
    assert "split: the way to “sales” is never gone: its condition cannot be asked here" in messages(draft)
    assert len(draft.unfinished) == 1


@pytest.mark.parametrize("text", ["{{flow.data.x}}", " {{ flow.data.x }} ", "{{- flow.data.x -}}"])
def test_a_text_that_is_one_value_only(text: str) -> None:
    assert only_value(text) == "flow.data.x"


@pytest.mark.parametrize("text", ["", "x {{flow.data.x}}", "{{flow.data.x | upcase}}", "{{" + " " * 5_000])
def test_a_text_that_is_not_one_value_only(text: str) -> None:
    assert only_value(text) == ""
