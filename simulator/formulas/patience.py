"""How long callers are willing to wait.

``survival(t)`` is the share still there after *t* in an endless queue, ``lost(t)`` the rest. The M/M/n+G formulas
also need integrals of them; each law gives those in closed form, so that no digit is lost to differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, factorial, log, log1p, sqrt
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simulator.formulas.checks import positive
from simulator.formulas.normal import normal_cdf

Times = npt.NDArray[np.float64]


class Patience(Protocol):
    """A law of patience."""

    @property
    def mean(self) -> float:
        """Mean patience."""

    def survival(self, t: Times) -> Times:
        """Share of callers whose patience is longer than *t*."""

    def lost(self, t: Times) -> Times:
        """Share of callers whose patience is *t* or shorter, with all digits where it is small."""

    def mean_until(self, t: Times) -> Times:
        """Mean of the shorter of patience and *t*: the integral of ``survival`` up to *t*."""

    def bend(self, since: float, later: Times) -> Times:
        """Integral of ``lost(u) - lost(since)`` for u from *since* to so much *later* (or earlier, if negative)."""

    def latest_with(self, share: float) -> float:
        """The time up to which at least *share* (0 < share < 1) of the callers are still there."""

    def marks(self) -> tuple[float, ...]:
        """Times between which ``survival`` is smooth on its own scale, ascending."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """Callers hang up at *rate* while they wait, however long they have waited: the patience of Erlang A."""

    rate: float

    def __post_init__(self) -> None:
        positive("the abandonment rate, 1 / mean patience,", self.rate, "0.5 for callers who wait 2 minutes")

    @property
    def mean(self) -> float:
        """Mean patience."""
        return 1 / self.rate

    def survival(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return np.exp(-self.rate * t)

    def lost(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return -np.expm1(-self.rate * t)

    def mean_until(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return -np.expm1(-self.rate * t) / self.rate

    def bend(self, since: float, later: Times) -> Times:
        """See :class:`Patience`."""
        return exp(-self.rate * since) * later * _lag(self.rate * later)

    def latest_with(self, share: float) -> float:
        """See :class:`Patience`."""
        return -log(share) / self.rate

    def marks(self) -> tuple[float, ...]:
        """See :class:`Patience`."""
        return tuple(multiple / self.rate for multiple in (1.0, 3.0, 8.0, 20.0, 40.0))


@dataclass(frozen=True, slots=True)
class Fixed:
    """Every caller waits exactly *time* and then goes."""

    time: float

    def __post_init__(self) -> None:
        positive("the fixed patience", self.time, "2 minutes")

    @property
    def mean(self) -> float:
        """Mean patience."""
        return self.time

    def survival(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return np.where(t < self.time, 1.0, 0.0)

    def lost(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return np.where(t < self.time, 0.0, 1.0)

    def mean_until(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return np.minimum(t, self.time)

    def bend(self, since: float, later: Times) -> Times:
        """See :class:`Patience`."""
        left = self.time - since
        return np.maximum(later - left, 0.0) if left > 0 else np.maximum(left - later, 0.0)

    def latest_with(self, share: float) -> float:  # noqa: ARG002 - nobody leaves earlier, everybody at once
        """See :class:`Patience`."""
        return self.time

    def marks(self) -> tuple[float, ...]:
        """See :class:`Patience`."""
        return (self.time,)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """The logarithm of patience is normal: *mean* patience, and *cv* = its standard deviation / mean."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        positive("the mean patience", self.mean, "2 minutes")
        positive("the patience's cv, standard deviation / mean,", self.cv, "1.2")

    @property
    def _sigma(self) -> float:
        return sqrt(log1p(self.cv**2))

    @property
    def _mu(self) -> float:
        return log(self.mean) - self._sigma**2 / 2

    def _standard(self, t: Times) -> Times:
        with np.errstate(divide="ignore"):
            logarithm: Times = np.log(t)
        return (logarithm - self._mu) / self._sigma

    def survival(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return normal_cdf(-self._standard(t))

    def lost(self, t: Times) -> Times:
        """See :class:`Patience`."""
        return normal_cdf(self._standard(t))

    def mean_until(self, t: Times) -> Times:
        """See :class:`Patience`."""
        z = self._standard(t)
        return self.mean * normal_cdf(z - self._sigma) + t * normal_cdf(-z)

    def _lost_integral(self, t: Times) -> Times:
        z = self._standard(t)
        return t * normal_cdf(z) - self.mean * normal_cdf(z - self._sigma)

    def bend(self, since: float, later: Times) -> Times:
        """See :class:`Patience`."""
        start = np.array([since])
        before, lost = float(self._lost_integral(start)[0]), float(self.lost(start)[0])
        return self._lost_integral(since + later) - before - lost * later

    def latest_with(self, share: float) -> float:
        """See :class:`Patience`."""
        return exp(self._mu - self._sigma * NormalDist().inv_cdf(share))

    def marks(self) -> tuple[float, ...]:
        """See :class:`Patience`."""
        # Where neither patience nor the time changes by much: a deviation, or a factor of e^1.3, from mark to mark.
        step = min(1.0, 1.3 / self._sigma)
        beyond = ceil(8.5 / step)
        marks = (self._mu + self._sigma * step * number for number in range(-beyond, beyond + 1))
        return tuple(exp(mark) for mark in marks if mark < 700)


_LAG = tuple((-1) ** (i + 1) / factorial(i + 1) for i in range(14, 0, -1))
"""Coefficients of ``1 - (1 - e^-y) / y = y/2! - y^2/3! + ...``, the last first: enough for 1e-17 up to y = 1/2."""


def _lag(y: Times) -> Times:
    """``1 - (1 - e^-y) / y``, with all digits near 0 too."""
    near = np.abs(y) < 0.5
    small = np.where(near, y, 0.0)
    series = np.zeros_like(small)
    for coefficient in _LAG:
        series += coefficient
        series *= small
    if near.all():
        return series
    far = np.where(near, 1.0, y)
    with np.errstate(over="ignore"):
        return np.where(near, series, 1 + np.expm1(-far) / far)
