"""What the documentation shows of a command is what the command prints.

Every block that begins with ```` ```console ```` is run, in the order of its page, from a folder in which the example
sites lie as in the repository. After a change that is meant, ``HOLDLESS_UPDATE_EXAMPLES=1 pytest tests/cli/
test_examples_in_the_docs.py`` writes the new output into the pages; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdless.cli import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
PAGES = sorted(page for page in (ROOT / "docs").glob("*.md") if BLOCK.search(page.read_text(encoding="utf-8")))
UPDATE = "HOLDLESS_UPDATE_EXAMPLES" in os.environ
COLUMNS = "120"
"""The width of the terminal, characters."""


def printed(line: str) -> Iterator[str]:
    """The lines that a command line prints, without the blanks at their ends. Of ours only what stands before the first
    “|” is run in this process, which saves starting one; all else is the shell's."""
    program, _, rest = line.partition(" ")
    if program != "holdless":
        text = shell(line)
    else:
        command, _, after = rest.partition(" | ")
        done = CliRunner().invoke(app, shlex.split(command), env={"COLUMNS": COLUMNS})
        assert done.exit_code == 0, done.output
        text = shell(after, done.stdout) if after else done.stdout
    yield from (one.rstrip() for one in text.splitlines())


def shell(command: str, given: str = "") -> str:
    """What a command of the page prints."""
    return subprocess.run(command, shell=True, input=given, capture_output=True, text=True, check=True).stdout


def run(block: str) -> str:
    """The block as it should be."""
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    assert commands, "a block of the console begins with “$ ”"
    return "".join("\n".join((line, *printed(line.removeprefix("$ ")))).rstrip() + "\n" for line in commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    runs = BLOCK.sub(lambda block: run(block[0]), text)
    if UPDATE:
        page.write_text(runs, encoding="utf-8")
    assert runs == text


def test_every_command_for_planners_has_an_example() -> None:
    shown = {
        line.split()[2]
        for page in PAGES
        for block in BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
        if line.startswith("$ holdless ")
    }
    assert {"check", "simulate", "replay", "plan", "sweep", "staff", "erlang"} <= shown
