"""Opening hours in a time zone, safe over the change of clocks: local wall time decides, as on a door sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_DAYS_LOOKED_AHEAD = 370
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock(at: int, zone: ZoneInfo) -> datetime:
    """What clocks on the wall show in ``zone`` at ``at`` (Unix milliseconds), without a time zone."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime) -> int:
    """Unix milliseconds of a wall time with its time zone."""
    return (wall - _EPOCH) // timedelta(milliseconds=1)


def _clocks_change(before: int, after: int, zone: ZoneInfo) -> int:
    """The instant between the two at which the clocks of ``zone`` change."""
    ahead = _ahead_ms(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _ahead_ms(middle, zone) == ahead else (before, middle)
    return after


def _ahead_ms(at: int, zone: ZoneInfo) -> int:
    """How far the clocks of ``zone`` are ahead of UTC."""
    return _instant(wall_clock(at, zone).replace(tzinfo=UTC)) - at


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` up to, not including, ``end``; an ``end`` at or before ``start`` lies on the next day."""

    start: time
    end: time

    @property
    def is_overnight(self) -> bool:
        """Whether it ends on the day after it began (at midnight included)."""
        return self.end <= self.start

    @property
    def length_ms(self) -> int:
        """How long it lasts where no clocks change."""
        begin, end = (datetime.combine(_EPOCH, wall) for wall in (self.start, self.end))
        return (end + _DAY * self.is_overnight - begin) // timedelta(milliseconds=1)

    def holds(self, wall: time) -> bool:
        """Whether ``wall`` lies in the span, when it begins on every day."""
        if self.is_overnight:
            return wall >= self.start or wall < self.end
        return self.start <= wall < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (0 is Monday) with exceptions by date: an exception replaces the day, empty means closed.

    A span belongs to the day on which it begins: a closed day does not cut off the night shift of the day before.

    An exception is a holiday where it closes the day, or opens it for less than the weekday has. Longer hours, and
    hours on a day that has none, are no holiday.
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

    def is_holiday(self, at: int) -> bool:
        """Whether it is closed at ``at`` (Unix milliseconds), and that on a holiday: all the time that is not open of
        such a date, and of the night after it what would have been open."""
        if self.is_open(at):
            return False
        wall = wall_clock(at, ZoneInfo(self.zone))
        today, now = wall.date(), wall.time()
        night_before = any(span.is_overnight and now < span.end for span in self._weekly(today - _DAY))
        return self._is_off(today) or (night_before and self._is_off(today - _DAY))

    @property
    def has_holidays(self) -> bool:
        """Whether it is a holiday on any date."""
        return any(self._is_off(day) for day in self.exceptions)

    def next_change(self, at: int) -> int | None:
        """The first instant after ``at`` at which it opens or closes (Unix milliseconds); None: none within a year."""
        is_open, zone = self.is_open(at), ZoneInfo(self.zone)
        first = wall_clock(at, zone).date() - _DAY
        for number in range(_DAYS_LOOKED_AHEAD):
            for instant in sorted(self._edges(first + number * _DAY, zone)):
                if instant > at and self.is_open(instant) is not is_open:
                    return instant
        return None

    def _edges(self, day: date, zone: ZoneInfo) -> Iterator[int]:
        """The instants of ``day`` at which a span may begin or end, and at which the clocks change.

        A wall time that comes twice (clocks go back) is two instants; one that never comes (clocks go forward) is
        passed when the clocks change.
        """
        before, after = (_instant(datetime.combine(edge, time(), zone)) for edge in (day, day + _DAY))
        if _ahead_ms(before, zone) != _ahead_ms(after, zone):
            yield _clocks_change(before, after, zone)
        for begun in (day - _DAY, day):
            for span in self._spans(begun):
                end = begun + _DAY if span.is_overnight else begun
                for wall in (datetime.combine(begun, span.start), datetime.combine(end, span.end)):
                    instants = (_instant(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
                    yield from (instant for instant in instants if before <= instant < after)

    def _spans(self, day: date) -> tuple[Span, ...]:
        if day in self.exceptions:
            return self.exceptions[day]
        return self._weekly(day)

    def _weekly(self, day: date) -> tuple[Span, ...]:
        return self.week.get(day.weekday(), ())

    def _is_off(self, day: date) -> bool:
        """Whether the date has an exception that closes or shortens it."""
        spans = self.exceptions.get(day)
        return spans is not None and (not spans or _length_ms(spans) < _length_ms(self._weekly(day)))


def _length_ms(spans: Iterable[Span]) -> int:
    return sum(span.length_ms for span in spans)
