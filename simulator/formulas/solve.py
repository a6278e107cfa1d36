"""Roots of increasing functions of a time."""

from __future__ import annotations

from collections.abc import Callable


def increasing_root(function: Callable[[float], float], scale: float) -> float:
    """Where the increasing *function* of a time above 0 passes 0, to the last digits; *scale* is a time to begin at."""
    low, high = 0.0, scale
    for _ in range(2000):
        if function(high) >= 0:
            break
        low, high = high, high * 2
    else:
        raise ArithmeticError("the function stays below 0; this is a fault of Holdless, please report it")
    while low == 0.0 and high > 1e-300 and function(high / 2) >= 0:
        high /= 2
    for _ in range(60):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if function(middle) >= 0:
            high = middle
        else:
            low = middle
    return high
