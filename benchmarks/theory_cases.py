"""Centres whose exact answer stands in ``tests/data/truth``, one for each row; skill models are in
:mod:`benchmarks.theory_skills`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from math import sqrt
from pathlib import Path

from acd.setup import AcdSetup, AgentSetup, QueueSetup
from benchmarks.theory_case import MINUTE, Case, one_queue, settling
from config.laws import Deterministic, Erlang, Exponential, Law, Lognormal
from simulator.planner.model import CallKind

TRUTH = Path(__file__).parents[1] / "tests" / "data" / "truth"


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one table."""
    with (TRUTH / f"{name}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def _erlang_b() -> Iterator[Case]:
    for row in rows("erlang_b"):
        agents, load = int(row["n"]), float(row["a_erlangs"])
        yield one_queue(
            f"B {agents} {load}",
            {"p_block": row["p_block"]},
            agents=agents,
            rate=load,
            talk=Exponential(mean_ms=MINUTE),
            settles=2,
            most=0,
        )


def _erlang_c() -> Iterator[Case]:
    for row in rows("erlang_c"):
        agents, rate, service = int(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"])
        yield one_queue(
            f"C {agents} {rate:.6g}",
            {
                "asa": row["asa_min"],
                "p_wait": row["p_wait"],
                "sl_negative": row["sl_wait_le_tau"],
                "occupancy": row["occupancy"],
            },
            agents=agents,
            rate=rate,
            talk=Exponential(mean_ms=round(MINUTE / service)),
            settles=settling(agents, rate, service),
            within=float(row["tau_min"]),
        )


def _erlang_a() -> Iterator[Case]:
    for row in rows("erlang_a"):
        agents, rate = int(row["n"]), float(row["lambda_per_min"])
        service, leaving = float(row["mu_per_min"]), float(row["theta_per_min"])
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
        yield one_queue(
            f"A {agents} {rate:.6g} {leaving:g} {float(row['tau_min']):.3g}",
            exactly,
            agents=agents,
            rate=rate,
            talk=Exponential(mean_ms=round(MINUTE / service)),
            patience=Exponential(mean_ms=round(MINUTE / leaving)),
            settles=min(2 / leaving, settling(agents, rate, service) if rate < agents * service else 2 / leaving),
            within=float(row["tau_min"]),
        )


def _mmn_g() -> Iterator[Case]:
    for row in rows("mmn_g"):
        agents, rate, service = int(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"])
        mean_ms = round(float(row["patience_mean_min"]) * MINUTE)
        patience: Law = Deterministic(mean_ms=mean_ms)
        if row["patience_law"] == "lognormal":
            patience = Lognormal(mean_ms=mean_ms, sd_ms=round(mean_ms * float(row["patience_cv"])))
        yield one_queue(
            f"G {agents} {rate} {row['patience_law']} {row['patience_mean_min']}",
            {
                "mean_wait": row["mean_wait_all_min"],
                "p_wait": row["p_wait"],
                "p_abandon": row["p_abandon"],
                "asa": row["asa_served_only_min"],
                "sl_negative": row["sl_answered_le_tau_over_offered"],
            },
            agents=agents,
            rate=rate,
            talk=Exponential(mean_ms=round(MINUTE / service)),
            patience=patience,
            settles=1.5 / service + 4 * float(row["patience_mean_min"]),
            within=float(row["tau_min"]),
        )


def _mdn() -> Iterator[Case]:
    for row in rows("mdn"):
        agents, rate = int(row["n"]), float(row["lambda_per_min"])
        yield one_queue(
            f"D {agents} {rate}",
            {"asa": row["mean_wait_min"], "p_wait": row["p_wait"], "sl_negative": row["sl_wait_le_0.5"]},
            agents=agents,
            rate=rate,
            talk=Deterministic(mean_ms=MINUTE),
            settles=settling(agents, rate, 1),
            within=0.5,
        )


def _mg1() -> Iterator[Case]:
    laws: dict[str, Law] = {
        "exponential mean 1": Exponential(mean_ms=MINUTE),
        "erlang4 mean 1": Erlang(mean_ms=MINUTE, shape=4),
        "lognormal mean 1 scv 1.5": Lognormal(mean_ms=MINUTE, sd_ms=round(sqrt(1.5) * MINUTE)),
    }
    for row in rows("mg1"):
        rate, law = float(row["lambda_per_min"]), row["service_law"]
        if rate < 0.9:  # nearer to its capacity a single agent settles too slowly
            yield one_queue(
                f"G1 {rate} {law}",
                {"asa": row["mean_wait_min"], "p_wait": row["p_wait"]},
                agents=1,
                rate=rate,
                talk=laws[law],
                settles=2 * settling(1, rate, 1),
            )


def _priority() -> Iterator[Case]:
    models: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows("priority_mmn_nonpreemptive"):
        models.setdefault((row["n"], row["class_rates_high_to_low"]), []).append(row)
    for (agents, text), classes in models.items():
        rates = [float(rate) for rate in text.split()]
        acd = AcdSetup(
            queues=tuple(QueueSetup(id=f"q{rank}", wrap_up_ms=0, priority=-rank) for rank in range(len(rates))),
            agents=tuple(AgentSetup(id=f"a{number}") for number in range(int(agents))),
        )
        name = f"P {agents} {text}"
        calls = [
            (CallKind(name=f"{name} {rank}", queue=f"q{rank}", talk=Exponential(mean_ms=MINUTE)), rate)
            for rank, rate in enumerate(rates)
        ]
        exactly = [
            {"mean_wait": row["mean_wait_min"], "p_wait": row["p_wait"]}
            for row in sorted(classes, key=lambda row: int(row["class_rank"]))
        ]
        settles = 2 * settling(int(agents), sum(rates), 1)
        yield Case(name=name, acd=acd, calls=calls, settles=settles, exactly=exactly)


TABLES: Mapping[str, Callable[[], Iterator[Case]]] = {
    "erlang_b": _erlang_b,
    "erlang_c": _erlang_c,
    "erlang_a": _erlang_a,
    "mmn_g": _mmn_g,
    "mdn": _mdn,
    "mg1": _mg1,
    "priority": _priority,
}
"""By table."""
