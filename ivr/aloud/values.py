"""What a variable's text is as a value to be read; None where it is none."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import ROUND_HALF_EVEN, Decimal

NUMBER_MOST = 999_999_999
"""Larger numbers are read digit by digit."""
FRACTION_MOST = 6
"""Digits after the point that are read."""
DURATION_MOST_S = 99 * 3_600 + 59 * 60 + 59
YEARS = range(1900, 2100)
SPELT_MOST = 40
"""Digits that are read one by one; nobody listens to more."""

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})([T ].*)?", re.ASCII | re.DOTALL)
_TIME = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])?([0-9]{1,2}):([0-9]{2})(?::[0-9.]+)?(?:Z|[+-][0-9:]+)?", re.ASCII
)
_GRAIN = Decimal(1).scaleb(-FRACTION_MOST)
_HUNDREDTH = Decimal("0.01")


def spelt(text: str) -> str:
    """The digits of a text: all that is read of one that is not what it should be."""
    return "".join(one for one in text if one in "0123456789")[:SPELT_MOST]


def as_number(text: str) -> Decimal | None:
    """A number, to six places; none beyond :data:`NUMBER_MOST`."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    if abs(number) > NUMBER_MOST:
        return None
    return number.quantize(_GRAIN, rounding=ROUND_HALF_EVEN)


def as_whole(text: str) -> int | None:
    """A whole number of 0 or more."""
    number = as_number(text)
    return None if number is None or number < 0 or number != int(number) else int(number)


def as_hundredths(text: str) -> int | None:
    """An amount of money in its hundredths."""
    number = as_number(text)
    return None if number is None else int(number.quantize(_HUNDREDTH, rounding=ROUND_HALF_EVEN) * 100)


def as_seconds(text: str) -> int | None:
    """A duration in whole seconds."""
    number = as_number(text)
    if number is None or not 0 <= number <= DURATION_MOST_S:
        return None
    return int(number.to_integral_value())


def as_date(text: str) -> date | None:
    """A date of ISO 8601, with or without a time behind it, as it stands there: no zone is worked out."""
    found = _DATE.fullmatch(text.strip())
    if found is None or int(found[1]) not in YEARS:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def as_time(text: str) -> time | None:
    """A time of day on 24 hours, or that of an ISO date and time, as it stands there."""
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def whole_minutes(seconds: int) -> int:
    """A wait in minutes, rounded up: nobody is told to wait for no time at all."""
    return max(1, -(-seconds // 60))
