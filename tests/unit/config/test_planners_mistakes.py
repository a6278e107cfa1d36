"""Mistakes of the people who fill in a workload, tables and all: each is shown at its place, with what to write."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from config import SiteError, load_and_warn, load_site
from config.errors import FINDINGS_MOST
from simulator.replay.command import day_from_tables
from tests.unit.config.sites import BANK, expected_at, refused

CLINIC = BANK.parent / "clinic"
WORK = "workload.yaml"
MONDAY = date(2026, 11, 23)


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A copy that may be broken."""
    return shutil.copytree(CLINIC, tmp_path / "clinic")


TRACES = [
    pytest.param("", "1:1: no columns stand here; begin the file with a line of them: arrival,kind", id="empty"),
    pytest.param("arrival,kind\n", "1:1: there is no call below these headings; write a row for each", id="headings"),
    pytest.param(
        "2026-11-23T09:00:00,appointment\n",
        "1:1: this line names no columns; write a line above it that does: arrival,kind",
        id="no headings",
    ),
    pytest.param(
        "arrival;kind;who\n", "1:14: “who” is no column that is read; there is arrival, kind", id="another column"
    ),
    pytest.param(
        "arrival,kind\n23.11.2026 9:05,appointment\n",
        "2:1: column “arrival”: “23.11.2026 9:05” is no date with a time of day; write it like 2026-11-23T09:05:00",
        id="a date as people write it",
    ),
    pytest.param(
        "arrival,kind\n2026-11-23T09:00:00Z,appointment\n",
        "2:1: column “arrival”: “2026-11-23T09:00:00Z” names a time zone; write what the clock on the wall",
        id="another time zone",
    ),
    *(
        pytest.param(
            f"arrival,kind\n{date},appointment\n",
            f"2:1: column “arrival”: “{date}” is too far away; write a date from 1971 to 2999",
            id=f"what stands for no date: {date}",
        )
        for date in ("0001-01-01T00:00:00", "9999-12-31T23:59:59")
    ),
    pytest.param(
        'arrival,kind\n2026-11-23T09:00:00,"appointment\n2026-11-23T09:00:00,appointment\n',
        "2:1: a quotation mark that is opened in this row is never closed",
        id="an open quotation mark",
    ),
    pytest.param(
        b"PK\x03\x04\x14\x00", "1:1: this is a workbook of a spreadsheet; save it there as CSV", id="a workbook"
    ),
    pytest.param("arrival,kind\n".encode("utf-16"), "1:1: this byte is not UTF-8", id="another encoding"),
]


@pytest.mark.parametrize(("table", "message"), TRACES)
def test_a_trace(clinic: Path, table: str | bytes, message: str) -> None:
    file = clinic / "calls.csv"
    file.write_bytes(table.encode() if isinstance(table, str) else table)
    assert str(refused(clinic).findings[0]).startswith(f"{file}:{message}")


def test_a_trace_as_a_spreadsheet_saves_it_is_read(clinic: Path) -> None:
    (clinic / "calls.csv").write_bytes(b"\xef\xbb\xbfarrival;kind\r\n2026-11-23T09:00:00;appointment\r\n")
    workload = load_site(clinic).workload
    assert workload is not None
    assert workload.trace is not None
    assert len(workload.trace) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("69,5", "“69,5” is no number of seconds; write it like 69.5"),
        ("1:36", "“1:36” is no number of seconds; write it like 96"),
        ("1:02:03", "“1:02:03” is no number of seconds; write it like 3723"),
        ("-5", "“-5” is less than no time at all; write 0 or more seconds"),
        ("96000000", "“96000000” is longer than a day; write seconds, not milliseconds"),
        ("talk", "“talk” is no number of seconds; write it like 12.5"),
    ],
)
def test_a_file_of_durations(clinic: Path, line: str, message: str) -> None:
    file = clinic / "talk-appointments.csv"
    file.write_text(f"96\n{line}\n", encoding="utf-8")
    assert [str(finding) for finding in refused(clinic).findings] == [f"{file}:2:1: {message}"]


