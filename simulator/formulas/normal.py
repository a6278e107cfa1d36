"""The normal distribution as the formulas need it: over arrays, and with digits in the tails."""

from __future__ import annotations

from math import erfc, exp, pi, sqrt

import numpy as np
import numpy.typing as npt

_ROOT_TWO = sqrt(2.0)


def normal_cdf(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The standard normal distribution function of every element."""
    return np.array([erfc(-value / _ROOT_TWO) / 2 for value in z])


def hazard(z: float) -> float:
    """Density over survival of the standard normal law at *z*; about z for large z."""
    if z < 25:
        return exp(-z * z / 2) / sqrt(2 * pi) / (erfc(z / _ROOT_TWO) / 2)
    # Laplace's continued fraction: survival and density vanish together, their ratio does not.
    fraction = z
    for j in range(20, 0, -1):
        fraction = z + j / fraction
    return fraction
