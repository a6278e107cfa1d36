"""``holdless plan SITE``, but for reading the command line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from functools import partial
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from config.site import Site, text_in
from simulator.asked import check_asked
from simulator.figures_report import print_figures, rows
from simulator.planner.compare import changes
from simulator.planner.day import PlannedDay, model_of_day
from simulator.planner.outcome import outcome_of
from simulator.planner.precision import is_precise
from simulator.planner.report import print_changes
from simulator.planner.runs import Sample, run
from simulator.precision import Precision, read_precision
from simulator.report_file import check_report, write_report
from simulator.service_level import Definition
from simulator.tidy import COLUMNS, as_csv, as_json


def print_planned_day(
    site: Site,
    *,
    date: Date,
    seed: int = 1,
    replications: int = 100,
    until: str | None = None,
    definition: Definition = Definition.ABANDONS_NEGATIVE,
    interval: int = 15,
    scale: float = 1.0,
    warm_up: int = 0,
    against: Site | None = None,
    workers: int = 1,
    json: bool = False,
    csv: bool = False,
    report: Path | None = None,
    console: Console,
) -> None:
    """Simulates a day many times over and prints its figures with 95 % intervals; the differences to ``against``, a
    site that meets the same callers, where there is one.

    ``warm_up`` minutes before midnight only fill the centre. ``until`` is text like “SL ± 0.5 %”: then ``replications``
    is the most. Ctrl-C ends it with the days that there are, which the output says. Raises ``ValueError`` with a
    sentence for the user, :class:`~simulator.planner.model.PlannerError` and
    :class:`~simulator.playable.SimulationError`.
    """
    check_asked(interval=interval, scale=scale, json=json, csv=csv)
    if against is not None and (json or csv):
        raise ValueError("--against prints a table only; plan each site with --json and the same --seed instead")
    precision = None if until is None else read_precision(until, site.queues, definition)
    if report is not None:
        if against is not None:
            raise ValueError(
                "--against prints a table only; write a --report of each site instead, with the same --seed"
            )
        check_report(report)
    if precision is not None and against is not None:
        raise ValueError("--until and --against do not go together: both sites must see the same number of days")
    days = [
        model_of_day(one, date=date, interval_ms=interval * 60_000, scale=scale, warm_up_ms=warm_up * 60_000)
        for one in ((site,) if against is None else (site, against))
    ]
    samples: list[Sample] = []
    for day in days:
        most = samples[0].replications if samples else replications
        samples.append(_run(day, seed, most, precision, workers, quiet=json or csv))
    stopped = any(sample.stopped for sample in samples)
    precise = precision is None or is_precise(precision, days[0].model, samples[0])
    outcome = outcome_of(days[0].model, samples[0])
    tables = partial(
        print_figures,
        site=site,
        measures=outcome.measures,
        start=days[0].start,
        interval_ms=outcome.interval_ms,
        definition=definition,
    )
    if report is not None:
        from simulator.planner.plots import plan_charts  # noqa: PLC0415 - it takes half a second

        page = Console(record=True, width=120, file=StringIO())
        tables(page)
        write_report(
            report,
            f"{text_in(site.name, 'en')}, {date:%A %d %B %Y}",
            f"{outcome.replications} simulated days, seed {seed}. ± is half of a 95 % confidence interval."
            + (f" {_stopped(samples[0], replications)}" if stopped else ""),
            plan_charts(site, days[0].model, samples[0], days[0].start),
            page,
        )
    if json or csv:
        table = rows(site, outcome.measures, days[0].start)
        about: dict[str, object] = {
            "site": site.id,
            "date": date.isoformat(),
            "seed": seed,
            "replications": outcome.replications,
            "stopped": stopped,
            "precise": None if precision is None else precise,
            "calls_without_queue": days[0].without_queue,
            "still_there": outcome.still_there.mean,
        }
        # Not through rich's layout: what is for machines must come out as it is, whatever the width of the terminal.
        console.file.write(as_csv(COLUMNS, table) if csv else as_json(about, COLUMNS, table))
        if stopped:
            Console(stderr=True).print(_stopped(samples[-1], replications), highlight=False)
        return
    head = Text.assemble(
        (text_in(site.name, "en"), "bold"),
        f" · {date:%A %d %B %Y} · {samples[-1].replications} simulated days · seed {seed}\n",
        f"{_stopped(samples[-1], replications)}\n" if stopped else "",
        "" if precise else "The precision asked for was not reached: allow more --replications.\n",
        f"± is half of a 95 % confidence interval. {days[0].without_queue:.0f} callers a day ask for no queue and are "
        "left out.",
    )
    console.print(head, highlight=False)
    if against is not None:
        print_changes(console, site, changes(*zip((day.model for day in days), samples, strict=True)))
        return
    tables(console)


def _stopped(sample: Sample, asked: int) -> str:
    return f"Stopped by hand after {sample.replications} of {asked} days: the figures are of these."


def _run(
    day: PlannedDay, seed: int, replications: int, precision: Precision | None, workers: int, *, quiet: bool
) -> Sample:
    bar = Progress(console=Console(stderr=True), transient=True, disable=quiet)
    with bar, ThreadPoolExecutor(workers) if workers > 1 else nullcontext() as executor:
        task = bar.add_task("Simulating days", total=replications)
        return run(
            day.model,
            seed=seed,
            replications=replications,
            enough=None if precision is None else partial(is_precise, precision, day.model),
            executor=executor,
            progress=lambda done: bar.update(task, completed=done),
            partial_will_do=True,
        )
