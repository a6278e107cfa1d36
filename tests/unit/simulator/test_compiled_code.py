"""The planner's compiled code: what it can be written with, and that it is kept from one start to the next."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import FunctionType

import pytest

from simulator.planner import jitted
from simulator.planner.jitted import compiled
from simulator.planner.whole_program import Entry


def test_it_is_kept_under_a_name_that_changes_with_every_source_of_it() -> None:
    sources = Path(jitted.__file__).parent.glob("*.py")
    compiled = {path.stem for path in sources if "from simulator.planner.jitted import" in path.read_text("utf-8")}
    assert "kernel" in compiled
    assert compiled <= set(jitted._COMPILED), "else the code of before such a module's change goes on running"


def two_types(number: int) -> float:
    found: float = number
    if number > 1:
        found = 0.5
    return found


def two_results(number: int) -> float:
    if number > 1:
        return 0.5
    return number


def by_name(number: int) -> int:
    return rounded(number=number)


def listed(number: int) -> int:
    return len([number])


@compiled
def rounded(number: int) -> int:
    return number // 10 * 10


def counted(number: int) -> tuple[int, int]:
    """Something of everything that parts are written with."""
    total, odd = 0, 0
    for one in range(2, number):
        for other in range(one):
            if other == 3:
                continue
            total += other if one % 2 == 0 else -other
        odd += one & 1
        if total > 1_000 or (odd > 5 and not total < -1_000):
            break
    while total < 0 and odd != 0:
        total, odd = total + rounded(odd), odd - 1
    return total, odd


counting = Entry(counted)


def interpreted(number: int) -> tuple[int, int]:
    """The same, and what it calls, as Python runs them."""
    running = FunctionType(counted.__code__, {**globals(), "rounded": lambda one: one // 10 * 10})
    found: tuple[int, int] = running(number)
    return found


@pytest.mark.parametrize("number", [-1, 0, 2, 5, 8, 13, 40, 100])
def test_loops_and_branches_are_what_python_makes_of_them(number: int) -> None:
    assert counting(number) == interpreted(number)


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (two_types, "“found” was of int64 and is now of float64; use two names"),
        (two_results, "returns now float64 and now int64; return one type"),
        (by_name, "functions of the planner are called by position alone"),
        (listed, "the planner's compiler has no “build_list”; write it without"),
    ],
)
def test_what_it_cannot_compile_is_refused(function: Callable[[int], object], problem: str) -> None:
    with pytest.raises((TypeError, NotImplementedError), match=re.escape(problem)):
        Entry(function)(1)
