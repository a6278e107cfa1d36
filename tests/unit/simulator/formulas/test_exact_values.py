"""Every row of the tables of exact values, to 12 significant digits."""

from __future__ import annotations

import pytest

from simulator.formulas import (
    Definition,
    Fixed,
    Lognormal,
    Patience,
    blocking,
    carried_load,
    erlang_a,
    erlang_c,
    md_n,
    mg1,
    mmn_g,
    ranked_classes,
)
from tests.unit.simulator.formulas.tables import disagreements, identity, rows

Row = dict[str, str]


@pytest.mark.parametrize("row", rows("erlang_b") + rows("erlang_b_extremes"), ids=identity)
def test_erlang_b_agrees_with_the_exact_values(row: Row) -> None:
    agents, load = float(row["n"]), float(row["a_erlangs"])
    found = {"p_block": blocking(agents, load), "carried_erlangs": carried_load(agents, load)}
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("erlang_c"), ids=identity)
def test_erlang_c_agrees_with_the_exact_values(row: Row) -> None:
    queue = erlang_c(float(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"]))
    found = {
        "p_wait": queue.p_wait,
        "asa_min": queue.asa,
        "mean_wait_given_wait_min": queue.mean_wait_if_waiting,
        "sl_wait_le_tau": queue.service_level(float(row["tau_min"])),
        "mean_queue": queue.mean_queue,
        "occupancy": queue.occupancy,
        "wait_p90_min": queue.wait_quantile(0.9),
    }
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("erlang_a") + rows("erlang_a_extremes"), ids=identity)
def test_erlang_a_agrees_with_the_exact_values(row: Row) -> None:
    n, arrival_rate, service_rate, abandonment_rate, tau = (float(value) for value in list(row.values())[:5])
    queue = erlang_a(n, arrival_rate, service_rate, abandonment_rate)
    found = {
        "p_wait": queue.p_wait,
        "p_abandon": queue.abandonment,
        "mean_wait_all_min": queue.mean_wait,
        "asa_served_only_min": queue.asa,
        "mean_queue": queue.mean_queue,
        "occupancy": queue.occupancy,
        "sl_answered_le_tau_over_offered": queue.service_level(tau, Definition.ABANDONS_NEGATIVE),
        "sl_answered_le_tau_over_answered": queue.service_level(tau, Definition.ABANDONS_IGNORED),
        "sl_answered_le_tau_over_offered_minus_short_abandons": queue.service_level(
            tau, Definition.SHORT_ABANDONS_EXCLUDED
        ),
        "p_wait_le_tau_any_outcome": queue.service_level(tau, Definition.ABANDONS_POSITIVE),
        "p_abandon_le_tau": queue.waits(tau).abandoned,
    }
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("mmn_g"), ids=identity)
def test_any_law_of_patience_agrees_with_the_exact_values(row: Row) -> None:
    mean, tau = float(row["patience_mean_min"]), float(row["tau_min"])
    patience: Patience = Fixed(mean) if row["patience_law"] == "fixed" else Lognormal(mean, float(row["patience_cv"]))
    queue = mmn_g(float(row["n"]), float(row["lambda_per_min"]), float(row["mu_per_min"]), patience)
    found = {
        "p_wait": queue.p_wait,
        "p_abandon": queue.abandonment,
        "mean_wait_all_min": queue.mean_wait,
        "asa_served_only_min": queue.asa,
        "sl_answered_le_tau_over_offered": queue.service_level(tau),
        "p_abandon_le_tau": queue.waits(tau).abandoned,
    }
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("priority_mmn_nonpreemptive"), ids=identity)
def test_priorities_agree_with_the_exact_values(row: Row) -> None:
    rates = [float(rate) for rate in row["class_rates_high_to_low"].split()]
    ranked = ranked_classes(float(row["n"]), rates, float(row["mu_per_min"]))[int(row["class_rank"]) - 1]
    found = {"p_wait": ranked.p_wait, "mean_wait_min": ranked.mean_wait, "mean_queue_k": ranked.mean_queue}
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("mdn"), ids=identity)
def test_handling_times_all_alike_agree_with_the_exact_values(row: Row) -> None:
    queue = md_n(int(row["n"]), float(row["lambda_per_min"]), float(row["service_min"]))
    found = {
        "p_wait": queue.p_wait,
        "mean_wait_min": queue.mean_wait,
        "mean_queue": queue.mean_queue,
        "sl_wait_le_0.1": queue.service_level(0.1),
        "sl_wait_le_0.5": queue.service_level(0.5),
    }
    assert not disagreements(found, row)


@pytest.mark.parametrize("row", rows("mg1"), ids=identity)
def test_one_agent_and_any_handling_times_agree_with_the_exact_values(row: Row) -> None:
    queue = mg1(float(row["lambda_per_min"]), 1.0, (float(row["service_second_moment"]) - 1) ** 0.5)
    found = {"mean_wait_min": queue.mean_wait, "mean_queue": queue.mean_queue, "p_wait": queue.p_wait}
    assert not disagreements(found, row)
