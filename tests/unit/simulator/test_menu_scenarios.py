"""Voice menus tried without a telephone: by scenarios, and by a person at the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config import SiteError, load_site
from config.scenarios import load_scenarios
from config.site import Site
from ivr.expressions import Kind, Variable
from ivr.flow import Collect, Flow, HangUp, Node
from ivr.keys import KeyRules
from ivr.logic import Limit
from simulator.menus.rehearsal import Rehearsal, Stands
from simulator.menus.scenarios import coverage, try_scenario
from tests.unit.simulator.menu_example import MENUS, change, run


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
