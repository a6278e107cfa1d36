"""Whether estimates agree with exact values: how far off chance lets one be, the farthest, and all of them together.

Used by :mod:`benchmarks.theory` and by the planner's test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from math import copysign, inf, log1p, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

CENTRES_LEAST = 40
"""So many centres at the least must have every measure within :data:`NEAR`."""
NEAR = 3.0
"""Standard errors."""
_ROWS_LEAST = 3
"""Of fewer rows nothing is said together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure of one row."""

    centre: str
    row: str
    """A queue, or a group, of that centre."""
    measure: str
    exactly: float
    found: float
    z: float
    """How far off, in standard errors: a standard normal variable if ``exactly`` is what is simulated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all measures say together."""

    says: tuple[str, ...]
    faults: tuple[str, ...]
    """What chance would hardly do; none: the estimates agree."""


def deviation(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64], exactly: float) -> float:
    """How far Σ ``above`` / Σ ``below`` is from ``exactly``, from batches (or replications), as a standard normal
    variable.

    The ratio itself leans to one side where batches are short. But if the value is right, above - exactly * below has
    the mean 0 in every batch, however short. Waits are skewed: a batch with a rush in it is far off, and scatters more.
    So Student's t of these means is freed of skewness by the cubic of P. Hall, “On the removal of skewness by
    transformation”, Journal of the Royal Statistical Society B 54 (1992), and made normal as D. L. Wallace does,
    “Bounds on normal approximations to Student's and the chi-square distributions”, Annals of Mathematical Statistics
    30 (1959).
    """
    off = above - exactly * below
    batches, mean = len(off), float(off.mean())
    spread = float(off.std(ddof=1))
    if spread == 0:
        return 0.0 if mean == 0 else copysign(inf, mean)
    t = mean / spread * sqrt(batches)
    skewness = float(((off - mean) ** 3).mean()) / float(off.std()) ** 3
    t += skewness / sqrt(batches) * (t * t / 3 + 1 / 6) + skewness**2 / batches * t**3 / 27
    freedom = batches - 1
    return copysign(sqrt(freedom * log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3), t)


def largest_by_chance(measures: int) -> float:
    """How far off the farthest of so many may be: as likely as :data:`NEAR` for one."""
    return NormalDist().inv_cdf(1 - (1 - NormalDist().cdf(NEAR)) / measures)


def lean(own: Sequence[Measured]) -> float:
    """How far independent measures are off to one side, in standard errors of all together."""
    return sum(one.z for one in own) / sqrt(len(own))


def scatter(own: Sequence[Measured]) -> float:
    """The chi-square of independent measures as a standard normal variable, by the cube root of E. B. Wilson and M. M.
    Hilferty, “The distribution of chi-square” (1931)."""
    freedom = len(own)
    cube = (sum(one.z**2 for one in own) / freedom) ** (1 / 3)
    return float(cube - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom))


def verdict(everything: Sequence[Measured], centres_least: int = CENTRES_LEAST) -> Verdict:
    """Whether the estimates agree with the exact values, and if not, why not."""
    by_centre: dict[str, bool] = {}
    for one in everything:
        by_centre[one.centre] = by_centre.get(one.centre, True) and abs(one.z) < NEAR
    near, bound = sum(by_centre.values()), largest_by_chance(len(everything))
    farthest = max(everything, key=lambda one: abs(one.z))
    says = [
        f"Every measure within {NEAR:g} standard errors: {near} of {len(by_centre)} centres; "
        f"{sum(abs(one.z) < NEAR for one in everything)} of {len(everything)} measures.",
        f"Farthest: {farthest.row}, {farthest.measure}, {farthest.z:.2f}; chance allows {bound:.2f}.",
    ]
    faults = []
    if near < centres_least:
        faults.append(f"fewer than {centres_least} centres have every measure within {NEAR:g} standard errors")
    if abs(farthest.z) > bound:
        faults.append(f"{farthest.row}, {farthest.measure} is {farthest.z:.2f} standard errors off")
    groups = {name: own for name, own in _independent(everything).items() if len(own) >= _ROWS_LEAST}
    bound = largest_by_chance(2 * len(groups))
    says.append(f"Together, in standard errors (chance allows {bound:.2f}):")
    for name, own in groups.items():
        by_kind = {"lean": lean(own), "chi-square": scatter(own)}
        says.append(f"  {name:16} {len(own):3} rows: " + ", ".join(f"{kind} {z:+.2f}" for kind, z in by_kind.items()))
        faults += [f"{name}: {kind} {z:+.2f} standard errors" for kind, z in by_kind.items() if abs(z) > bound]
    return Verdict(tuple(says), tuple(faults))


def _independent(everything: Sequence[Measured]) -> Mapping[str, list[Measured]]:
    """Measures of one centre err together; so do a measure of its first queue and that of its second."""
    groups: dict[str, list[Measured]] = {}
    for _, of_centre in groupby(everything, key=lambda one: one.centre):
        seen: dict[str, Iterator[int]] = {}
        for one in of_centre:
            number = next(seen.setdefault(one.measure, count(1)))
            groups.setdefault(one.measure if number == 1 else f"{one.measure} ({number})", []).append(one)
    return groups
