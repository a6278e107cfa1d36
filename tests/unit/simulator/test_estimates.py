"""Means over days and their intervals."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from simulator.estimates import NOTHING, Estimate, Figures, mean, ratio, t_quantile
from simulator.measures import quantile

# Quantiles of Student's t, two-sided 95 %: any table of it.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 19: 2.093, 99: 1.984, 100_000: 1.960}


def days(*values: float) -> Figures:
    return np.array(values, np.float64)


@pytest.mark.parametrize(("freedom", "quantile"), TABLE.items())
def test_the_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert t_quantile(freedom) == pytest.approx(quantile, rel=0.0005)


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    found = mean(days(1.0, 2.0, 3.0, 4.0, 5.0))
    assert found.mean == 3.0
    assert found.half_width == pytest.approx(2.776 * math.sqrt(2.5 / 5), rel=0.002)
    assert (found.low, found.high) == pytest.approx((1.037, 4.963), abs=0.002)


def test_a_ratio_is_that_of_the_sums_not_the_mean_of_the_daily_ones() -> None:
    assert ratio(days(10.0, 50.0), days(10.0, 100.0)).mean == pytest.approx(60 / 110)


def test_what_nobody_had_is_not_measured() -> None:
    assert mean(days()) == NOTHING
    assert ratio(days(0.0, 0.0), days(0.0, 0.0)) == NOTHING
    assert ratio(days(1.0), days(2.0)) == Estimate(0.5, None, 1)
    assert Estimate(0.5, None, 1).low is None
    assert ratio(days(1.0, 0.0), days(2.0, 0.0)).days == 1


def test_the_interval_of_a_ratio_holds_the_truth_95_times_in_100() -> None:
    rng = random.Random(5)
    held = 0
    for _ in range(600):
        calls = [rng.gammavariate(9, 11) for _ in range(12)]
        # Busy days are bad days, as in life: the share depends on the number.
        answered = [one * min(max(rng.gauss(0.95 - one / 1_000, 0.05), 0.0), 1.0) for one in calls]
        found = ratio(days(*answered), days(*calls))
        truth = 0.95 - (99 + 11) / 1_000  # E[n (0.95 - n / 1000)] / E[n], n being Gamma with shape 9 and scale 11
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert 545 <= held <= 590


@pytest.mark.parametrize(
    ("waits", "share", "expected"),
    [([7], 0.9, 7), ([3, 1, 2], 0.5, 2), (list(range(1, 11)), 0.9, 9), ([4, 4, 9], 1.0, 9)],
)
def test_a_quantile_is_a_wait_that_occurred(waits: list[int], share: float, expected: int) -> None:
    assert quantile(np.array(waits, np.int32), share) == expected


def test_of_no_waits_there_is_no_quantile() -> None:
    assert math.isnan(quantile(np.zeros(0, np.int32), 0.5))
