"""``holdless simulate SITE --day``, but for reading the command line."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - an option of that name stands beside it

from rich.console import Console

from config.site import Site
from simulator.report import as_json, print_day
from simulator.twin import simulate_day


def print_simulated_day(site: Site, *, date: Date, seed: int = 1, json: bool = False, console: Console) -> None:
    """Simulates one day and prints it, as tables or as JSON.

    Raises :class:`~simulator.twin.SimulationError` where the site or the date will not do.
    """
    result = simulate_day(site, seed=seed, date=date)
    if json:
        # Not through rich's layout: JSON must come out as it is, whatever the width of the terminal.
        console.file.write(as_json(result) + "\n")
    else:
        print_day(console, site, result)
