"""``holdless plan`` on the example bank."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.cli.test_refusals import BANK, holdless


def test_every_figure_of_a_day_comes_as_a_row_for_spreadsheets(tmp_path: Path) -> None:
    done = holdless("plan", BANK, "--date", "2026-11-23", "--replications", "4", "--csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    whole_day = {(row["name"], row["measure"]): row for row in rows if not row["begins"]}
    assert 400 < float(whole_day["cards", "queued"]["mean"]) < 530
    assert 0.5 < float(whole_day["loans", "service_level_abandons_negative"]["mean"]) < 0.9
    morning = next(row for row in rows if row["begins"] == "2026-11-23T10:00+02:00" and row["measure"] == "asa_ms")
    assert float(morning["mean"]) > 0


def test_a_precision_that_nobody_can_mean_is_refused_with_what_to_write(tmp_path: Path) -> None:
    done = holdless("plan", BANK, "--until", "as sure as can be", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "“SL ± 0.5 %”" in done.stderr
