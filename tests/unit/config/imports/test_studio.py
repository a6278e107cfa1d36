"""What becomes of the widgets of a Studio flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.errors import SiteError
from config.imports.draft import Draft
from config.imports.studio.importer import import_studio
from config.imports.studio.liquid import only_value
from config.imports.writing import bindings, write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import CALLER, StudioCall, imported
from tests.unit.config.imports.studio_flows import State, count, flex, flow, gather, http, keys, put, say, split, state

DATA = Path(__file__).parents[3] / "data" / "studio"


def draft_of(*states: State, **options: Any) -> Draft:
    return import_studio(json.dumps(flow(*states), indent=1), "flow.json", name="main", **options)


def messages(draft: Draft) -> str:
    return "\n".join(finding.message for finding in draft.findings)


def node(draft: Draft, name: str) -> dict[str, Any]:
    return draft.nodes[name].data


COUNTED = flow(
    say("hello", "menu"),
    gather("menu", "key", "tries"),
    keys("key", "menu", "tries", k1="sales", k2="help"),
    count("tries", "enough"),
    split("enough", "{{flow.variables.tries}}", "sorry", ("equal_to", "3", "bye")),
    say("sorry", "menu"),
    say("bye", None),
    flex("sales"),
    flex("help"),
)


# Questions.


def test_gather_count_and_split_become_the_attempts_of_one_menu() -> None:
    ours = imported(COUNTED)
    assert list(ours.draft.nodes) == ["hello", "menu", "sales", "help", "bye", "end"]
    menu = node(ours.draft, "menu")
    assert menu["attempts"] == {"most": 3, "no_input": "sorry", "no_match": "sorry"}
    assert (menu["otherwise"], menu["choices"]["1"]) == ("bye", {"next": "sales"})
    assert ours.draft.findings == []


@pytest.mark.parametrize("typed", [["1"], ["", "2"], ["9", "", "1"], ["9", "", "3"], ["", ""], ["7", "7", "7", "7"]])
def test_a_caller_hears_and_meets_what_they_did_in_studio(typed: list[str]) -> None:
    assert imported(COUNTED).call(typed) == StudioCall(COUNTED, typed).run()


def test_a_counter_that_is_not_only_of_the_question_stays_a_counter() -> None:
    draft = draft_of(
        gather("menu", "key", "other"),
        keys("key", "menu", "tries", k1="sales"),
        count("tries", "enough"),
        split("enough", "{{flow.variables.tries}}", "menu", ("greater_than", "2", None)),
        say("other", "tries"),
        flex("sales"),
    )
    assert node(draft, "menu")["do"] == "collect"
    assert node(draft, "tries") == {"do": "set", "values": {"tries": "tries + 1"}, "next": "enough"}
    assert node(draft, "enough")["cases"] == [{"when": "tries > 2", "next": "end"}]
    assert draft.variables["tries"] == "number"


def test_silence_and_a_wrong_key_that_lead_apart_are_kept_apart() -> None:
    draft = draft_of(gather("menu", "key", "help"), keys("key", "menu", None, k1="sales"), flex("sales"), flex("help"))
    assert (node(draft, "menu")["do"], node(draft, "menu")["otherwise"]) == ("collect", "help")
    assert node(draft, "key") == {
        "do": "branch",
        "cases": [{"when": 'menu == "1"', "next": "sales"}],
        "otherwise": "end",
    }


@pytest.mark.parametrize(
    ("properties", "keys_"),
    [
        ({"number_of_digits": 4}, {"most": 4, "terminator": "#"}),
        ({"number_of_digits": None, "num_digits": "6"}, {"most": 6, "terminator": "#"}),
        ({"number_of_digits": "", "finish_on_key": "*"}, {"most": 32, "terminator": "*"}),
        ({"number_of_digits": 3, "stop_gather": "false"}, {"most": 3, "terminator": ""}),
        ({"number_of_digits": 0, "finish_on_key": "", "stop_gather": True}, {"most": 32, "terminator": ""}),
    ],
)
def test_the_number_of_digits_and_the_key_that_ends_them(properties: dict[str, Any], keys_: dict[str, Any]) -> None:
    draft = draft_of(gather("pin", "sales", None, timeout="7", **properties), flex("sales"))
    waits = {"least": 1, "first_key": "7 s", "next_key": "7 s"}
    assert node(draft, "pin")["keys"] == waits | keys_


def test_what_callers_said_is_a_way_that_is_left_out_with_a_finding() -> None:
    menu = gather("menu", "key", None)
    menu["transitions"].append({"event": "speech", "next": "said"})
    draft = draft_of(menu, keys("key", "menu", None, k1="sales"), say("said", None), flex("sales"))
    assert "said" not in draft.nodes
    assert messages(draft).startswith("menu: callers could also speak here")


def test_a_message_and_the_recording_after_it_are_one_node() -> None:
    draft = draft_of(
        gather("menu", "prompt", "prompt"),
        say("prompt", "record"),
        state(
            "record", "record-voicemail", {"recordingComplete": "bye", "noAudio": "prompt"}, timeout="3", max_length=60
        ),
        say("bye", None),
    )
    record = node(draft, "record")
    assert record == {
        "do": "voicemail",
        "prompt": "prompt",
        "longest": "60 s",
        "silence": "3 s",
        "shortest": "1 s",
        "next": "bye",
        "otherwise": "record",
    }
    assert node(draft, "menu")["next"] == "record"


# Texts.


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


# Variables and conditions.


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


def test_a_flow_that_begins_with_the_words_of_a_silent_question_begins() -> None:
    words = flow(
        say("hello", "menu"), gather("menu", "key", None, say=""), keys("key", "menu", None, k1="sales"), flex("sales")
    )
    message = flow(say("hello", "record"), state("record", "record-voicemail", {"recordingComplete": None}))
    for whole, asks in ((words, "menu"), (message, "record")):
        draft = imported(whole).draft
        assert (draft.start, node(draft, asks)["prompt"], messages(draft)) == (asks, "hello", "")


# What is asked of others.


def test_a_request_becomes_a_data_dip() -> None:
    draft = draft_of(
        gather("pin", "ask", None, number_of_digits=4),
        http(
            "ask",
            "tier",
            "sales",
            method="POST",
            url="https://u:secret@API.example.com/c/{{widgets.pin.Digits}}?lang=en&n={{trigger.call.From | slice: 1}}",
            content_type="application/json",
            body='{"from": "{{trigger.call.From}}", "pin": {{widgets.pin.Digits}}, "deep": {"a": [1]}}',
        ),
        split("tier", "{{widgets.ask.parsed.customer.tier}}", None, ("equal_to", "gold", "sales")),
        flex("sales"),
    )
    assert node(draft, "ask") == {
        "do": "http",
        "service": "api-example-com",
        "path": "/c/{pin}",
        "query": {"lang": '"en"', "n": "{{caller_number | slice: 1}}"},
        "json": {"from": "caller_number", "pin": "pin", "deep-a": '"[1]"'},
        "timeout": "10 s",
        "take": {"ask_tier": "customer.tier"},
        "missing": "empty",
        "next": "tier",
        "failed": "sales",
    }
    assert draft.services == {"api-example-com": "https://api.example.com"}
    assert "secret" not in str(draft.nodes) + str(draft.findings)


def test_a_host_that_only_the_call_knows_is_no_address() -> None:
    draft = draft_of(http("ask", None, None, url="https://{{flow.variables.host}}/x"))
    assert node(draft, "ask")["do"] == "hangup"
    assert "is no address with a host that is known beforehand" in messages(draft)


def test_a_function_without_an_address_waits_for_one() -> None:
    parameters = [{"key": "code", "value": "{{flow.variables.code}}"}]
    draft = draft_of(
        state("run", "run-function", {"success": None, "fail": None}, function_sid="ZH01", parameters=parameters)
    )
    assert (node(draft, "run")["service"], node(draft, "run")["path"]) == ("functions-invalid", "/ZH01")
    assert draft.services == {"functions-invalid": "https://functions.invalid"}
    assert node(draft, "run")["json"] == {"code": "code"}
    assert "does not hold the function's address" in messages(draft)


def test_send_to_flex_is_a_queue_behind_what_the_agent_sees() -> None:
    attributes = '{ "type": "inbound", "name": "{{trigger.call.From}}", "skills": ["a", "b"] }'
    draft = draft_of(flex("sales", attributes=attributes, priority="7", timeout="3600"))
    assert node(draft, "sales") == {
        "do": "tag",
        "priority": 7,
        "attributes": {"type": "inbound", "skills": '["a", "b"]'},
        "show": {"name": "caller_number"},
        "next": "sales-queue",
    }
    assert node(draft, "sales-queue") == {"do": "queue", "queue": "sales", "otherwise": "end"}
    assert draft.queues["sales"].startswith("Flex workflow WWsales, from sales; a caller waited 3600 s")


def test_what_nobody_knows_here_is_no_entry_on_the_call_card() -> None:
    draft = draft_of(flex("sales", attributes='{"caller": "{{trigger.From}}"}'))
    assert node(draft, "sales") == {"do": "queue", "queue": "sales", "otherwise": "end"}
    assert "“trigger.From” is not known here" in messages(draft)


def test_a_number_outside_is_dialled_by_a_name_that_the_site_binds() -> None:
    draft = draft_of(
        state("dial", "connect-call-to", {"callCompleted": "bye"}, noun="number", to="+1 (225) 555-0126", timeout=15),
        say("bye", None),
    )
    assert node(draft, "dial") == {"do": "transfer", "number": "dial", "ring": "15 s", "otherwise": "bye"}
    assert draft.numbers == {"dial": "+12255550126"}


def test_a_name_that_the_site_has_bound_elsewhere_is_not_taken_for_another_number_or_service(tmp_path: Path) -> None:
    def calling(name: str, number: str, scheme: str) -> Draft:
        dial = state("dial", "connect-call-to", {"callCompleted": "ask"}, noun="number", to=number)
        whole = flow(dial, http("ask", None, None, url=f"{scheme}://api.example.com/ask"))
        return import_studio(json.dumps(whole), "flow.json", name=name)

    write_site([calling("day", "+12255550126", "https")], tmp_path)
    night, same = calling("night", "+12255550127", "http"), calling("same", "+12255550126", "https")
    write_site([night], tmp_path)
    write_site([same], tmp_path)
    assert node(night, "dial")["number"] == "night-dial"
    assert node(night, "ask")["service"] == "night-api-example-com"
    assert bindings(night)[-2:] == [
        'outside_numbers: {night-dial: "+12255550127"}',
        "web_services: {night-api-example-com: {url: http://api.example.com}}",
    ]
    assert (node(same, "dial")["number"], node(same, "ask")["service"]) == ("dial", "api-example-com")


@pytest.mark.parametrize(
    ("noun", "to"), [("number", "{{flow.variables.to}}"), ("sip", "sip:a@b"), ("number", "YOUR_NUMBER")]
)
def test_who_cannot_be_dialled_is_a_stop(noun: str, to: str) -> None:
    draft = draft_of(state("dial", "connect-call-to", {"callCompleted": None}, noun=noun, to=to))
    assert node(draft, "dial") == {"do": "hangup", "prompt": "not-possible"}


def test_a_text_message_is_not_sent_but_shown() -> None:
    draft = draft_of(
        state("text", "send-message", {"sent": "sales", "failed": None}, body="Call {{trigger.call.To}}"), flex("sales")
    )
    assert node(draft, "text") == {"do": "tag", "show": {"text_not_sent": '"Call " + dialled'}, "next": "sales"}
    assert "sent a text message; here nothing is sent" in messages(draft)


def test_a_flow_that_is_run_is_called_where_it_was_imported_too(tmp_path: Path) -> None:
    parameters = [{"key": "room", "value": "{{trigger.call.From}}"}]
    main = flow(
        state("part", "run-subflow", {"completed": "sales", "failed": "sales"}, flow_sid="FW9", parameters=parameters),
        flex("sales"),
    )
    part = flow(
        split("late", "{{trigger.parent.parameters.room}}", None, ("equal_to", "1", "bye")),
        say("bye", None),
        incomingParent="late",
    )
    drafts = [
        import_studio(json.dumps(main), "main.json", name="main", parts={"FW9": "hours"}),
        import_studio(json.dumps(part), "part.json", name="hours", is_part=True),
    ]
    write_site(drafts, tmp_path)
    site = load_site(tmp_path)
    assert set(site.entry_flow.nodes) == {"part", "sales", "end", "part/late", "part/bye", "part/end"}
    lonely = import_studio(json.dumps(main), "main.json", name="main")
    assert "export that too, and name it with --part FW9=FILE" in messages(lonely)


def test_an_unknown_widget_is_a_stop_or_hands_the_call_over() -> None:
    unknown = state("pay", "capture-payments", {"success": None})
    draft = draft_of(unknown)
    assert node(draft, "pay") == {"do": "hangup", "prompt": "not-possible"}
    assert "pay: a widget “capture-payments”, which is not known here; a call that comes here ends" in messages(draft)
    handed = draft_of(unknown, hand_over="operator")
    assert node(handed, "pay") == {"do": "queue", "queue": "operator", "otherwise": "end"}
    assert "operator" in handed.queues


def test_what_follows_an_unknown_widget_is_kept_behind_it() -> None:
    pay = state("pay", "capture-payments", {"success": "sales", "maxFailedAttempts": "sorry", "hangup": None})
    ours = imported(flow(pay, flex("sales"), say("sorry", "pay")))
    assert node(ours.draft, "pay") == {
        "do": "branch",
        "cases": [{"when": "false", "next": "sales"}, {"when": "false", "next": "sorry"}],
        "otherwise": "not-possible",
    }
    assert ours.call([]) == [("said", "Sorry, this is not possible at the moment. Good-bye."), ("over", "")]
    assert set(ours.draft.nodes) >= {"sales", "sorry", "not-possible"}
    handed = draft_of(pay, flex("sales"), say("sorry", None), hand_over="operator")
    assert node(handed, "not-possible") == {"do": "queue", "queue": "operator", "otherwise": "end"}


# The flow as a whole.


@pytest.mark.parametrize(
    ("trigger", "says"),
    [
        ({"incomingCall": "", "incomingRequest": "hello"}, "it begins here as it did for a call by the REST API"),
        ({"incomingCall": None, "incomingMessage": "hello"}, "it begins here as it did for “incomingMessage”"),
        ({"somethingNew": "hello"}, "it begins here as it did for “somethingNew”"),
        ({"incomingParent": "hello", "incomingMessage": "hello"}, ""),
    ],
)
def test_a_flow_that_no_call_begins_begins_as_it_does_for_others(trigger: dict[str, Any], says: str) -> None:
    draft = import_studio(json.dumps(flow(say("hello", None), **trigger)), "flow.json")
    assert draft.start == "hello"
    assert says in messages(draft)


@pytest.mark.parametrize("missing", [{}, {"next": None}, {"next": ""}, {"next": "nobody"}, {"next": {"a": 1}}])
def test_a_way_that_leads_nowhere_ends_the_call(missing: dict[str, Any]) -> None:
    hello = say("hello", None)
    hello["transitions"] = [{"event": "audioComplete", **missing}]
    draft = draft_of(hello)
    assert node(draft, "hello")["next"] == "end"
    assert ("“nobody”, which is no widget" in messages(draft)) == (missing.get("next") == "nobody")


def test_a_circle_without_a_question_is_counted() -> None:
    draft = draft_of(http("ask", "ask", "sorry"), say("sorry", "ask"))
    assert node(draft, "ask")["next"] == "ask-again"
    assert node(draft, "ask-again") == {"do": "goto", "next": "ask", "most": 20, "otherwise": "end"}
    assert "from “sorry” the call goes back to “ask” without being asked" in messages(draft)


def test_a_widget_that_nothing_leads_to_is_named() -> None:
    draft = draft_of(say("hello", None), say("lonely", None), say("lonely-too", "lonely"))
    assert list(draft.nodes) == ["hello", "end"]
    assert [str(finding) for finding in draft.findings] == [
        "flow.json:34:3: nothing leads to lonely, lonely-too; left out"
    ]


def test_older_exports_lead_by_sid_and_name_widgets_otherwise() -> None:
    draft = import_studio((DATA / "older-export.json").read_text(encoding="utf-8"), "old.json")
    assert (draft.start, node(draft, "TEST_FAIL_COUNT")["otherwise"]) == ("SET_FAIL_COUNT", "RUN_TIMED_RESPONSE")
    assert node(draft, "RUN_TIMED_RESPONSE")["take"] == {"run_timed_response_success": "success"}


def test_names_that_ours_cannot_be_are_made_so() -> None:
    draft = draft_of(say("Привіт", "a b"), say("a b", "a-b"), say("a-b", "1"), say("1", None))
    assert list(draft.nodes) == ["widget", "a-b", "a-b-2", "1", "end"]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "flow.json:1:1", "there is nothing in this file"),
        ("module.exports = {}", "flow.json:1:1", "this is no JSON; export the flow anew"),
        ('{"states": [}', "flow.json:1:13", "this is no JSON"),
        ('{\n "states": [],\n}', "flow.json:3:1", "take a comma away before a closing brace"),
        ('{"a": "x\\q"}', "flow.json:1:9", "this backslash means nothing"),
        ('{"a": "x', "flow.json:1:7", "this text has no end"),
        ('{"a": 1} {}', "flow.json:1:10", "the JSON ends before this"),
        ("[1, 2]", "flow.json:1:1", "this is no Studio flow: it has no list of “states”"),
        ('{"states": []}', "flow.json:1:12", "this flow has no widget of the type “trigger”"),
        ('{"states": [{"name": "a", "type": "say-play"}]}', "flow.json:1:12", "no widget of the type “trigger”"),
        ('{"definition": "{broken"}', "flow.json:1:16", "this definition is a text that is no JSON"),
        ('{"Version": "2019-10-30", "Actions": []}', "flow.json:1:1", "this is a flow of Amazon Connect"),
    ],
)
def test_what_is_no_flow_is_refused_with_its_place(text: str, place: str, says: str) -> None:
    with pytest.raises(SiteError) as caught:
        import_studio(text, "flow.json")
    assert str(caught.value).startswith(f"{place}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", [path.name for path in sorted(DATA.glob("*.json"))])
def test_every_sample_becomes_a_site_that_loads(name: str, tmp_path: Path) -> None:
    draft = import_studio((DATA / name).read_text(encoding="utf-8"), name)
    write_site([draft], tmp_path)
    assert load_site(tmp_path).entry_flow.start == draft.start


def test_the_caller_of_a_sample_is_led_as_in_studio(tmp_path: Path) -> None:
    sample = json.loads((DATA / "count-and-split.json").read_text(encoding="utf-8"))
    ours = imported(sample)
    answers = {"find_order": {"order.state": "new", "order.items": "3"}}
    assert ours.call(["", "1", "123456"], answers)[-1] == ("outside", "+380441234567")
    assert CALLER in str(ours.draft.nodes) or "caller_number" in str(ours.draft.nodes)


@pytest.mark.parametrize("text", ["{{flow.data.x}}", " {{ flow.data.x }} ", "{{- flow.data.x -}}"])
def test_a_text_that_is_one_value_only(text: str) -> None:
    assert only_value(text) == "flow.data.x"


@pytest.mark.parametrize("text", ["", "x {{flow.data.x}}", "{{flow.data.x | upcase}}", "{{" + " " * 5_000])
def test_a_text_that_is_not_one_value_only(text: str) -> None:
    assert only_value(text) == ""


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/a/../../b/./{{trigger.call.From}}", "/b/{caller_number}"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/b%2f..%2fc/d", "/a/d"),
        ("/100%/20%25", "/100%25/20%25"),
        ("/..", ""),
        ("/{id}/замовлення", "/id/замовлення"),
    ],
)
def test_a_path_is_asked_as_studio_would_have_and_loads(tmp_path: Path, path: str, asked: str) -> None:
    draft = draft_of(http("ask", None, None, url=f"https://api.example.com{path}"))
    assert node(draft, "ask")["path"] == asked
    write_site([draft], tmp_path / "site")
    load_site(tmp_path / "site")


def test_a_flow_whose_first_widget_is_no_trigger_begins_with_it() -> None:
    whole = flow(say("hello", "bye"), say("bye", None)) | {"initial_state": "hello"}
    draft = import_studio(json.dumps(whole), "flow.json")
    assert list(draft.nodes) == ["hello", "bye", "end"]
