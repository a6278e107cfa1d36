"""Means over independent days, with the interval that holds the true mean 95 times in 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, pi, sqrt, tan
from statistics import NormalDist, fmean, variance

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over days. None: nothing to measure, such as the wait of no callers."""

    mean: float | None
    half_width: float | None
    """Of the 95 % interval; None with fewer than two days."""
    days: int
    """On which there was something to measure."""

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean + self.half_width


def mean_of(values: Sequence[float]) -> Estimate:
    """The mean of one value a day."""
    if not values:
        return Estimate(None, None, 0)
    half = student(len(values) - 1) * sqrt(variance(values) / len(values)) if len(values) > 1 else None
    return Estimate(fmean(values), half, len(values))


def ratio_of(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The ratio of the means, such as answered in time over all who called, with one of each a day.

    Not the mean of the daily ratios: a day with few calls must not count as much as one with many. The interval is
    that of the delta method: Law, *Simulation Modeling and Analysis*, 2015, 9.4.
    """
    days = sum(1 for one in below if one)
    if not days:
        return Estimate(None, None, 0)
    ratio = fmean(above) / fmean(below)
    if len(above) < 2:
        return Estimate(ratio, None, days)
    residuals = [one - ratio * other for one, other in zip(above, below, strict=True)]
    half = student(len(above) - 1) * sqrt(variance(residuals) / len(above)) / abs(fmean(below))
    return Estimate(ratio, half if isfinite(half) else None, days)


def student(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The two-sided quantile of Student's t with ``freedom`` degrees of freedom, right to three digits.

    Exact for one and two; beyond, the expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5).
    """
    share = (1 + confidence) / 2
    if freedom == 1:
        return tan(pi * (share - 0.5))
    if freedom == 2:
        return (2 * share - 1) * sqrt(2 / (4 * share * (1 - share)))
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    more: float = sum(term / freedom**power for power, term in enumerate(terms, start=1))
    return z + more
