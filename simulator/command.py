"""``holdless simulate``, but for reading the command line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from centre.calls import Outcome
from config.site import Site, text_in
from simulator.figures_report import print_figures, rows
from simulator.playable import SimulationError
from simulator.replay.calls_csv import write_calls
from simulator.replay.recording import Recorder
from simulator.replications import Study, StudyResult, play_day, result_of, run_study
from simulator.report_file import check_report, write_report
from simulator.service_level import Definition
from simulator.tidy import COLUMNS, as_csv, as_json
from simulator.twin import Twin, span_of
from simulator.workers import hired


def print_simulated_day(
    study: Study,
    *,
    definition: Definition = Definition.ABANDONS_NEGATIVE,
    json: bool = False,
    csv: bool = False,
    calls: Path | None = None,
    report: Path | None = None,
    console: Console,
) -> None:
    """Simulates one day and prints it, as tables, JSON or CSV. ``calls``: where to write its callers as a table.

    Raises :class:`~simulator.playable.SimulationError` where the site or the date will not do, and
    :class:`~simulator.report_file.ReportError`.
    """
    if report is not None:
        check_report(report)
    recorder = Recorder(*span_of(study.site, study.date))
    twin, figures = play_day(study, study.seed, None if calls is None else recorder.see)
    if calls is not None:
        try:
            write_calls(study.site, recorder.day("the twin"), calls)
        except OSError as error:
            raise SimulationError(f"cannot write {calls}: {error.strerror}; name another file") from error
    result, books = result_of(study, [figures]), twin.centre.conservation()
    facts: dict[str, object] = {
        "site": study.site.id,
        "date": study.date.isoformat(),
        "seed": study.seed,
        "arrived": books.arrived,
        "callbacks": books.callbacks,
        "outcomes": {outcome: twin.outcomes.get(outcome, 0) for outcome in Outcome},
        "still_there": sum(books.inside.values()),
    }
    _print(study.site, result, facts, _of_day(study, twin), definition, json=json, csv=csv, report=report, to=console)


def print_study_of(
    study: Study,
    *,
    definition: Definition = Definition.ABANDONS_NEGATIVE,
    workers: int = 1,
    dask: str | None = None,
    json: bool = False,
    csv: bool = False,
    report: Path | None = None,
    console: Console,
) -> None:
    """Simulates many days, see :func:`~simulator.workers.hired` for by whom, and prints the means, as tables, JSON or
    CSV.

    Raises :class:`~simulator.playable.SimulationError` where the site or the date will not do, and
    :class:`~simulator.report_file.ReportError`.
    """
    if report is not None:
        check_report(report)
    with hired(workers, dask) as helpers, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulating days", total=study.days)
        result = run_study(study, helpers, progress=lambda done: progress.update(task, completed=done))
    facts: dict[str, object] = {name: getattr(result, name) for name in ("site", "seed", "days", "precise", "stopped")}
    facts["date"] = result.date.isoformat()
    _print(study.site, result, facts, _of_days(result), definition, json=json, csv=csv, report=report, to=console)
    if csv and result.stopped:
        Console(stderr=True).print(f"Stopped by hand after {result.days} days.", highlight=False)


def _print(
    site: Site,
    result: StudyResult,
    facts: dict[str, object],
    about: str,
    definition: Definition,
    *,
    json: bool,
    csv: bool,
    report: Path | None,
    to: Console,
) -> None:
    def tables(console: Console) -> None:
        print_figures(
            console, site, result.measures, start=result.start, interval_ms=result.interval_ms, definition=definition
        )

    title = f"{text_in(site.name, 'en')}, {result.date:%A %d %B %Y}"
    if report is not None:
        from simulator.study_plots import study_charts  # noqa: PLC0415 - it takes half a second

        page = Console(record=True, width=120, file=StringIO())
        tables(page)
        write_report(report, title, about, study_charts(site, result), page)
    # Not through rich's layout: what is for machines must come out as it is, whatever the width of the terminal.
    if json:
        to.file.write(as_json(facts, COLUMNS, rows(site, result.measures, result.start)))
    elif csv:
        to.file.write(as_csv(COLUMNS, rows(site, result.measures, result.start)))
    else:
        to.print(Text.assemble((title, "bold"), f"\n{about}"), highlight=False, soft_wrap=True)
        tables(to)


def _of_day(study: Study, twin: Twin) -> str:
    books, callbacks = twin.centre.conservation(), ""
    if books.callbacks:
        callbacks = f", {books.callbacks} to be called back"
    outcomes = ", ".join(f"{twin.outcomes[outcome]} {outcome}" for outcome in Outcome if twin.outcomes[outcome])
    return f"Seed {study.seed}. {books.arrived} calls arrived{callbacks}: {outcomes or 'none'}."


def _of_days(result: StudyResult) -> str:
    last = result.seed + result.days - 1
    return (
        f"{result.days} simulated days, seeds {result.seed} to {last}. ± is half of a 95 % confidence interval."
        + (" Stopped by hand before the end." if result.stopped else "")
        + (" The precision asked for was not reached: allow more --days." if result.precise is False else "")
    )