STAFF = "  - {agents: [cleo, eve], from"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (WORK, "mean: 3 min", "mean: ‸3 minutes", "“3 minutes” is no duration; write “3 min”"),
        (WORK, "mean: 3 min", 'mean: ‸"3:20"', "“3:20” is no duration; write “200 s”"),
        (WORK, "mean: 3 min", 'mean: ‸"3,5 min"', "“3,5 min” is no duration; write “3.5 min”"),
        (WORK, "mean: 3 min", "mean: 3,‸5 min", "a comma begins a new setting here; in a number write a point: 3.5"),
        (WORK, "{law: exponential, mean: 3 min}", "‸3 min", "“3 min” is no law; write {law: exponential, mean: 3 min}"),
        (WORK, "staff:", 'callbacks: {accepted: ‸"12,5 %"}\nstaff:', "in per cent, such as “12.5 %”"),
        (WORK, "staff:", "unanswered: ‸0.02\nstaff:", "0.02 is not a share; write it in per cent, such as “2 %”"),
        (WORK, "staff:", "absence: {shrinkage: ‸30}\nstaff:", "write it in per cent, such as “30 %”"),
        (WORK, "staff:", "absence: {shrinkage: ‸0}\nstaff:", "write it in per cent, such as “0 %”"),
        (WORK, "staff:", "absence: {shrinkage: ‸1.5}\nstaff:", "write it in per cent, such as “1.5 %”"),
        (WORK, "staff:", "absence: {shrinkage: ‸300}\nstaff:", "write it in per cent, such as “80 %”"),
        (
            WORK,
            "staff:",
            "weekdays: {‸Saturday: 60 %}\nstaff:",
            "“Saturday” is no day or span of days; write it like “sat”",
        ),
        (
            WORK,
            "staff:",
            "weekdays: {‸Monday – Fridays: 60 %}\nstaff:",
            "is no day or span of days; write it like “mon-fri”",
        ),
        (
            WORK,
            "staff:",
            'weekdays: {‸"sat,sun": 60 %}\nstaff:',
            "“sat,sun” is no day or span of days; write it like “mon” or “mon-fri”",
        ),
        (WORK, "staff:", "weekdays: {sat: ‸0.6}\nstaff:", "0.6 is no factor; write it in per cent, such as “60 %”"),
        (WORK, "trace: calls.csv", 'calls_per_hour: {‸"8:00": 5}', '“8:00” is no time of day; write it like "08:00"'),
        (WORK, "trace: calls.csv", 'calls_per_hour: {"08:00": ‸-5}', "-5 does not fit; write 0 or more"),
        (
            WORK,
            "trace: calls.csv",
            'calls_per_hour: {"08:00": ‸"12,5"}',
            "write a point for the comma, and no quotes: 12.5",
        ),
        (WORK, "trace: calls.csv", 'calls_per_hour: {"08:00": 5, ‸"08:00": 9}', "“08:00” stands here twice, first in"),
        (WORK, 'to: "16:00"', 'to: ‸"24:00"', '“24:00” is no time of day; write it like "00:00"'),
        ("staffing.yaml", "75 %", "‸75", "75 is not a share; write it in per cent, such as “75 %”"),
    ],
)
def test_a_setting(clinic: Path, file: str, old: str, new: str, message: str) -> None:
    place = expected_at(clinic, file, old, new)
    found = [str(finding) for finding in refused(clinic).findings]
    assert any(line.startswith(place) and message in line for line in found), (place, message, found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            STAFF,
            "  - {agents: [‸ada, eve], from",
            "“ada” works from 08:00 to 16:00 already (line 15), and takes a break",
        ),
        (STAFF, "  - {agents: [cleo, eve, ‸cleo], from", "“cleo” is on this shift already; name others"),
        ('"12:00-12:30"', '"12:00-12:30", ‸"12:15-12:45"', "this break overlaps another one, 12:00-12:30"),
        ('{what: "1"}', '{what: ‸"9"}', "“what” has no choice “9”, so these callers are asked again; it has 1, 2"),
    ],
)
def test_what_nobody_can_have_meant_is_a_warning(clinic: Path, old: str, new: str, message: str) -> None:
    place = expected_at(clinic, WORK, old, new)
    found = [str(warning) for warning in load_and_warn(clinic)[1]]
    assert any(line.startswith(place + message) for line in found), (place, found)


NIGHT = '  - {agents: [ada], days: fri, from: "22:00", to: "09:00"}\n'


