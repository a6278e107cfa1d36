"""The live engine's own rule functions, compiled. Nothing is decided here: see :mod:`acd.rules`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

from acd import rules

P = ParamSpec("P")
R = TypeVar("R")

_njit: Callable[..., Any] = numba.njit
"""The options that spare the counting of references are not in numba's annotations."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` compiled for calls from compiled code only, and laid into its callers: a call that passes twenty
    tables costs more than what is done with them. It must not allocate: without counting references, which it need
    not then do, the loop is several times as fast."""
    jitted: Callable[P, R] = _njit(
        _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True
    )(function)
    return jitted


def apart(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` compiled for calls from compiled code only, and left out of its callers: for what few centres need.
    It must not allocate."""
    jitted: Callable[P, R] = _njit(_nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        function
    )
    return jitted


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, which must not allocate, compiled once per machine (kept on disk), and free of the interpreter's
    lock while it runs."""
    jitted: Callable[P, R] = _njit(cache=True, nogil=True, _nrt=False, error_model="numpy")(function)
    return jitted


_INDICES = (1 << 32) - 1


@compiled
def index(number: int) -> int:
    """``number``, which is at least 0 and below 2^32, as a row of a table.

    The compiler sees that it can't be negative, and does not look at each use whether to count from the end: a sixth
    of the loop's time.
    """
    return int(number) & _INDICES


def _rule(function: Callable[..., R]) -> Callable[..., R]:
    jitted: Callable[..., R] = _njit(_nrt=False, error_model="numpy")(function)
    return jitted


_COMPILED = (
    "bins", "cells", "draws", "further_calls", "heap", "jitted", "kernel", "laws", "lines", "matching", "people",
    "service", "strategies", "streams", "waiting",
)  # fmt: skip


def sources_digest() -> str:
    """Names the sources that compiled code is made of.

    numba keeps compiled code by the file of the entry alone and would go on running old rules after a change in
    another file; an entry that closes over this name is compiled anew.
    """
    here = Path(__file__).parent
    files = [Path(rules.__file__), *(here / f"{name}.py" for name in _COMPILED)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


DIGEST = sources_digest()

pick_line = _rule(rules.pick_line)
call_rank = _rule(rules.call_rank)
steps_open = _rule(rules.steps_open)
opens_by_time = _rule(rules.opens_by_time)
next_that_adds = _rule(rules.next_that_adds)
has_room = _rule(rules.has_room)
would_rather = _rule(rules.would_rather)
must_rest = _rule(rules.must_rest)
occupancy_percent = _rule(rules.occupancy_percent)
