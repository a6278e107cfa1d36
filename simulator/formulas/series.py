"""Long sums of smooth terms, and Poisson chances with all their digits."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, lgamma, log, pi

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_DIRECT = 256
"""So many terms at least are added one by one; an integral takes over where terms change slowly."""
_GREGORY = (1 / 2, -1 / 12, 1 / 24, -19 / 720, 3 / 160, -863 / 60480, 275 / 24192)
"""James Gregory's (1670): the sum from k on = the integral from k on + g/2 - first difference/12 + ..."""
_LEGENDRE = np.polynomial.legendre.leggauss(24)
_NODES = (_LEGENDRE[0] + 1) / 2
_NODE_WEIGHTS = _LEGENDRE[1] / 2


def sum_to(last: float, terms: Callable[[Values], Values], *, smooth_from: int = 1) -> Values:
    """Sum over l = 1, 2, ... *last* of *terms*, which are as good as 0 from there on.

    *terms* takes values of l (also between whole numbers) and has a row for each. From *smooth_from* on they change by
    a few hundredths from one to the next at most, so that a Gauss-Legendre integral and six differences do for the
    rest, however many they are.
    """
    direct = max(_DIRECT, smooth_from)
    if last <= 8 * direct:
        return _add(terms, np.arange(1.0, ceil(last) + 1))
    head = _add(terms, np.arange(1.0, direct))
    differences = terms(direct + np.arange(float(len(_GREGORY))))
    for coefficient in _GREGORY:
        head = head + coefficient * differences[0]
        differences = np.diff(differences, axis=0)
    start = float(direct)
    while start < last:
        width = min(start, last - start)
        rows = terms(start + width * _NODES)
        head = head + width * np.tensordot(_NODE_WEIGHTS, rows, axes=1)
        start += width
    return head


def _add(terms: Callable[[Values], Values], at: Values) -> Values:
    parts = [terms(at[start : start + _DIRECT]).sum(axis=0) for start in range(0, len(at), _DIRECT)]
    return np.asarray(sum(parts[1:], start=parts[0]))


def poisson(number: Values, excess: Values) -> Values:
    """Chance that a Poisson variable is *number*, where its mean is *number* - *excess*; also between whole numbers.

    By the saddle point (C. Loader, *Fast and accurate computation of binomial probabilities*, 2000): nothing of the
    size of *number* cancels. Taking the excess instead of the mean keeps its digits where the two are close.
    """
    mean = number - excess
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.exp(-_stirling_error(number) - _deviance(number, mean, excess)) / np.sqrt(2 * pi * number)
    return np.where(number == 0, np.exp(-mean), np.where(mean == 0, 0.0, chance))


def _deviance(number: Values, mean: Values, excess: Values) -> Values:
    """``number log(number / mean) + mean - number``."""
    v = excess / (number + mean)
    near = np.abs(v) < 0.1
    small = np.where(near, v, 0.0)
    series = np.zeros_like(small)
    # 2 atanh(v) = log(number / mean): number (2 v^3/3 + 2 v^5/5 + ...) beyond excess * v.
    for j in range(10, 0, -1):
        series = (series + 2 / (2 * j + 1)) * small**2
    return np.where(near, excess * small + number * small * series, number * np.log(number / mean) - excess)


_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def _stirling_error(number: Values) -> Values:
    """``log(number!)`` beyond Stirling's formula, DLMF 5.11.1."""
    large = number >= 16
    safe = np.where(large, number, 16.0)
    series = np.zeros_like(safe)
    for coefficient in reversed(_STIRLING):
        series = series / safe**2 + coefficient
    series /= safe
    for index in np.argwhere(~large):
        at = float(number[tuple(index)])
        series[tuple(index)] = lgamma(at + 1) - (at + 0.5) * log(at) + at - log(2 * pi) / 2 if at > 0 else 0.0
    return series
