"""What was measured elsewhere and a workload draws from: durations, and who called when."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from config.documents import decoded, unreadable
from config.errors import Finding, shown
from config.table import Row, read_table
from config.workload import TracedCall

LONGEST_S = 24 * 3_600
YEARS = (1971, 2999)
"""The first and the last; what programs write for “no date” (the years 1 and 9999) lies beyond, and so no time zone can
take a date past the end of the calendar."""


def read_durations(path: Path, findings: list[Finding]) -> tuple[int, ...]:
    """The durations in ``path`` in milliseconds: the file has seconds, one number a line. Faults become findings."""
    file = str(path)
    try:
        text = decoded(path.read_bytes(), file, 1, findings)
    except OSError as error:
        findings.append(unreadable(file, error))
        return ()
    durations: list[int] = []
    for number, line in enumerate((text or "").splitlines(), start=1):
        if line.strip():
            duration_ms = milliseconds(line.strip())
            if duration_ms is None:
                findings.append(Finding(file, number, 1, no_seconds(line.strip())))
            else:
                durations.append(duration_ms)
    if text is not None and not text.strip():
        findings.append(Finding(file, 1, 1, "there is nothing in it; write seconds, one number a line"))
    return tuple(durations)


def milliseconds(text: str) -> int | None:
    """Milliseconds of a number of seconds from 0 to a day, such as “12.5”; None where it is something else."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return round(seconds * 1000) if 0 <= seconds <= LONGEST_S else None


def no_seconds(text: str) -> str:
    """Why ``text``, of which :func:`milliseconds` makes nothing, is no duration, and what to write instead."""
    said, example = f"{shown(text)} is no number of seconds", "12.5"
    if clock := re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,3}):(\d\d(?:[.,]\d+)?)", text):
        hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
        example = f"{hours * 3600 + minutes * 60 + seconds:g}"
    elif milliseconds(text.replace(",", ".")) is not None:
        example = text.replace(",", ".")
    elif re.fullmatch(r"-[\d.,]+", text):
        return f"{shown(text)} is less than no time at all; write 0 or more seconds"
    elif re.fullmatch(r"\d+(?:\.\d+)?", text):
        return f"{shown(text)} is longer than a day; write seconds, not milliseconds"
    return f"{said}; write it like {example}"


def read_trace(path: Path, findings: list[Finding]) -> tuple[tuple[TracedCall, ...], list[Row]]:
    """The arrivals in ``path`` in order, with the row of each. Faults become findings."""
    found: list[tuple[TracedCall, Row]] = []
    before = len(findings)
    for row in read_table(path, ("arrival", "kind"), ("arrival", "kind"), findings):
        arrival, kind = wall_time(row, "arrival"), row.cells.get("kind", "")
        if not kind:
            row.fault("kind", "nothing stands here; write the name of a kind of callers")
        if arrival is not None and kind:
            found.append((TracedCall(arrival=arrival, kind=kind), row))
    if not found and len(findings) == before:
        findings.append(Finding(str(path), 1, 1, "there is no call below these headings; write a row for each"))
    found.sort(key=lambda one: one[0].arrival)
    return tuple(call for call, _ in found), [row for _, row in found]


def wall_time(row: Row, column: str) -> datetime | None:
    """The local date and time in ``column``; None, with a finding, where there is none."""
    text = row.cells.get(column, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        row.fault(
            column, f"{shown(text)} names a time zone; write what the clock on the wall of the site showed, alone"
        )
        return None
    if moment is None or len(text) <= len("2026-11-23"):
        row.fault(column, f"{shown(text)} is no date with a time of day; write it like {_in_iso(text)}")
        return None
    if not YEARS[0] <= moment.year <= YEARS[1]:
        row.fault(column, f"{shown(text)} is too far away; write a date from {YEARS[0]} to {YEARS[1]}")
        return None
    return moment


def _in_iso(text: str) -> str:
    """What was meant by “23.11.2026 9:00”; an example where that cannot be told, as of 11/12/2026."""
    found = re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4}),? +(\d\d?):(\d\d)(?::(\d\d))?", text)
    if found is None:
        return "2026-11-23T09:00:12.345"
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
