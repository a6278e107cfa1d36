"""What a person types: ``holdless serve``, ``check``, ``explain``, ``simulate``, ``password`` and more.

A fault that a person can mend ends in one clear line on standard error and exit code 2.

A command imports what it needs when it is called: all of it together takes more than a second, for which nobody should
wait who asks for help or for a formula. Here at the top stands only what options are made of.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cti.web.settings import SignIn
from holdless.refusal import refuse
from simulator.service_level import Definition

if TYPE_CHECKING:
    from config.errors import Finding
    from config.site import Site

app = typer.Typer(
    help="Holdless, an open contact-centre engine.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)

DAYS_MOST = 1_000
"""Days that “--until” takes at most, where nothing else is said."""

_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
"""Of a command that hands everything behind its name on to commands of its own, “--help” too."""

SiteFolder = Annotated[Path, typer.Argument(help="The folder of the site, for example config/examples/bank.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Where journal and database live; var/<site> if not given.")
]
Database = Annotated[
    str | None, typer.Option("--database", help="An SQLAlchemy URL; an SQLite file in the data folder if not given.")
]
Processes = Annotated[
    int, typer.Option("--workers", help="Processes; the answer is the same for any number.", min=1, max=256)
]
Report = Annotated[Path | None, typer.Option(help="Write a page (.html) or a picture (.png) with charts too.")]
Dask = Annotated[
    str | None, typer.Option("--dask", help="The address of a Dask scheduler, instead: its workers do the work.")
]


class LineKind(StrEnum):
    """Which exchange carries the calls."""

    VIRTUAL = "virtual"
    ASTERISK = "asterisk"
    TWILIO = "twilio"


@app.command()
def serve(
    site: SiteFolder,
    line: Annotated[
        list[LineKind] | None,
        typer.Option(help="Which exchange carries the calls; virtual if not given. May be several."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address that the pages listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port that the pages listen on.", min=0, max=65535)] = 8080,
    sign_in: Annotated[
        SignIn, typer.Option(help="By choosing a name (only on this machine), or by password.")
    ] = SignIn.DEMO,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="What browsers call the pages, beyond this machine: https://desk.example.com"),
    ] = None,
    data: DataFolder = None,
    database: Database = None,
) -> None:
    """Serve a centre: its lines, its desks, its floor."""
    import asyncio

    from holdless.serve import MENDABLE, ServeOptions, serve_site

    loaded, _ = _load_and_warn(site)
    options = ServeOptions(
        lines=tuple(dict.fromkeys(one.value for one in line or (LineKind.VIRTUAL,))),
        host=host,
        port=port,
        data=_data(loaded, data),
        database=database,
        sign_in=sign_in,
        origins=tuple(origin or ()),
    )
    try:
        asyncio.run(serve_site(loaded, options))
    except MENDABLE as error:
        refuse(str(error))


@app.command()
def check(site: SiteFolder) -> None:
    """Read a site's files and say what is wrong with them; exit code 1: they work, but not as anybody can want."""
    from rich.console import Console

    loaded, warnings = _load_and_warn(site)
    verdict = "nothing wrong" if not warnings else f"{len(warnings)} warning{'s' if len(warnings) > 1 else ''}"
    Console().print(
        f"{loaded.folder}: {verdict}. {len(loaded.acd.queues)} queues, {len(loaded.acd.agents)} agents, "
        f"{len(loaded.flows)} flow{'s' if len(loaded.flows) > 1 else ''}.",
        highlight=False,
        soft_wrap=True,
    )
    if warnings:
        raise typer.Exit(1)


