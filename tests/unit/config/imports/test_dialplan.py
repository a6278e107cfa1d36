"""What becomes of the menus of an Asterisk dialplan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.errors import SiteError
from config.imports.dialplan.importer import import_dialplan
from config.imports.dialplan.reading import read_dialplan, shape_of
from config.imports.dialplan.times import spans_of, week_of
from config.imports.draft import Draft
from config.imports.writing import write_site
from config.loader import load_site
from tests.unit.config.imports.studio_call import Imported

DATA = Path(__file__).parents[3] / "data" / "dialplan"


def draft_of(text: str, **options: Any) -> Draft:
    return import_dialplan(text, "extensions.conf", name="main", **options)


def node(draft: Draft, name: str) -> dict[str, Any]:
    return draft.nodes[name].data


def messages(draft: Draft) -> str:
    return "\n".join(finding.message for finding in draft.findings)


def calling(draft: Draft, folder: Path) -> Imported:
    write_site([draft], folder)
    return Imported(draft, load_site(folder))


def sample(name: str, context: str = "") -> Draft:
    return import_dialplan((DATA / name).read_text(encoding="utf-8"), name, context=context)


WAIT = ("said", "[please-wait]")
ASKED = ("said", "[custom/main-menu] [custom/press-star]")


@pytest.mark.parametrize(
    ("typed", "met"),
    [
        (["1"], [("said", "[please-wait]"), ("queue", "loans_queue")]),
        (["0"], [("queue", "1001")]),
        (
            ["", "9", "*", "1"],
            [("said", "[did-not-hear]"), ASKED, ("said", "[invalid]"), ASKED, ASKED, ("said", "[please-wait]")],
        ),
        (["2", "123456"], [("said", "[enter-account]"), ("queue", "accounts")]),
        (["2", "000000"], [("said", "[enter-account]"), ("outside", "+380441234567")]),
        (["2", "12", "", "1"], [("said", "[enter-account]")] * 3 + [("said", "[goodbye]"), ("over", "")]),
    ],
)
def test_a_caller_meets_what_the_dialplan_says(typed: list[str], met: list[tuple[str, str]], tmp_path: Path) -> None:
    happened = calling(sample("ministry.conf", "ivr-main"), tmp_path).call(typed)
    assert happened[: len(met) + 2] == [("said", "[custom/welcome]"), ASKED, *met]


def test_opening_hours_become_calendars(tmp_path: Path) -> None:
    draft = sample("ministry.conf", "business-hours")
    weeks = [draft.hours[one.data["calendar"]] for one in draft.nodes.values() if one.data["do"] == "hours"]
    assert weeks == [
        {"week": {"mon-sun": ["00:00-24:00"]}},
        {"week": {"mon-fri": ["09:00-18:00"]}},
        {"week": {"sat-sun": ["10:00-14:00"]}},
    ]
    assert "“*,*,25,dec” is on some days of the year; put these dates in as exceptions" in messages(draft)
    calling(draft, tmp_path)


def test_days_of_the_year_are_holidays_once_their_dates_are_in() -> None:
    draft = import_dialplan(
        "[in]\nexten => s,1,GotoIfTime(*,*,25,dec?off)\nsame => n,Queue(help)\n"
        "same => n,GotoIfTime(09:00-12:59,*,24,dec?off)\nsame => n,Hangup()\nsame => n(off),Playback(xmas)\n",
        "extensions.conf",
        context="in",
    )
    whole, part = (one.data for one in draft.nodes.values() if one.data["do"] == "hours")
    assert whole["open"] == whole["closed"] != whole["holiday"] == part["open"]
    assert [draft.hours[one["calendar"]] for one in (whole, part)] == [
        {"week": {"mon-sun": ["00:00-24:00"]}},
        {"week": {"mon-sun": "closed"}},
    ]
    assert 'like {"2026-12-24": ["09:00-13:00"]}' in messages(draft)


def test_holidays_may_lead_to_what_becomes_no_node_of_its_own(tmp_path: Path) -> None:
    draft = import_dialplan(
        "[in]\nexten => s,1,GotoIfTime(*,*,25,dec?off,s,1)\nsame => n,WaitExten()\nexten => 1,1,Queue(help)\n"
        "[off]\nexten => s,1,Answer()\nsame => n,Goto(in,1,1)\n",
        "extensions.conf",
        context="in",
    )
    write_site([draft], tmp_path / "site")
    load_site(tmp_path / "site")


@pytest.mark.parametrize(
    ("times", "spans"),
    [
        ("09:00-17:00", ["09:00-17:01"]),
        ("*", ["00:00-24:00"]),
        ("16:59-08:00", ["00:00-08:01", "16:59-24:00"]),
        ("00:00-23:59", ["00:00-24:00"]),
        ("9-17", None),
        ("25:00-26:00", None),
    ],
)
def test_the_last_minute_counts_and_nights_are_two_spans(times: str, spans: list[str] | None) -> None:
    assert spans_of(times) == spans


@pytest.mark.parametrize(
    ("days", "week"),
    [("mon&wed-thu", ["mon", "wed-thu"]), ("fri-mon", ["mon", "fri-sun"]), ("*", ["mon-sun"]), ("somedays", None)],
)
def test_days_may_be_joined_and_go_over_the_weekend(days: str, week: list[str] | None) -> None:
    found = week_of("*", days)
    assert (None if found is None else list(found["week"])) == week


def test_longer_extensions_can_be_keyed_in(tmp_path: Path) -> None:
    draft = sample("directory.conf")
    cases = node(draft, "ivr-7000-top-key")["cases"]
    assert [case["when"].replace("ivr_7000_top_keys", "k") for case in cases] == [
        *('k == "1"', 'k == "2"', 'k == "#"', 'k == "101"', 'length(k) == 3 and starts(k, "2")'),
        'length(k) == 3 and (starts(k, "31") or starts(k, "32") or starts(k, "33"))',
        'length(k) >= 2 and starts(k, "9")',
    ]
    ours = calling(draft, tmp_path)
    assert ours.call(["101"])[-1] == ("queue", "101")
    assert ours.call(["255"])[-1] == ("queue", "sales")
    assert ours.call(["1"])[1:] == [("said", "Hello; …"), ("said", "[menu]"), ("asked", "")]
    for part in ("is not followed; import that file by itself", "no line of a dialplan", "this step cannot be read"):
        assert part in messages(draft)


MENU = """
[ivr]
exten => s,1,Background(menu)
 same => n,WaitExten(4)
