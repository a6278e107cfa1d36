"""A table in CSV, as spreadsheets save it, with a place for every cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.documents import decoded, unreadable
from config.errors import Finding, unknown

BYTES_MOST = 500_000_000
"""A year of a busy centre; what is larger, was put there by mistake."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``cells`` by column, stripped; empty cells are left out."""

    file: str
    line: int
    cells: Mapping[str, str]
    findings: list[Finding]
    places: Mapping[str, int]
    """Where the cells of a column begin, counted in characters from 1."""

    def fault(self, column: str, message: str) -> None:
        """Something is wrong with the cell in ``column``."""
        text = f"column “{column}”: {message}"
        self.findings.append(Finding(self.file, self.line, self.places.get(column, 1), text))


def read_table(path: Path, needed: Iterable[str], known: Iterable[str], findings: list[Finding]) -> Iterator[Row]:
    """The rows of the CSV file at ``path``, which has the ``needed`` columns and no others than the ``known`` ones.

    Columns are parted by commas, semicolons or tabs, whichever the headings have most of. What cannot be read is a
    finding; rows after it are given where that makes sense, so that one reading finds everything.
    """
    text = _text(path, findings)
    if text is None:
        return
    lines = text.splitlines()
    delimiter = max(",;\t", key=lines[0].count) if lines else ","
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begun = 1
    try:
        headings = _Headings(next(reader, []), _places(lines[0], delimiter) if lines else [1])
        if not headings.are_right(str(path), list(needed), list(known), findings):
            return
        begun = reader.line_num + 1
        for cells in reader:
            begun = reader.line_num + 1
            places = _places(lines[reader.line_num - 1], delimiter)
            if len(cells) > len(headings.names):
                column = places[len(headings.names)] if len(headings.names) < len(places) else 1
                mark = "a tab" if delimiter == "\t" else f"“{delimiter}”"
                message = (
                    f"{len(cells)} cells under {len(headings.names)} headings; put texts with {mark} in them in "
                    "quotes, and write a point in numbers: 12.5"
                )
                findings.append(Finding(str(path), reader.line_num, column, message))
            elif any(cell.strip() for cell in cells):
                named = zip(headings.names, (cell.strip() for cell in cells), strict=False)
                yield Row(
                    str(path),
                    reader.line_num,
                    {heading: cell for heading, cell in named if cell},
                    findings,
                    dict(zip(headings.names, places, strict=False)),
                )
    except csv.Error as error:
        message = "a quotation mark that is opened in this row is never closed; close it, or take it out"
        if "unexpected end" not in str(error):
            message = f"this row is no CSV ({error}); save the table as CSV again"
        findings.append(Finding(str(path), begun, 1, message))


def _text(path: Path, findings: list[Finding]) -> str | None:
    try:
        with path.open("rb") as stream:
            content = stream.read(BYTES_MOST + 1)
    except OSError as error:
        findings.append(unreadable(str(path), error))
        return None
    if len(content) > BYTES_MOST:
        findings.append(Finding(str(path), 0, 0, f"is larger than {BYTES_MOST} bytes; split it by days"))
        return None
    return decoded(content, str(path), 1, findings)


@dataclass(frozen=True, slots=True)
class _Headings:
    """The first line. Its cells are stripped."""

    cells: list[str]
    places: list[int]
    """Where they begin, counted from 1."""

    @property
    def names(self) -> list[str]:
        return [cell.strip() for cell in self.cells]

    def are_right(self, file: str, needed: list[str], known: list[str], findings: list[Finding]) -> bool:
        """Whether they are the ``needed`` columns and others of the ``known`` ones; else with findings."""
        names, row = self.names, ",".join(needed)
        if not any(names):
            findings.append(Finding(file, 1, 1, f"no columns stand here; begin the file with a line of them: {row}"))
            return False
        if not set(names) & set(known) and any(character.isdigit() for name in names for character in name):
            message = f"this line names no columns; write a line above it that does: {row}"
            findings.append(Finding(file, 1, 1, message))
            return False
        before = len(findings)
        for number, (name, place) in enumerate(zip(names, self.places, strict=False)):
            if name not in known:
                findings.append(Finding(file, 1, place, unknown("column that is read", name, known)))
            elif name in names[:number]:
                findings.append(Finding(file, 1, place, f"two columns are called “{name}”; keep one"))
        for column in needed:
            if column not in names:
                message = f"no column is called “{column}”; add it, or give that name to the one that holds it"
                findings.append(Finding(file, 1, 1, message))
        return len(findings) == before


def _places(line: str, delimiter: str) -> list[int]:
    """Where the cells of a line begin, counted from 1."""
    places, quoted = [1], False
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            places.append(index + 2)
    return places
