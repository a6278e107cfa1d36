"""``holdless staff`` on the example bank."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.cli.test_refusals import BANK, holdless
from tests.unit.config.sites import copy_of_the_bank

OPTIONS = ("--date", "2026-11-23", "--interval", "60", "--replications", "4")


def test_agents_and_shifts_of_a_day_come_as_json(tmp_path: Path) -> None:
    done = holdless("staff", BANK, *OPTIONS, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert {row["team"] for row in plan["intervals"]} == {"cards", "loans", "technical", "all-round"}
    noon = {row["team"]: row for row in plan["intervals"] if row["begins"] == "2026-11-23T12:00+02:00"}
    assert noon["cards"]["needed"] >= 2
    assert plan["cost_of_shifts"] > plan["cost_of_needs"] > 0
    levels = {
        row["name"]: row["mean"]
        for row in plan["figures"]
        if row["measure"] == "service_level_abandons_negative" and not row["begins"]
    }
    assert levels["cards"] > 0.8
    hours = {("early", "07:00"), ("night", "22:00")}
    assert hours <= {(shift["shift"], shift["from"]) for shift in plan["shifts"]}


def test_a_site_without_shifts_gets_agents_by_the_interval_for_spreadsheets(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    path = site / "staffing.yaml"
    path.write_text(path.read_text(encoding="utf-8").partition("shifts:")[0], encoding="utf-8")
    done = holdless("staff", str(site), *OPTIONS, "--csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 4 * 24
    assert all(row["needed"] == row["scheduled"] == row["present"] for row in rows)


def test_a_site_that_names_nobody_to_hire_is_told_what_to_write(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    path = site / "site.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        "".join(line for line in text.splitlines(keepends=True) if "staffing" not in line), encoding="utf-8"
    )
    done = holdless("staff", str(site), *OPTIONS, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "add “staffing: staffing.yaml”" in done.stderr
