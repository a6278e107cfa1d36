"""The tables of exact values, and what it means to agree with them."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "data" / "truth"
SIGNIFICANT = 5e-13
"""Relative: 12 significant digits."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table, in order."""
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def identity(row: dict[str, str]) -> str:
    """The first columns, to tell which row a test is about."""
    return " ".join(f"{value:.8}" for value in list(row.values())[:5])


def agrees(found: float, exact: str) -> bool:
    """Whether *found* has 12 significant digits right; below the range of floats it must be 0 or nearly."""
    wanted = float(exact)
    return abs(found - wanted) <= max(SIGNIFICANT * abs(wanted), 1e-300 if wanted else 1e-90)


def disagreements(found: dict[str, float], exact: dict[str, str]) -> dict[str, tuple[float, str]]:
    """The columns in which *found* has fewer than 12 significant digits right."""
    return {name: (value, exact[name]) for name, value in found.items() if not agrees(value, exact[name])}
