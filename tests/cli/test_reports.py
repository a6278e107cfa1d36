"""``--report``: pages and pictures with charts, which need nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_refusals import BANK, holdless

DAY = ("--date", "2026-11-23")


@pytest.mark.parametrize(
    ("command", "charts"),
    [
        (("plan", "--replications", "4"), 4),
        (("simulate", "--days", "2"), 4),
        (("simulate", "--day"), 4),
        (("sweep", "--replications", "2", "--like", "olena", "--by=0,1"), 4),
        (("staff", "--replications", "2", "--interval", "60"), 8),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_a_page_holds_charts_and_tables_and_asks_nothing_of_the_network(
    tmp_path: Path, command: tuple[str, ...], charts: int
) -> None:
    done = holdless(command[0], BANK, *DAY, *command[1:], "--report", "day.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "day.html").read_text(encoding="utf-8")
    assert page.count("<svg") == charts
    assert "First Meadow Bank, Monday 23 November 2026" in page
    assert "Card services" in page
    assert "<script" not in page
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, "names of XML, never fetched"


def test_a_picture_is_written_where_the_name_says_so(tmp_path: Path) -> None:
    done = holdless("plan", BANK, *DAY, "--replications", "2", "--report", "day.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("name", "advice"),
    [("day.pdf", "name it day.html or day.png"), ("nowhere/day.html", "there is no folder nowhere; create it")],
)
def test_a_report_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str, advice: str) -> None:
    done = holdless("plan", BANK, *DAY, "--replications", "100000", "--report", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert advice in done.stderr
