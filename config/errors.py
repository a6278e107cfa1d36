"""What is wrong with a site's files: every finding with its place, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

FINDINGS_MOST = 20
"""Of one file that an error shows."""

SHOWN_MOST = 60
"""Characters of a wrong value that a message repeats."""

NAMES_MOST = 12
"""Known names that a message lists where none is near."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong. ``line`` and ``column`` count from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class SiteError(Exception):
    """The site cannot be used. Carries all findings; as text, one a line, at most :data:`FINDINGS_MOST` of a
    file."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        assert self.findings, "an error without a finding helps nobody"
        super().__init__("\n".join(_lines(self.findings)))


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    """The findings, the first ones of each file: what is wrong in every row of a table is not said a thousand times."""
    for file, group in groupby(findings, key=lambda finding: finding.file):
        own = list(group)
        yield from map(str, own[:FINDINGS_MOST])
        if len(own) > FINDINGS_MOST:
            yield f"{file}: and {len(own) - FINDINGS_MOST} more findings in this file; mend these first"


def shown(value: object) -> str:
    """A wrong value as a message repeats it: in quotation marks, on one line, not too long."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = "".join(character if character.isprintable() else "�" for character in text)
    return f"“{text[:SHOWN_MOST]}…”" if len(text) > SHOWN_MOST else f"“{text}”"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was most likely meant to be, if any is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    given = name[:SHOWN_MOST].lower()
    found = difflib.get_close_matches(given, by_lower, n=1, cutoff=0.6)
    found = found or [candidate for candidate in by_lower if len(given) > 2 and candidate.startswith(given)]
    return by_lower[found[0]] if found else None


def advice(name: str, known: Iterable[str]) -> str:
    """What to write instead of the unknown ``name``."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean “{near}”?"
    if not names:
        return "there is none yet"
    more = ", …" if len(names) > NAMES_MOST else ""
    return f"there is {', '.join(names[:NAMES_MOST])}{more}"


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a reference to something that does not exist."""
    return f"{shown(name)} is no {kind}; {advice(name, known)}"
