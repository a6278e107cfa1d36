"""Commands for planners: ``holdless simulate``, ``replay``, ``plan``, ``sweep`` and ``staff``; formulas are in
:mod:`holdless.formulas`.

Each imports what it needs when it is called (see :mod:`holdless.cli`).
"""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - an option of that name stands beside it
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdless.options import AsCsv, AsJson, DataFolder, JournalAt, Meant, SiteFolder, journal_of, load
from holdless.refusal import refuse, refusing
from simulator.service_level import Definition

if TYPE_CHECKING:
    from config.site import Site

app = typer.Typer()

DAYS_MOST = 1_000
"""Days that “--until” takes at most, where nothing else is said."""
SEED_MOST = 999_999_999
"""What every generator of random numbers here takes for a seed, from 0 on."""

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today if not given.")]
Interval = Annotated[int, typer.Option(help="Length of an interval: 15, 30 or 60 minutes.")]
Scale = Annotated[float, typer.Option(help="So many times the calls: 1.1 for a tenth more.")]
Seed = Annotated[int, typer.Option(help="The same seed meets the same callers.", min=0, max=SEED_MOST)]
Threads = Annotated[int, typer.Option("--workers", help="Threads; they do not change the answer.", min=1, max=256)]
Processes = Annotated[
    int, typer.Option("--workers", help="Processes; the answer is the same for any number.", min=1, max=256)
]
Report = Annotated[Path | None, typer.Option(help="Write a page (.html) or a picture (.png) with charts too.")]
WarmUp = Annotated[int, typer.Option(help="Minutes before midnight that only fill the centre.", min=0, max=1440)]
Dask = Annotated[
    str | None, typer.Option("--dask", help="The address of a Dask scheduler whose workers do the work instead.")
]


@app.command()
def simulate(
    site: SiteFolder,
    day: Annotated[bool, typer.Option("--day", help="One day, from local midnight to midnight.")] = False,
    date: Day = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.", min=0, max=SEED_MOST)] = 1,
    json: AsJson = False,
    calls: Annotated[Path | None, typer.Option(help="Write the day's callers as CSV, as replay reads them.")] = None,
    days: Annotated[int | None, typer.Option(help="So many times that day, with means and intervals.", min=2)] = None,
    until: Annotated[str | None, typer.Option(help="As often as “SL ± 0.5 %” takes; at most --days.")] = None,
    definition: Meant = Definition.ABANDONS_NEGATIVE,
    workers: Processes = 1,
    dask: Dask = None,
    interval: Interval = 30,
    warm_up: WarmUp = 0,
    csv: AsCsv = False,
    report: Report = None,
) -> None:
    """Run a day of the site's workload through its own menus and rules, once or many times."""
    from rich.console import Console

    from simulator.asked import check_asked
    from simulator.command import print_simulated_day, print_study_of
    from simulator.playable import SimulationError
    from simulator.precision import read_precision
    from simulator.replications import Study
    from simulator.report_file import ReportError

    many = days is not None or until is not None
    if day is many:
        refuse("say what to simulate: --day for one day, or --days 100, or --until “SL ± 0.5 %”")
    with refusing(ValueError):
        check_asked(interval=interval, json=json, csv=csv)
    if day and warm_up:
        refuse("--warm-up is of many days; write --days 100 instead of --day")
    if many and calls is not None:
        refuse("--calls writes the callers of one day; write --day instead of --days or --until")
    loaded = load(site)
    with refusing(SimulationError, ReportError, ValueError):
        study = Study(
            site=loaded,
            date=_day(loaded, date),
            seed=seed,
            days=1 if day else days or DAYS_MOST,
            until=None if until is None else read_precision(until, loaded.queues, definition),
            interval_ms=interval * 60_000,
            warm_up_ms=warm_up * 60_000,
        )
        if many:
            print_study_of(
                study,
                definition=definition,
                workers=workers,
                dask=dask,
                json=json,
                csv=csv,
                report=report,
                console=Console(),
            )
        else:
            print_simulated_day(
                study, definition=definition, json=json, csv=csv, calls=calls, report=report, console=Console()
            )


