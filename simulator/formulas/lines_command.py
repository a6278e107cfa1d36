"""``holdless lines``, but for reading the command line: how many lines to the exchange callers need."""

from __future__ import annotations

from math import ceil

from rich.console import Console
from rich.table import Column, Table

from simulator.asked import check_asked
from simulator.formulas.checks import not_negative, percent, positive
from simulator.formulas.erlang_b import blocking, carried_load, least_lines
from simulator.tidy import as_csv, as_json

COLUMNS = ("lines", "blocked", "carried_erlangs")
"""Of the table for machines: a number of lines, the share of calls that find all of them busy, and how many are busy on
average."""
_AROUND = 3
"""Rows shown on each side of the answer."""


def print_lines(
    *,
    calls: float,
    holding: float,
    interval: float = 1800.0,
    lines: int | None = None,
    blocked: float | None = None,
    json: bool = False,
    csv: bool = False,
    console: Console,
) -> None:
    """Prints the share of calls that find all lines busy (Erlang B), or the least lines for at most that share.

    *calls* arrive in each *interval* (seconds) and hold a line *holding* seconds, menu and waiting included. Say either
    *lines* or *blocked* (percent). Raises ``ValueError`` with a sentence for the user.
    """
    check_asked(json=json, csv=csv)
    positive("--calls", calls, "360 in half an hour")
    positive("--interval", interval, "30 minutes")
    positive("--holding", holding, "300 seconds")
    load = calls * holding / interval
    if (lines is None) == (blocked is None):
        raise ValueError(
            "say either how many lines there are (--lines 60) or how many percent of calls may be blocked (--blocked 1)"
        )
    if lines is not None:
        middle = ceil(not_negative("--lines", lines, "60"))
    elif blocked is not None:
        middle = least_lines(load, percent("--blocked", blocked, "1"))
    around = range(max(0, middle - _AROUND), middle + _AROUND + 1)
    rows = [(number, blocking(number, load), carried_load(number, load)) for number in around]
    if json or csv:
        about = {"model": "Erlang B", "load_erlangs": load, "lines": middle}
        # Not through rich's layout: what is for machines must come out as it is, whatever the width of the terminal.
        console.file.write(as_csv(COLUMNS, rows) if csv else as_json(about, COLUMNS, rows))
        return
    table = Table(*(Column(title, justify="right") for title in ("Lines", "Blocked", "Busy lines")))
    for number, turned, carried in rows:
        table.add_row(str(number), f"{turned:.2%}", f"{carried:.1f}", style="bold" if number == middle else None)
    console.print(
        f"{calls:g} calls in {interval / 60:g} minutes of {holding:g} s each: {load:.4g} erlangs (Erlang B)",
        soft_wrap=True,
    )
    console.print(table, highlight=False)
