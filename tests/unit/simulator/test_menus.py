"""Voice menus tried without a telephone: scenarios, the terminal, what a line cannot do, the picture."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from centre import events
from centre.line_kind import LineKind
from centre.machine import Centre
from config import SiteError, load_site
from config.aloud import recordings
from config.check.menus import check_menus
from config.players import spoken
from config.scenarios import load_scenarios
from config.site import Site
from cti.journal import Journal
from holdless.flow import app
from ivr.expressions import Kind, Variable
from ivr.flow import Choice, Collect, Flow, HangUp, Menu, Node
from ivr.keys import KeyRules
from ivr.logic import Limit
from ivr.messages import EntryEnd
from ivr.picture import Walk, counted, drawn
from simulator.menus.rehearsal import Rehearsal, Stands
from simulator.menus.scenarios import coverage, try_scenario

MENUS = Path(__file__).parents[3] / "config" / "examples" / "menus"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def menus() -> Site:
    return load_site(MENUS)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(MENUS, tmp_path / "menus")


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# Scenarios.


def test_the_scenarios_of_the_example_go_as_they_should_and_come_by_nearly_everything(menus: Site) -> None:
    tried = [try_scenario(menus, scenario) for scenario in load_scenarios(menus)]
    assert [one.wrong for one in tried] == [None] * 10
    (covered,) = coverage(tried)
    assert len(covered.nodes) >= len(covered.flow.nodes) - 1
    assert len(covered.edges) >= 0.85 * len(covered.all_edges)
    assert covered.edges <= covered.all_edges


def test_the_scenarios_of_callers_who_wait_go_as_they_should() -> None:
    waiting = load_site(MENUS.parent / "waiting")
    tried = [try_scenario(waiting, scenario) for scenario in load_scenarios(waiting)]
    assert [one.wrong for one in tried] == [None] * 6
    (covered,) = coverage(tried)
    assert covered.nodes == frozenset(covered.flow.nodes)


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("hear: sorry", "2:9: “sorry” is not spoken here; what is: welcome, choose-language"),
        ("queue: orders", "2:10: the call is asked for keys at “language”"),
        ("leave: full", "2:10: the call is asked for keys at “language”"),
        ("message: 3 s", "2:12: the call is asked for keys at “language”"),
        ("phone: unanswered", "2:10: the call is asked for keys at “language”"),
        ("outside: nobody", "2:12: the call is asked for keys at “language”"),
        ("then: over", "2:9: the call is asked for keys at “language”"),
        ("then: answered", "2:9: the call is asked for keys at “language”"),
        ("language: uk", "2:13: the language is en"),
        ("attributes: {tier: gold}", "2:15: tier is missing"),
        ("entries: {order: '1'}", "2:12: order is missing"),
    ],
)
def test_a_step_that_does_not_fit_is_shown_with_what_happened_instead(copied: Path, step: str, wrong: str) -> None:
    shutil.rmtree(copied / "scenarios")
    (copied / "scenarios").mkdir()
    (copied / "scenarios" / "a.yaml").write_text(f'steps:\n- {step}\nat: "2026-11-23 10:30"\n')
    site = load_site(copied)
    (scenario,) = load_scenarios(site)
    tried = try_scenario(site, scenario)
    assert str(tried.wrong) == f"{copied / 'scenarios' / 'a.yaml'}:{wrong}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("steps: [{press: '1', wait: 1 s}]", "a step says one thing; write one setting"),
        ("steps: [{hear: welcom}]", "“welcom” is no prompt; did you mean “welcome”?"),
        ("steps: [{queue: order}]", "“order” is no queue; did you mean “orders”?"),
        ("steps: [{press: x}]", "write keys of a telephone"),
        ("steps: [{wait: 1 s}]\ndata: {whom: {}}", "“whom” is no node of this flow; did you mean “who”?"),
        (
            "steps: [{wait: 1 s}]\nlimited: [order/ask]",
            "“order/ask” is no limit of this flow; there is order/caller",
        ),
        ("steps: [{wait: 1 s}]\nflow: order-state", "“order-state” is no flow that calls begin with; there is main"),
    ],
)
def test_a_mistake_in_a_scenario_is_told(copied: Path, text: str, wrong: str) -> None:
    (copied / "scenarios" / "a.yaml").write_text(f'at: "2026-11-23 10:30"\n{text}\n')
    with pytest.raises(SiteError) as caught:
        load_scenarios(load_site(copied))
    assert wrong in str(caught.value)


def test_a_site_without_scenarios_says_so(copied: Path) -> None:
    shutil.rmtree(copied / "scenarios")
    with pytest.raises(SiteError, match="there is no scenario; write one"):
        load_scenarios(load_site(copied))


# The command line.


def run(*words: str, says: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), input=says)
    return done.exit_code, done.output


def test_the_command_runs_scenarios_and_names_edges_that_none_went(copied: Path) -> None:
    code, said = run("test", str(copied))
    assert code == 0
    assert "ok    a-complaint" in said
    assert "of 53 edges" in said
    assert "trial → orders-new" in said
    change(copied, "scenarios/closed.yaml", "hear: closed", "hear: sorry")
    code, said = run("test", str(copied))
    assert code == 1
    assert "WRONG closed" in said
    assert "closed.yaml:14:11: “sorry” is not spoken here; what is: closed" in said


def test_a_person_plays_the_caller_and_the_other_systems() -> None:
    keys = ["tier=gold agent=olena", "1", "1", "123456#", "4711#", "", "answer"]
    code, said = run("try", str(MENUS), "--at", "2026-11-23 10:30", says="\n".join(keys) + "\n")
    assert code == 0, said
    assert "order/ask asks orders, /orders/123456, for found, state" in said
    assert "the call is waiting in a queue (orders) at “own-agent”" in said
    assert said.endswith("over; ended by the agent\n")


def test_a_person_who_falls_silent_or_goes_away_ends_the_call() -> None:
    code, said = run("try", str(MENUS), says="\nnonsense\n\n\n")
    assert code == 0
    assert "not now: keys, Enter for silence" in said
    assert "ended by the caller" in said


def test_what_cannot_be_done_is_one_clear_line(tmp_path: Path) -> None:
    assert run("draw", str(MENUS), "--flow", "order-state") == (
        2,
        f"holdless: {MENUS} has no flow “order-state” that calls could begin with; it has main\n",
    )
    assert run("check", str(tmp_path))[0] == 2
    assert run("draw", str(MENUS), "--out", str(tmp_path / "no" / "where.svg"))[0] == 2


# What nobody can have meant, and what a line cannot do.


def warnings(folder: Path, line: LineKind | None = None) -> list[str]:
    return [
        f"{Path(one.file).name}:{one.line}:{one.column}: {one.message}" for one in check_menus(load_site(folder), line)
    ]


def test_the_example_has_nothing_to_warn_of(copied: Path) -> None:
    assert warnings(copied) == warnings(copied, LineKind.VIRTUAL) == []


def test_a_text_that_nobody_hears_a_key_that_works_nowhere_and_a_flow_without_calls_are_warned_of(copied: Path) -> None:
    change(copied, "prompts.yaml", "sorry:", "never: {en: Never, uk: Ніколи}\nsorry:")
    change(copied, "flows/main.yaml", '  "0": {next: op', '  "1": {command: repeat}\n  "0": {next: op')
    (copied / "flows" / "alone.yaml").write_text(
        "start: ask\nlanguage: en\nnodes:\n  ask:\n    do: menu\n    prompt: main-menu\n"
        "    choices: {'1': {next: end}, '2': {next: end}}\n    otherwise: end\n  end: {do: hangup}\n"
    )
    assert warnings(copied) == [
        "alone.yaml:1:1: no call comes to “alone”: it is not the entry, and no flow calls it",
        "alone.yaml:7:5: all keys lead to the same node, so the question asks nothing; "
        "lead them apart, or leave it out",
        "main.yaml:6:3: this key works nowhere: every menu uses it otherwise, or turns global keys off; delete it",
        "prompts.yaml:25:1: no flow speaks “never”; delete it, or let a node speak it",
    ]


def test_a_way_for_holidays_that_no_calendar_has_is_warned_of(copied: Path) -> None:
    change(copied, "site.yaml", "    exceptions:", "    #")
    assert warnings(copied) == [
        "main.yaml:58:75: no call goes this way: “shop” has no holidays; add them to its exceptions in site.yaml, such "
        'as "2026-12-25": closed'
    ]


def test_what_twilio_and_asterisk_cannot_do_is_told_with_its_place(copied: Path) -> None:
    change(
        copied,
        "flows/main.yaml",
        "    prompt: main-menu",
        "    prompt: main-menu\n    keys: {barge_in: false}",
    )
    change(copied, "flows/order-state.yaml", "keys: {least: 4, most: 8}", "keys: {least: 4, most: 8, all_keys: 20 s}")
    assert warnings(copied, LineKind.TWILIO) == [
        "main.yaml:17:49: a second of silence follows: Twilio listens so long for a key that cuts it short",
        "main.yaml:25:3: keys pressed before this question begins are lost, and before “main”: callers who "
        "know the menu have to wait for it; “keys: {type_ahead: false}” makes it so on every line",
        "main.yaml:39:22: a key interrupts the prompt all the same",
        "order-state.yaml:16:3: keys pressed before this question begins are lost, and before “pin”: callers who "
        "know the menu have to wait for it; “keys: {type_ahead: false}” makes it so on every line",
        "order-state.yaml:21:5: one time for all keys: 6 s (first_key) hold between keys too, not 3 s (next_key)",
        "order-state.yaml:21:41: no time for the whole entry: it ends only with its last key, or when none follows",
        "order-state.yaml:32:5: one time for all keys: 6 s (first_key) hold between keys too, not 3 s (next_key)",
        "order-state.yaml:32:42: Twilio sees these keys too, and keeps them in its logs unless PCI mode is on there",
    ]
    recordings = [one for one in warnings(copied, LineKind.ASTERISK) if "no recording" in one]
    assert recordings[0].endswith("no recording prompts/en/welcome.wav; record it, or see tools/render_prompts.py")
    assert len(recordings) == 2 * len(load_site(copied).prompts)


def test_an_offer_to_call_back_has_one_time_for_all_keys_on_twilio(copied: Path) -> None:
    offer = "{do: callback, queue: orders, prompt: please-wait, number: order-number, accepted: sorry, refused: sorry, "
    change(copied, "site.yaml", "queues:", "callbacks: {country: UA}\nqueues:")
    change(copied, "site.yaml", "Замовлення}}", "Замовлення}, callback: {}}")
    change(copied, "flows/main.yaml", "  closed: {do: hangup, prompt: closed}", f"  closed: {offer}invalid: sorry}}")
    times = "one time for all keys: 6 s (first_key) hold between keys too, not 4 s (next_key)"
    assert f"main.yaml:76:3: {times}" in warnings(copied, LineKind.TWILIO)
    change(copied, "flows/main.yaml", "invalid: sorry}", "invalid: sorry, keys: {next_key: 6 s, type_ahead: false}}")
    assert not [one for one in warnings(copied, LineKind.TWILIO) if one.startswith("main.yaml:76:")]
    assert all("“closed”" not in one for one in warnings(copied, LineKind.TWILIO) if "are lost" in one)
    assert all("one time" not in one for one in warnings(copied, LineKind.ASTERISK))


def test_a_number_outside_that_a_line_cannot_ring_is_told(copied: Path) -> None:
    change(
        copied,
        "flows/main.yaml",
        "closed: {do: hangup, prompt: closed}",
        "closed: {do: transfer, number: duty}",
    )
    change(copied, "site.yaml", "customers:", 'outside_numbers: {duty: "0800123456"}\ncustomers:')
    wrong = {line: [one for one in warnings(copied, line) if one.startswith("main.yaml:76:")] for line in LineKind}
    assert wrong == {
        LineKind.VIRTUAL: [],
        LineKind.ASTERISK: [
            "main.yaml:76:34: nobody is rung: site.yaml names no trunk; add “trunk” to the section “asterisk”"
        ],
        LineKind.TWILIO: [
            "main.yaml:76:34: Twilio rings international numbers only; write the number in site.yaml "
            "(0800123456) with a plus and the country's code"
        ],
    }


def test_marks_that_a_line_cannot_speak_are_told_and_their_words_are_said(copied: Path) -> None:
    english = "{ssml: 'We are <emphasis>closed</emphasis> now.'}"
    marked = f"closed:\n  en: {english}\n  uk: {{ssml: <s>Зачинено.</s>, text: Зараз зачинено.}}"
    line = next(
        line for line in (copied / "prompts.yaml").read_text("utf-8").splitlines() if line.startswith("closed:")
    )
    change(copied, "prompts.yaml", line, marked)
    place = "prompts.yaml:{}:8: the virtual line knows no SSML: callers get the words without it"
    number = 1 + (copied / "prompts.yaml").read_text("utf-8").splitlines().index("closed:")
    told = [one for one in warnings(copied, LineKind.VIRTUAL) if "SSML" in one]
    assert told == [place.format(number + 1), place.format(number + 2)]
    (basic,) = [one for one in warnings(copied, LineKind.TWILIO) if "SSML" in one]
    assert basic.startswith(f"prompts.yaml:{number + 1}:8: Twilio's basic voice knows no SSML"), (
        "that of Ukrainian is none"
    )
    site = load_site(copied)
    assert spoken(site, "closed", "en", {}) == "We are closed now."
    assert spoken(site, "closed", "uk", {}) == "Зараз зачинено."
    (copied / "prompts" / "uk").mkdir(parents=True)
    (copied / "prompts" / "uk" / "closed.wav").touch()
    assert [one for one in warnings(copied, LineKind.VIRTUAL) if "SSML" in one] == [place.format(number + 1)]


def test_words_that_no_package_has_are_told_as_missing_recordings(copied: Path) -> None:
    def of_the_order() -> list[str]:
        return [one for one in warnings(copied, LineKind.ASTERISK) if "/order-sent/" in one or "/aloud/" in one]

    assert of_the_order() == [
        "prompts.yaml:15:7: no recording prompts/en/order-sent/1.wav and 5 more beside it; "
        "record it, or see tools/render_prompts.py",
        "prompts.yaml:16:7: no recording prompts/uk/order-sent/1.wav and 86 more beside it; "
        "record it, or see tools/render_prompts.py",
    ]
    for word in ("order-sent/1", "order-sent/2", *(f"aloud/units/uah-{form}" for form in ("one", "other"))):
        path = copied / "prompts" / "en" / f"{word}.gsm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert "no recording prompts/en/aloud/units/uah-hundredth-one.wav and 1 more" in of_the_order()[0]
    site = load_site(copied)
    assert [
        one if isinstance(one, str) else one.relative_to(copied).as_posix()
        for one in recordings(site, "order-sent", "en", {"total": "20", "arrives": "2026-11-25"})
    ] == [
        "prompts/en/order-sent/1.gsm",
        "digits/20",
        "prompts/en/aloud/units/uah-other.gsm",
        "prompts/en/order-sent/2.gsm",
        "digits/mon-10",
        "digits/20",
        "digits/h-5",
    ]


def test_a_language_whose_values_nobody_can_put_together_is_told(copied: Path) -> None:
    change(copied, "site.yaml", "languages: [en, uk]", "languages: [en, uk, pl]")
    path = copied / "prompts.yaml"
    texts = re.sub(r"(  uk: (.*))", r"\1\n  pl: \2", path.read_text(encoding="utf-8"))
    path.write_text(re.sub(r"uk: ([^\n]*)}\n", r"uk: \1, pl: nic}\n", texts), encoding="utf-8")
    assert (
        "prompts.yaml:20:7: values cannot be read from recordings in pl, only in en, ru, uk; write the prompt without"
    ) in warnings(copied, LineKind.ASTERISK)
    assert spoken(load_site(copied), "order-sent", "pl", {"total": "2.5"}).startswith(
        "Ваше замовлення вже в дорозі. Сума — 2,50 "
    )


# The picture.


def test_the_picture_has_a_box_for_every_node_and_an_arrow_for_every_way(menus: Site) -> None:
    flow = menus.entry_flow
    picture = ElementTree.fromstring(drawn(flow))
    titles = [title.text for group in picture.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")]
    assert sorted(filter(None, titles)) == sorted(flow.nodes)
    ways = coverage([try_scenario(menus, scenario) for scenario in load_scenarios(menus)])[0].all_edges
    arrows = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(arrows) == len(ways)
    assert drawn(flow) == drawn(flow)


def walk(*nodes: str, hung_up: bool = False) -> Walk:
    return Walk(nodes=nodes, hung_up=hung_up)


def test_a_picture_with_counts_says_how_many_went_where_and_hung_up(menus: Site) -> None:
    flow = menus.entry_flow
    counts = counted(
        flow,
        [
            walk("welcome", "who", "language", hung_up=True),
            walk("welcome", "who", "language", "in-english", "main", hung_up=True),
            walk("welcome", "who", "language", "in-english", "main", "complaint"),
            walk("welcome", "who", "old-node", "closed", hung_up=True),
        ],
    )
    assert (counts.calls, counts.came["language"], counts.other_ways) == (4, 3, 1)
    assert counts.went["language", "in-english"] == 2
    assert counts.left == {"language": 1, "main": 1}, "who hangs up during the good-bye has heard it all"
    long = counted(flow, [walk("welcome", "", "main", hung_up=True)])
    assert (long.other_ways, dict(long.went), dict(long.left)) == (0, {}, {"main": 1}), "what was left out is no way"
    plain, picture = drawn(flow), drawn(flow, counts)
    assert "hung up" not in plain
    texts = [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert texts.count("1 hung up") == 2
    assert "4 calls" in texts
    assert "key 1, otherwise: 2" in texts
    widths = [float(path.get("stroke-width", "1")) for path in ElementTree.fromstring(picture).iter(f"{SVG}path")]
    assert max(widths) == 7, "the way that every call went is the widest"


def test_a_node_that_leads_to_itself_has_a_loop() -> None:
    flow = Flow(
        id="loop",
        digest="loop",
        start="ask",
        language="en",
        nodes={"ask": Menu(prompt="ask", choices={"9": Choice(next="ask")}, otherwise="end"), "end": HangUp()},
    )
    arrows = [path for path in ElementTree.fromstring(drawn(flow)).iter(f"{SVG}path") if path.get("marker-end")]
    assert len(arrows) == 2


def test_the_command_counts_a_day_of_the_journal(copied: Path, tmp_path: Path) -> None:
    site = load_site(copied)
    centre = Centre(site.centre)
    noon = round(datetime(2026, 11, 23, 12, tzinfo=site.time_zone).timestamp() * 1000)
    told: list[events.Event] = [
        events.CallArrived(call="one", line="line", number="", name=""),
        events.PromptEnded(call="one", step=1),
        events.DataFailed(call="one", step=2, why="unknown"),
        events.KeysEntered(call="one", step=3, keys="2", end=EntryEnd.KEYS),
        events.CallerHungUp(call="one"),
    ]
    journal = Journal.open(tmp_path / "data", site=site.id)
    for number, event in enumerate(told):
        at = noon + number * 1_000
        journal.append(at, event, centre.apply(event, at))
    journal.close()
    out = tmp_path / "menu.svg"
    told_to = ("--data", str(tmp_path / "data"), "--out", str(out))
    assert run("draw", str(copied), "--counts", "2026-11-23", *told_to) == (0, f"wrote {out}\n")
    texts = [text.text for text in ElementTree.parse(out).iter(f"{SVG}text")]
    assert (texts.count("1 call"), texts.count("1 hung up")) == (5, 1)
    code, said = run("draw", str(copied), "--counts", "2026-11-24", *told_to)
    assert (code, "knows no call that came to “main” on 2026-11-24" in said) == (2, True)
    code, said = run("draw", str(copied), "--counts", "2026-11-23", "--data", str(tmp_path / "none"))
    assert (code, said.startswith("holdless: ")) == (2, True)


def test_what_a_file_says_is_text_in_the_picture(copied: Path) -> None:
    change(copied, "flows/main.yaml", "{en: Operator, uk: Оператор}", "{en: '<script>', uk: '\"&'}")
    ElementTree.fromstring(drawn(load_site(copied).entry_flow))


@pytest.mark.parametrize(
    ("number", "keys", "prompts"),
    [
        ("+380501110001", "211", ["what", "offer", "when", "thanks"]),
        ("", "2110501110001#", ["what", "offer", "when", "key-in", "thanks"]),
    ],
)
def test_an_offer_to_call_back_can_be_tried(number: str, keys: str, prompts: list[str]) -> None:
    heard: list[str] = []
    flow = load_site(MENUS.parent / "callback").entry_flow
    call = Rehearsal(
        flow,
        at=1_795_428_000_000,
        answers=lambda _, __: "down",
        heard=lambda prompt, *_: heard.append(prompt),
        number=number,
    )
    for key in keys:
        call.press(key)
    assert (heard, call.stands) == (prompts, Stands.ENDED)


@pytest.mark.parametrize(("again", "heard"), [("0501110001", "no"), ("380501110001", "no"), ("0501110002", "yes")])
def test_in_a_rehearsal_too_a_number_counts_as_one_in_every_form(again: str, heard: str) -> None:
    def asked(into: str, limit: str) -> Collect:
        keys = KeyRules(least=4, most=15)
        return Collect(prompt=into, into=into, variable=into, next=limit, otherwise="no", keys=keys)

    def limit(by: str, onward: str) -> Limit:
        read = Variable(by, Kind.TEXT)
        return Limit(by=read, most=1, within_ms=60_000, counter="t/limit", next=onward, limited="no")

    nodes: dict[str, Node] = {
        "first": asked("one", "first-limit"),
        "first-limit": limit("one", "second"),
        "second": asked("other", "second-limit"),
        "second-limit": limit("other", "yes"),
        "yes": HangUp(prompt="yes"),
        "no": HangUp(prompt="no"),
    }
    flow = Flow(id="t", digest="d", start="first", language="en", nodes=nodes, variables={"one": "", "other": ""})
    said: list[str] = []
    call = Rehearsal(
        flow,
        at=0,
        answers=lambda _, __: "down",
        heard=lambda prompt, *_: said.append(prompt),
        numbers=load_site(MENUS.parent / "callback").numbers,
    )
    call.press("0501110001#")
    call.press(f"{again}#")
    assert said[-1] == heard
