"""Differences between two plans as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from config.site import Site, text_in
from simulator.figures_report import figure
from simulator.measures import ABANDONMENT
from simulator.planner.compare import Change
from simulator.report_table import print_table
from simulator.report_table import table as empty_table
from simulator.service_level import Definition

_NAMES = {
    **{definition.measure: f"SL, {definition}" for definition in Definition},
    "asa_ms": "ASA",
    ABANDONMENT: "abandonment",
}


def print_changes(console: Console, site: Site, found: Sequence[Change]) -> None:
    """Prints the differences between two sites."""
    table = empty_table(
        "Differences on the same callers, percent and seconds", "Queue", "Figure", "Before", "After", "By", ""
    )
    for change in found:
        title = text_in(site.queues[change.queue].title, "en") if change.queue else "All calls"
        sides = (figure(change.measure, one) for one in (change.before, change.after, change.by))
        name, sure = _NAMES.get(change.measure, change.measure), "" if change.is_sure else "chance?"
        table.add_row(Text(title), name, *sides, sure)
    print_table(console, table)
