"""docs/options.md lists every option of the commands for planners, as the commands themselves have it: once for all of
them, where several have it in the same words.

After a change that is meant, ``HOLDLESS_UPDATE_EXAMPLES=1 pytest tests/cli/test_options_in_the_docs.py`` writes the
tables anew; read the difference, and say in the pages for planners what the new option is good for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from holdless.cli import app
from tests.cli.test_examples_in_the_docs import ROOT, UPDATE

PAGE = ROOT / "docs" / "options.md"
TEXTS = [page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md") if page != PAGE]
COMMANDS = ("simulate", "replay", "plan", "sweep", "staff", "erlang", "lines")
SEVERAL = 3

Row = tuple[str, str, str]
"""An option, what it does, and what holds where it is left out."""


def command(name: str) -> Any:
    every: Any = get_command(app)  # typer has a click of its own, which says less of its types
    return every.commands[name]


def options(name: str) -> list[tuple[str, Any]]:
    return [(option, one) for one in command(name).params for option in one.opts if option.startswith("--")]


def rows(name: str) -> Iterator[Row]:
    for option, one in options(name):
        left_out = "" if one.default is None or one.default is False else f"{one.default}"
        yield (f"`{option}`", one.help.replace("<", "\\<"), "has to be given" if one.required else left_out)


def tables() -> Iterator[str]:
    known: dict[Row, list[str]] = {}
    for name in COMMANDS:
        for row in rows(name):
            known.setdefault(row, []).append(name)
    of_several = {row: names for row, names in known.items() if len(names) >= SEVERAL}
    yield "\n## Of several commands\n\n| option | what it does | if left out | of |\n|---|---|---|---|\n"
    yield from (f"| {' | '.join(row)} | {', '.join(names)} |\n" for row, names in of_several.items())
    for name in COMMANDS:
        yield f"\n## holdless {name}\n\n{command(name).help}\n\n"
        yield "| option | what it does | if left out |\n|---|---|---|\n"
        yield from (f"| {' | '.join(row)} |\n" for row in rows(name) if row not in of_several)


def test_the_page_has_every_option_as_the_commands_have_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before = text.partition("\n## ")[0]
    written = before + "".join(tables())
    if UPDATE:
        PAGE.write_text(written, encoding="utf-8")
    assert written == text


@pytest.mark.parametrize("name", COMMANDS)
def test_another_page_says_what_it_is_good_for(name: str) -> None:
    unsaid = [option for option, _ in options(name) if not any(option in text for text in TEXTS)]
    assert not unsaid
