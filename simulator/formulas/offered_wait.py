"""Integrals over the offered wait of M/M/n+G, by Gauss-Legendre quadrature.

``H`` (see :mod:`simulator.formulas.impatient`) is concave with slope ``lambda * survival(v) - n mu``: it climbs to one
peak, at 0 unless there is overload, and falls at most as fast as ``n mu v``. So the stretch of v that matters is found
by steps that grow, and panels laid over it by how far ``H`` has fallen take the integrand to 1e-15.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from simulator.formulas.patience import Patience, Times

_FALL = 42.0
"""What lies further below the peak than e^-42 = 6e-19 is left out."""
_AWAY = 2.0 ** np.arange(0, 64, 0.5)
_PARTS = (0.25, 0.6, 1.0)
"""Panels on each side of the peak: the integrand falls by e^20 or so over the first."""
_STEEP = 16.0
"""A stretch over which it falls by less is one panel."""
_ZOOMS = 40
_LEGENDRE = np.polynomial.legendre.leggauss(20)
_NODES = (_LEGENDRE[0] + 1) / 2
_NODE_WEIGHTS = _LEGENDRE[1] / 2


class Weights(NamedTuple):
    """Integrals of ``e^(H - peak)`` times a weight, one field a weight."""

    one: float
    kept: float
    """The caller is still there."""
    lost: float
    """The caller has gone."""
    waited: float
    """The shorter of patience and the offered wait."""
    answer_time: float
    """The offered wait where the caller is still there."""


class OfferedWait:
    """The offered wait of callers who arrive at *arrival_rate*, with all agents ending *capacity* calls a time unit."""

    def __init__(self, arrival_rate: float, capacity: float, patience: Patience) -> None:
        self._arrival_rate = arrival_rate
        self._capacity = capacity
        self._patience = patience
        self._peak = patience.latest_with(capacity / arrival_rate) if arrival_rate > capacity else 0.0
        slope = arrival_rate * float(patience.survival(np.array([self._peak]))[0]) - capacity
        # At a peak inside, the slope is 0 but for rounding, unless patience ends in a step there.
        self._slope = 0.0 if self._peak > 0 and abs(slope) < 1e-6 * capacity else slope
        self.peak_height = 0.0
        if self._peak > 0:
            bend = float(patience.bend(0.0, np.array([self._peak]))[0])
            self.peak_height = (arrival_rate - capacity) * self._peak - arrival_rate * bend

    def integrals(self, split: float) -> tuple[Weights, Weights]:
        """The integrals from 0 to *split* and from *split* to infinity."""
        at = split - self._peak
        before = self._panels_below(at) if split > 0 else []
        panels = np.array(before + self._panels_above(at))
        starts = panels[:, :1]
        width = panels[:, 1:] - starts
        later = (starts + width * _NODES).ravel()
        v = self._peak + later
        patience = self._patience
        density = np.exp(self._height(later)) * np.abs(width * _NODE_WEIGHTS).ravel()
        kept = patience.survival(v) * density
        weighted = np.stack((density, kept, patience.lost(v) * density, patience.mean_until(v) * density, v * kept))
        cut = len(before) * len(_NODES)
        return Weights(*weighted[:, :cut].sum(axis=1).tolist()), Weights(*weighted[:, cut:].sum(axis=1).tolist())

    def lost_and_kept(self, time: float) -> tuple[float, float]:
        """Shares of callers with patience up to *time*, and with more."""
        t = np.array([time])
        return float(self._patience.lost(t)[0]), float(self._patience.survival(t)[0])

    # From here on times are so much later than the peak: differences of large numbers would cost digits.

    def _height(self, later: Times) -> Times:
        """``H`` relative to its peak, from the slope and the bend there."""
        return self._slope * later - self._arrival_rate * self._patience.bend(self._peak, later)

    def _panels_below(self, split: float) -> list[tuple[float, float]]:
        top = min(0.0, split)
        panels = self._panels(top, self._reach(top, -1, -self._peak)) if top > -self._peak else []
        if split > top:
            panels += self._panels(top, self._reach(top, 1, split))
        return panels

    def _panels_above(self, split: float) -> list[tuple[float, float]]:
        top = max(0.0, split)
        panels = self._panels(top, self._reach(top, 1, np.inf))
        if top > split:
            panels += self._panels(top, self._reach(top, -1, split))
        return panels

    def _reach(self, top: float, direction: int, limit: float) -> float:
        """How far from *top* the density matters, no further than *limit*."""
        away = top + direction * _FALL / self._capacity * _AWAY
        away = away[away > limit] if direction < 0 else away[away < limit]
        away = np.concatenate(([top], away, [limit] if np.isfinite(limit) else []))
        for _ in range(_ZOOMS):
            heights = self._height(away)
            fallen = heights[0] - heights
            first = int((fallen >= _FALL).argmax())
            if first == 0:
                return limit
            if fallen[first] <= 2 * _FALL:
                break
            # A sudden end of patience within the step: look closer.
            away = np.concatenate(([top], np.linspace(away[first - 1], away[first], 32)))
        return float(away[first])

    def _panels(self, start: float, end: float) -> list[tuple[float, float]]:
        """Panels from *start*, where the density is highest, to *end*."""
        low, high = min(start, end), max(start, end)
        marks = [mark - self._peak for mark in self._patience.marks() if low < mark - self._peak < high]
        if not marks:
            return _split(start, end)
        pieces = list(pairwise([start, *(marks if start < end else reversed(marks)), end]))
        heights = self._height(np.array([start, *(piece_end for _, piece_end in pieces)])).tolist()
        panels: list[tuple[float, float]] = []
        for (piece_start, piece_end), (top, bottom) in zip(pieces, pairwise(heights), strict=True):
            steep = top - bottom > _STEEP
            panels += _split(piece_start, piece_end) if steep else [(piece_start, piece_end)]
        return panels


def _split(start: float, end: float) -> list[tuple[float, float]]:
    return list(pairwise([start, *(start + part * (end - start) for part in _PARTS)]))
