"""Figures from simulated days, and how sure they are: every half-width is that of a 95 % confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, pi, sqrt, tan
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_LEVEL = 0.975


@dataclass(frozen=True, slots=True)
class Estimate:
    """``mean`` ± ``half_width``; None where nothing was seen, or (the half-width) too little."""

    mean: float | None
    half_width: float | None
    days: int = 0
    """On which there was something to measure."""

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return None if self.mean is None or self.half_width is None else self.mean + self.half_width


NOTHING = Estimate(None, None)


def t_quantile(degrees: int, level: float = _LEVEL) -> float:
    """Student's t that a share of ``level`` (above 0.5) does not exceed.

    Exact for 1 and 2 degrees of freedom; beyond by G. W. Hill, “Student's t-quantiles”, Communications of the ACM 13
    (1970), to a part in 10,000 or better.
    """
    if degrees < 1:
        return inf
    both = 2 * (1 - level)
    if degrees == 1:
        return 1 / tan(both * pi / 2)
    if degrees == 2:
        return sqrt(2 / (both * (2 - both)) - 2)
    a = 1 / (degrees - 0.5)
    b = 48 / a**2
    c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * sqrt(a * pi / 2) * degrees
    x = d * both
    y = x ** (2 / degrees)
    if y > 0.05 + a:
        x = -NormalDist().inv_cdf(level)
        y = x * x
        if degrees < 5:
            c += 0.3 * (degrees - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = np.expm1(a * y * y)
    else:
        y = (
            (1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)) * y
            - 1
        ) * (degrees + 1) / (degrees + 2) + 1 / y
    return float(sqrt(degrees * y))


def mean(values: Figures) -> Estimate:
    """The mean of a figure of each day."""
    return ratio(values, np.ones(len(values)))


def ratio(above: Figures, below: Figures) -> Estimate:
    """All of ``above`` over all of ``below``, which have one entry for each day.

    Not the mean of the daily ratios: a day with few calls must not count as much as one with many. The half-width is
    that of the delta method: Law, *Simulation Modeling and Analysis*, 2015, 9.4.
    """
    count, total = len(below), float(below.sum())
    if total <= 0:
        return NOTHING
    share, days = float(above.sum()) / total, int(np.count_nonzero(below))
    if count < 2:
        return Estimate(share, None, days)
    residuals = above - share * below
    error = sqrt(float((residuals * residuals).sum()) / (count * (count - 1))) / (total / count)
    return Estimate(share, t_quantile(count - 1) * error, days)


def difference(before: tuple[Figures, Figures], after: tuple[Figures, Figures]) -> Estimate:
    """The ratio of ``after`` less that of ``before``, of replications that met the same callers: what both have in
    common cancels out."""
    one, other = ratio(*before), ratio(*after)
    if one.mean is None or other.mean is None:
        return NOTHING
    count = len(before[1])
    if count < 2:
        return Estimate(other.mean - one.mean, None, count)
    ours = (before[0] - one.mean * before[1]) / before[1].mean()
    theirs = (after[0] - other.mean * after[1]) / after[1].mean()
    error = sqrt(float(((theirs - ours) ** 2).sum()) / (count * (count - 1)))
    return Estimate(other.mean - one.mean, t_quantile(count - 1) * error, count)


def sectioned(whole: float, parts: npt.NDArray[np.float64]) -> Estimate:
    """``whole``, a figure of all replications together, with a half-width from the same figure of each (NaN: none);
    S. Asmussen and P. W. Glynn, “Stochastic Simulation” (2007), III.5a."""
    if isnan(whole):
        return NOTHING
    seen = parts[~np.isnan(parts)]
    if len(seen) < 2:
        return Estimate(whole, None, len(seen))
    error = sqrt(float(((seen - whole) ** 2).sum()) / (len(seen) * (len(seen) - 1)))
    return Estimate(whole, t_quantile(len(seen) - 1) * error, len(seen))
