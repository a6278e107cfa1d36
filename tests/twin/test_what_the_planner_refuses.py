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
RETRY = "retry: {after_abandon: 10 %, delay: {law: exponential, mean: 5 min}, most: 2}"
OFFER = (
    "  back: {do: callback, queue: loans, prompt: please-wait, number: please-wait, accepted: sorry, refused: sorry, "
    "invalid: sorry}"
)
FLOW: Mapping[str, str] = {
    "welcome, next: choose-language}": (
        "welcome, next: coin}\n"
        "  coin: {do: split, parts: [{share: 50 %, next: again}, {share: 50 %, next: choose-language}]}\n"
        "  again: {do: goto, next: choose-language, most: 3, otherwise: sorry}"
    ),
    "queue: cards, prompt: please-wait,": "queue: cards, exits: {timeout: back},",
    "  sorry:": f"{OFFER}\n  sorry:",
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


def traced(folder: Path) -> None:
    """A call that is given instead of all rates, for a workload that names the trace."""
    load = (folder / "workload.yaml").read_text(encoding="utf-8")
    rates = re.compile(r"^calls_per_hour:\n(  .*\n)+", re.MULTILINE)
    (folder / "workload.yaml").write_text(rates.sub("", load), encoding="utf-8")
    (folder / "calls.csv").write_text("arrival,kind\n2026-11-23T09:00:00,callers-2\n", encoding="utf-8")


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
        {
            "site.yaml": SITE,
            "flows/main.yaml": FLOW,
            "workload.yaml": {"patience: {": f"lines: 40\n{RETRY}\npatience: {{"},
        },
    )
    site, flow, workload = folder / "site.yaml", folder / "flows" / "main.yaml", folder / "workload.yaml"
    loans = "queue “loans”: the planner does not run"
    expected = [
        (place(site, "keep_place:", "keep_place"), f"{loans} “keep_place” beside the workload's “retry”; leave it out"),
        (place(site, "at_once", "phones"), f"{loans} more than one of “phones” at a time; ring one phone at a time"),
        (
            place(site, "spill", "spill"),
            "queue “cards”, relax step 1: the planner does not run “spill” to “technical”, whose phones ring for "
            "another time; give both queues the same “ring”",
        ),
        (place(workload, "lines: 40", "lines"), "the workload: the planner does not run “lines”; leave it out"),
        (place(flow, "do: split", "do"), "node “coin”: the planner does not run “split”; plan a copy of the site"),
        (place(flow, "do: goto", "do"), "node “again”: the planner does not run “goto”; plan a copy of the site"),
        (
            place(flow, "do: callback", "do"),
            "node “back”: the planner does not run “callback” but beside a queue; plan a copy of the site",
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


WAITING: Mapping[str, str] = {
    "queue: cards, prompt: please-wait,": "queue: cards, waiting: hold,",
    "  sorry:": OFFER.replace("queue: loans", "queue: cards").replace("refused: sorry", "refused: hold") + "\n  sorry:",
}
CALLBACKS: Mapping[str, str] = {
    'endpoint: "PJSIP/{agent}"': 'endpoint: "PJSIP/{agent}"\n  trunk: "PJSIP/{number}@trunk"',
    "\ncalendars:": "\ncallbacks: {country: UA}\n\ncalendars:",
    "wrap_up: 30 s\n    relax:": "wrap_up: 30 s\n    callback: {}\n    relax:",
}
LOAD: Mapping[str, str] = {
    "\npatience: {": "\ncallbacks: {accepted: 50 %}\npatience: {",
    'card-number: "4321"': 'card-number: "4321", hold: "1"',
}
MUSIC = '  hold: {do: music, keys: {"1": back}}\n'


@pytest.mark.parametrize(
    ("flow", "site", "what", "words", "setting"),
    [
        (
            '  hold: {do: music, keys: {"1": loans, "9": back}}\n',
            {},
            "node “cards”: the planner does not run a second wait, and who leaves by a key is led on to queue “loans”",
            "waiting: hold",
            "waiting",
        ),
        (
            '  hold: {do: music, keys: {"1": open}}\n'
            "  open: {do: hours, calendar: loans-desk, open: back, closed: hold}\n",
            {},
            "node “open”: the planner does not run “hours” while callers wait in a queue that they may leave",
            "do: hours, calendar: loans-desk, open: back",
            "do",
        ),
        (
            '  hold: {do: music, for: 20 s, next: more, keys: {"1": back}}\n  more: {do: music, keys: {"1": back}}\n',
            {},
            "node “more”: the planner does not run a second “music” beside a queue that callers leave",
            "more: {do: music",
            "do",
        ),
        (
            MUSIC,
            {" s, needs: cards}": " s, needs: cards, spill: {to: loans}}"},
            "node “cards”: the planner does not run leaving queue “cards” beside its “spill”",
            "waiting: hold",
            "waiting",
        ),
    ],
)
def test_ways_out_of_a_queue_are_refused_where_one_caller_does_not_tell_how_all_fare(
    tmp_path: Path, flow: str, site: Mapping[str, str], what: str, words: str, setting: str
) -> None:
    ways = {**WAITING, "  sorry:": flow + WAITING["  sorry:"]}
    folder = changed(tmp_path, {"site.yaml": {**CALLBACKS, **site}, "flows/main.yaml": ways, "workload.yaml": LOAD})
    (line,) = refused(folder)
    assert line.startswith(place(folder / "flows" / "main.yaml", words, setting) + what), line


def test_who_of_given_calls_is_to_be_called_back_is_not_known(tmp_path: Path) -> None:
    ways = {**WAITING, "  sorry:": MUSIC + WAITING["  sorry:"]}
    load = {"\npatience: {": "\ncallbacks: {accepted: 50 %}\ntrace: calls.csv\npatience: {"}
    folder = changed(tmp_path, {"site.yaml": CALLBACKS, "flows/main.yaml": ways, "workload.yaml": load})
    traced(folder)
    (line,) = refused(folder)
    where = place(folder / "workload.yaml", "callbacks: {", "callbacks")
    what = "the workload: the planner does not run “callbacks” beside a “trace”; write “accepted: 0 %” for the plan"
    assert line.startswith(where + what)


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
                "  loans:\n    title": "  loans:\n    channel: chat\n    phones: {at_once: 2}\n    title",
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
    folder = changed(tmp_path, {"workload.yaml": {"\npatience: {": "\ntrace: calls.csv\npatience: {"}})
    traced(folder)
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
