"""The first line of a table of customers: how its columns are parted, and what they are called."""

from __future__ import annotations

import csv

NUMBER = "number"
"""The column that a customer is found by."""


def delimiter_of(first_line: str) -> str:
    """What parts the columns of a table: a comma, a semicolon or a tab, whichever its first line has most of."""
    return max(",;\t", key=first_line.count)


def headings_of(first_line: str) -> list[str]:
    """What the columns are called. ``csv.Error`` where the line is none of a table."""
    cells = next(csv.reader([first_line], delimiter=delimiter_of(first_line)), [])
    return [cell.strip() for cell in cells]
