"""How every command ends that a person has to mend something for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


def refuse(message: str) -> NoReturn:
    """One clear line on standard error, and exit code 2."""
    typer.echo(f"holdless: {message}", err=True)
    raise typer.Exit(2)


@contextmanager
def refusing(*mendable: type[Exception]) -> Iterator[None]:
    """Ends the command with the words of such an error. Ctrl-C that leaves nothing to show says that."""
    try:
        yield
    except mendable as error:
        refuse(str(error))
    except KeyboardInterrupt:
        typer.echo("holdless: stopped by hand before there was anything to show", err=True)
        raise typer.Exit(130) from None  # as shells say it of a process that SIGINT ended
