"""``holdless staff SITE``, but for reading the command line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from config.site import Site, text_in
from simulator.asked import check_asked
from simulator.figures_report import rows as figures
from simulator.report_file import check_report, write_report
from simulator.staffing.plan import staff_day
from simulator.staffing.report import COLUMNS, STOPPED, facts, print_staffing, rows
from simulator.tidy import COLUMNS as FIGURES
from simulator.tidy import as_csv, as_json

CHANGES = (-2, -1, 0, 1, 2)
"""So many agents of a team more are drawn in a report."""


def print_staff(
    site: Site,
    *,
    date: Date,
    interval: int = 30,
    replications: int = 50,
    scale: float = 1.0,
    warm_up: int = 0,
    workers: int = 1,
    seed: int = 1,
    json: bool = False,
    csv: bool = False,
    report: Path | None = None,
    console: Console,
) -> None:
    """Looks for the cheapest agents and shifts of a day and prints them. ``warm_up`` minutes before midnight only fill
    the centre.

    Raises ``ValueError`` with a sentence for the user, :class:`~simulator.planner.model.PlannerError` and
    :class:`~simulator.playable.SimulationError`.
    """
    check_asked(interval=interval, scale=scale, json=json, csv=csv)
    if report is not None:
        check_report(report)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=json or csv,
    )
    with bar, ThreadPoolExecutor(workers) if workers > 1 else nullcontext() as executor:
        task = bar.add_task("Looking for the cheapest staffing", total=None)
        plan = staff_day(
            site,
            date=date,
            interval_ms=interval * 60_000,
            seed=seed,
            replications=replications,
            scale=scale,
            warm_up_ms=warm_up * 60_000,
            executor=executor,
            changes=() if report is None else CHANGES,
            progress=lambda tried, cost: bar.update(
                task, description=f"{tried} plans tried, this one costs {cost:,.2f}"
            ),
        )
    if report is not None:
        from simulator.staffing.plots import staff_charts  # noqa: PLC0415 - it takes half a second

        page = Console(record=True, width=120, file=StringIO())
        print_staffing(page, site, plan)
        write_report(
            report,
            f"{text_in(site.name, 'en')}, {date:%A %d %B %Y}",
            f"{plan.need.simulated} plans simulated, {replications} days each, seed {seed}.",
            staff_charts(site, plan),
            page,
        )
    if csv:
        console.file.write(as_csv(COLUMNS, rows(site, plan)))
        if plan.stopped:
            Console(stderr=True).print(STOPPED, highlight=False, soft_wrap=True)
    elif json:
        about: dict[str, object] = {"site": site.id, "date": date.isoformat(), "seed": seed, **facts(plan)}
        about["intervals"] = [dict(zip(COLUMNS, row, strict=True)) for row in rows(site, plan)]
        console.file.write(as_json(about, FIGURES, figures(site, plan.outcome.measures, plan.start)))
    else:
        head = Text.assemble(
            (text_in(site.name, "en"), "bold"),
            f" · {date:%A %d %B %Y} · {plan.need.simulated} plans simulated, {replications} days each · seed {seed}",
        )
        console.print(head, highlight=False)
        print_staffing(console, site, plan)
