"""``holdless simulate SITE --day``, but for reading the command line."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from pathlib import Path

from rich.console import Console

from config.site import Site
from simulator.replay.calls_csv import write_calls
from simulator.replay.recording import Recorder
from simulator.report import as_json, print_day
from simulator.twin import SimulationError, simulate_day, span_of


def print_simulated_day(
    site: Site, *, date: Date, seed: int = 1, json: bool = False, calls: Path | None = None, console: Console
) -> None:
    """Simulates one day and prints it, as tables or as JSON. ``calls``: where to write its callers as a table.

    Raises :class:`~simulator.twin.SimulationError` where the site or the date will not do.
    """
    recorder = Recorder(*span_of(site, date))
    result = simulate_day(site, seed=seed, date=date, witness=None if calls is None else recorder.see)
    if calls is not None:
        try:
            write_calls(site, recorder.day("the twin"), calls)
        except OSError as error:
            raise SimulationError(f"cannot write {calls}: {error.strerror}; name another file") from error
    if json:
        # Not through rich's layout: JSON must come out as it is, whatever the width of the terminal.
        console.file.write(as_json(result) + "\n")
    else:
        print_day(console, site, result)
