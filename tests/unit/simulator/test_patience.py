"""How long callers are willing to wait, where most were answered before they showed it."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from simulator.replay.patience import NEVER_MS, kaplan_meier

REMISSION = [
    *((weeks, True) for weeks in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *((weeks, False) for weeks in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
"""Weeks of remission under 6-MP, the field's own example (Freireich and others, Blood 21, 1963)."""


def test_the_share_still_there_is_that_of_the_textbook() -> None:
    estimate = kaplan_meier(REMISSION)
    assert (estimate.observed, estimate.censored) == (9, 12)
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert estimate.times_ms == tuple(expected)
    assert estimate.survival == pytest.approx(tuple(expected.values()), abs=0.0006)
    assert estimate.median_ms() == 23


def test_leaving_the_answered_out_would_make_callers_look_far_less_patient_than_they_are() -> None:
    rng = random.Random(3)
    patience = [rng.expovariate(1 / 180_000) for _ in range(5_000)]
    waits = [rng.expovariate(1 / 60_000) for _ in range(5_000)]
    estimate = kaplan_meier(
        (round(min(willing, wait)), willing < wait) for willing, wait in zip(patience, waits, strict=True)
    )
    seen = [willing for willing, wait in zip(patience, waits, strict=True) if willing < wait]
    assert statistics.median(seen) < 40_000
    assert estimate.median_ms() == pytest.approx(180_000 * math.log(2), rel=0.12)
    assert 1 / estimate.hazard == pytest.approx(180_000, rel=0.08)


def test_patience_that_is_drawn_is_longer_than_the_caller_has_waited_and_follows_the_estimate() -> None:
    estimate = kaplan_meier((wait * 1_000, wait % 3 > 0) for wait in range(1, 400))
    rng = random.Random(1)
    drawn = [estimate.beyond(100_000, rng.random()) for _ in range(4_000)]
    assert min(drawn) > 100_000
    for limit in (150_000, 250_000, 350_000):
        expected = estimate.share_beyond(limit) / estimate.share_beyond(100_000)
        assert sum(wait > limit for wait in drawn) / len(drawn) == pytest.approx(expected, abs=0.03)


def test_beyond_the_last_who_gave_up_callers_go_at_the_mean_rate_of_the_day() -> None:
    estimate = kaplan_meier([(10_000, True), (10_000, True), (80_000, False), (100_000, False)])
    assert estimate.hazard == pytest.approx(2 / 200_000)
    rng = random.Random(2)
    drawn = [estimate.beyond(100_000, rng.random()) - 100_000 for _ in range(4_000)]
    assert statistics.fmean(drawn) == pytest.approx(100_000, rel=0.06)


def test_where_nobody_gave_up_nobody_will() -> None:
    assert kaplan_meier([(5_000, False), (9_000, False)]).beyond(5_000, 0.5) == NEVER_MS
    assert kaplan_meier([]).beyond(0, 0.5) == NEVER_MS
