"""The twin against exact values, on a row of most tables; ``python -m benchmarks.theory`` tries some 45 centres."""

from __future__ import annotations

import pytest

from benchmarks.theory import measured
from benchmarks.theory_cases import FAMILIES
from benchmarks.theory_judgement import largest_by_chance

ROWS = ("B 1 1.0", "A 1 0.5 0.5 0.333", "G 1 0.8 lognormal 1", "G1 0.5 erlang4 mean 1")
CASES = {case.name: case for cases in FAMILIES.values() for case in cases()}


@pytest.mark.parametrize("row", ROWS)
def test_every_measure_is_as_exact_as_chance_allows(row: str) -> None:
    measures = measured("twin", 1, (ROWS.index(row), CASES[row]), calls=100)
    assert measures
    assert [one for one in measures if abs(one.z) > largest_by_chance(len(measures) * len(ROWS))] == []
