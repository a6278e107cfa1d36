"""Exports that nobody wrote in good faith: each is refused with its place, or becomes a flow that loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.errors import SiteError
from config.imports.connect.importer import import_connect
from config.imports.dialplan.importer import import_dialplan
from config.imports.draft import Draft
from config.imports.source import read_source
from config.imports.studio.importer import import_studio
from config.imports.writing import write_site
from config.loader import load_site
from tests.unit.config.imports.studio_flows import State, flow, say, split, state

MANY = 5_000


def studio(*states: State) -> Draft:
    return import_studio(json.dumps(flow(*states)), "flow.json", name="main")


def connect(*blocks: dict[str, Any]) -> Draft:
    return import_connect(
        json.dumps({"StartAction": blocks[0]["Identifier"], "Actions": blocks}), "f.json", name="main"
    )


def dialplan(*lines: str) -> Draft:
    return import_dialplan("\n".join(["[ivr]", "exten => s,1,Read(X,ask)", *lines]), "extensions.conf", name="main")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * MANY, "flow.json:1:62: nested deeper than 60 levels"),
        ('{"states": [' + "1," * 200_000, "more than 100000 values"),
        ('{"states": [], "states": []}', "flow.json:1:16: “states” stands here twice; delete one"),
        (json.dumps({"states": [say(f"w{number}", None) for number in range(2_001)]}), "more than 2000 widgets"),
        ('{"states": "' + "\\u0000" * MANY, "this text has no end"),
    ],
)
def test_what_is_too_much_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(SiteError) as caught:
        import_studio(text, "flow.json")
    assert says in str(caught.value)


def test_a_connect_flow_of_too_many_blocks_is_refused() -> None:
    with pytest.raises(SiteError, match="more than 2000 blocks"):
        connect(*({"Identifier": f"b{number}", "Type": "Wait"} for number in range(2_001)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b" " * 10_000_000, "is larger than 5000000 bytes"),
        ("exten => s,1,Playback(atenção)".encode("latin-1"), ":1:27: this byte is not UTF-8"),
        ("{}".encode("utf-16"), ":1:1: this byte is not UTF-8"),
    ],
)
def test_a_file_that_is_too_large_or_in_another_encoding_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_bytes(content)
    with pytest.raises(SiteError) as caught:
        read_source(file)
    assert says in str(caught.value)


LISTED = ",".join(str(number) for number in range(200))
BOMBS: dict[str, Callable[[], Draft]] = {
    "conditions that multiply": lambda: studio(
        state("many", "split-based-on", {})
        | {
            "transitions": [
                {
                    "event": "match",
                    "next": "many",
                    "conditions": [
                        {"arguments": ["{{flow.variables.a}}"], "type": "matches_any_of", "value": LISTED}
                        for _ in range(30)
                    ],
                }
            ]
        }
    ),
    "a condition with a million values": lambda: studio(
        split("many", "{{flow.variables.a}}", None, ("matches_any_of", "1," * 1_000_000, None))
    ),
    "braces in what is said": lambda: studio(say("words", None) | {"properties": {"say": "{{" * 500_000}}),
    "choices in what is said": lambda: studio(say("words", None) | {"properties": {"say": "{% if x %}" * 100_000}}),
    "braces in an address": lambda: studio(
        state("ask", "make-http-request", {"success": None}, url="https://a.example/" + "{{" * 500_000)
    ),
    "braces in attributes": lambda: studio(
        state("wait", "send-to-flex", {"callComplete": None}, workflow="W", attributes="{{" * 500_000)
    ),
    "a template without an end": lambda: studio(
        state("keep", "set-variables", {"next": None}, variables=[{"key": "a", "value": "{% if a %}" * 500_000}])
    ),
    "numbers without an end": lambda: studio(
        state("ask", "gather-input-on-call", {"keypress": None}, number_of_digits=1e308, timeout="9" * 400, say="Key?")
    ),
    "a path without an end": lambda: connect(
        {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": "$.a[" * 500_000}}
    ),
    "values that grow": lambda: dialplan(*(f" same => n,Set(A={'${A}' * 1_000})" for _ in range(20))),
    "subroutines that grow": lambda: dialplan(
        *(" same => n,Gosub(ivr,s,1(${ARG1}${ARG1}x))" for _ in range(20)), " same => n,Playback(${ARG1})"
    ),
    "steps that do nothing": lambda: dialplan(*(" same => n,NoOp()" for _ in range(MANY)), " same => n,Queue(sales)"),
    "loops without an end": lambda: dialplan(*(" same => n,While(${X})" for _ in range(200)), " same => n,EndWhile()"),
    "patterns without an end": lambda: dialplan(
        " same => n,Background(x)", *(f"exten => _{number}[0-9]X.,1,Hangup()" for number in range(2_000))
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_take_for_ever_becomes_a_flow_that_loads(bomb: str, tmp_path: Path) -> None:
    draft = BOMBS[bomb]()
    write_site([draft], tmp_path)
    assert load_site(tmp_path).entry_flow.nodes
    assert len(draft.nodes) <= 2_100


NAMES = [
    *(
        "on",
        "no",
        "null",
        "~",
        "true",
        "1e5",
        "0x1f",
        "1_000",
        ".inf",
        "- a",
        "a: b",
        "#a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
    ),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "a\\b",
        "con.yaml",
        "a\x00b",
        "a\nb: c",
        "\u2028",
        "\ufeff",
        "🏦",
        "'",
        '"',
        "{a}",
        "[a]",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_yaml_or_a_file_system_would_misread_stay_names(name: str, tmp_path: Path) -> None:
    words = say(name, "wait") | {"properties": {"say": f"{name}, {name}."}}
    wait = state("wait", "send-to-flex", {}, workflow=name, attributes=json.dumps({name: name}))
    draft = import_studio(json.dumps({**flow(words, wait), "description": name}), "flow.json")
    site = tmp_path / "site"
    write_site([draft], site)
    loaded = load_site(site)
    assert {path.parent for path in site.rglob("*.yaml")} == {site, site / "flows"}
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
    assert len(loaded.entry_flow.nodes) == len(draft.nodes)
