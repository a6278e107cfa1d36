"""What the formulas accept, and sentences for what they do not."""

from __future__ import annotations

from math import isfinite

LARGEST = 1e9
"""Beyond any centre, and small enough that every loop ends soon."""


def positive(name: str, value: float, example: str) -> float:
    """``value`` where it is above 0 and at most ``LARGEST``; otherwise ``ValueError``."""
    if isfinite(value) and 0 < value <= LARGEST:
        return value
    raise ValueError(f"{name} must be a number above 0 and at most {LARGEST:.0e}, for example {example}; not {value}")


def not_negative(name: str, value: float, example: str) -> float:
    """``value`` where it is at least 0 and at most ``LARGEST``; otherwise ``ValueError``."""
    if isfinite(value) and 0 <= value <= LARGEST:
        return value
    raise ValueError(f"{name} must be 0 or more and at most {LARGEST:.0e}, for example {example}; not {value}")


def share(name: str, value: float, example: str) -> float:
    """``value`` where it lies strictly between 0 and 1; otherwise ``ValueError``."""
    if 0 < value < 1:
        return value
    raise ValueError(f"{name} must lie between 0 and 1, both excluded, for example {example}; not {value}")


def offered_load(arrival_rate: float, service_rate: float) -> float:
    """The load in erlangs, at most ``LARGEST``; ``ValueError`` where a rate will not do."""
    not_negative("arrival_rate", arrival_rate, "6.0 calls a minute")
    positive("service_rate", service_rate, "1/3 for calls that take 3 minutes")
    return not_negative("the load, arrival_rate / service_rate,", arrival_rate / service_rate, "18 erlangs")


def percent(name: str, value: float, example: str) -> float:
    """``value`` percent as a share; raises ``ValueError`` unless it lies between 0 and 100, both excluded."""
    if 0 < value < 100:
        return value / 100
    raise ValueError(f"{name} must lie between 0 and 100 percent, both excluded, for example {example}; not {value:g}")
