"""What becomes of the widgets of a Studio flow that ask callers for keys, or let them speak."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.imports.studio_call import StudioCall, imported
from tests.unit.config.imports.studio_drafts import draft_of, messages, node
from tests.unit.config.imports.studio_flows import count, flex, flow, gather, keys, say, split, state

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


def test_a_flow_that_begins_with_the_words_of_a_silent_question_begins() -> None:
    words = flow(
        say("hello", "menu"), gather("menu", "key", None, say=""), keys("key", "menu", None, k1="sales"), flex("sales")
    )
    message = flow(say("hello", "record"), state("record", "record-voicemail", {"recordingComplete": None}))
    for whole, asks in ((words, "menu"), (message, "record")):
        draft = imported(whole).draft
        assert (draft.start, node(draft, asks)["prompt"], messages(draft)) == (asks, "hello", "")