@pytest.mark.parametrize(("day", "warnings"), [("fri", 0), ("sat", 1), ("thu", 0), ("sun", 0)])
def test_shifts_are_at_once_where_one_goes_on_into_the_day_of_the_other(clinic: Path, day: str, warnings: int) -> None:
    work = clinic / WORK
    before = work.read_text(encoding="utf-8").partition("staff:")[0]
    early = f'  - {{agents: [ada], days: {day}, from: "08:00", to: "16:00"}}\n'
    for shifts in (NIGHT + early, early + NIGHT):
        work.write_text(f"{before}staff:\n{shifts}", encoding="utf-8")
        assert sum("works from" in str(warning) for warning in load_and_warn(clinic)[1]) == warnings


def test_a_day_at_which_nobody_works_is_a_warning(clinic: Path) -> None:
    work = clinic / WORK
    work.write_text(work.read_text(encoding="utf-8").partition("staff:")[0], encoding="utf-8")
    assert "nobody is ever at work" in str(load_and_warn(clinic)[1])


HEADINGS = "arrival,queue,answered_after,abandoned_after,talk,wrap_up,agent\n"
ROW = "2026-11-23T09:00:00,appointments,5,,100,10,ada\n"


@pytest.mark.parametrize(
    ("calls", "agents", "place", "message"),
    [
        ("arrival,queue,wait\n", None, "calls.csv:1:15", "“wait” is no column that is read"),
        (HEADINGS + ROW.replace("5,,", "5,5,,"), None, "calls.csv:2:46", "8 cells under 7 headings"),
        ((HEADINGS + ROW.replace("5,,", "5.5,,")).replace(",", ";").replace(".", ","), None, "calls.csv:2:34", "5.5"),
        (HEADINGS + ROW.replace("ada", "Ada Marsh"), None, "calls.csv:2:44", "is the name of an agent; write “ada”"),
        (HEADINGS + ROW.replace(",5,", ",,"), None, "calls.csv:2:34", "write here after how many seconds"),
        (HEADINGS + ROW.replace(",5,,", ",5,9,"), None, "calls.csv:2:34", "write here after how many seconds"),
        *(
            (
                HEADINGS.replace("agent", "priority") + ROW.replace("ada", points),
                None,
                "calls.csv:2:44",
                "is no number of points; write a whole number, such as 10 or -5",
            )
            for points in ("high", "--5", "1" * 5_000)
        ),
        (HEADINGS, None, "calls.csv", "there is no call of 2026-11-23 in it; write a row for each below the headings"),
        (HEADINGS + ROW.replace("-23T", "-22T"), None, "calls.csv", "there are calls of 2026-11-22"),
        (HEADINGS + ROW, "ada,08:00,16:00\n", "agents.csv:2:5", "is no date with a time of day"),
        (
            HEADINGS + ROW,
            "ada,2026-11-23T08:00:00,2026-11-23T12:00:00\nada,2026-11-23T11:00:00,2026-11-23T16:00:00\n",
            "agents.csv:3:5",
            "“ada” is logged in then already, by line 2; make one row of the two",
        ),
    ],
)
def test_a_recorded_day(tmp_path: Path, calls: str, agents: str | None, place: str, message: str) -> None:
    (tmp_path / "calls.csv").write_text(calls, encoding="utf-8")
    (tmp_path / "agents.csv").write_text(f"agent,from,to\n{agents}", encoding="utf-8")
    shifts = None if agents is None else tmp_path / "agents.csv"
    with pytest.raises(SiteError) as caught:
        day_from_tables(load_site(CLINIC), MONDAY, tmp_path / "calls.csv", shifts)
    found = str(caught.value.findings[0])
    assert found.startswith(f"{tmp_path}/{place}: ")
    assert message in found


def test_what_is_wrong_in_every_row_is_not_said_a_thousand_times(clinic: Path) -> None:
    (clinic / "calls.csv").write_text("arrival,kind\n" + "noon,appointment\n" * 1_000, encoding="utf-8")
    error = refused(clinic)
    assert len(error.findings) == 1_000
    assert len(str(error).splitlines()) == FINDINGS_MOST + 1
    assert str(error).endswith("and 980 more findings in this file; mend these first")
