"""The twin and the replay against exact values, on a few centres; ``python -m benchmarks.theory`` tries all of them."""

from __future__ import annotations

import pytest

from benchmarks.theory import measured
from benchmarks.theory_families import FAMILIES
from benchmarks.theory_judgement import largest_by_chance

ROWS = (
    ("twin", "erlang_b", "B 1 1.0"),
    ("twin", "erlang_a", "A 1 0.5 0.5 0.333"),
    ("twin", "mmn_g", "G 1 0.8 lognormal 1"),
    ("twin", "mg1", "G1 0.5 erlang4 mean 1"),
    ("twin", "two_stages", "E2 3 3 1"),
    ("twin", "skill_chains", "slow first"),
    ("twin", "skill_chains", "M"),
    ("replay", "limited_lines", "K 3 4 1 1"),
    ("replay", "skill_chains", "M"),
    ("replay", "skill_chains", "overflow"),
)


@pytest.mark.parametrize(("engine", "family", "row"), ROWS)
def test_every_measure_is_as_exact_as_chance_allows(engine: str, family: str, row: str) -> None:
    case = next(case for case in FAMILIES[family]() if case.name == row)
    measures = measured(engine, 1, (ROWS.index((engine, family, row)), case), calls=100)
    assert measures
    assert [one for one in measures if abs(one.z) > largest_by_chance(len(measures) * len(ROWS))] == []
