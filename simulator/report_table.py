"""Tables as all reports have them."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_WIDEST = 1_000
"""Characters of a line."""


def table(title: str, first: str, *columns: str) -> Table:
    """An empty table as all reports have it. What stands in brackets is no markup: titles of queues and segments of
    customers are other people's words."""
    words = Text(f"\n{title}", style="table.title")
    found = Table(title=words, title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    found.add_column(Text(first), min_width=14)
    for column in columns:
        found.add_column(Text(column), justify="right")
    return found


def print_table(console: Console, table: Table) -> None:
    """Prints all of ``table``, also where the terminal is narrower, or the output goes to a file: a line that is broken
    can be read, a column that is cut off cannot."""
    width = console.width
    console.width = max(width, Measurement.get(console, console.options.update(max_width=_WIDEST), table).maximum)
    try:
        console.print(table, highlight=False)
    finally:
        console.width = width
