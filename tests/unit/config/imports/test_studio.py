"""What becomes of a Studio flow as a whole, and of what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.errors import SiteError
from config.imports.studio.importer import import_studio
from config.imports.writing import write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import CALLER, imported
from tests.unit.config.imports.studio_drafts import DATA, draft_of, messages, node
from tests.unit.config.imports.studio_flows import flow, http, say


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


def test_a_flow_whose_first_widget_is_no_trigger_begins_with_it() -> None:
    whole = flow(say("hello", "bye"), say("bye", None)) | {"initial_state": "hello"}
    draft = import_studio(json.dumps(whole), "flow.json")
    assert list(draft.nodes) == ["hello", "bye", "end"]
