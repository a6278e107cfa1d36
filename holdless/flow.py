"""``holdless flow``: a site's voice menus checked, tried by scenarios, played in a terminal, drawn."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from centre.line_kind import LineKind
from config.check.menus import check_menus
from config.errors import Finding, SiteError
from config.loader import load_and_warn
from config.players import spoken
from config.scenarios import load_scenarios
from config.site import Site
from cti.journal import JournalError
from holdless import flow_import
from holdless.options import JournalAt, journal_of
from holdless.refusal import refuse
from holdless.walks import counts_from_journal
from ivr.flow import Flow
from ivr.messages import FetchData, LookUpCustomer
from ivr.picture import drawn
from simulator.menus.rehearsal import Answer, NotNow, Rehearsal, Stands
from simulator.menus.scenarios import coverage, try_scenario
from simulator.playable import SimulationError

app = typer.Typer(
    help="Check, try, play, draw and import voice menus.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(flow_import.app, name="import")

SiteFolder = Annotated[Path, typer.Argument(help="The folder of the site, for example config/examples/menus.")]
FlowName = Annotated[str | None, typer.Option("--flow", help="Which flow; the one that calls begin with if not given.")]

NAMED_MOST = 8
"""Edges that no scenario went which are named."""

HELP = (
    "keys, Enter for silence, “hang up”; in a queue: “answer” (then “agent hangs up”), “rings” (in vain), or why it "
    "lets the call go (full, timeout, closed …)"
)


@app.command()
def check(
    site: SiteFolder,
    line: Annotated[LineKind | None, typer.Option(help="Also say what this line cannot do.")] = None,
) -> None:
    """Say what is wrong with a site's menus; exit code 1: they work, but not as anybody can want."""
    loaded, warnings = _loaded(site)
    findings = sorted({*warnings, *check_menus(loaded, line)})
    for finding in findings:
        typer.echo(f"warning: {finding}", err=True)
    flows = len(list((loaded.folder / "flows").glob("*.yaml")))
    nodes = sum(len(flow.nodes) for flow in loaded.flows.values())
    verdict = f"{len(findings)} warning{'s' if len(findings) > 1 else ''}" if findings else "nothing wrong"
    typer.echo(f"{loaded.folder}: {verdict}. {flows} flow files, {nodes} nodes with what they call.")
    if findings:
        raise typer.Exit(1)


@app.command()
def test(site: SiteFolder) -> None:
    """Run the site's scenarios (scenarios/*.yaml); exit code 1: a step does not fit."""
    loaded, _ = _loaded(site)
    try:
        scenarios = load_scenarios(loaded)
    except SiteError as error:
        refuse(str(error))
    tried = [try_scenario(loaded, scenario) for scenario in scenarios]
    for one in tried:
        typer.echo(f"{'ok   ' if one.wrong is None else 'WRONG'} {one.name}")
        if one.wrong is not None:
            typer.echo(f"      {one.wrong}")
    for covered in coverage(tried):
        edges = covered.all_edges
        typer.echo(
            f"{covered.flow.id}: {len(covered.nodes)} of {len(covered.flow.nodes)} nodes, "
            f"{len(covered.edges)} of {len(edges)} edges"
        )
        never = [f"{name} → {to}" for name, to in sorted(edges - covered.edges)]
        if never:
            more = f" and {len(never) - NAMED_MOST} more" if len(never) > NAMED_MOST else ""
            typer.echo(f"  never: {', '.join(never[:NAMED_MOST])}{more}")
    if any(one.wrong is not None for one in tried):
        raise typer.Exit(1)


