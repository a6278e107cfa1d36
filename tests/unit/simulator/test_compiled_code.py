"""The planner's compiled code: what it can be written with, and that it is kept from one start to the next."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from numba.core.caching import IndexDataCacheFile

from simulator.planner import jitted
from simulator.planner.features import Chances
from simulator.planner.jitted import compiled
from simulator.planner.tables import Ints, TableSet
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


def operated(one: int, other: int, part: float) -> tuple[Any, ...]:
    """Every operator that parts are written with."""
    return (
        (one + other, one - other, one * other, one // other, one % other, one / other, -one),
        (one & other, one | other, one ^ other, one << 3, one >> 3, one & -one),
        (one + part, one - part, one * part, one / part, part / one, -part),
        (one < part, part <= one, one == other, one != part, -5 < one <= other < 9, 0.0 <= part < one),
        (one > 0 and other > 0, one > 0 or part > 0, not one > 0, one < 0 and (other < 0 or part < 0)),
        (int(part), int(-part), float(one), bool(one), bool(part), round(part), round(one * part)),
    )


operating = Entry(operated)


@pytest.mark.parametrize(
    "given",
    [(7, 2, 2.5), (-7, 2, -2.5), (7, -2, 0.5), (-7, -2, 3.5), (-8, 4, 1e-9), (1, 8, -1.0), (-(1 << 58), 3, 1e-3)],
)
def test_operators_give_what_they_give_in_python(given: tuple[int, int, float]) -> None:
    """Negative numbers are rounded down, halves to even, and a number stays of the kind that it is."""
    assert repr(operating(*given)) == repr(operated(*given))


def beyond(one: int, zero: int) -> tuple[int, int, int, float]:
    return one + one, one // zero, one % zero, one / zero


def test_whole_numbers_wrap_around_and_nothing_is_raised() -> None:
    assert Entry(beyond)(1 << 62, 0) == (-(1 << 63), 0, 0, float("inf"))


@dataclass(frozen=True, kw_only=True)
class Shelf(TableSet):
    """Tables, of which it is known what they are used for."""

    has: Chances
    cells: Ints


def shelf(*, rings: bool) -> Shelf:
    return Shelf(has=Chances(laws=False, pauses=False, rings=rings), cells=np.array([7], np.int64))


def stock(one: Shelf) -> int:
    found: int = one.cells[0]
    return 10 * found if one.has.rings else found


def kept() -> Entry:
    """As another process finds it."""
    found = Entry(stock)
    found.enable_caching()
    return found


def test_each_centre_has_its_own_code_in_one_process() -> None:
    counting_stock = Entry(stock)
    assert [counting_stock(shelf(rings=rings)) for rings in (True, False, True, False)] == [70, 7, 70, 7]


def test_tables_that_do_not_lie_in_one_piece_are_refused() -> None:
    every_other = np.arange(4)[::2]
    with pytest.raises(ValueError, match="the rows of table “cells” do not stand one after the other"):
        Entry(stock)(Shelf(has=Chances(laws=False, pauses=False, rings=True), cells=every_other))


def test_processes_that_compile_at_once_do_not_mix_up_their_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    writes: list[tuple[Any, ...]] = []
    with monkeypatch.context() as at_once:
        at_once.setattr(IndexDataCacheFile, "_load_index", lambda _: {})  # nobody has written anything yet
        at_once.setattr(IndexDataCacheFile, "_save_data", lambda *given: writes.append(given))
        for rings in (True, False):
            kept()(shelf(rings=rings))
    for files, name, data in reversed(writes):
        files._save_data(name, data)
    later = kept()
    assert [later(shelf(rings=rings)) for rings in (False, True)] == [7, 70]
    assert sum(later.stats.cache_hits.values()) == 1, "what the index told of was found"


@pytest.mark.parametrize("method", ["_load_index", "_save_data"])
def test_a_disk_that_is_full_or_closed_to_us_stops_nothing(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(IndexDataCacheFile, method, refuse)
    assert kept()(shelf(rings=True)) == 70


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
