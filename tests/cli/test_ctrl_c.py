"""Ctrl-C in the middle of long work prints what there is by then, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress
from typer.testing import CliRunner, Result

from holdless.cli import app
from simulator.planner.runs import CHUNK
from tests.cli.test_refusals import BANK

DAY = (str(BANK), "--date", "2026-11-23")
LONG: dict[str, tuple[str, ...]] = {
    "simulate": ("simulate", *DAY, "--days", "100"),
    "plan": ("plan", *DAY, "--replications", "100"),
    "replay": ("replay", str(BANK), "2026-11-23", "--calls", "calls.csv", "--repeats", "50"),
    "sweep": ("sweep", *DAY, "--replications", "2", "--calls", "90%,95%,100%,105%,110%"),
    "staff": ("staff", *DAY, "--replications", "2", "--interval", "60"),
}
CALLS = """\
arrival,queue,answered_after,abandoned_after,talk
2026-11-23T10:00:00,cards,8,,120
2026-11-23T10:00:30,cards,,40,
2026-11-23T10:01:00,loans,12,,200
"""


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command whose user presses Ctrl-C when its bar moves for the so-manieth time."""

    (tmp_path / "calls.csv").write_text(CALLS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(command: str, *options: str, at: int) -> Result:
        moved = 0

        def update(*_: Any, **__: Any) -> None:
            nonlocal moved
            moved += 1
            if moved == at:
                raise KeyboardInterrupt

        monkeypatch.setattr(Progress, "update", update)
        return CliRunner().invoke(app, [*LONG[command], *options], env={"COLUMNS": "140"})

    return run


@pytest.mark.parametrize(
    ("command", "at", "said"),
    [
        ("simulate", 2, "Stopped by hand before the end"),
        ("plan", 3, f"Stopped by hand after {3 * CHUNK} of 100 days: the figures are of these."),
        ("replay", 5, "stopped by hand after 2 repetitions"),
        ("sweep", 2, "Stopped by hand: 3 combinations are missing."),
        ("staff", 60, "Stopped by hand: this meets every goal"),
    ],
)
def test_the_figures_so_far_are_printed_with_a_sentence(
    command: str, at: int, said: str, interrupted: Callable[..., Result]
) -> None:
    done = interrupted(command, at=at)
    assert done.exit_code == 0
    assert said in done.stdout
    assert "Card services" in done.stdout


@pytest.mark.parametrize("command", ["simulate", "replay", "plan", "sweep"])
def test_for_a_spreadsheet_the_sentence_stands_on_standard_error(
    command: str, interrupted: Callable[..., Result]
) -> None:
    done = interrupted(command, "--csv", at=2)
    assert done.exit_code == 0
    assert "Stopped by hand" in done.stderr
    assert "Stopped" not in done.stdout
    assert done.stdout.count("\n") > 30


def test_what_has_not_begun_to_have_figures_says_so(interrupted: Callable[..., Result]) -> None:
    done = interrupted("staff", at=1)
    assert (done.exit_code, done.stdout) == (130, "")
    assert "stopped by hand before there was anything to show" in done.stderr
