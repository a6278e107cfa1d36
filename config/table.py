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
    try:
        headings = [cell.strip() for cell in next(reader, [])]
        if not _check_headings(str(path), headings, list(needed), list(known), findings):
            return
        for cells in reader:
            places = _places(lines[reader.line_num - 1], delimiter)
            if len(cells) > len(headings):
                column = places[len(headings)] if len(headings) < len(places) else 1
                message = f"{len(cells)} cells under {len(headings)} headings; put texts in quotes"
                findings.append(Finding(str(path), reader.line_num, column, message))
            elif any(cell.strip() for cell in cells):
                named = zip(headings, (cell.strip() for cell in cells), strict=False)
                yield Row(
                    str(path),
                    reader.line_num,
                    {heading: cell for heading, cell in named if cell},
                    findings,
                    dict(zip(headings, places, strict=False)),
                )
    except csv.Error as error:
        findings.append(Finding(str(path), reader.line_num, 1, f"{error}; save the table as CSV again"))


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


def _check_headings(
    file: str, headings: list[str], needed: list[str], known: list[str], findings: list[Finding]
) -> bool:
    before = len(findings)
    for number, heading in enumerate(headings):
        if heading not in known:
            findings.append(Finding(file, 1, 1, unknown("column that is read", heading, known)))
        elif heading in headings[:number]:
            findings.append(Finding(file, 1, 1, f"two columns are called “{heading}”; keep one"))
    for column in needed:
        if column not in headings:
            message = f"no column is called “{column}”; the first line names the columns"
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
