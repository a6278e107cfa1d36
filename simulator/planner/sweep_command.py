"""``holdless sweep SITE``, but for reading the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from simulator.asked import check_asked
from simulator.estimates import Estimate
from simulator.figures_report import ALL, figure
from simulator.measures import ABANDONMENT
from simulator.planner.sweep import PointFigures, Sweep, points, run_sweep
from simulator.report_file import check_report, write_report
from simulator.report_table import print_table
from simulator.report_table import table as empty_table
from simulator.service_level import Definition
from simulator.sums import Key
from simulator.tidy import as_csv, as_json
from simulator.workers import hired

COLUMNS = ("calls", "handling", "more_agents", "of", "name", "measure", "mean", "half_width")
Row = tuple[float, float, int, str, str, str, float | None, float | None]


def print_sweep_of(
    site: Site,
    *,
    date: Date,
    calls: str = "100%",
    handling: str = "100%",
    like: str | None = None,
    by: str = "0",
    replications: int = 100,
    warm_up: int = 0,
    definition: Definition = Definition.ABANDONS_NEGATIVE,
    workers: int = 1,
    dask: str | None = None,
    seed: int = 1,
    json: bool = False,
    csv: bool = False,
    report: Path | None = None,
    console: Console,
) -> None:
    """Plans a day at every combination and prints them. ``warm_up`` minutes before midnight only fill the centre.

    Raises ``ValueError`` with a sentence for the user, :class:`~simulator.planner.model.PlannerError` and
    :class:`~simulator.playable.SimulationError`.
    """
    check_asked(json=json, csv=csv)
    if report is not None:
        check_report(report)
    sweep = Sweep(
        site=site,
        date=date,
        points=points(_factors("--calls", calls), _factors("--handling", handling), _numbers("--by", by)),
        like=like,
        seed=seed,
        replications=replications,
        warm_up_ms=warm_up * 60_000,
    )
    with hired(workers, dask) as helpers, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating combinations", total=len(sweep.points))
        found = run_sweep(sweep, helpers, lambda done: bar.update(task, completed=done))
    missing = len(sweep.points) - len(found)
    stopped = f"Stopped by hand: {missing} combinations are missing."
    if report is not None:
        from simulator.planner.plots import sweep_charts  # noqa: PLC0415 - it takes half a second

        page = Console(record=True, width=140, file=StringIO())
        print_table(page, _table(site, found, definition, like))
        write_report(
            report,
            f"{text_in(site.name, 'en')}, {date:%A %d %B %Y}: what if?",
            f"{replications} simulated days for each combination, seed {seed}; all meet the same callers."
            + (f" {stopped}" if missing else ""),
            sweep_charts(site, found, definition, like),
            page,
        )
    if csv:
        console.file.write(as_csv(COLUMNS, rows(found)))
        if missing:
            Console(stderr=True).print(stopped, highlight=False)
        return
    if json:
        about: dict[str, object] = {"site": site.id, "date": date.isoformat(), "seed": seed, "like": like}
        about |= {"replications": replications, "stopped": bool(missing)}
        console.file.write(as_json(about, COLUMNS, rows(found)))
        return
    head = Text.assemble(
        (text_in(site.name, "en"), "bold"),
        f" · {date:%A %d %B %Y} · {replications} simulated days each · seed {seed}\n"
        "± is half of a 95 % confidence interval. All combinations meet the same callers, so differences\n"
        "between rows are surer than their intervals say.",
    )
    console.print(head, highlight=False)
    print_table(console, _table(site, found, definition, like))
    if missing:
        console.print(stopped, highlight=False)


def rows(found: list[PointFigures]) -> Iterator[Row]:
    """One row for each figure at each point, as in :mod:`simulator.tidy`."""
    for one in found:
        at = (one.point.calls, one.point.handling, one.point.more)
        for key, own in one.measures.items():
            for measure, estimate in own.items():
                yield (*at, key.kind, key.name, measure, estimate.mean, estimate.half_width)


def _table(site: Site, found: list[PointFigures], definition: Definition, like: str | None) -> Table:
    titles = [text_in(texts.title, "en") for texts in site.queues.values()]
    table = empty_table(
        f"Service level by queue ({definition}), and all queues together, percent and seconds",
        "Calls",
        "Handling",
        f"More like {like}" if like else "More agents",
        *titles,
        "All",
        "ASA",
        "Abandoned",
        "Occupancy",
    )
    for one in found:
        levels = (one.measures[Key("queue", queue)][definition.measure] for queue in site.queues)
        everybody = one.measures[ALL]
        table.add_row(
            f"{one.point.calls:.0%}",
            f"{one.point.handling:.0%}",
            f"{one.point.more:+d}" if one.point.more else "0",
            *(figure(definition.measure, Estimate(level.mean, None)) for level in levels),
            *(figure(name, everybody[name]) for name in (definition.measure, "asa_ms", ABANDONMENT, "occupancy")),
        )
    return table


def _factors(option: str, text: str) -> list[float]:
    found = []
    for part in text.split(","):
        percent = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*%\s*", part)
        if percent is None or not 0 < float(percent[1]) <= 1000:
            raise ValueError(f"{option} is shares parted by commas, such as 80%,100%,120%; not “{text}”")
        found.append(float(percent[1]) / 100)
    return found


def _numbers(option: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[+-]?\d{1,4}", part) for part in parts):
        raise ValueError(f"{option} is numbers of agents parted by commas, such as -1,0,1,2; not “{text}”")
    return [int(part) for part in parts]
