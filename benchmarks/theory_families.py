"""All centres whose exact answer is known: the same ones for the twin, the replay and the planner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from benchmarks import theory_chains, theory_skills
from benchmarks.theory_case import Case
from benchmarks.theory_cases import TABLES

FAMILIES: Mapping[str, Callable[[], Iterator[Case]]] = {
    **TABLES,
    "skills": theory_skills.tabled,
    "limited_lines": theory_chains.limited_lines,
    "two_stages": theory_chains.two_stages,
    "skill_chains": theory_chains.skill_based,
}
"""By table, or by kind of Markov chain."""
