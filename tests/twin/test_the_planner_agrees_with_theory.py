"""The planner against exact values: every row that settles within the time a test may take.

Each measure of each row may be off by what chance allows, three standard errors corrected for the number of measures;
all of them together may not lean to one side, nor scatter more or less than chance does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Preference, QueueSetup, Strategy
from benchmarks.theory_cases import COUNTED, FAMILIES, MINUTE, TRUTH, WARM_UP, Case, is_telling, rows
from benchmarks.theory_judgement import Measured, deviation, largest_by_chance, verdict
from config.laws import Exponential
from simulator.planner import cells as c
from simulator.planner.model import CallKind
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import Sample, run
from simulator.planner.steady import steady_model
from simulator.service_level import Definition

REPLICATIONS = 24
COSTS_MOST = 130_000
"""For more calls than these in a run a test has no time."""
ALL = (*FAMILIES, "skills")

Counted = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Ratio = tuple[Counted, Counted]
"""Of each replication, what stands above and what below."""


@cache
def measured(family: str) -> list[Measured]:
    return list(skills() if family == "skills" else settled(family))


@pytest.mark.parametrize("family", ALL)
def test_every_measure_is_as_exact_as_chance_allows(family: str) -> None:
    bound = largest_by_chance(sum(len(measured(each)) for each in ALL))
    assert [one for one in measured(family) if abs(one.z) > bound] == []


def test_all_rows_together_neither_lean_nor_scatter_more_than_chance() -> None:
    everything = [one for family in ALL for one in measured(family)]
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


def compared(
    centre: str, row: str, sample: Sample, exactly: Mapping[str, str | float], queue: int = 0
) -> Iterator[Measured]:
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


def skills() -> Iterator[Measured]:
    """Groups tried in an order are levels of a skill; classes tried in an order are an agent's ranks of queues."""
    exactly: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in rows("skill_models"):
        if row["entity"] in ("class", "group"):
            exactly.setdefault((row["model"], row["entity"], int(row["index"])), {})[row["metric"]] = float(
                row["value"]
            )
    for name, model in json.loads((TRUTH / "skill_models.json").read_text()).items():
        groups, classes = range(len(model["n"])), range(len(model["lam"]))
        longest_idle = model.get("agent") == "lisf"
        agents = []
        for group in groups:
            levels = {
                f"s{kind}": 5 if longest_idle else 9 - model["to_groups"][kind].index(group)
                for kind in classes
                if group in model["to_groups"][kind]
            }
            taken = {f"q{kind}": Preference(rank=rank) for rank, kind in enumerate(model["to_classes"][group])}
            agents += [
                AgentSetup(id=f"g{group}-{n}", skills={**levels, f"group{group}": 1}, queues=taken)
                for n in range(model["n"][group])
            ]
        for within in (0.5, 0.25):
            known = {kind: exactly[name, "class", kind].get(f"p_answered_within_{within}_min") for kind in classes}
            if within == 0.25 and None in known.values():
                continue
            sample = skilled(f"{name} {within}", model, agents, within)
            for kind in classes:
                wanted = {"sl_negative": known[kind]}
                if within == 0.5:
                    own = exactly[name, "class", kind]
                    wanted |= {
                        "mean_wait": own["mean_wait_all_min"],
                        "p_wait": own["p_must_wait"],
                        "p_abandon": own["p_abandon"],
                    }
                given = {measure: value for measure, value in wanted.items() if value is not None}
                yield from compared(name, f"{name} {kind} {within}", sample, given, kind)
            for group in groups:
                known_busy = exactly[name, "group", group]["occupancy"]
                busy = occupied(sample.times[:, group, 0])
                yield from judged(name, f"{name} {group} {within}", "occupancy", busy, known_busy)
                # Shares of each class are known; the planner counts a group's answered calls of all classes together.
                share = sum(
                    model["lam"][kind] * exactly[name, "class", kind].get(f"share_served_by_group_{group}", 0.0)
                    for kind in classes
                ) / sum(model["lam"])
                everybody = sample.counts[:, : len(classes), 0, c.QUEUED].sum(axis=1)
                by_group = (sample.times[:, group, 0, c.GROUP_ANSWERED], everybody)
                yield from judged(name, f"{name} {group} {within}", "share taken", by_group, share)


def skilled(name: str, model: Mapping[str, Any], agents: list[AgentSetup], within: float) -> Sample:
    longest_idle = model.get("agent") == "lisf"
    acd = AcdSetup(
        queues=tuple(
            QueueSetup(
                id=f"q{kind}",
                needs=Skill(f"s{kind}"),
                strategy=Strategy.LONGEST_IDLE if longest_idle else Strategy.BEST_SKILL,
                wrap_up_ms=0,
                threshold_ms=round(within * MINUTE),
            )
            for kind in range(len(model["lam"]))
        ),
        agents=tuple(agents),
    )
    calls = []
    for kind, rate in enumerate(model["lam"]):
        pace = {
            f"g{group}-{n}": 1 / service
            for group, service in enumerate(model["mu"][kind])
            if service
            for n in range(model["n"][group])
        }
        patience = Exponential(mean_ms=round(MINUTE / model["theta"][kind]))
        talk = Exponential(mean_ms=MINUTE)
        call = CallKind(name=f"{name} {kind}", queue=f"q{kind}", talk=talk, patience=patience, pace=pace)
        calls.append((call, float(rate)))
    return sampled(Case(name=name, acd=acd, calls=calls, settles=40, exactly=[]))
