"""Tables as all reports have them."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def table(title: str, first: str, *columns: str) -> Table:
    """An empty table as all reports have it."""
    found = Table(title=f"\n{title}", title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    found.add_column(first, min_width=14)
    for column in columns:
        found.add_column(column, justify="right")
    return found
