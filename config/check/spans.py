"""Spans of the clock on the wall, for checks."""

from __future__ import annotations

from datetime import time

_DAY = 24 * 60


def lies_within(inner: tuple[time, time], outer: tuple[time, time]) -> bool:
    """Whether one daily span lies within another; both may go over midnight."""
    begin = _minute(outer[0])
    length = (_minute(outer[1]) - begin) % _DAY or _DAY
    start = (_minute(inner[0]) - begin) % _DAY
    return start + ((_minute(inner[1]) - _minute(inner[0])) % _DAY or _DAY) <= length


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
