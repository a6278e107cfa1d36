"""Figures for machines, tidy: one row for each, as CSV or as JSON, the same names from whichever command."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

from ivr.hours import wall_clock

COLUMNS = ("of", "name", "begins", "measure", "mean", "half_width")
"""What the figure is of, and its name; when the interval begins (local time by ISO 8601; empty: the whole day); the
measure, its mean, and the half-width of its 95 % interval. Times in milliseconds, shares from 0 to 1."""
Row = tuple[str, str, str, str, float | None, float | None]

_FORMULAS = ("=", "+", "-", "@")
"""What a formula begins with."""


def begins(at: int, zone: tzinfo) -> str:
    """How an interval that begins at ``at`` (Unix milliseconds) is called."""
    return datetime.fromtimestamp(at / 1000, zone).isoformat(timespec="minutes")


def on_the_wall(at: int, zone: ZoneInfo) -> str:
    """What clocks there show at ``at`` (Unix milliseconds), by ISO 8601: for the axis of a chart."""
    return wall_clock(at, zone).isoformat()


def as_csv(columns: Sequence[str], table: Iterable[Sequence[object]]) -> str:
    """The rows as CSV with a header; an empty cell where there is no figure. Words that a spreadsheet would work out
    have an apostrophe before them: a segment is whatever the customer records say (OWASP, “CSV Injection”)."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in table)
    return text.getvalue()


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    plain = printable(cell)
    return f"'{plain}" if plain.startswith(_FORMULAS) else plain


def printable(text: str) -> str:
    """``text`` without anything that would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def as_json(head: Mapping[str, object], columns: Sequence[str], table: Iterable[Sequence[object]]) -> str:
    """The rows as objects under “figures”, after the entries of ``head``."""
    figures = [dict(zip(columns, row, strict=True)) for row in table]
    return json.dumps({**head, "figures": figures}, ensure_ascii=False, indent=1) + "\n"
