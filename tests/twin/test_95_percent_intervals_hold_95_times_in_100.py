"""A planner's interval is a promise: of many plans, 95 in 100 have the exact value between its ends.

M/M/10+M of the planner against Erlang A. The replications of one long run are dealt out to plans of 16 each, as many as
`holdless plan` looks at first.
"""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np
import pytest

from acd.setup import AcdSetup, AgentSetup, QueueSetup
from config.laws import Exponential
from simulator.estimates import Estimate, ratio, sectioned
from simulator.formulas import erlang_a
from simulator.planner.bins import quantiles
from simulator.planner.model import CallKind
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import FIRST_ROUND, Sample, run
from simulator.planner.steady import steady_model
from simulator.service_level import Definition

MINUTE = 60_000
AGENTS, RATE, LEAVING, WITHIN = 10, 10.0, 0.5, 1 / 3
PLANS = 300
EXACTLY = erlang_a(AGENTS, RATE, 1.0, LEAVING)


@cache
def sample() -> Sample:
    acd = AcdSetup(
        queues=(QueueSetup(id="q", wrap_up_ms=0, threshold_ms=round(WITHIN * MINUTE)),),
        agents=tuple(AgentSetup(id=f"a{number}") for number in range(AGENTS)),
    )
    kind = CallKind(
        name="calls", queue="q", talk=Exponential(mean_ms=MINUTE), patience=Exponential(mean_ms=round(MINUTE / LEAVING))
    )
    model = steady_model(acd, [(kind, RATE / MINUTE)], warm_up_ms=20 * MINUTE, length_ms=60 * MINUTE)
    return run(model, seed=11, replications=PLANS * FIRST_ROUND)


def estimates(measure: str, plan: slice) -> Estimate:
    counts = sample().counts[plan, 0, 0]
    match measure:
        case "service level":
            return ratio(*service_level(counts, Definition.ABANDONS_NEGATIVE))
        case "abandonment":
            return ratio(*abandonment(counts))
        case "ASA":
            return ratio(*answer_speed(counts))
        case "occupancy":
            return ratio(*occupied(sample().times[plan, 0, 0]))
        case _:
            waits, share = sample().waits[plan, 0], np.array([0.9])
            return sectioned(float(quantiles(waits.sum(axis=0), share)[0]), quantiles(waits, share)[:, 0])


@pytest.mark.parametrize(
    ("measure", "exactly"),
    [
        ("service level", EXACTLY.service_level(WITHIN)),
        ("abandonment", EXACTLY.abandonment),
        ("ASA", EXACTLY.asa * MINUTE),
        ("occupancy", EXACTLY.occupancy),
        ("90 % in", EXACTLY.answered_wait_quantile(0.9) * MINUTE),
    ],
)
def test_95_in_100_intervals_hold_the_exact_value(measure: str, exactly: float) -> None:
    held = 0
    for first in range(0, PLANS * FIRST_ROUND, FIRST_ROUND):
        found = estimates(measure, slice(first, first + FIRST_ROUND))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= exactly <= found.high
    assert abs(held / PLANS - 0.95) < 3 * sqrt(0.95 * 0.05 / PLANS), held / PLANS
