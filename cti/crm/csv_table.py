"""Reads a table of customers, as spreadsheets save it."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.customers import NUMBER, delimiter_of
from cti.crm.numbers import normalise

_log = logging.getLogger(__name__)

_BREATH_ROWS = 50


class RecordsError(Exception):
    """The table cannot be read; the text names file, line and remedy."""


def load(path: Path, region: str | None) -> Mapping[str, Mapping[str, str]]:
    """The customers by normalised number: every other column by its heading, empty cells left out.

    The first row with a number wins. Rows without a readable number are left out, and logged by their line. Columns
    are parted by commas, semicolons or tabs, whichever the headings have most of. Raises :class:`RecordsError`.
    """
    text = _text_of(path)
    headings_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(headings_line), strict=True)
    try:
        headings = _headings(path, next(reader, []))
        return _customers(path, region, headings, ((reader.line_num, cells) for cells in reader))
    except csv.Error as error:
        raise RecordsError(f"{path}:{reader.line_num}: {error}; save the table as CSV again") from error


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordsError(f"cannot read the customers in {path}: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RecordsError(
            f"{path}:{line}: not UTF-8 (byte {content[error.start]:#04x}); save the table as “CSV UTF-8”"
        ) from None


def _headings(path: Path, cells: list[str]) -> list[str]:
    headings = [cell.strip() for cell in cells]
    if NUMBER not in headings:
        raise RecordsError(f"{path}:1: no column is called “{NUMBER}”; the first line names the columns")
    twice = {heading for heading in headings if headings.count(heading) > 1}
    if twice:
        raise RecordsError(f"{path}:1: two columns are called “{min(twice)}”; give each a name of its own")
    return headings


def _customers(
    path: Path, region: str | None, headings: list[str], rows: Iterator[tuple[int, list[str]]]
) -> Mapping[str, Mapping[str, str]]:
    customers: dict[str, Mapping[str, str]] = {}
    unreadable: list[int] = []
    for count, (line, cells) in enumerate(rows):
        if count % _BREATH_ROWS == 0:
            time.sleep(0.0001)  # a long table is read beside the event loop; this hands it the interpreter
        if not any(cells):
            continue
        if len(cells) > len(headings):
            raise RecordsError(f"{path}:{line}: {len(cells)} cells under {len(headings)} headings; put texts in quotes")
        row = dict(zip(headings, (cell.strip() for cell in cells), strict=False))
        number = normalise(row.pop(NUMBER, ""), region)
        if number:
            customers.setdefault(number, {heading: cell for heading, cell in row.items() if cell})
        else:
            unreadable.append(line)
    if unreadable:
        _log.warning(
            "%s: %d rows without a readable number, the first in line %d", path, len(unreadable), unreadable[0]
        )
    return customers
