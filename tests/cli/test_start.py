"""What the command line loads before it knows which command is wanted."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {
    *("aiohttp", "altair", "asyncio", "babel", "highspy", "jinja2", "liquid", "msgspec", "numba", "numpy"),
    *("phonenumbers", "rich", "ruamel", "simpy", "sqlalchemy", "twilio"),
}
"""Packages that take hundredths of a second and more to import, more than one second together. Not pydantic: typer
itself reads options by it."""
LIST_MODULES = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); sys.argv[0] = 'holdless'; "


def loaded_by(*arguments: str) -> tuple[str, set[str]]:
    """What a command says, and the packages that it has loaded at its end."""
    script = LIST_MODULES + "from holdless.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    said, _, modules = done.stdout.rstrip("\n").rpartition("\n")
    return said, {name.partition(".")[0] for name in modules.split()}


@pytest.mark.parametrize("command", ["", "serve", "simulate", "plan", "password"])
def test_help_waits_for_nothing_that_commands_need(command: str) -> None:
    said, packages = loaded_by(*([command] if command else []), "--help")
    assert f"holdless {command}".rstrip() in said
    assert packages & SLOW == set()


def test_a_formula_waits_for_no_web_server_and_no_site() -> None:
    said, packages = loaded_by("erlang", "--calls", "100", "--aht", "180", "--agents", "14")
    assert "14" in said
    assert packages & {"aiohttp", "jinja2", "liquid", "ruamel", "sqlalchemy"} == set()


def test_groups_of_commands_say_their_own_help() -> None:
    assert "holdless flow [OPTIONS] COMMAND" in loaded_by("flow", "--help")[0]
    assert "holdless flow import studio [OPTIONS]" in loaded_by("flow", "import", "studio", "--help")[0]
    assert "holdless twilio check [OPTIONS]" in loaded_by("twilio", "check", "--help")[0]
