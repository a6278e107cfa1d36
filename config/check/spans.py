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


def overlap(one: tuple[time, time], other: tuple[time, time]) -> bool:
    """Whether two daily spans have time in common; both may go over midnight."""
    return _begins_within(other, one) or _begins_within(one, other)


def _begins_within(one: tuple[time, time], other: tuple[time, time]) -> bool:
    begin = _minute(other[0])
    return (_minute(one[0]) - begin) % _DAY < ((_minute(other[1]) - begin) % _DAY or _DAY)


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