exten => 1,1,Queue(sales)
"""


def test_without_t_and_i_the_call_ends() -> None:
    menu = node(draft_of(MENU), "ivr")
    assert (menu["attempts"], menu["otherwise"], menu["keys"]) == ({"most": 1}, "end", {"first_key": "4 s"})


def test_silence_and_wrong_keys_that_lead_apart_are_kept_apart() -> None:
    draft = draft_of(MENU + "exten => i,1,Playback(wrong)\n same => n,Goto(s,1)\nexten => t,1,Hangup()\n")
    assert (node(draft, "ivr")["do"], node(draft, "ivr")["otherwise"]) == ("collect", "ivr-timeout")
    assert node(draft, "ivr-key") == {
        "do": "branch",
        "cases": [{"when": 'ivr_keys == "1"', "next": "ivr-1"}],
        "otherwise": "ivr-invalid",
    }
    assert node(draft, "ivr-invalid") == {"do": "say", "prompt": "wrong", "next": "ivr"}


def test_a_step_behind_waitexten_comes_before_t() -> None:
    text = MENU.replace("WaitExten(4)", "WaitExten(4)\n same => n,Queue(help)") + "exten => t,1,Hangup()\n"
    assert node(draft_of(text), "ivr-2") == {"do": "queue", "queue": "help", "otherwise": "end"}


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ('$["${X}" = "gold"]', 'x == "gold"'),
        ("$[${X} >= 3]", "number(x, 3 - 1) >= 3"),
        ('$["x${X}" = "x"]', '"x" + x == "x"'),
        ('$["${CALLERID(num)}" != "100" & "${X}" = "1"]', '(caller_number != "100") and (x == "1")'),
        ("${X}", 'x not in ("", "0")'),
        ('$["${DIALSTATUS}" = "BUSY"]', '"NOANSWER" == "BUSY"'),
        ("$[${TRIES} > 2]", "tries > 2"),
    ],
)
def test_conditions(condition: str, when: str) -> None:
    counting = "exten => s,1,Set(TRIES=$[${TRIES} + 1])\n same => n,Set(X=1)\n same => n,Set(X=${CALLERID(num)})\n"
    draft = draft_of(f"[ivr]\n{counting} same => n,GotoIf({condition}?s,1)\n same => n,Read(Y,ask)\n")
    (branch,) = (one.data for one in draft.nodes.values() if one.data["do"] == "branch")
    assert branch["cases"][0]["when"] == when


def test_subroutines_come_back() -> None:
    draft = draft_of(
        "[ivr]\nexten => s,1,Gosub(thanks,s,1)\n same => n,Gosub(thanks,s,1)\n same => n,Read(X,ask)\n"
        "[thanks]\nexten => s,1,Playback(thanks)\n same => n,Return()\n"
    )
    assert [one.data["do"] for one in draft.nodes.values()] == ["say", "say", "collect", "set", "hangup"]
    assert node(draft, "thanks")["next"] == "thanks-2"


def test_contexts_that_include_each_other_are_looked_through_once() -> None:
    names = [f"c{number}" for number in range(6)]
    everybody = "".join(f"include => {name}\n" for name in names)
    plan = read_dialplan("".join(f"[{name}]\n{everybody}exten => {name},1,Hangup()\n" for name in names), "a.conf")
    assert [context.name for context in plan.found_in("c2")] == ["c2", "c0", "c1", "c3", "c4", "c5"]
    assert plan.extension("c0", "c5") == ("c5", "c5")
    assert plan.extension("c0", "9") is None


@pytest.mark.parametrize(("pattern", "shape"), [("_2X.", "2[0-9].+"), ("_.!.!", ".+"), ("_9!99", "9.*")])
def test_a_pattern_ends_with_what_stands_for_all_the_rest(pattern: str, shape: str) -> None:
    assert shape_of(pattern) == shape


def test_what_calls_itself_ends() -> None:
    draft = draft_of("[ivr]\nexten => s,1,Gosub(ivr,s,1)\n same => n,Read(X,ask)\n")
    assert "gosub is not known here" in messages(draft)
    assert draft_of("[ivr]\nexten => s,1,Goto(s,1)\nexten => 1,1,WaitExten()\n").start == "end"


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "extensions.conf:1:1: this is no dialplan"),
        ('{"states": []}', {}, "extensions.conf:1:1: this is no dialplan"),
        ("[a]\nexten => s,1,Hangup()", {}, "no context here has a menu; contexts with menus: none"),
        (MENU, {"context": "ivx"}, "“ivx” is no context with extensions; contexts with menus: ivr"),
        (MENU, {"extension": "9"}, "extensions.conf:2:1: context “ivr” has no extension “9”"),
    ],
)
def test_what_has_no_menu_is_refused(text: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(SiteError) as caught:
        draft_of(text, **options)
    assert says in str(caught.value)


TRY_AGAIN = ("said", "[no-valid-responce-pls-try-again] [custom/day-menu]")
GIVEN_UP = ("said", "[no-valid-responce-transfering]")


@pytest.mark.parametrize(
    ("typed", "met"),
    [
        (["1"], [("queue", "1000")]),
        (["", "9", "1"], [TRY_AGAIN, TRY_AGAIN, ("queue", "1000")]),
        (["9", "9"], [TRY_AGAIN, GIVEN_UP, ("queue", "1000")]),
        (["", ""], [TRY_AGAIN, GIVEN_UP, ("over", "")]),
        (["2"], [("said", "Sorry, this is not possible at the moment. Good-bye."), ("over", "")]),
    ],
)
def test_a_menu_whose_words_stand_in_a_variable(typed: list[str], met: list[tuple[str, str]], tmp_path: Path) -> None:
    draft = sample("freepbx.conf")
    assert calling(draft, tmp_path).call(typed) == [("said", "[custom/day-menu]"), *met]
    assert "“from-did-direct,100,1” is led to and is not in this file; a call that comes here ends" in messages(draft)


def test_a_line_longer_than_asterisk_reads_is_left_out_with_a_finding() -> None:
    draft = draft_of(MENU + f" same => n,NoOp({'x' * 9_000})\n")
    assert "this line has more than 8190 characters; it is left out" in messages(draft)
