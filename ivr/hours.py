"""Opening hours in a time zone, safe over the change of clocks: local wall time decides, as on a door sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """Open from ``start`` up to, not including, ``end``; an ``end`` at or before ``start`` lies on the next day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (0 is Monday) with exceptions by date: an exception replaces the day, empty means closed."""

    id: str
    zone: str
    week: Mapping[int, tuple[Span, ...]]
    exceptions: Mapping[date, tuple[Span, ...]]

    def is_open(self, at: int) -> bool:
        """Whether the calendar is open at ``at`` (Unix milliseconds)."""
        raise NotImplementedError(at, datetime, ZoneInfo)
