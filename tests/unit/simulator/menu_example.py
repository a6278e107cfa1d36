"""The example with menus, changes to a copy of it, and the commands that try menus."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from holdless.flow import app

MENUS = Path(__file__).parents[3] / "config" / "examples" / "menus"


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Writes ``new`` for the first ``old`` in a file of the site."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(*words: str, says: str = "") -> tuple[int, str]:
    """Runs ``holdless flow`` with ``words`` and ``says`` on the keyboard; returns its exit code and what it wrote."""
    done = CliRunner().invoke(app, list(words), input=says)
    return done.exit_code, done.output
