"""The engine under kills, cut links and full disks, on a virtual clock; and that the same seed is the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centre import events
from holdless import torture
from holdless.torture import command, tormented
from simulator.torture.plan import Fault, Harm, Moment, S, plan_of
from simulator.torture.process import Process

SEEDS = Path(__file__).with_name("seeds.txt")
CHUNK = 40


def kept() -> list[int]:
    """The seeds that once broke a promise."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    return [int(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]


@pytest.mark.parametrize("first", range(1, 121, CHUNK))
def test_every_promise_is_kept_whatever_goes_wrong(first: int) -> None:
    assert [verdict.text for seed in range(first, first + CHUNK) if (verdict := tormented(seed)).broken] == []


def test_every_promise_is_kept_where_one_was_broken_before() -> None:
    assert {seed: verdict.text for seed in kept() if (verdict := tormented(seed)).broken} == {}


@pytest.mark.parametrize("kind", [events.CallArrived, events.KeysEntered])
def test_a_caller_whose_word_broke_the_core_off_is_asked_again(
    kind: type[events.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[events.Event] = []

    def breaks(_: Process, event: events.Event) -> bool:
        if isinstance(event, kind) and not broken:
            broken.append(event)
            return True
        return False

    monkeypatch.setattr(Process, "breaks", breaks)
    monkeypatch.setattr(torture, "plan_of", lambda seed: replace(plan_of(seed), faults=(), poison=0))
    assert tormented(1).text == ""
    assert broken


@pytest.mark.parametrize("at_s", [0, 25])
def test_an_engine_that_stands_still_hears_of_other_rules_afterwards(
    at_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = Fault(name="still", at_us=20 * S, harm=Harm.FREEZE, for_us=10 * S)
    rules = Fault(name="rules", at_us=at_s * S, harm=Harm.RELOAD, for_us=0)
    plan = replace(plan_of(1), faults=(still, rules), poison=0)
    monkeypatch.setattr(torture, "plan_of", lambda _: plan)
    ran = tormented(1)
    assert ran.text == ""
    (at_us,) = {at_us for at_us, _, what in ran.story if what.startswith("ConfigurationChanged")}
    assert at_us < 1 * S if at_s == 0 else 30 * S <= at_us < 31 * S


@pytest.mark.parametrize("seed", [20, 80])
def test_a_machine_whose_engine_is_killed_in_its_start_gets_one_new_engine(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = Fault(name="f1", at_us=0, harm=Harm.KILL, for_us=3 * S, moment=Moment.IN_JOURNAL)
    monkeypatch.setattr(torture, "plan_of", lambda seed: replace(plan_of(seed), faults=(killed,), poison=0))
    ran = tormented(seed)
    assert ran.text == ""
    assert ran.lives == 3, "one on each machine, and one more"


def test_an_answer_whose_news_broke_the_core_off_is_found_and_its_call_ends_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken: list[events.Event] = []

    def breaks(process: Process, event: events.Event) -> bool:
        if isinstance(event, events.OfferAnswered) and not broken and not process.loop.dead:
            broken.append(event)
            return True
        return False

    monkeypatch.setattr(Process, "breaks", breaks)
    monkeypatch.setattr(torture, "plan_of", lambda seed: replace(plan_of(seed), poison=0))
    for seed in (1, 2, 4):
        broken.clear()
        assert tormented(seed).text == ""
        assert broken


def test_a_seed_is_the_same_run_in_any_process() -> None:
    code = "from holdless.torture import tormented; print(tormented(57).story)"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(told) == 1


def test_the_command_says_what_it_did_and_tells_the_story_of_a_seed() -> None:
    ran = CliRunner().invoke(command, ["--seeds", "3", "--first", "80"])
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith("seeds 80 to 82\nruns 3   broken 0\n")
    assert ran.output.endswith(" seeds a minute\n")
    told = CliRunner().invoke(command, ["--seed", "80"])
    assert told.exit_code == 0, told.output
    assert "c9      calls in" in told.output
    assert told.output.endswith("every promise was kept\n")