@app.command(name="try")
def play(
    site: SiteFolder,
    flow: FlowName = None,
    caller: Annotated[str, typer.Option(help="The number that calls; withheld if not given.")] = "",
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d %H:%M"], help="On the clock on the wall; now if not given.")
    ] = None,
) -> None:
    """Play the caller in a terminal; you also answer for other systems."""
    loaded, _ = _loaded(site)
    chosen = _flow(loaded, flow)
    moment = datetime.now(loaded.time_zone) if at is None else at.replace(tzinfo=loaded.time_zone)
    console = Console(highlight=False)
    console.print(f"[dim]{HELP}[/dim]")
    call = Rehearsal(
        chosen,
        at=round(moment.timestamp() * 1000),
        number=caller,
        answers=_ask_the_person,
        heard=lambda *prompt: console.print(f"  “{spoken(loaded, *prompt)}”", markup=False),
        numbers=loaded.numbers,
        agents=loaded.agents,
    )
    while call.stands is not Stands.ENDED:
        try:
            words = typer.prompt(f"[{call.where}]", default="", show_default=False, prompt_suffix=" ").strip()
        except typer.Abort:
            words = "hang up"
        try:
            _do(call, words)
        except NotNow as error:
            console.print(f"  not now: {error}", markup=False)
    console.print(f"over; ended by the {call.ended_by}")


def _do(call: Rehearsal, words: str) -> None:
    match words, call.stands:
        case "hang up", _:
            call.hang_up()
        case "answer", _:
            call.answer()
        case "agent hangs up", _:
            call.agent_hangs_up()
        case "rings", _:
            call.rings_in_vain()
        case "", Stands.RECORDING:
            call.speak_message(0)
        case _, Stands.RECORDING:
            call.speak_message(10_000)
        case _, Stands.OUTSIDE:
            call.nobody_outside()
        case "", _:
            call.is_silent()
        case _ if set(words) <= set("0123456789*#"):
            call.press(words)
        case _ if call.waits_in is not None:
            call.leave_queue(words)
        case _:
            raise NotNow(HELP)


def _ask_the_person(node: str, wanted: FetchData | LookUpCustomer) -> Answer:
    """What another system answers is up to whoever plays."""
    if isinstance(wanted, FetchData):
        typer.echo(f"  {node} asks {wanted.service}, {wanted.path}, for {', '.join(wanted.take) or 'nothing'}")
    else:
        typer.echo(f"  {node} looks up {wanted.number or 'a withheld number'}")
    given = typer.prompt("  its answer, name=value name=value; Enter: it fails", default="", show_default=False)
    pairs = (pair.partition("=") for pair in given.split())
    return {name: value for name, _, value in pairs} or "unknown"


@app.command()
def draw(
    site: SiteFolder,
    flow: FlowName = None,
    counts: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="A day: how many of its calls went each way, and hung up where; by the journal."
        ),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Where the journal lives; var/<site> if not given.")] = None,
    journal: JournalAt = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output if not given.")] = None,
) -> None:
    """Draw a flow as SVG, with all that it calls."""
    loaded, _ = _loaded(site)
    chosen = _flow(loaded, flow)
    of_the_day = None
    if counts is not None:
        recorded = journal_of(loaded, data, journal)
        try:
            of_the_day = counts_from_journal(loaded, chosen, counts.date(), recorded)
        except (JournalError, SimulationError) as error:
            refuse(str(error))
        if not of_the_day.calls:
            refuse(f"{recorded} knows no call that came to “{chosen.id}” on {counts:%Y-%m-%d}")
    picture = drawn(chosen, of_the_day)
    if out is None:
        typer.echo(picture, nl=False)
        return
    try:
        out.write_text(picture, encoding="utf-8")
    except OSError as error:
        refuse(f"cannot write {out}: {error.strerror}")
    typer.echo(f"wrote {out}")


def _loaded(folder: Path) -> tuple[Site, tuple[Finding, ...]]:
    try:
        return load_and_warn(folder)
    except SiteError as error:
        refuse(str(error))


def _flow(site: Site, name: str | None) -> Flow:
    flows = {flow.id: flow for flow in site.flows.values()}
    if name is None:
        return site.entry_flow
    if name not in flows:
        refuse(f"{site.folder} has no flow “{name}” that calls could begin with; it has {', '.join(flows)}")
    return flows[name]
