"""Figures for spreadsheets."""

from __future__ import annotations

import pytest

from simulator.tidy import as_csv


@pytest.mark.parametrize("words", ["=1+1", "+gold", "-gold", "@SUM(A1)"])
def test_words_are_no_formulas(words: str) -> None:
    assert as_csv(("name", "mean"), [(words, -1.5), ("gold", None)]) == f"name,mean\n'{words},-1.5\ngold,\n"