@app.command()
def explain(
    site: SiteFolder,
    call: Annotated[str, typer.Argument(help="The call, as the journal and the pages name it.")],
    data: DataFolder = None,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say why a call went where it went, from the journal."""
    from rich.console import Console

    from cti.journal import JournalError
    from holdless.explain import UnknownCall, explain_call, print_story, story_as_json

    loaded = _load(site)
    try:
        story = explain_call(loaded, _data(loaded, data), call)
    except (JournalError, UnknownCall) as error:
        refuse(str(error))
    if json:
        typer.echo(story_as_json(story))
    else:
        print_story(loaded, story, Console())


@app.command()
def simulate(
    site: SiteFolder,
    day: Annotated[bool, typer.Option("--day", help="One day, from local midnight to midnight.")] = False,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today if not given.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    calls: Annotated[Path | None, typer.Option(help="Write the day's callers as CSV, as replay reads them.")] = None,
    days: Annotated[int | None, typer.Option(help="So many times that day, with means and intervals.", min=2)] = None,
    until: Annotated[str | None, typer.Option(help="As often as “SL ± 0.5 %” takes; at most --days.")] = None,
    workers: Processes = 1,
    dask: Dask = None,
    interval: Annotated[int, typer.Option(help="Minutes: 15 or a multiple; with --days.", min=15, max=1440)] = 30,
    warm_up: Annotated[int, typer.Option(help="Minutes before midnight that only fill the centre.", min=0)] = 0,
    csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets; with --days.")] = False,
    report: Report = None,
) -> None:
    """Run a day of the site's workload through its own menus and rules, once or many times."""
    from rich.console import Console

    from simulator.command import print_simulated_day, print_study_of
    from simulator.replications import Study, read_precision
    from simulator.report_file import ReportError
    from simulator.twin import SimulationError

    many = days is not None or until is not None
    if day is many:
        refuse("say what to simulate: --day for one day, or --days 100, or --until “SL ± 0.5 %”")
    if interval % 15:
        refuse(f"an interval of {interval} minutes is no multiple of 15; write 15, 30 or 60")
    loaded = _load(site)
    wanted = datetime.now(loaded.time_zone) if date is None else date
    try:
        if many:
            study = Study(
                site=loaded,
                date=wanted.date(),
                seed=seed,
                days=days or DAYS_MOST,
                until=None if until is None else read_precision(until, loaded),
                interval_ms=interval * 60_000,
                warm_up_ms=warm_up * 60_000,
            )
            print_study_of(
                loaded, study, workers=workers, dask=dask, json=json, csv=csv, report=report, console=Console()
            )
            return
        print_simulated_day(loaded, date=wanted.date(), seed=seed, json=json, calls=calls, console=Console())
    except (SimulationError, ReportError) as error:
        refuse(str(error))


@app.command()
def replay(
    site: SiteFolder,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The recorded day.")],
    rules: Annotated[Path | None, typer.Option(help="The folder of the site with the proposed rules.")] = None,
    calls: Annotated[Path | None, typer.Option(help="A CSV file of calls, instead of the journal.")] = None,
    agents: Annotated[Path | None, typer.Option(help="With it: a CSV file of when agents were logged in.")] = None,
    by: Annotated[str, typer.Option(help="A column of the customer records to tell callers apart by.")] = "",
    data: DataFolder = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same answer.")] = 1,
    repeats: Annotated[int, typer.Option(help="How often what is not on record is drawn anew.", min=1, max=1000)] = 5,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page too.")] = None,
) -> None:
    """Run a recorded day through today's rules and through proposed ones: who gains, who loses."""
    from rich.console import Console

    from config.errors import SiteError
    from cti.journal import JournalError
    from holdless.replay import day_from_journal
    from simulator.replay.command import ReplayOptions, day_from_tables, print_replayed
    from simulator.twin import SimulationError

    today = _load(site)
    proposed = None if rules is None else _load(rules)
    options = ReplayOptions(seed=seed, repeats=repeats, json=json, report=report)
    try:
        if calls is not None:
            recorded = day_from_tables(today, day.date(), calls, agents)
        else:
            recorded = day_from_journal(today, day.date(), _data(today, data), by)
        print_replayed(today, proposed, recorded, options, Console())
    except (SimulationError, JournalError, SiteError) as error:
        refuse(str(error))


@app.command()
def plan(
    site: SiteFolder,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today if not given.")] = None,
    replications: Annotated[int, typer.Option(help="So many days; with --until at most.", min=1)] = 100,
    until: Annotated[str | None, typer.Option(help="How sure to be: “SL ± 0.5 %”, “ASA ± 2 s”.")] = None,
    definition: Annotated[
        Definition, typer.Option(help="Which service level is meant.")
    ] = Definition.ABANDONS_NEGATIVE,
    interval: Annotated[int, typer.Option(help="Length of an interval: 15, 30 or 60 minutes.")] = 15,
    scale: Annotated[float, typer.Option(help="So many times the calls: 1.1 for a tenth more.")] = 1.0,
    against: Annotated[
        Path | None, typer.Option(help="The folder of another site: what would it change for the same callers?")
    ] = None,
    workers: Annotated[int, typer.Option(help="Threads; they do not change the figures.", min=1, max=256)] = 1,
    seed: Annotated[int, typer.Option(help="The same seed meets the same callers.", min=0)] = 1,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
    report: Report = None,
) -> None:
    """Simulate a day of the site many times over, and say how sure the figures are."""
    from rich.console import Console

    from simulator.planner.command import print_planned_day
    from simulator.planner.model import PlannerError
    from simulator.twin import SimulationError

    loaded = _load(site)
    other = None if against is None else _load(against)
    wanted = datetime.now(loaded.time_zone) if date is None else date
    try:
        print_planned_day(
            loaded,
            date=wanted.date(),
            seed=seed,
            replications=replications,
            until=until,
            definition=definition,
            interval=interval,
            scale=scale,
            against=other,
            workers=workers,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )
    except (PlannerError, SimulationError, ValueError) as error:
        refuse(str(error))


@app.command()
def sweep(
    site: SiteFolder,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today if not given.")] = None,
    calls: Annotated[str, typer.Option(help="So many calls, for example 80%,100%,120%.")] = "100%",
    handling: Annotated[str, typer.Option(help="Talk and wrap-up take so long, for example 90%,100%.")] = "100%",
    like: Annotated[str | None, typer.Option(help="The agent whose skills and shifts more agents have.")] = None,
    by: Annotated[str, typer.Option(help="So many of them more, or fewer, for example -1,0,1,2.")] = "0",
    replications: Annotated[int, typer.Option(help="So many days for each combination.", min=2)] = 100,
    definition: Annotated[
        Definition, typer.Option(help="Which service level is meant.")
    ] = Definition.ABANDONS_NEGATIVE,
    workers: Processes = 1,
    dask: Dask = None,
    seed: Annotated[int, typer.Option(help="The same seed meets the same callers.", min=0)] = 1,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
    report: Report = None,
) -> None:
    """What if there were more calls, longer ones, other numbers of agents? Every combination, on the same callers."""
    from rich.console import Console

    from simulator.planner.model import PlannerError
    from simulator.planner.sweep_command import print_sweep_of
    from simulator.twin import SimulationError

    loaded = _load(site)
    wanted = datetime.now(loaded.time_zone) if date is None else date
    try:
        print_sweep_of(
            loaded,
            date=wanted.date(),
            calls=calls,
            handling=handling,
            like=like,
            by=by,
            replications=replications,
            definition=definition,
            workers=workers,
            dask=dask,
            seed=seed,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )
    except (PlannerError, SimulationError, ValueError) as error:
        refuse(str(error))


@app.command()
def staff(
    site: SiteFolder,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today if not given.")] = None,
    interval: Annotated[int, typer.Option(help="Length of an interval: 15, 30 or 60 minutes.")] = 30,
    replications: Annotated[int, typer.Option(help="So many days for each plan that is tried.", min=2)] = 50,
    scale: Annotated[float, typer.Option(help="So many times the calls: 1.1 for a tenth more.")] = 1.0,
    workers: Annotated[int, typer.Option(help="Threads; they do not change the answer.", min=1, max=256)] = 1,
    seed: Annotated[int, typer.Option(help="The same seed meets the same callers.", min=0)] = 1,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
    report: Report = None,
) -> None:
    """Find the cheapest agents and shifts with which every queue meets its goals."""
    from rich.console import Console

    from simulator.planner.model import PlannerError
    from simulator.staffing.command import print_staff
    from simulator.twin import SimulationError

    loaded = _load(site)
    wanted = datetime.now(loaded.time_zone) if date is None else date
    try:
        print_staff(
            loaded,
            date=wanted.date(),
            interval=interval,
            replications=replications,
            scale=scale,
            workers=workers,
            seed=seed,
            json=json,
            csv=csv,
            report=report,
            console=Console(),
        )
    except (PlannerError, SimulationError, ValueError) as error:
        refuse(str(error))


@app.command()
def erlang(
    calls: Annotated[float, typer.Option(help="Calls that arrive in an interval.")],
    aht: Annotated[float, typer.Option(help="Average handling time, seconds.")],
    interval: Annotated[float, typer.Option(help="Length of the interval, minutes.")] = 30.0,
    patience: Annotated[
        float | None, typer.Option(help="After how many seconds, on average, callers hang up; never if not given.")
    ] = None,
    agents: Annotated[int | None, typer.Option(help="What do so many agents give?")] = None,
    service_level: Annotated[str | None, typer.Option(help="How many agents for 80/20?")] = None,
    definition: Annotated[
        Definition, typer.Option(help="Which service level is meant.")
    ] = Definition.ABANDONS_NEGATIVE,
    short_abandon: Annotated[float | None, typer.Option(help="The short-abandon limit, seconds.")] = None,
    asa: Annotated[float | None, typer.Option(help="How many agents for this ASA, seconds?")] = None,
    abandonment: Annotated[float | None, typer.Option(help="How many agents for at most so many percent?")] = None,
    occupancy: Annotated[float | None, typer.Option(help="How many agents for at most so many percent?")] = None,
    shrinkage: Annotated[float, typer.Option(help="Percent of paid time that agents are not there.")] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Work out agents, waits and service levels by the Erlang formulas."""
    from rich.console import Console

    from simulator.formulas.command import print_erlang

    try:
        print_erlang(
            calls=calls,
            aht=aht,
            interval=interval * 60,
            patience=patience,
            agents=agents,
            service_level=service_level,
            definition=definition,
            short_abandon=short_abandon,
            asa=asa,
            abandonment=abandonment,
            occupancy=occupancy,
            shrinkage=shrinkage,
            json=json,
            console=Console(),
        )
    except ValueError as error:
        refuse(str(error))


@app.command()
def password(
    site: SiteFolder,
    user: Annotated[str, typer.Argument(help="An agent of the site, or “supervisor”.")],
    data: DataFolder = None,
    database: Database = None,
) -> None:
    """Set the password that an agent or the supervisor signs in with."""
    import asyncio

    from cti.store import Store
    from holdless.serve import MENDABLE, sqlite_url

    loaded = _load(site)
    if user != "supervisor" and user not in loaded.agents:
        refuse(f"{loaded.folder} has no agent “{user}”; it has {', '.join(loaded.agents)}, and “supervisor”")
    chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    folder = _data(loaded, data)

    async def keep() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        store = await Store.open(database or sqlite_url(folder))
        try:
            await store.set_password(user, chosen)
        finally:
            await store.close()

    try:
        asyncio.run(keep())
    except (*MENDABLE, ValueError) as error:
        refuse(str(error))


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def flow(context: typer.Context) -> None:
    """Check, try, play, draw and import voice menus."""
    from holdless.flow import app as group

    group(context.args, prog_name=context.command_path)


@app.command(context_settings=_HANDED_ON, add_help_option=False)
def twilio(context: typer.Context) -> None:
    """Check a site's Twilio account."""
    from holdless.twilio import app as group

    group(context.args, prog_name=context.command_path)


def _data(site: Site, given: Path | None) -> Path:
    return given or Path("var") / site.id


def _load(folder: Path) -> Site:
    from config.errors import SiteError
    from config.loader import load_site

    try:
        return load_site(folder)
    except SiteError as error:
        refuse(str(error))


def _load_and_warn(folder: Path) -> tuple[Site, tuple[Finding, ...]]:
    """The site; what its rules cannot mean is printed on standard error."""
    from config.errors import SiteError
    from config.loader import load_and_warn

    try:
        site, warnings = load_and_warn(folder)
    except SiteError as error:
        refuse(str(error))
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    return site, warnings


def main() -> None:
    """The entry point of the ``holdless`` command."""
    app()
