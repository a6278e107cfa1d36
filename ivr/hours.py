"""Opening hours in a time zone, safe over the change of clocks: local wall time decides, as on a door sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock(at: int, zone: ZoneInfo) -> datetime:
    """What clocks on the wall show in ``zone`` at ``at`` (Unix milliseconds), without a time zone."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` up to, not including, ``end``; an ``end`` at or before ``start`` lies on the next day."""

    start: time
    end: time

    @property
    def is_overnight(self) -> bool:
        """Whether it ends on the day after it began (at midnight included)."""
        return self.end <= self.start

    def holds(self, wall: time) -> bool:
        """Whether ``wall`` lies in the span, when it begins on every day."""
        if self.is_overnight:
            return wall >= self.start or wall < self.end
        return self.start <= wall < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (0 is Monday) with exceptions by date: an exception replaces the day, empty means closed.

    A span belongs to the day on which it begins: a closed day does not cut off the night shift of the day before.
    """

    id: str
    zone: str
    """IANA name, such as “Europe/Kyiv”."""
    week: Mapping[int, tuple[Span, ...]]
    exceptions: Mapping[date, tuple[Span, ...]]

    def is_open(self, at: int) -> bool:
        """Whether the calendar is open at ``at`` (Unix milliseconds)."""
        wall = wall_clock(at, ZoneInfo(self.zone))
        today, now = wall.date(), wall.time()
        return any(now >= span.start if span.is_overnight else span.holds(now) for span in self._spans(today)) or any(
            span.is_overnight and now < span.end for span in self._spans(today - _DAY)
        )

    def _spans(self, day: date) -> tuple[Span, ...]:
        if day in self.exceptions:
            return self.exceptions[day]
        return self.week.get(day.weekday(), ())
