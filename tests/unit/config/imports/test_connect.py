"""What becomes of the blocks of an Amazon Connect flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.errors import SiteError
from config.imports.connect.importer import import_connect
from config.imports.draft import Draft
from config.imports.writing import write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import Imported

DATA = Path(__file__).parents[3] / "data" / "connect"
ARN = "arn:aws:connect:eu-west-2:1:instance/2"
Block = dict[str, Any]


def block(
    name: str, kind: str, to: str = "", *, errors: dict[str, str] | None = None, cases: Any = (), **settings: Any
) -> Block:
    """A block; each case is operator, operand and target."""
    return {
        "Identifier": name,
        "Type": kind,
        "Parameters": settings,
        "Transitions": {
            "NextAction": to,
            "Conditions": [
                {"NextAction": way, "Condition": {"Operator": operator, "Operands": [operand]}}
                for operator, operand, way in cases
            ],
            "Errors": [{"NextAction": way, "ErrorType": error} for error, way in (errors or {}).items()],
        },
    }


def draft_of(*blocks: Block, **options: Any) -> Draft:
    flow = {"Version": "2019-10-30", "StartAction": blocks[0]["Identifier"], "Actions": [*blocks]}
    return import_connect(json.dumps(flow, indent=1), "flow.json", name="main", **options)


def node(draft: Draft, name: str) -> dict[str, Any]:
    return draft.nodes[name].data


def messages(draft: Draft) -> str:
    return "\n".join(finding.message for finding in draft.findings)


def loaded(draft: Draft, folder: Path) -> Imported:
    write_site([draft], folder)
    return Imported(draft, load_site(folder))


def sample(name: str) -> Draft:
    return import_connect((DATA / name).read_text(encoding="utf-8"), name)


BYE = block("bye", "DisconnectParticipant")
APOLOGY = "We're sorry, this is not possible now. Goodbye."
MENU = "Press 1 for sales. 2 for support. 3 to hear about your order."


AGAIN = [("said", "Sorry, we did not get that."), ("said", MENU)]


@pytest.mark.parametrize(
    ("typed", "met"),
    [
        (["1"], [("queue", "Sales")]),
        (["2"], [("queue", "Support")]),
        (["9", "", "2"], [("said", "Sorry, we did not get that."), ("said", MENU)] * 2 + [("queue", "Support")]),
        (
            ["", "", ""],
            [("said", "Sorry, we did not get that."), ("said", MENU)] * 2 + [("said", APOLOGY), ("over", "")],
        ),
        (["3", "4711"], [("said", "Key in the number of your order."), ("outside", "+12255550126")]),
    ],
)
def test_a_caller_of_the_sample_is_led_as_in_connect(
    typed: list[str], met: list[tuple[str, str]], tmp_path: Path
) -> None:
    ours = loaded(sample("main-line.json"), tmp_path)
    answers = {"function": {"state": "sent"}}
    assert ours.call(typed, answers) == [("said", "Hello, thanks for calling."), ("said", MENU), *met]


def test_what_was_exported_before_is_read_too(tmp_path: Path) -> None:
    draft = sample("older-export.json")
    ours = loaded(draft, tmp_path)
    assert ours.call(["1"])[-1] == ("queue", "BasicQueue")
    assert ours.call(["", "1234"])[-1] == ("queue", "BasicQueue")
    assert ours.call(["7"])[-2:] == [("said", "[Goodbye.wav]"), ("over", "")]
    (secret,) = (one.data for one in draft.nodes.values() if one.data.get("keys", {}).get("sensitive"))
    assert secret["into"] not in draft.variables


def test_a_block_that_several_queues_lead_to_is_there_once_for_each() -> None:
    draft = draft_of(
        block(
            "ask",
            "GetParticipantInput",
            errors={"NoMatchingError": "bye"},
            Text="?",
            cases=[("Equals", "1", "a"), ("Equals", "2", "b")],
        ),
        block("a", "UpdateContactTargetQueue", "say", QueueId=f"{ARN}/queue/sales"),
        block("b", "UpdateContactTargetQueue", "say", QueueId=f"{ARN}/queue/help"),
        block("say", "MessageParticipant", "wait", Text="Please wait."),
        block("wait", "TransferContactToQueue", errors={"QueueAtCapacity": "bye"}),
        BYE,
    )
    assert [node(draft, name)["queue"] for name in ("wait", "wait-2")] == ["sales", "help"]
    assert [node(draft, name)["next"] for name in ("say", "say-2")] == ["wait", "wait-2"]
    assert [name for name in draft.nodes if name.startswith("bye")] == ["bye"]


@pytest.mark.parametrize(
    ("queue", "said"), [("$.Attributes.queue", "that only the call knows"), ("", "without saying which")]
)
def test_a_queue_that_the_flow_does_not_name_is_a_stop(queue: str, said: str) -> None:
    draft = draft_of(
        block("set", "UpdateContactTargetQueue", "wait", QueueId=queue),
        block("wait", "TransferContactToQueue"),
    )
    assert node(draft, "wait")["do"] == "hangup"
    assert f"chooses a queue {said}" in messages(draft)


@pytest.mark.parametrize(
    ("operator", "operand", "when"),
    [
        ("Equals", "gold", 'tier == "gold"'),
        ("TextStartsWith", "go", 'starts(tier, "go")'),
        ("TextContains", "ol", 'contains(tier, "ol")'),
        ("NumberGreaterThan", "3", "number(tier, 3 - 1) > 3"),
        ("NumberLessOrEqualTo", "2.5", "number(tier, 2.5 + 1) <= 2.5"),
        ("Equals", "$.CustomerEndpoint.Address", "tier == caller_number"),
    ],
)
def test_attributes_are_compared(operator: str, operand: str, when: str) -> None:
    draft = draft_of(
        block(
            "check",
            "Compare",
            errors={"NoMatchingCondition": "bye"},
            ComparisonValue="$.Attributes.tier",
            cases=[(operator, operand, "say")],
        ),
        block("say", "MessageParticipant", "bye", Text="Gold."),
        BYE,
    )
    assert node(draft, "check") == {"do": "branch", "cases": [{"when": when, "next": "say"}], "otherwise": "bye"}


def test_percentages_hours_priority_and_loops() -> None:
    draft = draft_of(
        block(
            "split",
            "DistributeByPercentage",
            cases=[("NumberLessThan", "26", "hours")],
            errors={"NoMatchingCondition": "first"},
        ),
        block(
            "hours",
            "CheckHoursOfOperation",
            cases=[("Equals", "True", "loop"), ("Equals", "False", "bye")],
            HoursOfOperationId="x/day",
        ),
        block("first", "UpdateContactRoutingBehavior", "bye", QueuePriority="1"),
        block(
            "loop",
            "Loop",
            cases=[("Equals", "ContinueLooping", "hours"), ("Equals", "DoneLooping", "bye")],
            LoopCount="3",
        ),
        BYE,
    )
    assert node(draft, "split")["parts"] == [{"share": "25 %", "next": "hours"}, {"share": "75 %", "next": "first"}]
    assert node(draft, "hours") == {"do": "hours", "calendar": "day", "open": "loop", "closed": "bye"}
    assert node(draft, "first") == {"do": "tag", "priority": 4, "next": "bye"}
    assert node(draft, "loop") == {"do": "goto", "next": "hours", "most": 3, "otherwise": "bye"}


def test_what_only_connect_has_is_a_stop_or_left_out_with_a_finding() -> None:
    draft = draft_of(
        block("log", "UpdateFlowLoggingBehavior", "hook"),
        block("hook", "UpdateContactEventHooks", "bot", EventHooks={"CustomerQueue": "x"}),
        block("bot", "GetParticipantInput", "view", LexV2Bot={"AliasArn": "x"}, Text="How can I help?"),
        block("view", "ShowView", "bye"),
        BYE,
    )
    assert node(draft, "bot") == {
        "do": "branch",
        "cases": [{"when": "false", "next": "view"}],
        "otherwise": "not-possible",
    }
    assert {finding.line for finding in draft.unfinished} == {
        at.line for at in (draft.nodes["bot"].at, draft.nodes["view"].at) if at
    }
    assert "bot: talks with a Lex bot; here callers press keys; a call that comes here ends" in messages(draft)
    assert "another flow speaks to waiting callers" in messages(draft)


def test_a_module_comes_back_and_a_flow_does_not(tmp_path: Path) -> None:
    main = {
        "StartAction": "module",
        "Actions": [
            block("module", "InvokeFlowModule", "flow", FlowModuleId=f"{ARN}/flow-module/m1"),
            block("flow", "TransferToFlow", ContactFlowId=f"{ARN}/contact-flow/f1"),
        ],
    }
    part = {
        "StartAction": "say",
        "Actions": [block("say", "MessageParticipant", "back", Text="Hello."), block("back", "EndFlowExecution")],
    }
    parts = {"m1": "hello", "f1": "hello"}
    drafts = [
        import_connect(json.dumps(main), "main.json", name="main", parts=parts),
        import_connect(json.dumps(part), "hello.json", name="hello", is_part=True),
    ]
    write_site(drafts, tmp_path)
    assert Imported(drafts[0], load_site(tmp_path)).call([]) == [("said", "Hello."), ("said", "Hello."), ("over", "")]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("{}", "flow.json:1:1", "this is no flow of Amazon Connect"),
        ('{"states": []}', "flow.json:1:1", "this is a flow of Twilio Studio"),
        ('{"StartAction": "a", "Actions": []}', "flow.json:1:17", "no block is called that"),
        ('{"modules": [{"id": "a"}], "start": "a"}', "flow.json:1:37", "no block is called that"),
        ('{"Content": "{no"}', "flow.json:1:13", "this content is a text that is no JSON"),
    ],
)
def test_what_is_no_flow_is_refused_with_its_place(text: str, place: str, says: str) -> None:
    with pytest.raises(SiteError) as caught:
        import_connect(text, "flow.json")
    assert str(caught.value).startswith(f"{place}: ")
    assert says in str(caught.value)


def test_an_answer_of_the_api_holds_the_flow_as_a_text() -> None:
    flow = {"StartAction": "bye", "Actions": [BYE]}
    answer = {"ContactFlow": {"Name": "Night line", "Content": json.dumps(flow)}}
    draft = import_connect(json.dumps(answer), "answer.json")
    assert (draft.name, list(draft.nodes)) == ("night-line", ["bye"])


def older(start: str, *modules: tuple[str, str, dict[str, str], list[dict[str, Any]]], **targets: str) -> Draft:
    """A flow as the console exported it before: blocks with name, type, ways and parameters."""
    flow = {
        "start": start,
        "modules": [
            {
                "id": name,
                "type": kind,
                "branches": [{"condition": condition, "transition": to} for condition, to in ways.items()],
                "parameters": parameters,
                **({"target": targets[name]} if name in targets else {}),
            }
            for name, kind, ways, parameters in modules
        ],
    }
    return import_connect(json.dumps(flow), "flow.json", name="main")


def test_blocks_of_older_exports_that_callers_do_not_hear_are_passed_by(tmp_path: Path) -> None:
    on = {"Success": "stream", "Error": "bye"}
    draft = older(
        "hook",
        ("hook", "SetEventHook", on, [{"name": "Type", "value": "CustomerQueue"}]),
        ("stream", "StartMediaStreaming", {"Success": "data", "Error": "bye"}, []),
        ("data", "SetContactData", {"Success": "queue"}, []),
        ("queue", "SetQueue", {"Success": "wait"}, [{"name": "Queue", "value": "", "resourceName": "BasicQueue"}]),
        ("wait", "Transfer", {"AtCapacity": "bye", "Error": "bye"}, []),
        ("bye", "Disconnect", {}, []),
        wait="Queue",
    )
    assert loaded(draft, tmp_path).call([]) == [("queue", "BasicQueue")]
    assert messages(draft) == "another flow speaks to waiting callers or whispers; import it by itself"


def test_a_queue_may_be_named_where_the_call_waits() -> None:
    draft = draft_of(block("wait", "TransferContactToQueue", QueueId="Billing"))
    assert node(draft, "wait")["queue"] == "Billing"


def test_a_module_is_asked_for_without_its_version() -> None:
    draft = draft_of(block("check", "InvokeFlowModule", "bye", FlowModuleId="1a8b-4c:$LATEST"), BYE)
    assert 'import that too: --part "1a8b-4c=FILE"; a call that comes here ends' in messages(draft)
    named = draft_of(block("check", "TransferToFlow", ContactFlowId='${var.flows["voicemail"]}'), BYE)
    assert '--part "${var.flows["voicemail"]}=FILE"' in messages(named)


def test_what_asks_for_the_channel_goes_the_way_of_calls(tmp_path: Path) -> None:
    draft = draft_of(
        block(
            "channel",
            "Compare",
            errors={"NoMatchingCondition": "hello"},
            cases=[("Equals", "CHAT", "chat"), ("Equals", "TASK", "chat")],
            ComparisonValue="$.Channel",
        ),
        block("chat", "MessageParticipant", "bye", Text="We write to you."),
        block("hello", "MessageParticipant", "bye", Text="Welcome."),
        BYE,
    )
    assert list(draft.nodes) == ["hello", "bye"]
    assert loaded(draft, tmp_path).call([])[0] == ("said", "Welcome.")


def test_digits_without_a_way_for_any_key_are_kept() -> None:
    draft = draft_of(block("account", "GetParticipantInput", "bye", Text="Your account number, please."), BYE)
    assert (node(draft, "account")["do"], node(draft, "account")["into"]) == ("collect", "stored_input")


def test_what_is_done_for_an_agent_beside_the_call_is_left_out_and_told() -> None:
    draft = draft_of(block("task", "CreateTask", "bye", Name="Call back"), BYE)
    assert (list(draft.nodes), messages(draft)) == (["bye"], "CreateTask is not done here; the call goes on without it")
    assert len(draft.unfinished) == 1


def test_attributes_of_the_flow_are_variables() -> None:
    draft = draft_of(
        block("set", "UpdateFlowAttributes", "ask", FlowAttributes={"tier": {"Value": "gold"}}),
        block(
            "ask",
            "Compare",
            errors={"NoMatchingCondition": "bye"},
            cases=[("Equals", "gold", "bye"), ("RegexMatches", "g.*", "bye")],
            ComparisonValue="$.FlowAttributes.tier",
        ),
        BYE,
    )
    assert node(draft, "set")["values"] == {"tier": '"gold"'}
    assert [case["when"] for case in node(draft, "ask")["cases"]] == ['tier == "gold"', "false"]
    assert "ask: “RegexMatches g.*” cannot be asked here, so its way is never gone" in messages(draft)


def test_blocks_that_have_a_counterpart_say_which() -> None:
    draft = draft_of(
        block("back", "CreateCallbackContact", "bot"), block("bot", "ConnectParticipantWithLexBot", "bye"), BYE
    )
    assert "back: keeps the caller's place for a call back; put a callback node here" in messages(draft)
    assert "bot: talks with a Lex bot; here callers press keys" in messages(draft)
