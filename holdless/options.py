"""Options that several commands have, and what they make of them. Nothing here is slow to import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdless.refusal import refuse
from simulator.service_level import Definition

if TYPE_CHECKING:
    from config.site import Site
    from cti.journal.source import Source

SiteFolder = Annotated[Path, typer.Argument(help="The folder of the site, for example config/examples/bank.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Where journal and database live; var/<site> if not given.")
]
Database = Annotated[
    str | None, typer.Option("--database", help="An SQLAlchemy URL; an SQLite file in the data folder if not given.")
]
JournalAt = Annotated[
    str | None,
    typer.Option("--journal", help="The PostgreSQL database with the journal; files in the data folder if not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
Meant = Annotated[Definition, typer.Option("--definition", help="Which service level is meant.")]


def data_of(site: Site, given: Path | None) -> Path:
    """Where the site's journal and database live."""
    return given or Path("var") / site.id


def journal_of(site: Site, data: Path | None, address: str | None) -> Source:
    """Where the site's journal is read from."""
    from cti.journal.source import InDatabase, InFiles

    return InFiles(data_of(site, data)) if address is None else InDatabase(address, site.id)


def load(folder: Path) -> Site:
    """The site in ``folder``; what is wrong with it ends the command."""
    from config.errors import SiteError
    from config.loader import load_site

    try:
        return load_site(folder)
    except SiteError as error:
        refuse(str(error))
