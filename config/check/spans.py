"""Spans of the clock on the wall, for checks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import time

_DAY = 24 * 60
_WEEK = 7 * _DAY


def lies_within(inner: tuple[time, time], outer: tuple[time, time]) -> bool:
    """Whether one daily span lies within another; both may go over midnight."""
    start = (_minute(inner[0]) - _minute(outer[0])) % _DAY
    return start + _length(inner) <= _length(outer)


def overlap(one: tuple[time, time], other: tuple[time, time]) -> bool:
    """Whether two daily spans have time in common; both may go over midnight."""
    later = (_minute(other[0]) - _minute(one[0])) % _DAY
    return later < _length(one) or -later % _DAY < _length(other)


def overlap_in_a_week(
    one: tuple[time, time], days: Collection[int], other: tuple[time, time], other_days: Collection[int]
) -> bool:
    """The same of spans that begin on these days of the week only (0 is Monday), and may go into the next one."""
    for day in days:
        for other_day in other_days:
            later = (_minute(other[0]) - _minute(one[0]) + (other_day - day) * _DAY) % _WEEK
            if later < _length(one) or -later % _WEEK < _length(other):
                return True
    return False


def _length(span: tuple[time, time]) -> int:
    """Minutes; of a span that ends when it begins, a whole day."""
    return (_minute(span[1]) - _minute(span[0])) % _DAY or _DAY


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
