"""What a person types: ``holdless serve``, ``check``, ``explain``, ``password`` and more; for planners see
:mod:`holdless.planning` and :mod:`holdless.formulas`.

A fault that a person can mend ends in one clear line on standard error and exit code 2.

A command imports what it needs when it is called: all of it together takes more than a second, for which nobody should
wait who asks for help or for a formula. Here at the top stands only what options are made of.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centre.line_kind import LineKind
from cti.web.settings import SignIn
from holdless import formulas, planning
from holdless.options import AsJson, Database, DataFolder, JournalAt, SiteFolder, data_of, journal_of, load
from holdless.refusal import refuse

if TYPE_CHECKING:
    from config.errors import Finding
    from config.site import Site

app = typer.Typer(
    help="Holdless, an open contact-centre engine.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)

DEPOSED = 75
"""The exit code of an engine that must not lead any more: “try again” in sysexits.h, for who restarts it."""
_YOUNG = 50_000
"""So many new objects before Python looks for garbage, where a command does not say otherwise. What is imported, and
what a site is made of, stays: to look through that as often as Python does takes an eighth of a short command."""
_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
"""Of a command that hands everything behind its name on to commands of its own, “--help” too."""


@app.command()
def serve(
    context: typer.Context,
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
    journal: Annotated[
        str | None,
        typer.Option(help="Keep the journal in this PostgreSQL database, for two machines; files if not given."),
    ] = None,
    standby: Annotated[
        bool, typer.Option("--standby", help="Wait while another engine leads, and take over when it fails.")
    ] = False,
    lease: Annotated[
        int, typer.Option(help="Seconds without news from the leader until another engine takes over.", min=2, max=60)
    ] = 5,
    stop_within: Annotated[
        int, typer.Option(help="Seconds that a stop in good order (SIGTERM) may take at most.", min=2, max=600)
    ] = 30,
) -> None:
    """Serve a centre: its lines, its desks, its floor. Exit code 75: another engine has taken over."""
    import asyncio

    from cti.service.pauses import start_without_pauses
    from holdless.stopping import OrderlyStop, exit_after, outlive_hangups

    outlive_hangups()  # before the files are read, for they may change meanwhile
    if journal is None:  # else it may stand by, or wait for the database, for weeks
        start_without_pauses()
        context.call_on_close(gc.enable)

    from cti.lease import Terms
    from holdless.leads import Deposed
    from holdless.serve import MENDABLE, ServeOptions, serve_site

    if standby and journal is None:
        refuse("to stand by takes a journal that both machines reach: --journal postgresql://user@host/database")
    loaded, _ = _load_and_warn(site)
    options = ServeOptions(
        lines=tuple(dict.fromkeys(one.value for one in line or (LineKind.VIRTUAL,))),
        host=host,
        port=port,
        data=data_of(loaded, data),
        database=database,
        sign_in=sign_in,
        origins=tuple(origin or ()),
        journal=journal,
        standby=standby,
        terms=Terms(length_ms=lease * 1_000),
    )
    try:
        asyncio.run(serve_site(loaded, options, OrderlyStop(stop_within, exit_after)))
    except MENDABLE as error:
        refuse(str(error))
    except Deposed as error:
        typer.echo(f"holdless: {error}", err=True)
        raise typer.Exit(DEPOSED) from None


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
def reproduce(
    dump: Annotated[Path, typer.Argument(help="A folder in poison/ of the data folder: an event that was refused.")],
) -> None:
    """Let an event that the engine had to set aside happen again. Exit code 1: it breaks this version too."""
    import traceback

    from cti.service.poison import DumpError, read_dump
    from cti.snapshots import code_digest

    try:
        found = read_dump(dump)
    except DumpError as error:
        refuse(str(error))
    if found.centre is None:
        typer.echo(f"How the centre stood before is not known, or this version cannot read it. It was:\n{found.error}")
        raise typer.Exit(1)
    version = "the version it happened in" if found.code == code_digest() else "another version than it happened in"
    try:
        found.centre.apply(found.event, found.at)
    except Exception:
        typer.echo(f"{type(found.event).__name__} at {found.at} breaks this version ({version}):")
        typer.echo(traceback.format_exc())
        raise typer.Exit(1) from None
    typer.echo(f"{type(found.event).__name__} at {found.at}: that does not happen with this version ({version}).")


@app.command()
def explain(
    site: SiteFolder,
    call: Annotated[str, typer.Argument(help="The call, as the journal and the pages name it.")],
    data: DataFolder = None,
    journal: JournalAt = None,
    json: AsJson = False,
) -> None:
    """Say why a call went where it went, from the journal."""
    from rich.console import Console

    from cti.journal import JournalError
    from holdless.explain import UnknownCall, explain_call, print_story, story_as_json

    loaded = load(site)
    try:
        story = explain_call(loaded, journal_of(loaded, data, journal), call)
    except (JournalError, UnknownCall) as error:
        refuse(str(error))
    if json:
        typer.echo(story_as_json(story))
    else:
        print_story(loaded, story, Console())


app.add_typer(planning.app)
app.add_typer(formulas.app)


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

    loaded = load(site)
    if user != "supervisor" and user not in loaded.agents:
        refuse(f"{loaded.folder} has no agent “{user}”; it has {', '.join(loaded.agents)}, and “supervisor”")
    chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    folder = data_of(loaded, data)

    async def keep() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        store = await Store.open(database or sqlite_url(folder), site=loaded.id)
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
    gc.set_threshold(_YOUNG)
    app()
