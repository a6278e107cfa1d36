"""The benchmarks run through and print their figures; how good the figures are is not judged here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import asterisk, durability, flows, simulator, twilio_webhooks
from benchmarks.kills import __main__ as kills


def test_the_engine_is_measured_beside_app_queue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asterisk.main(["--quick", "--json", str(tmp_path / "figures.json")])
    printed = capsys.readouterr().out
    assert "Entering the queue" in printed
    assert "An agent hangs up while callers wait" in printed
    assert "Under load" in printed
    runs = json.loads((tmp_path / "figures.json").read_text())["runs"]
    assert {(run["kind"], run["side"]) for run in runs} == {
        (kind, side) for kind in ("idle", "busy", "load") for side in ("Holdless", "app_queue")
    }
    assert [run["lost"] for run in runs] == [0] * len(runs)


def test_the_simulators_are_measured_beside_others_and_simulate_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    simulator.main(["--quick"])
    printed = capsys.readouterr().out
    for engine in ("planner", "C (gcc -O3)", "plain Python loop"):
        assert len(re.findall(rf"^{re.escape(engine)} ", printed, re.MULTILINE)) == 3
    for engine in ("twin", "textbook SimPy"):
        assert re.search(rf"^{engine} ", printed, re.MULTILINE)
    assert "OFF" not in printed
    for figure in (
        "10,000 agents:",
        "planner: 2 worker processes",
        "twin: 2 worker processes",
        "A day of 20,000 calls",
    ):
        assert figure in printed


def test_webhooks_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    twilio_webhooks.main(["--calls", "5", "--seconds", "1", "--think", "0.05"])
    assert "5 calls at once" in capsys.readouterr().out


def test_flows_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    flows.main(["--calls", "20", "--runs", "2"])
    printed = capsys.readouterr().out
    for example in ("bank", "menus"):
        assert f"{example}: " in printed
    assert "bytes in memory" in printed


def test_nobody_is_lost_doubled_or_overtaken_where_the_engine_is_killed_in_the_midst_of_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = kills.main(
        ["--callers", "3", "--kills", "1", "--calm", "0.1", "--seed", "3", "--folder", str(tmp_path / "k")]
    )
    printed = capsys.readouterr().out
    assert re.search(r"^ +3 +1 +\d+ +0 +0 +0 +0 ", printed, re.MULTILINE), printed
    assert "kill -9" in printed
    assert code in (0, 2), "0, or 2 on a machine that has other work to do"


def test_what_it_costs_to_lose_nothing_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--events", "300", "--postgres-events", "300", "--kills", "1"]
    code = durability.main([*small, "--runs", "1", "--agents", "5", "--waiting", "10"])
    printed = capsys.readouterr().out
    for figure in ("events a second", "added to a decision", "300 events  from a snapshot"):
        assert printed.count(figure) >= 2, "for a journal in files, and for one in PostgreSQL"
    for bar in ("added to a decision, p99", "restart after 300 events", "recovery, worst", "in PostgreSQL, worst"):
        assert re.search(rf"(as asked|MISSED): .*{bar}", printed)
    assert code == (2 if "MISSED" in printed else 0)
    assert "recovery, killed 1 times" in printed
    assert "a snapshot of 5 agents and 10 waiting callers" in printed
    assert "300 events  from a snapshot" in printed
    assert "append: p50 " in printed
