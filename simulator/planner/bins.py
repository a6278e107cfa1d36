"""Waits in bins whose width grows with the wait: exact below 64 ms, to 1/64 of the wait beyond."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.planner.jitted import compiled

_FINE = 64
_DOUBLINGS = 25
"""Up to 64 × 2^25 ms, 25 days; longer waits stand in the last bin."""
BINS = _FINE * (_DOUBLINGS + 1)


@compiled
def bin_of(wait_ms: int) -> int:
    """The bin of a wait of 0 or more."""
    doublings = 0
    while wait_ms >= 2 * _FINE:
        wait_ms >>= 1
        doublings += 1
    found = _FINE * doublings + wait_ms
    if found >= BINS:
        return BINS - 1
    return found


def edges() -> npt.NDArray[np.float64]:
    """Where the bins begin, and where the last one ends, milliseconds."""
    doublings = np.maximum(np.arange(BINS + 1) // _FINE - 1, 0)
    begins: npt.NDArray[np.float64] = (np.arange(BINS + 1) - _FINE * doublings) * 2.0**doublings
    return begins


def quantiles(counts: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The waits (ms) that at least so many of ``shares`` of the counted did not exceed; NaN where nobody is counted.

    ``counts`` is [..., bin], the result [..., share]; within a bin the waits are taken as evenly spread.
    """
    begins = edges()
    so_far = np.cumsum(counts, axis=-1)
    total = so_far[..., -1]
    found = np.full((*total.shape, len(shares)), np.nan)
    for place in np.ndindex(total.shape):
        if total[place] == 0:
            continue
        wanted = shares * total[place]
        at = np.searchsorted(so_far[place], wanted, side="left")
        inside = (wanted - (so_far[place][at] - counts[place][at])) / counts[place][at]
        width = np.where(at < 2 * _FINE, 0.0, begins[at + 1] - begins[at])
        found[place] = begins[at] + inside * width
    return found
