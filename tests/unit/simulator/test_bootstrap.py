"""The interval of a difference between two runs holds the truth about as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.replay.bootstrap import Bootstrap

BLOCKS, CALLS = 32, 20
TRUE_CHANGE = -4.0


def a_day(seed: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Waits under two rules: callers of one half-hour wait alike, and the change is worth 4 seconds on average."""
    rng = np.random.default_rng(seed)
    common = np.repeat(rng.gamma(2.0, 15.0, BLOCKS), CALLS)
    change = np.repeat(rng.normal(TRUE_CHANGE, 6.0, BLOCKS), CALLS) + rng.normal(0.0, 3.0, BLOCKS * CALLS)
    today = common + rng.exponential(10.0, BLOCKS * CALLS)
    return today, today + change


def test_the_interval_holds_the_true_difference_in_about_95_of_100_days() -> None:
    block_of = np.repeat(np.arange(BLOCKS), CALLS)
    everybody = np.ones(BLOCKS * CALLS)
    held = 0
    for seed in range(300):
        today, proposed = a_day(seed)
        found = Bootstrap(block_of, BLOCKS, 1, seed).ratio([(today, everybody)], [(proposed, everybody)])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= TRUE_CHANGE <= found.high
    # 285 expected of 300; resampling 32 half-hours makes intervals a little short.
    assert 270 <= held <= 297


def test_callers_of_one_half_hour_are_not_taken_for_independent() -> None:
    today, proposed = a_day(1)
    everybody = np.ones(BLOCKS * CALLS)
    pairs = [(today, everybody)], [(proposed, everybody)]
    together = Bootstrap(np.repeat(np.arange(BLOCKS), CALLS), BLOCKS, 1, 1).ratio(*pairs)
    alone = Bootstrap(np.arange(BLOCKS * CALLS), BLOCKS * CALLS, 1, 1).ratio(*pairs)
    assert (together.difference, alone.difference) == pytest.approx(((proposed - today).mean(),) * 2)
    assert None not in (together.low, together.high, alone.low, alone.high)
    assert (together.high or 0) - (together.low or 0) > 2 * ((alone.high or 0) - (alone.low or 0))


def test_a_quantile_is_that_of_the_callers_who_count() -> None:
    waits, counts = np.array([5.0, 1.0, 9.0, 3.0, 100.0]), np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    bootstrap = Bootstrap(np.zeros(5, dtype=np.intp), 1, 1, 1)
    found = bootstrap.quantile(0.5, [(waits, counts)], [(waits + 2, counts)])
    assert (found.today, found.proposed, found.difference, found.low, found.high) == (3.0, 5.0, 2.0, 2.0, 2.0)
    assert bootstrap.quantile(0.9, [(waits, counts)], [(waits, counts)]).today == 9.0


def test_the_measure_of_nobody_is_none() -> None:
    nobody = np.zeros(0)
    bootstrap = Bootstrap(np.zeros(0, dtype=np.intp), 4, 1, 1)
    for found in (
        bootstrap.ratio([(nobody, nobody)], [(nobody, nobody)]),
        bootstrap.quantile(0.5, [(nobody, nobody)], [(nobody, nobody)]),
    ):
        assert (found.today, found.difference, found.low) == (None, None, None)
        assert not found.is_clear


def test_repetitions_that_disagree_widen_the_interval() -> None:
    today, proposed = a_day(2)
    everybody = np.ones(BLOCKS * CALLS)
    block_of = np.repeat(np.arange(BLOCKS), CALLS)
    runs = [(today, everybody)] * 2, [(proposed, everybody), (proposed + 30, everybody)]
    one = Bootstrap(block_of, BLOCKS, 1, 1).ratio(runs[0][:1], runs[1][:1])
    both = Bootstrap(block_of, BLOCKS, 2, 1).ratio(*runs)
    assert both.difference == pytest.approx((one.difference or 0) + 15)
    assert (both.high or 0) - (both.low or 0) > 25
