"""``holdless twilio``: whether a site's Twilio account is set up for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from config.errors import SiteError
from config.loader import load_site
from cti.twilio.check import checked
from holdless.refusal import refuse

app = typer.Typer(
    help="Check a site's Twilio account.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def _group() -> None:
    """Keeps “check” a command of its own, alone as it is."""


@app.command()
def check(
    site: Annotated[Path, typer.Argument(help="The folder of the site, for example config/examples/twilio.")],
) -> None:
    """Test credentials, number and webhook addresses, and say what to change; exit code 1: something is to be changed.

    Changes nothing. “holdless serve SITE --line twilio” should be running meanwhile.
    """
    try:
        loaded = load_site(site)
    except SiteError as error:
        refuse(str(error))
    found = checked(loaded)
    for finding in found:
        typer.echo(f"- {finding}", err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(f"{loaded.folder}: account, number and webhook addresses are set up; callers can come.")
