"""What becomes of the widgets of a Studio flow that hand over to others: web services, queues, numbers, other flows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.imports.draft import Draft
from config.imports.studio.importer import import_studio
from config.imports.writing import bindings, write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import imported
from tests.unit.config.imports.studio_drafts import draft_of, messages, node
from tests.unit.config.imports.studio_flows import flex, flow, gather, http, say, split, state


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