@app.command()
def replay(
    site: SiteFolder,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The recorded day.")],
    rules: Annotated[Path | None, typer.Option(help="The folder of the site with the proposed rules.")] = None,
    calls: Annotated[Path | None, typer.Option(help="A CSV file of calls, instead of the journal.")] = None,
    agents: Annotated[Path | None, typer.Option(help="With --calls: when agents were logged in, as CSV.")] = None,
    by: Annotated[str, typer.Option(help="A column of the customer records to tell callers apart by.")] = "",
    data: DataFolder = None,
    journal: JournalAt = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same answer.", min=0, max=SEED_MOST)] = 1,
    repeats: Annotated[int, typer.Option(help="How often what is not on record is drawn anew.", min=1, max=1000)] = 5,
    json: AsJson = False,
    csv: AsCsv = False,
    report: Report = None,
) -> None:
    """Run a recorded day through today's rules and through proposed ones: who gains, who loses."""
    from rich.console import Console

    from config.errors import SiteError
    from cti.journal import JournalError
    from holdless.replay import day_from_journal
    from simulator.asked import check_asked
    from simulator.playable import SimulationError
    from simulator.replay.command import ReplayOptions, day_from_tables, print_replayed
    from simulator.report_file import ReportError

    if agents is not None and calls is None:
        refuse("--agents goes with --calls; the journal itself knows when agents were logged in")
    if by and calls is not None:
        refuse("--by goes with a journal; in a table of calls write what tells them apart into the column “segment”")
    with refusing(ValueError):
        check_asked(json=json, csv=csv)
    today = load(site)
    proposed = None if rules is None else load(rules)
    options = ReplayOptions(seed=seed, repeats=repeats, json=json, csv=csv, report=report)
    with refusing(SimulationError, JournalError, SiteError, ReportError):
        if calls is not None:
            recorded = day_from_tables(today, day.date(), calls, agents)
        else:
            recorded = day_from_journal(today, day.date(), journal_of(today, data, journal), by)
        print_replayed(today, proposed, recorded, options, Console())


@app.command()
def plan(
    site: SiteFolder,
    date: Day = None,
    replications: Annotated[int, typer.Option(help="So many days; with --until at most.", min=1)] = 100,
    until: Annotated[str | None, typer.Option(help="How sure to be: “SL ± 0.5 %”, “ASA ± 2 s”.")] = None,
    definition: Meant = Definition.ABANDONS_NEGATIVE,
    interval: Interval = 15,
    scale: Scale = 1.0,
    warm_up: WarmUp = 0,
    against: Annotated[
        Path | None, typer.Option(help="The folder of another site: what would it change for the same callers?")
    ] = None,
    workers: Threads = 1,
    seed: Seed = 1,
    json: AsJson = False,
    csv: AsCsv = False,
    report: Report = None,
) -> None:
    """Simulate a day of the site many times over, and say how sure the figures are."""
    from rich.console import Console

    from simulator.planner.command import print_planned_day
    from simulator.planner.model import PlannerError
    from simulator.playable import SimulationError

    loaded = load(site)
    other = None if against is None else load(against)
    with refusing(PlannerError, SimulationError, ValueError):
        print_planned_day(
            loaded,
            date=_day(loaded, date),
            seed=seed,
            replications=replications,
            until=until,
            definition=definition,
            interval=interval,
            scale=scale,
            warm_up=warm_up,
            against=other,
            workers=workers,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )


@app.command()
def sweep(
    site: SiteFolder,
    date: Day = None,
    calls: Annotated[str, typer.Option(help="So many calls, for example 80%,100%,120%.")] = "100%",
    handling: Annotated[str, typer.Option(help="Talk and wrap-up take so long, for example 90%,100%.")] = "100%",
    like: Annotated[str | None, typer.Option(help="The agent whose skills and shifts more agents have.")] = None,
    by: Annotated[str, typer.Option(help="So many of them more, or fewer, for example -1,0,1,2.")] = "0",
    replications: Annotated[int, typer.Option(help="So many days for each combination.", min=2)] = 100,
    warm_up: WarmUp = 0,
    definition: Meant = Definition.ABANDONS_NEGATIVE,
    workers: Processes = 1,
    dask: Dask = None,
    seed: Seed = 1,
    json: AsJson = False,
    csv: AsCsv = False,
    report: Report = None,
) -> None:
    """What if there were more calls, longer ones, other numbers of agents? Every combination, on the same callers."""
    from rich.console import Console

    from simulator.planner.model import PlannerError
    from simulator.planner.sweep_command import print_sweep_of
    from simulator.playable import SimulationError

    loaded = load(site)
    with refusing(PlannerError, SimulationError, ValueError):
        print_sweep_of(
            loaded,
            date=_day(loaded, date),
            calls=calls,
            handling=handling,
            like=like,
            by=by,
            replications=replications,
            warm_up=warm_up,
            definition=definition,
            workers=workers,
            dask=dask,
            seed=seed,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )


@app.command()
def staff(
    site: SiteFolder,
    date: Day = None,
    interval: Interval = 30,
    replications: Annotated[int, typer.Option(help="So many days for each plan that is tried.", min=2)] = 50,
    scale: Scale = 1.0,
    warm_up: WarmUp = 0,
    workers: Threads = 1,
    seed: Seed = 1,
    json: AsJson = False,
    csv: AsCsv = False,
    report: Report = None,
) -> None:
    """Find the cheapest agents and shifts with which every queue meets its goals."""
    from rich.console import Console

    from simulator.planner.model import PlannerError
    from simulator.playable import SimulationError
    from simulator.staffing.command import print_staff

    loaded = load(site)
    with refusing(PlannerError, SimulationError, ValueError):
        print_staff(
            loaded,
            date=_day(loaded, date),
            interval=interval,
            replications=replications,
            scale=scale,
            warm_up=warm_up,
            workers=workers,
            seed=seed,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )


def _day(site: Site, wanted: datetime | None) -> Date:
    return (datetime.now(site.time_zone) if wanted is None else wanted).date()
