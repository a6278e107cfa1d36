"""``holdless simulate``, but for reading the command line."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from config.site import Site, text_in
from simulator.replay.calls_csv import write_calls
from simulator.replay.recording import Recorder
from simulator.replications import Study, run_study
from simulator.report import as_json, print_day
from simulator.report_file import check_report, write_report
from simulator.study_report import print_study, rows
from simulator.tidy import COLUMNS, as_csv
from simulator.tidy import as_json as as_tidy_json
from simulator.twin import SimulationError, simulate_day, span_of
from simulator.workers import hired


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


def print_study_of(
    site: Site,
    study: Study,
    *,
    workers: int = 1,
    dask: str | None = None,
    json: bool = False,
    csv: bool = False,
    report: Path | None = None,
    console: Console,
) -> None:
    """Simulates many days, see :func:`~simulator.workers.hired` for by whom, and prints the means, as tables, JSON or
    CSV.

    Raises :class:`~simulator.twin.SimulationError` where the site or the date will not do, and
    :class:`~simulator.report_file.ReportError`.
    """
    if report is not None:
        check_report(report)
    with hired(workers, dask) as helpers, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulating days", total=study.days)
        result = run_study(study, helpers, progress=lambda done: progress.update(task, completed=done))
    if report is not None:
        from simulator.study_plots import study_charts  # noqa: PLC0415 - it takes half a second

        page = Console(record=True, width=120, file=StringIO())
        print_study(page, site, result)
        about = f"{result.days} simulated days, seeds from {result.seed} on. ± is half of a 95 % confidence interval."
        about += " Stopped by hand." if result.stopped else ""
        title = f"{text_in(site.name, 'en')}, {result.date:%A %d %B %Y}"
        write_report(report, title, about, study_charts(site, result), page)
    if json:
        facts = {name: getattr(result, name) for name in ("site", "seed", "days", "precise", "stopped")}
        facts["date"] = result.date.isoformat()
        console.file.write(as_tidy_json(facts, COLUMNS, rows(site, result)))
    elif csv:
        console.file.write(as_csv(COLUMNS, rows(site, result)))
        if result.stopped:
            Console(stderr=True).print(f"Stopped by hand after {result.days} days.", highlight=False)
    else:
        print_study(console, site, result)
