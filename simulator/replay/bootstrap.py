"""How far a difference between two runs might be chance.

Both runs meet the same callers, so what is resampled is the pair. Callers of one half-hour share a queue and hence a
fate: they are drawn together, half-hour by half-hour (a cluster bootstrap: Davison and Hinkley, *Bootstrap Methods and
their Application*, 1997, 3.8). What had to be drawn (patience that was never seen) differs from repetition to
repetition of the runs, and each resample takes one repetition: so the interval holds that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.replay.measures import Numbers

RESAMPLES = 1_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure under two sets of rules. None: nothing to measure, such as the wait of no callers."""

    today: float | None
    proposed: float | None
    difference: float | None
    low: float | None
    """The 95 % interval of the difference."""
    high: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class Bootstrap:
    """The resamples of one comparison."""

    def __init__(self, block_of: NDArray[np.intp], blocks: int, repeats: int, seed: int) -> None:
        """``block_of``: each caller's block, from 0 to ``blocks`` - 1."""
        rng = np.random.default_rng(seed)
        self._block_of = block_of
        self._blocks = blocks
        self._weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES).astype(float)
        """Resample to how often it has each block."""
        self._repeat = rng.integers(repeats, size=RESAMPLES)

    def ratio(
        self, today: Sequence[tuple[Numbers, Numbers]], proposed: Sequence[tuple[Numbers, Numbers]]
    ) -> Difference:
        """Of sums over sums, by repetition; one number per caller above and below the line."""
        sums = [[tuple(map(self._by_block, pair)) for pair in runs] for runs in (today, proposed)]
        return self.ratio_of_blocks(*sums)

    def ratio_of_blocks(
        self, today: Sequence[tuple[Numbers, ...]], proposed: Sequence[tuple[Numbers, ...]]
    ) -> Difference:
        """The same, added up by block already."""
        point: list[float] = []
        resampled: list[Numbers] = []
        for runs in (today, proposed):
            above, below = (np.array([pair[side] for pair in runs]) for side in (0, 1))
            with np.errstate(divide="ignore", invalid="ignore"):
                point.append(_mean(above.sum(axis=1) / below.sum(axis=1)))
                drawn = self._weights * above[self._repeat], self._weights * below[self._repeat]
                resampled.append(drawn[0].sum(axis=1) / drawn[1].sum(axis=1))
        return _difference((point[0], point[1]), resampled[1] - resampled[0])

    def quantile(
        self,
        share: float,
        today: Sequence[tuple[Numbers, Numbers]],
        proposed: Sequence[tuple[Numbers, Numbers]],
    ) -> Difference:
        """Of values with weights 0 or 1, by repetition: the least value that ``share`` of the weight do not exceed."""
        point: list[float] = []
        resampled: list[Numbers] = []
        for runs in (today, proposed):
            found = np.full(RESAMPLES, np.nan)
            whole = []
            for number, (values, weights) in enumerate(runs):
                counted = np.flatnonzero(weights)
                order = counted[np.argsort(values[counted], kind="stable")]
                whole.append(_quantile(values[order], np.ones((1, len(order))), share)[0])
                here = np.flatnonzero(self._repeat == number)
                found[here] = _quantile(values[order], self._weights[here][:, self._block_of[order]], share)
            point.append(_mean(np.array(whole)))
            resampled.append(found)
        return _difference((point[0], point[1]), resampled[1] - resampled[0])

    def _by_block(self, values: Numbers) -> Numbers:
        return np.bincount(self._block_of, weights=values, minlength=self._blocks).astype(np.float64)


def _quantile(ordered: Numbers, weights: Numbers, share: float) -> Numbers:
    """By row of ``weights``; NaN where there is no weight at all."""
    if not len(ordered):
        return np.full(len(weights), np.nan)
    reached = np.cumsum(weights, axis=1)
    total = reached[:, -1]
    place = (reached < share * total[:, None] - 1e-9).sum(axis=1)
    return np.where(total > 0, ordered[np.minimum(place, len(ordered) - 1)], np.nan)


def _mean(values: Numbers) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _difference(point: tuple[float, float], resampled: Numbers) -> Difference:
    today, proposed = point
    known = resampled[np.isfinite(resampled)]
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(np.quantile(known, at)) for at in (tail, 1 - tail)) if len(known) else (None, None)
    both = np.isfinite(today) and np.isfinite(proposed)
    return Difference(
        today=today if np.isfinite(today) else None,
        proposed=proposed if np.isfinite(proposed) else None,
        difference=proposed - today if both else None,
        low=low if both else None,
        high=high if both else None,
    )
