"""What the planner does not run is refused by name, with the place where it is written, and with what to do instead."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from config import load_site
from config.errors import Finding
from config.places import Places
from ivr.flow import Node
from simulator.planner.day import model_of_day
from simulator.planner.menu_ways import _DO, _WALKED
from simulator.planner.model import PlannerError
from simulator.playable import SimulationError
from simulator.replications import Study, run_study
from tests.twin.recorded import MONDAY
from tests.virtual.house import BANK

SITE: Mapping[str, str] = {
    "    strategy: best-skill\n    service_level: {threshold: 30 s": (
        "    strategy: best-skill\n"
        "    last_agent: {first_for: 20 s}\n"
        "    keep_place: 5 min\n"
        "    phones: {at_once: 2}\n"
        "    callback: {}\n"
        "    service_level: {threshold: 30 s"
    ),
    "ring: 20 s\n    wrap_up: 30 s\n    relax:\n      - {after: 45 s, needs: cards}": (
        "ring: 30 s\n    wrap_up: 30 s\n    relax:\n      - {after: 45 s, needs: cards, spill: {to: technical}}"
    ),
    'endpoint: "PJSIP/{agent}"': 'endpoint: "PJSIP/{agent}"\n  trunk: "PJSIP/{number}@trunk"',
    "\ncalendars:": "\ncallbacks: {country: UA}\n\ncalendars:",
}
FLOW: Mapping[str, str] = {
    "welcome, next: choose-language}": (
        "welcome, next: coin}\n"
        "  coin: {do: split, parts: [{share: 50 %, next: again}, {share: 50 %, next: choose-language}]}\n"
        "  again: {do: goto, next: choose-language, most: 3, otherwise: sorry}"
    ),
    "queue: cards, prompt: please-wait,": "queue: cards, waiting: hold,",
    "  sorry:": '  hold: {do: music, keys: {"1": sorry}}\n  sorry:',
}


def changed(tmp_path: Path, changes: Mapping[str, Mapping[str, str]]) -> Path:
    """A copy of the example bank with other words in its files."""
    folder = Path(shutil.copytree(BANK, tmp_path / "bank"))
    for name, words in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in words.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> list[str]:
    """What the planner says, line by line."""
    with pytest.raises(PlannerError) as error:
        model_of_day(load_site(folder), date=MONDAY)
    return str(error.value).splitlines()


def place(file: Path, words: str, setting: str) -> str:
    """Where ``setting`` stands in the one line of ``file`` that holds ``words``."""
    lines = file.read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if words in line)
    return f"{file}:{number}:{lines[number - 1].index(setting) + 1}: "


def test_everything_is_named_at_once_each_with_its_place_and_what_to_do_instead(tmp_path: Path) -> None:
    folder = changed(
        tmp_path,
        {"site.yaml": SITE, "flows/main.yaml": FLOW, "workload.yaml": {"patience: {": "lines: 40\npatience: {"}},
    )
    site, flow, workload = folder / "site.yaml", folder / "flows" / "main.yaml", folder / "workload.yaml"
    loans = "queue “loans”: the planner does not run"
    expected = [
        (place(site, "last_agent:", "last_agent"), f"{loans} “last_agent”; leave it out for the plan"),
        (place(site, "keep_place:", "keep_place"), f"{loans} “keep_place”; leave it out for the plan"),
        (place(site, "at_once", "phones"), f"{loans} more than one of “phones” at a time; ring one phone at a time"),
        (place(site, "callback: {}", "callback"), f"{loans} “callback”; leave it out for the plan"),
        (
            place(site, "spill", "spill"),
            "queue “cards”, relax step 1: the planner does not run “spill” to “technical”, whose phones ring for "
            "another time; give both queues the same “ring”",
        ),
        (place(workload, "lines: 40", "lines"), "the workload: the planner does not run “lines”; leave it out"),
        (place(flow, "do: split", "do"), "node “coin”: the planner does not run “split”; plan a copy of the site"),
        (place(flow, "do: goto", "do"), "node “again”: the planner does not run “goto”; plan a copy of the site"),
        (
            place(flow, "waiting: hold", "waiting"),
            "node “cards”: the planner does not run “waiting” that lets callers leave; plan a copy of the site",
        ),
    ]
    found = refused(folder)
    assert len(found) == len(expected), found
    for where, what in expected:
        (line,) = (line for line in found if line.startswith(where))
        assert line.removeprefix(where).startswith(what)
        assert line.endswith(", or take `holdless simulate` with --days, which runs it")


@pytest.mark.parametrize(
    ("changes", "setting", "limit"),
    [
        ({"queue: technical, prompt: please-wait,": "queue: technical, exits: {full: cards},"}, "full", "waiting"),
        (
            {"queue: technical, prompt: please-wait, otherwise: sorry": "queue: technical, otherwise: loans"},
            "other",
            "",
        ),
    ],
)
def test_a_way_from_one_queue_to_another_is_refused_where_the_flow_says_so(
    tmp_path: Path, changes: Mapping[str, str], setting: str, limit: str
) -> None:
    folder = changed(tmp_path, {"flows/main.yaml": changes})
    (line,) = refused(folder)
    assert line.startswith(place(folder / "flows" / "main.yaml", "queue: technical", setting))
    assert "queue “technical”: the planner does not run a second wait, and whom “waiting_limit” lets go is led" in line
    assert f"on to queue “{'cards' if limit else 'loans'}”; let the flow end there, or leave" in line


def test_a_node_of_a_called_flow_has_its_place_in_that_flows_file(tmp_path: Path) -> None:
    folder = changed(
        tmp_path,
        {
            "flows/main.yaml": {
                "welcome, next: choose-language}": (
                    "welcome, next: ask}\n  ask: {do: call, flow: coin, next: choose-language}"
                )
            }
        },
    )
    coin = folder / "flows" / "coin.yaml"
    coin.write_text(
        "start: coin\nlanguage: en\nnodes:\n"
        "  coin: {do: split, parts: [{share: 50 %, next: back}, {share: 50 %, next: back}]}\n"
        "  back: {do: return}\n",
        encoding="utf-8",
    )
    (line,) = refused(folder)
    assert line.startswith(place(coin, "do: split", "do") + "node “ask/coin”: the planner does not run “split”")


def test_where_the_twin_does_not_run_the_site_either_nobody_is_sent_there(tmp_path: Path) -> None:
    folder = changed(
        tmp_path,
        {
            "site.yaml": {
                "\nqueues:\n": "\nchannels: {chat: {capacity: 2}}\n\nqueues:\n",
                "  loans:\n    title": "  loans:\n    channel: chat\n    keep_place: 5 min\n    title",
            }
        },
    )
    found = refused(folder)
    where = place(folder / "site.yaml", "channel: chat", "channel")
    (voice,) = (line for line in found if "telephone calls alone can be simulated" in line)
    assert voice.startswith(where + "queue “loans” is of the channel “chat”")
    assert not [line for line in found if "holdless simulate" in line]
    with pytest.raises(SimulationError) as error:
        run_study(Study(site=load_site(folder), date=MONDAY, days=1))
    assert str(error.value) == voice


def test_more_calls_than_those_of_a_trace_are_refused_where_it_is_named(tmp_path: Path) -> None:
    folder = changed(tmp_path, {})
    load = (folder / "workload.yaml").read_text(encoding="utf-8")
    rates = re.compile(r"^calls_per_hour:\n(  .*\n)+", re.MULTILINE)
    (folder / "workload.yaml").write_text(rates.sub("trace: calls.csv\n", load), encoding="utf-8")
    (folder / "calls.csv").write_text("arrival,kind\n2026-11-23T09:00:00,callers-2\n", encoding="utf-8")
    with pytest.raises(PlannerError) as error:
        model_of_day(load_site(folder), date=MONDAY, scale=1.2)
    assert str(error.value).startswith(place(folder / "workload.yaml", "trace: calls.csv", "trace"))
    assert "leave --scale and --calls out" in str(error.value)


def test_a_site_without_a_workload_is_refused_in_its_file(tmp_path: Path) -> None:
    folder = changed(tmp_path, {"site.yaml": {"\nworkload: workload.yaml": "\n"}})
    with pytest.raises(SimulationError) as error:
        model_of_day(load_site(folder), date=MONDAY)
    where = place(folder / "site.yaml", 'name: {en: "First Meadow Bank"', "name")
    assert str(error.value).startswith(where + "the site names no workload; add “workload: workload.yaml”, and say")


def test_files_that_are_gone_since_are_named_without_a_line(tmp_path: Path) -> None:
    folder = changed(tmp_path, {})
    site = load_site(folder)
    shutil.rmtree(folder)
    places = Places(site)
    assert places.of_site(("queues",), "so") == Finding(str(folder / "site.yaml"), 0, 0, "so")
    assert places.of_workload(("lines",), "so") == Finding(str(folder / "workload.yaml"), 0, 0, "so")
    assert places.of_node("a/b", (), "so") == Finding(str(folder / "flows" / "main.yaml"), 0, 0, "so")


def test_every_kind_of_node_is_walked_or_has_a_name_to_be_refused_by() -> None:
    assert set(get_args(Node)) == {*_WALKED, *_DO}
