"""The planner against exact values: every row that settles within the time a test may take.

Each measure of each row may be off by what chance allows, three standard errors corrected for the number of measures;
all of them together may not lean to one side, nor scatter more or less than chance does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.theory_case import COUNTED, MINUTE, WARM_UP, Case, Measures, is_telling
from benchmarks.theory_families import FAMILIES
from benchmarks.theory_judgement import Measured, deviation, largest_by_chance, verdict
from simulator.planner import cells as c
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import Sample, run
from simulator.planner.steady import steady_model
from simulator.service_level import Definition

REPLICATIONS = 24
COSTS_MOST = 130_000
"""For more calls than these in a run a test has no time."""

Counted = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Ratio = tuple[Counted, Counted]
"""Of each replication, what stands above and what below."""


@cache
def measured(family: str) -> list[Measured]:
    return list(settled(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_measure_is_as_exact_as_chance_allows(family: str) -> None:
    bound = largest_by_chance(sum(len(measured(each)) for each in FAMILIES))
    assert [one for one in measured(family) if abs(one.z) > bound] == []


def test_all_rows_together_neither_lean_nor_scatter_more_than_chance() -> None:
    everything = [one for family in FAMILIES for one in measured(family)]
    assert len({one.centre for one in everything}) >= 50
    assert len(everything) >= 200
    assert verdict(everything).faults == ()


def sampled(case: Case) -> Sample:
    settles = max(case.settles, 2.0)
    model = steady_model(
        case.acd,
        [(kind, per_minute / MINUTE) for kind, per_minute in case.calls],
        warm_up_ms=round(WARM_UP * settles * MINUTE),
        length_ms=round(max(COUNTED * settles, 4_000 / case.rate) * MINUTE),
    )
    return run(model, seed=7, replications=REPLICATIONS)


def compared(centre: str, row: str, sample: Sample, exactly: Measures, queue: int = 0) -> Iterator[Measured]:
    counts = sample.counts[:, queue, 0]
    entered = counts[:, c.QUEUED]
    found: dict[str, Ratio] = {
        "p_wait": (entered - counts[:, c.ANSWERED_AT_ONCE], entered),
        "p_block": (counts[:, c.N_REFUSED], entered + counts[:, c.N_REFUSED]),
        "p_abandon": abandonment(counts),
        "mean_wait": ((counts[:, c.ANSWERED_WAIT_MS] + counts[:, c.ABANDONED_WAIT_MS]) / MINUTE, entered),
        "asa": (answer_speed(counts)[0] / MINUTE, counts[:, c.N_ANSWERED]),
        "sl_negative": service_level(counts, Definition.ABANDONS_NEGATIVE),
        "sl_ignored": service_level(counts, Definition.ABANDONS_IGNORED),
        "sl_positive": service_level(counts, Definition.ABANDONS_POSITIVE),
        "occupancy": occupied(sample.times[:, 0, 0]),
    }
    for measure, value in exactly.items():
        yield from judged(centre, row, measure, found[measure], float(value))


def judged(centre: str, row: str, measure: str, found: Ratio, exactly: float) -> Iterator[Measured]:
    if is_telling(measure, exactly):
        above, below = (np.asarray(each, dtype=np.float64) for each in found)
        yield Measured(
            centre=centre,
            row=row,
            measure=measure,
            exactly=exactly,
            found=float(above.sum() / below.sum()),
            z=deviation(above, below, exactly),
        )


def settled(family: str) -> Iterator[Measured]:
    for case in FAMILIES[family]():
        if case.costs < COSTS_MOST:
            sample = sampled(case)
            for queue, exactly in enumerate(case.exactly):
                yield from compared(case.name, f"{case.name} {queue}", sample, exactly, queue)
            for group, exactly in enumerate(case.groups):
                yield from in_a_group(case, sample, group, exactly)


def in_a_group(case: Case, sample: Sample, group: int, exactly: Measures) -> Iterator[Measured]:
    everybody = sample.counts[:, : len(case.acd.queues), 0, c.QUEUED].sum(axis=1)
    found: dict[str, Ratio] = {
        "occupancy": occupied(sample.times[:, group, 0]),
        "share taken": (sample.times[:, group, 0, c.GROUP_ANSWERED], everybody),
    }
    for measure, value in exactly.items():
        yield from judged(case.name, f"{case.name} {group}", measure, found[measure], float(value))
