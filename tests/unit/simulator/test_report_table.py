"""Tables of reports lose no figure and no word, however narrow the terminal is, and whatever the words are."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from simulator.report_table import print_table, table


@pytest.mark.parametrize("width", [40, 80, 100, 120, 132, 133, 200])
def test_every_figure_is_printed_on_the_line_of_its_row(width: int) -> None:
    heads = ("ASA", "50% in", "80% in", "90% in", "95% in", "99% in", "Longest", "AHT")
    figures = [f"{100 + number}.0 ±20.5" for number in range(len(heads))]
    found = table("Waits of answered calls, seconds", "Calls", *heads)
    found.add_row("Skill Prescriptions", *figures)
    console = Console(file=StringIO(), width=width)
    print_table(console, found)
    assert console.width == width
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert any(all(head in line for head in heads) for line in lines)
    assert any(all(figure in line for figure in figures) for line in lines)


@pytest.mark.parametrize("words", ["Cards [new]", "[/b]", "Sales :phone:", "[bold]gold"])
def test_words_in_brackets_stand_there_as_they_are(words: str) -> None:
    console = Console(file=StringIO(), width=100)
    print_table(console, table(words, "Calls", words))
    title, heads = [line for line in console.file.getvalue().splitlines() if words in line]  # type: ignore[attr-defined]
    assert title.strip() == words
    assert heads.split() == ["Calls", *words.split()]
