"""The live engine's own rule functions, compiled. Nothing is decided here: see :mod:`acd.rules`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba.core import config

from acd import rules
from simulator.planner import native_tables
from simulator.planner.part import Part
from simulator.planner.whole_program import Entry

P = ParamSpec("P")
R = TypeVar("R")

_INTERPRETED: bool = vars(config)["DISABLE_JIT"]
"""Asked for by ``NUMBA_DISABLE_JIT=1``, as of numba's own."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` compiled for calls from compiled code only.

    There a whole number has 64 bits and wraps around, division by 0 gives 0 or no finite number, and indices of tables
    are neither looked at nor counted from the end. All else is as in Python.
    """
    return function if _INTERPRETED else cast("Callable[P, R]", Part(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As :func:`compiled`, and laid into all its callers: for what happens with every call."""
    return function if _INTERPRETED else cast("Callable[P, R]", Part(function, inlined=True))


_COMPILED = (
    "bins", "called_back", "callbacks", "cells", "draws", "elsewhere", "features", "further_calls", "heap", "inference",
    "jitted", "kernel", "laws", "lengths", "limits", "lines", "lots", "matching", "native_tables", "part", "people",
    "reading", "service", "spill", "steps", "strategies", "streams", "tables", "translation", "waiting",
    "whole_program",
)  # fmt: skip


def _sources_digest() -> str:
    """Names the sources that compiled code is made of.

    numba finds compiled code again by the file and the name of the entry, and would go on running old rules after a
    change in another file. So this is a part of the name; what was kept under another one is never read.
    """
    here = Path(native_tables.__file__).parent
    files = [Path(rules.__file__), *(here / f"{name}.py" for name in _COMPILED)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


_DIGEST = _sources_digest()


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, compiled once per machine (kept on disk), and free of the interpreter's lock while it runs."""
    if _INTERPRETED:
        return function
    function.__qualname__ += f"-{_DIGEST}"
    found = Entry(function)
    # Where neither beside the sources nor in the user's cache anything may be written, each process compiles anew.
    with suppress(RuntimeError):
        found.enable_caching()
    return cast("Callable[P, R]", found)


def _rule(how: Callable[..., Any], function: Callable[..., R]) -> Callable[..., R]:
    """A rule, to which a table is anything indexable."""
    jitted: Callable[..., R] = how(function)
    return jitted


pick_line = _rule(inlined, rules.pick_line)
call_rank = _rule(inlined, rules.call_rank)
steps_open = _rule(compiled, rules.steps_open)
opens_by_time = _rule(compiled, rules.opens_by_time)
next_that_adds = _rule(compiled, rules.next_that_adds)
has_room = _rule(compiled, rules.has_room)
would_rather = _rule(compiled, rules.would_rather)
must_rest = _rule(compiled, rules.must_rest)
occupancy_percent = _rule(compiled, rules.occupancy_percent)
random_below = _rule(compiled, rules.random_below)
holder_of = _rule(compiled, rules.holder_of)
