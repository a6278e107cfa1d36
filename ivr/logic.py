"""Nodes that no caller hears: the flow decides, counts, works something out, or asks other systems."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.expressions import Expression, Kind, Value, evaluate

WHOLE = 10_000
"""A split's shares are in hundredths of a per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way out of a branch, taken where ``when`` holds."""

    when: Expression
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Goes the way of the first case that holds, else to ``otherwise``."""

    cases: tuple[Case, ...]
    otherwise: str

    def way(self, variables: Mapping[str, Value]) -> str:
        """The node that comes next."""
        return next((case.next for case in self.cases if evaluate(case.when, variables)), self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of the calls, in hundredths of a per cent."""

    share: int
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Sends each part its share of the calls. A call that comes again goes the same way again."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if sum(part.share for part in self.parts) != WHOLE:
            raise ValueError("the parts of a split do not make up the whole")

    def way(self, node: str, call: str) -> str:
        """The node that comes next: drawn by the call's id, so the draw is the same in every replay."""
        drawn = int.from_bytes(hashlib.sha256(f"{node}\n{call}".encode()).digest()[:8], "big") % WHOLE
        for part in self.parts:
            drawn -= part.share
            if drawn < 0:
                return part.next
        raise AssertionError("the parts make up the whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Puts values into variables. All are worked out before the first is put in."""

    values: Mapping[str, Expression]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto:
    """Goes to ``next``, a call at most so often; then to ``otherwise``."""

    next: str
    most: int
    otherwise: str


PACES = range(1, 6)
"""As many times as long a caller may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Goes to ``next``, at most so often within a time over all calls for which ``by`` is the same, and at most so
    often in one call; then to ``limited``."""

    by: Expression
    most: int
    within_ms: int
    counter: str
    """What is counted: the same, wherever the flow that the node stands in is called from."""
    next: str
    limited: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """From here on all times that callers take are so many times as long."""

    times: int
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A value taken out of an answer: where it stands there, and the kind that it has to be of."""

    path: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A data dip: asks a web service. Whatever goes wrong, the call goes to ``failed``."""

    service: str
    """As the site names it; the site knows its address."""
    path: tuple[str | Expression, ...]
    """What is put behind that: texts and, between them, values, which are percent-encoded."""
    next: str
    failed: str
    query: Mapping[str, Expression] = field(default_factory=dict)
    json: Mapping[str, Expression] = field(default_factory=dict)
    """The body; with it, or with secrets, the request is a POST."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Fields of the body that carry a sensitive entry: field to variable."""
    take: Mapping[str, Take] = field(default_factory=dict)
    """Variable to where its value stands in the answer."""
    missing_fails: bool = True
    """An answer without one of them, or with one of another kind, is none; otherwise that variable is left empty."""
    timeout_ms: int = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Asks the site's customer records for a number: ``unknown`` where nobody has it, ``failed`` without an answer."""

    number: Expression
    next: str
    unknown: str
    failed: str
    take: Mapping[str, Take] = field(default_factory=dict)
    """Variable to the column. An empty cell leaves the variable empty."""
    pace: str = ""
    """The column that says how many times as long the caller needs for everything; empty: none does."""
