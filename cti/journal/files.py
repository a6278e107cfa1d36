"""The files of a journal: one a UTC day, each line a JSON object, the first of them a header."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
"""Raised when lines change their meaning; a reader refuses what is newer than itself."""

DAY_MS = 86_400_000

_NAME = re.compile(r"journal-\d{4}-\d{2}-\d{2}\.jsonl")


class JournalError(Exception):
    """The journal cannot be opened or read; the text says where, why and what to do."""


class JournalAway(JournalError):
    """The database that it is kept in does not answer; it may do so later."""


class ForeignMark(JournalError):
    """The journal has another entry where the mark says, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was running when the lines below it were written. Stands first in each file, and again at every start and
    whenever the configuration changes under way."""

    site: str
    configuration: str
    """The digest of the configuration: a replay with another one gives other effects. Empty: it is not known."""
    opened: int
    """The number of the first entry that this process wrote."""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The files that this configuration was read from (:attr:`config.site.Site.sources`), so that what happened by it
    can be gone through by it when they have changed; none in journals of before."""


def encode_header(header: Header, seq: int, at: int) -> Mapping[str, Any]:
    """The header as a line's dictionary, after entry ``seq`` (0: it is the first line of all); ``at``: Unix ms."""
    return {
        "journal": FORMAT,
        "site": header.site,
        "configuration": header.configuration,
        "opened": header.opened,
        "sources": header.sources,
        "seq": seq,
        "at": at,
    }


def day_of(at: int) -> int:
    """The UTC day of Unix milliseconds, counted from 1970-01-01."""
    return at // DAY_MS


def path_of(folder: Path, day: int) -> Path:
    """The file of a day."""
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    return folder / f"journal-{date.isoformat()}.jsonl"


def files_in(folder: Path) -> list[tuple[int, Path]]:
    """The journal's files with their days, oldest first; whatever else lies in the folder is not looked at."""
    found: list[tuple[int, Path]] = []
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            try:
                date = datetime.date.fromisoformat(path.name[8:18])
            except ValueError:
                continue
            found.append(((date - datetime.date(1970, 1, 1)).days, path))
    return sorted(found)
