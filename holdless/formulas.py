"""Answers by formula: ``holdless erlang`` and ``lines``. Each imports what it needs when it is called (see
:mod:`holdless.cli`)."""

from __future__ import annotations

from typing import Annotated

import typer

from holdless.options import AsCsv, AsJson, Meant
from holdless.refusal import refusing
from simulator.service_level import Definition

app = typer.Typer()


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
    definition: Meant = Definition.ABANDONS_NEGATIVE,
    short_abandon: Annotated[float | None, typer.Option(help="The short-abandon limit, seconds.")] = None,
    asa: Annotated[float | None, typer.Option(help="How many agents for this ASA, seconds?")] = None,
    abandonment: Annotated[float | None, typer.Option(help="How many agents for at most so many percent?")] = None,
    occupancy: Annotated[float | None, typer.Option(help="How many agents for at most so many percent?")] = None,
    shrinkage: Annotated[float, typer.Option(help="Percent of paid time that agents are not there.")] = 0.0,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """Work out agents, waits and service levels by the Erlang formulas."""
    from rich.console import Console

    from simulator.formulas.command import print_erlang

    with refusing(ValueError):
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
            csv=csv,
            console=Console(),
        )


@app.command()
def lines(
    calls: Annotated[float, typer.Option(help="Calls that arrive in an interval.")],
    holding: Annotated[float, typer.Option(help="Seconds that a call holds a line: menu, waiting and conversation.")],
    interval: Annotated[float, typer.Option(help="Length of the interval, minutes.")] = 30.0,
    lines: Annotated[int | None, typer.Option(help="What do so many lines give?")] = None,
    blocked: Annotated[float | None, typer.Option(help="How many lines, for at most so many percent?")] = None,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """Work out how many lines to the exchange callers need (Erlang B)."""
    from rich.console import Console

    from simulator.formulas.lines_command import print_lines

    with refusing(ValueError):
        print_lines(
            calls=calls,
            holding=holding,
            interval=interval * 60,
            lines=lines,
            blocked=blocked,
            json=json,
            csv=csv,
            console=Console(),
        )
