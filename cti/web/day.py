"""Days at the site: where they begin, and which one somebody asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def midnight(now: int, zone: ZoneInfo) -> int:
    """The last midnight of ``zone`` at or before ``now``; both Unix milliseconds."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def chosen_day(text: str, today: date) -> date:
    """The day that somebody asks for, 2026-11-22; yesterday for nonsense, and no day that has not come."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today - timedelta(days=1)
    return min(day, today)


def bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """When the day begins, and when the next one does, Unix milliseconds."""
    first, last = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return round(first.timestamp() * 1000), round(last.timestamp() * 1000)
