"""What a person types: ``holdless serve``, ``holdless simulate``, ``holdless check``.

A fault that a person can mend ends in one clear line on standard error and exit code 2.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from config.errors import SiteError
from config.loader import load_site
from config.site import Site
from cti.service.ports import LineError
from cti.store import StoreError
from holdless.serve import PortTaken, ServeOptions, serve_site

app = typer.Typer(
    help="Holdless, an open contact-centre engine.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)

SiteFolder = Annotated[Path, typer.Argument(help="The folder of the site, for example config/examples/bank.")]


class LineKind(StrEnum):
    """Which exchange carries the calls."""

    VIRTUAL = "virtual"
    ASTERISK = "asterisk"


@app.command()
def serve(
    site: SiteFolder,
    line: Annotated[LineKind, typer.Option(help="Which exchange carries the calls.")] = LineKind.VIRTUAL,
    host: Annotated[str, typer.Option(help="The address that the pages listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port that the pages listen on.", min=0, max=65535)] = 8080,
    data: Annotated[Path | None, typer.Option(help="Where journal and database live; var/<site> if not given.")] = None,
    database: Annotated[
        str | None, typer.Option(help="An SQLAlchemy URL; an SQLite file in the data folder if not given.")
    ] = None,
) -> None:
    """Serve a centre: its lines, its desks, its floor."""
    loaded = _load(site)
    options = ServeOptions(
        line=line.value, host=host, port=port, data=data or Path("var") / loaded.id, database=database
    )
    try:
        asyncio.run(serve_site(loaded, options))
    except (LineError, StoreError, PortTaken, OSError) as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        pass


@app.command()
def check(site: SiteFolder) -> None:
    """Read a site's files and say what is wrong with them."""
    loaded = _load(site)
    Console().print(
        f"{loaded.folder}: nothing wrong. {len(loaded.acd.queues)} queues, {len(loaded.acd.agents)} agents, "
        f"{len(loaded.flows)} flows.",
        highlight=False,
    )


def _load(folder: Path) -> Site:
    try:
        return load_site(folder)
    except SiteError as error:
        _refuse(str(error))


def _refuse(message: str) -> NoReturn:
    typer.echo(f"holdless: {message}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """The entry point of the ``holdless`` command."""
    app()
