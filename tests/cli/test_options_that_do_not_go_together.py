"""Options of which one would have no effect beside another, and those out of range, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdless.cli import app
from tests.cli.test_refusals import BANK


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("simulate", BANK, "--day", "--warm-up", "60"), "--warm-up is of many days"),
        (("simulate", BANK, "--days", "2", "--calls", "calls.csv"), "write --day instead of --days"),
        (("simulate", BANK, "--days", "2", "--json", "--csv"), "choose either --json or --csv"),
        (("replay", BANK, "2026-11-23", "--agents", "agents.csv"), "--agents goes with --calls"),
        (("replay", BANK, "2026-11-23", "--calls", "calls.csv", "--by", "tier"), "into the column “segment”"),
    ],
)
def test_an_option_without_effect_is_refused(
    command: tuple[str, ...], advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, list(map(str, command)))
    assert (done.exit_code, done.stdout) == (2, "")
    assert advice in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", [("simulate", "--day"), ("replay", "2026-11-23"), ("plan",), ("sweep",), ("staff",)]
)
@pytest.mark.parametrize("seed", ["-1", str(2**70)])
def test_a_seed_that_some_generator_would_not_take_is_refused(command: tuple[str, ...], seed: str) -> None:
    name, *more = command
    done = CliRunner().invoke(app, [name, str(BANK), *more, "--seed", seed])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Invalid value for '--seed'" in done.stderr
