"""Where today begins."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def midnight(now: int, zone: ZoneInfo) -> int:
    """The last midnight of ``zone`` at or before ``now``; both Unix milliseconds."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
