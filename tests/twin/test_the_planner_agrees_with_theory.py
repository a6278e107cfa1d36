"""The planner against exact values: every row that settles within the time a test may take.

Each measure of each row may be off by what chance allows, three standard errors corrected for the number of measures;
all of them together may not lean to one side, nor scatter more or less than chance does.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Preference, QueueSetup, Strategy
from config.laws import Deterministic, Erlang, Exponential, Law, Lognormal
from simulator.estimates import Estimate, ratio, t_quantile
from simulator.planner import cells as c
from simulator.planner.model import CallKind
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import Sample, run
from simulator.planner.steady import steady_model
from simulator.service_level import Definition

TRUTH = Path(__file__).parents[1] / "data" / "truth"
MINUTE = 30_000
"""A minute of the tables, in milliseconds of the planner: fewer, and rounding shows; more, and slow rows do not fit."""
REPLICATIONS = 24
FAMILIES = ("erlang_b", "erlang_c", "erlang_a", "mmn_g", "mdn", "mg1", "priority", "skills")


@dataclass(frozen=True)
class Measured:
    """One measure of one row."""

    row: str
    measure: str
    exactly: float
    z: float


@cache
def measured(family: str) -> list[Measured]:
    return list(globals()[family]())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_measure_is_as_exact_as_chance_allows(family: str) -> None:
    measures = sum(len(measured(each)) for each in FAMILIES)
    bound = NormalDist().inv_cdf(1 - (1 - NormalDist().cdf(3)) / measures)
    assert [one for one in measured(family) if abs(one.z) > bound] == []


def test_all_rows_together_neither_lean_nor_scatter_more_than_chance() -> None:
    first = {one.row: one.z for family in FAMILIES for one in reversed(measured(family))}
    assert len(first) >= 55
    assert sum(len(measured(family)) for family in FAMILIES) >= 200
    assert abs(sum(first.values())) / sqrt(len(first)) < 3
    # The sum of squares, by Wilson and Hilferty's cube root, with Student's t in place of the normal.
    freedom, spread = len(first), (REPLICATIONS - 1) / (REPLICATIONS - 3)
    cube = (sum(z * z for z in first.values()) / spread / freedom) ** (1 / 3)
    assert abs(cube - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom)) < 3


def rows(name: str) -> Iterator[dict[str, str]]:
    with (TRUTH / f"{name}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def one_queue(
    row: str,
    *,
    agents: int,
    rate: float,
    talk: Law,
    settles: float,
    patience: Law | None = None,
    within: float = 0.0,
    most: int | None = None,
) -> Sample:
    """One queue; ``settles`` is how many minutes it takes to forget its state."""
    acd = AcdSetup(
        queues=(QueueSetup(id="q", wrap_up_ms=0, threshold_ms=round(within * MINUTE), max_waiting=most),),
        agents=tuple(AgentSetup(id=f"a{number}") for number in range(agents)),
    )
    kind = CallKind(name=row, queue="q", talk=talk)
    if patience is not None:
        kind = CallKind(name=row, queue="q", talk=talk, patience=patience)
    return sampled(acd, [(kind, rate)], settles)


def sampled(acd: AcdSetup, calls: list[tuple[CallKind, float]], settles: float) -> Sample:
    settles = max(settles, 2.0)
    rate = sum(per_minute for _, per_minute in calls)
    length = max(20 * settles, 4_000 / rate)
    model = steady_model(
        acd,
        [(kind, per_minute / MINUTE) for kind, per_minute in calls],
        warm_up_ms=round(8 * settles * MINUTE),
        length_ms=round(length * MINUTE),
    )
    return run(model, seed=7, replications=REPLICATIONS)


def compared(row: str, sample: Sample, exactly: Mapping[str, str | float], queue: int = 0) -> Iterator[Measured]:
    counts = sample.counts[:, queue, 0]
    entered = counts[:, c.QUEUED]
    every_wait = counts[:, c.ANSWERED_WAIT_MS] + counts[:, c.ABANDONED_WAIT_MS]
    found: dict[str, Estimate] = {
        "p_wait": ratio(entered - counts[:, c.ANSWERED_AT_ONCE], entered),
        "p_block": ratio(counts[:, c.N_REFUSED], entered + counts[:, c.N_REFUSED]),
        "p_abandon": ratio(*abandonment(counts)),
        "mean_wait": ratio(every_wait / MINUTE, entered),
        "asa": ratio(answer_speed(counts)[0] / MINUTE, counts[:, c.N_ANSWERED]),
        "sl_negative": ratio(*service_level(counts, Definition.ABANDONS_NEGATIVE)),
        "sl_ignored": ratio(*service_level(counts, Definition.ABANDONS_IGNORED)),
        "sl_positive": ratio(*service_level(counts, Definition.ABANDONS_POSITIVE)),
        "occupancy": ratio(*occupied(sample.times[:, 0, 0])),
    }
    for measure, value in exactly.items():
        yield from judged(row, measure, found[measure], float(value))


def judged(row: str, measure: str, estimate: Estimate, exactly: float) -> Iterator[Measured]:
    assert estimate.mean is not None
    assert estimate.half_width is not None
    error = estimate.half_width / t_quantile(REPLICATIONS - 1)
    # What happens next to never, or next to always, is too skewed to be judged by its scatter.
    if exactly > 5e-3 and (measure in ("asa", "mean_wait") or exactly < 0.995):
        yield Measured(row, measure, exactly, (estimate.mean - exactly) / error)


def settling(agents: int, rate: float, service: float) -> float:
    """Relaxation time of M/M/n below its capacity: 1 / (√(n mu) - √lambda)^2, about."""
    return 1 / (sqrt(agents * service) - sqrt(rate)) ** 2 + 1 / service


def is_short(rate: float, settles: float) -> bool:
    """Whether a test has the time for it."""
    return 28 * rate * settles < 130_000


def erlang_b() -> Iterator[Measured]:
    for row in rows("erlang_b"):
        agents, load = int(row["n"]), float(row["a_erlangs"])
        if is_short(load, 2):
            sample = one_queue(
                f"B {agents} {load}", agents=agents, rate=load, talk=Exponential(mean_ms=MINUTE), settles=2, most=0
            )
            yield from compared(f"B {agents} {load}", sample, {"p_block": row["p_block"]})


def erlang_c() -> Iterator[Measured]:
    for row in rows("erlang_c"):
        agents, rate, service = int(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"])
        settles = settling(agents, rate, service)
        if is_short(rate, settles):
            name = f"C {agents} {rate}"
            sample = one_queue(
                name,
                agents=agents,
                rate=rate,
                talk=Exponential(mean_ms=round(MINUTE / service)),
                settles=settles,
                within=float(row["tau_min"]),
            )
            exactly = {"asa": row["asa_min"], "p_wait": row["p_wait"], "sl_negative": row["sl_wait_le_tau"]}
            yield from compared(name, sample, {**exactly, "occupancy": row["occupancy"]})


def erlang_a() -> Iterator[Measured]:
    for row in rows("erlang_a"):
        agents, rate = int(row["n"]), float(row["lambda_per_min"])
        service, leaving = float(row["mu_per_min"]), float(row["theta_per_min"])
        settles = min(2 / leaving, settling(agents, rate, service) if rate < agents * service else 2 / leaving)
        if is_short(rate, settles):
            name = f"A {agents} {rate} {leaving} {row['tau_min']}"
            sample = one_queue(
                name,
                agents=agents,
                rate=rate,
                talk=Exponential(mean_ms=round(MINUTE / service)),
                patience=Exponential(mean_ms=round(MINUTE / leaving)),
                settles=settles,
                within=float(row["tau_min"]),
            )
            exactly = {
                "mean_wait": row["mean_wait_all_min"],
                "p_wait": row["p_wait"],
                "p_abandon": row["p_abandon"],
                "asa": row["asa_served_only_min"],
                "occupancy": row["occupancy"],
                "sl_negative": row["sl_answered_le_tau_over_offered"],
                "sl_ignored": row["sl_answered_le_tau_over_answered"],
                "sl_positive": row["p_wait_le_tau_any_outcome"],
            }
            if float(row["tau_min"]) == 0:
                del exactly["sl_positive"]  # in milliseconds some patience is 0 too
            yield from compared(name, sample, exactly)


def mmn_g() -> Iterator[Measured]:
    for row in rows("mmn_g"):
        agents, rate, service = int(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"])
        mean_ms = round(float(row["patience_mean_min"]) * MINUTE)
        if not is_short(rate, 4 * float(row["patience_mean_min"])):
            continue
        patience: Law = Deterministic(mean_ms=mean_ms)
        if row["patience_law"] == "lognormal":
            patience = Lognormal(mean_ms=mean_ms, sd_ms=round(mean_ms * float(row["patience_cv"])))
        name = f"G {agents} {rate} {row['patience_law']} {row['patience_mean_min']}"
        sample = one_queue(
            name,
            agents=agents,
            rate=rate,
            talk=Exponential(mean_ms=round(MINUTE / service)),
            patience=patience,
            settles=4 * float(row["patience_mean_min"]),
            within=float(row["tau_min"]),
        )
        exactly = {
            "mean_wait": row["mean_wait_all_min"],
            "p_wait": row["p_wait"],
            "p_abandon": row["p_abandon"],
            "asa": row["asa_served_only_min"],
            "sl_negative": row["sl_answered_le_tau_over_offered"],
        }
        yield from compared(name, sample, exactly)


def mdn() -> Iterator[Measured]:
    for row in rows("mdn"):
        agents, rate = int(row["n"]), float(row["lambda_per_min"])
        name = f"D {agents} {rate}"
        sample = one_queue(
            name,
            agents=agents,
            rate=rate,
            talk=Deterministic(mean_ms=MINUTE),
            settles=settling(agents, rate, 1),
            within=0.5,
        )
        exactly = {"asa": row["mean_wait_min"], "p_wait": row["p_wait"], "sl_negative": row["sl_wait_le_0.5"]}
        yield from compared(name, sample, exactly)


def mg1() -> Iterator[Measured]:
    laws: dict[str, Law] = {
        "exponential mean 1": Exponential(mean_ms=MINUTE),
        "erlang4 mean 1": Erlang(mean_ms=MINUTE, shape=4),
        "lognormal mean 1 scv 1.5": Lognormal(mean_ms=MINUTE, sd_ms=round(sqrt(1.5) * MINUTE)),
    }
    for row in rows("mg1"):
        rate, law = float(row["lambda_per_min"]), row["service_law"]
        if rate < 0.9:
            name = f"G1 {rate} {law}"
            sample = one_queue(name, agents=1, rate=rate, talk=laws[law], settles=2 * settling(1, rate, 1))
            yield from compared(name, sample, {"asa": row["mean_wait_min"], "p_wait": row["p_wait"]})


def priority() -> Iterator[Measured]:
    models: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows("priority_mmn_nonpreemptive"):
        models.setdefault((row["n"], row["class_rates_high_to_low"]), []).append(row)
    for (agents, text), classes in models.items():
        rates = [float(rate) for rate in text.split()]
        acd = AcdSetup(
            queues=tuple(QueueSetup(id=f"q{rank}", wrap_up_ms=0, priority=-rank) for rank in range(len(rates))),
            agents=tuple(AgentSetup(id=f"a{number}") for number in range(int(agents))),
        )
        calls = [
            (CallKind(name=f"P {agents} {text} {rank}", queue=f"q{rank}", talk=Exponential(mean_ms=MINUTE)), rate)
            for rank, rate in enumerate(rates)
        ]
        sample = sampled(acd, calls, 2 * settling(int(agents), sum(rates), 1))
        for row in classes:
            rank = int(row["class_rank"]) - 1
            exactly = {"mean_wait": row["mean_wait_min"], "p_wait": row["p_wait"]}
            yield from compared(f"P {agents} {text} {rank}", sample, exactly, rank)


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
                yield from compared(f"{name} {kind} {within}", sample, given, kind)
            for group in groups:
                busy = ratio(*occupied(sample.times[:, group, 0]))
                yield from judged(
                    f"{name} {group} {within}", "occupancy", busy, exactly[name, "group", group]["occupancy"]
                )
                # Shares of each class are known; the planner counts a group's answered calls of all classes together.
                share = sum(
                    model["lam"][kind] * exactly[name, "class", kind].get(f"share_served_by_group_{group}", 0.0)
                    for kind in classes
                ) / sum(model["lam"])
                by_group = ratio(
                    sample.times[:, group, 0, c.GROUP_ANSWERED], sample.counts[:, :, 0, c.QUEUED].sum(axis=1)
                )
                yield from judged(f"{name} {group} {within}", "share taken", by_group, share)


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
    return sampled(acd, calls, 40)
