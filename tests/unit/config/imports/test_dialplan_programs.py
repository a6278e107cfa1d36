"""What becomes of steps of a dialplan that run programs, keep values, call subroutines and go round."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.imports.dialplan.importer import import_dialplan
from config.imports.draft import Draft
from config.imports.writing import write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import Imported

MENU = " same => n(menu),Background(menu)\n same => n,WaitExten(4)\nexten => 1,1,Queue(sales)\n"


def draft_of(text: str, **options: str) -> Draft:
    return import_dialplan(text, "extensions.conf", name="main", **options)


def messages(draft: Draft) -> str:
    return "\n".join(finding.message for finding in draft.findings)


def call(draft: Draft, folder: Path, *typed: str) -> list[tuple[str, str]]:
    write_site([draft], folder)
    return Imported(draft, load_site(folder)).call(list(typed))


def of(draft: Draft, *kinds: str) -> list[object]:
    return [one.data for one in draft.nodes.values() if one.data["do"] in kinds]


@pytest.mark.parametrize(
    ("program", "called"),
    [
        ("System(/opt/door.sh open --key s3cret)", "did system /opt/door.sh"),
        ("MYSQL(Connect id localhost bank s3cret calls)", "did mysql;"),
        ("AGI(agi://10.0.0.1:4573/who?key=s3cret,${CALLERID(num)})", "did agi agi://10.0.0.1:4573/who;"),
        ("AMD()", "did amd;"),
    ],
)
def test_a_call_goes_on_past_a_program_and_no_password_is_shown(program: str, called: str, tmp_path: Path) -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,{program}\n{MENU}")
    assert call(draft, tmp_path, "1") == [("said", "[menu]"), ("queue", "sales")]
    assert called in messages(draft)
    assert len(draft.unfinished) == 1
    assert "s3cret" not in messages(draft) + "".join(path.read_text() for path in tmp_path.rglob("*.yaml"))


def test_a_program_that_takes_the_call_over_is_a_stop() -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,Answer()\n{MENU}exten => 2,1,AGI(pay.agi)\n same => n,Hangup()\n")
    assert "ivr-2: agi pay.agi took the call over; a call that comes here ends" in messages(draft)


def test_a_text_that_a_program_reads_is_said(tmp_path: Path) -> None:
    voice = '[globals]\nVOICE=/opt/googletts.agi\n[ivr]\nexten => s,1,AGI(${VOICE},"Welcome, all.",en,any)\n'
    draft = draft_of(voice + MENU)
    assert call(draft, tmp_path, "1")[0] == ("said", "Welcome, all.")
    assert messages(draft) == ""


def test_what_follows_an_unknown_application_is_kept_behind_it() -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,Answer()\n{MENU}exten => 2,1,Echo()\n same => n,Queue(help)\n")
    assert draft.nodes["ivr-2"].data == {
        "do": "branch",
        "cases": [{"when": "false", "next": "ivr-2-2"}],
        "otherwise": "not-possible",
    }
    assert "help" in draft.queues


def test_a_condition_that_cannot_be_asked_leaves_both_ways_in_place(tmp_path: Path) -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,GotoIf($[${{GROUP_COUNT(in)}} > 9]?full)\n{MENU}exten => s,n(full),Busy()\n")
    assert draft.nodes["ivr"].data["cases"] == [{"when": "false", "next": "ivr-full"}]
    assert call(draft, tmp_path, "1")[-1] == ("queue", "sales")
    assert "cannot be asked here, so its way is never gone; write a condition in its place" in messages(draft)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("SayDigits(1234)", "1 2 3 4"),
        ("SayNumber(101)", "101"),
        ("SayAlpha(ok)", "o k"),
        ("SayDigits(${EXTEN})", "7 0 0"),
        ("SayDigits(${CALLERID(num)})", "{caller_number:digits}"),
        ("SayNumber(${LIMIT})", "25"),
    ],
)
def test_values_that_are_known_beforehand_are_said(step: str, said: str) -> None:
    draft = draft_of(f"[globals]\nLIMIT=25\n[ivr]\nexten => 700,1,{step}\n same => n,Read(X,ask)\n")
    assert (next(iter(draft.prompts.values())).text, messages(draft)) == (said, "")


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        ("${A:0:4}", "first(a, 4)"),
        ("${A:2}", "last(a, length(a) - 2)"),
        ("${A:-3}", "last(a, 3)"),
        ("${A:1:-1}", "first(last(a, length(a) - 1), length(last(a, length(a) - 1)) - 1)"),
        ("$[3 - ${A}]", "text(3 - number(a, 0))"),
        ("$[${A} + 2 * ${B}]", "text(number(a, 0) + 2 * number(b, 0))"),
    ],
)
def test_parts_and_sums_of_values(value: str, formula: str) -> None:
    draft = draft_of(
        f"[ivr]\nexten => s,1,Read(A,a)\n same => n,Read(B,b)\n same => n,Set(C={value})\n same => n,Read(D,${{C}})\n"
    )
    assert {"c": formula} in [one["values"] for one in of(draft, "set") if isinstance(one, dict)]
    assert messages(draft) == ""


@pytest.mark.parametrize(
    "value", ["${CURL(https://x/?key=s3cret)}", "$[${A} / 2]", "${A${B}}", "${SHELL(date)}", "$[1 +]"]
)
def test_a_value_that_cannot_be_worked_out_is_left_empty_and_told(value: str) -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,Set(C={value})\n same => n,Read(D,a)\n")
    assert draft.nodes["ivr"].data["values"] == {"c": '""'}
    assert "cannot be worked out here; “C” is left empty" in messages(draft)
    assert "s3cret" not in messages(draft)


def test_what_is_kept_on_the_exchange_is_told() -> None:
    draft = draft_of(
        f"[ivr]\nexten => s,1,Set(DB(seen/${{CALLERID(num)}})=1)\n same => n,Set(CDR(userfield)=x)\n{MENU}"
    )
    assert "ivr: kept DB(seen/${CALLERID(num)}) on the exchange; here it is kept nowhere" in messages(draft)
    assert len(draft.findings) == 1


def test_a_language_is_chosen_and_recordings_are_those_of_every_language(tmp_path: Path) -> None:
    draft = draft_of(
        f"[ivr]\nexten => s,1,Answer()\n{MENU}exten => 2,1,Set(CHANNEL(language)=fr_CA)\n same => n,Goto(s,menu)\n"
    )
    assert of(draft, "language") == [{"do": "language", "language": "fr", "next": "ivr-menu"}]
    assert call(draft, tmp_path, "2", "1")[-1] == ("queue", "sales")
    assert 'menu: {en: "[menu]", fr: "[menu]"}' in (tmp_path / "prompts.yaml").read_text(encoding="utf-8")


def test_a_subroutine_gets_what_it_is_called_with(tmp_path: Path) -> None:
    text = (
        f"[ivr]\nexten => s,1,Macro(greet,day)\n same => n,Gosub(sub,s,1(sales))\n{MENU}"
        '[macro-greet]\nexten => s,1,Playback(hello-${ARG1})\n same => n,GotoIf($["${ARG2}" = ""]?none)\n'
        " same => n,Playback(never)\n same => n(none),MacroExit()\n"
        "[sub]\nexten => s,1,Gosub(name,s,1(inner))\n same => n,Playback(${ARG1}-desk)\n same => n,Return()\n"
        "[name]\nexten => s,1,Playback(${ARG1})\n same => n,Return()\n"
    )
    said = [what for _, what in call(draft_of(text), tmp_path, "1")]
    assert said == ["[hello-day]", "[inner]", "[sales-desk]", "[menu]", "sales"]


@pytest.mark.parametrize(("tier", "met"), [("1", "gold"), ("2", "sales")])
def test_what_stands_in_an_exec_if_is_done(tier: str, met: str, tmp_path: Path) -> None:
    text = (
        '[ivr]\nexten => s,1,Read(TIER,ask,1)\n same => n,ExecIf($["${TIER}" = "1"]?Playback(hello):NoOp(x))\n'
        ' same => n,ExecIf($["${TIER}" = "1"]?Set(DESK=a)) ; one more\n'
        ' same => n,ExecIf($["${DESK}" = "a"]?Queue(gold):Queue(sales))\n same => n,Hangup()\n'
    )
    draft = draft_of(text)
    assert call(draft, tmp_path, tier)[-1] == ("queue", met)
    assert messages(draft) == ""
    asks = draft_of("[ivr]\nexten => s,1,ExecIf($[1 = 1]?Read(X,ask))\n same => n,Read(Y,ask)\n")
    assert "ivr: “$[1 = 1]?Read(X,ask)” cannot be done here; a call that comes here ends" in messages(asks)


def test_a_loop_goes_round_and_ends(tmp_path: Path) -> None:
    text = (
        "[ivr]\nexten => s,1,Set(N=0)\n same => n,While($[${N} < 2])\n same => n,Playback(beep)\n"
        " same => n,Set(N=$[${N} + 1])\n same => n,EndWhile()\n same => n,Read(X,ask)\n same => n,Queue(sales)\n"
    )
    assert call(draft_of(text), tmp_path, "1") == [*[("said", "[beep]")] * 2, ("said", "[ask]"), ("queue", "sales")]


def test_a_jump_by_the_outcome_of_a_dial_goes_where_nobody_answered() -> None:
    draft = draft_of(
        f"[ivr]\nexten => s,1,Answer()\n{MENU}exten => 2,1,Dial(SIP/anna,20)\n same => n,Goto(s-${{DIALSTATUS}},1)\n"
        "exten => _s-.,1,Queue(help)\nexten => s-BUSY,1,Queue(busy)\n"
    )
    assert (set(draft.queues), messages(draft)) == ({"sales", "anna", "help"}, "")


def test_extensions_that_no_telephone_has_keys_for_are_no_way_out_of_a_menu() -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,Answer()\n{MENU}exten => _std[x]-.,1,NoOp()\nexten => hang-up,1,Hangup()\n")
    assert (of(draft, "menu") != [], messages(draft)) == (True, "")


def test_a_flow_begins_where_calls_come_in_and_not_in_a_subroutine() -> None:
    plan = (
        "[confirm]\nexten => s,1,Read(OK,beep,1)\n same => n,Return()\n"
        "[agents]\nexten => _1XX,1,Dial(PJSIP/${EXTEN},20,U(confirm))\n[line]\nexten => s,1,Queue(help)\n"
    )
    draft = draft_of(plan)
    assert list(draft.queues) == ["help"]
    assert (
        "calls come in at extension “s” of context “line”; if not, import with --context and --extension"
        in draft.to_bind
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("#include other.conf", "“#include other.conf” is not followed; import that file by itself"),
        ("# a note", "this is no line of a dialplan; it is left out"),
        (
            "include => late,17:00-20:00,mon-fri,*,*",
            "“late” is included at 17:00-20:00,mon-fri,*,* only; here it always is",
        ),
        ("switch => Realtime/@", "looks for extensions in “Realtime/@” too; those are not in this file"),
    ],
)
def test_lines_that_are_not_followed_are_told(line: str, says: str) -> None:
    assert says in messages(draft_of(f"[ivr]\n{line}\nexten => s,1,Answer()\n{MENU}[late]\nexten => 9,1,Hangup()\n"))


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("Set(SAID=hello, world)", {"said": '"hello, world"'}),
        ("Set(N=5,apples)", {"n": '"5,apples"'}),
        ("Set(SAID=a,N=2)", {"said": '"a"', "n": "2"}),
        ("MSet(SAID=a,OTHER=b)", {"said": '"a"', "other": '"b"'}),
    ],
)
def test_a_comma_in_a_value_belongs_to_it_unless_another_name_follows(written: str, values: dict[str, str]) -> None:
    draft = draft_of(f"[ivr]\nexten => s,1,{written}\n same => n,Queue(sales)\n")
    assert draft.nodes[draft.start].data["values"] == values
    assert not draft.findings
