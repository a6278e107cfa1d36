"""The formulas against answers worked out in another way, and at the ends of their ranges."""

from __future__ import annotations

from math import exp, expm1, factorial, inf, pi, sqrt

import numpy as np
import pytest

from simulator.formulas import (
    Definition,
    Exponential,
    Fixed,
    Lognormal,
    ServiceLevelTarget,
    Targets,
    blocking,
    carried_load,
    erlang_a,
    erlang_c,
    garnett_p_wait,
    halfin_whitt_grade,
    halfin_whitt_p_wait,
    least_agents,
    least_lines,
    md_n,
    mg1,
    mmn_g,
    ranked_classes,
    square_root_staffing,
)


def settled_states(agents: int, arrival_rate: float, service_rate: float, abandonment_rate: float) -> list[float]:
    """The chances of 0, 1, 2, ... calls in an Erlang A system, state by state."""
    weights = [1.0]
    for calls in range(1, agents + 3000):
        leaving = min(calls, agents) * service_rate + max(0, calls - agents) * abandonment_rate
        weights.append(weights[-1] * arrival_rate / leaving)
    total = sum(weights)
    return [weight / total for weight in weights]


@pytest.mark.parametrize(
    ("agents", "arrival_rate", "service_rate", "abandonment_rate"),
    [(1, 0.5, 1.0, 0.5), (5, 7.0, 1.0, 0.3), (30, 28.0, 1.0, 2.0), (100, 130.0, 1.0, 1.0)],
)
def test_erlang_a_is_the_settled_birth_and_death_process(
    agents: int, arrival_rate: float, service_rate: float, abandonment_rate: float
) -> None:
    chances = settled_states(agents, arrival_rate, service_rate, abandonment_rate)
    queue = erlang_a(agents, arrival_rate, service_rate, abandonment_rate)
    waiting = sum((calls - agents) * chance for calls, chance in enumerate(chances) if calls > agents)
    busy = sum(min(calls, agents) * chance for calls, chance in enumerate(chances))
    assert queue.p_wait == pytest.approx(sum(chances[agents:]), rel=1e-12)
    assert queue.mean_queue == pytest.approx(waiting, rel=1e-12)
    assert queue.occupancy == pytest.approx(busy / agents, rel=1e-12)
    assert queue.abandonment == pytest.approx(abandonment_rate * waiting / arrival_rate, rel=1e-12)


@pytest.mark.parametrize(
    ("agents", "arrival_rate", "patience"),
    [(1, 0.5, 1.0), (10, 12.0, 0.5), (100, 100.0, 2.0), (100_000, 99_999.0, 0.25), (100_000, 100_010.0, 0.25)],
)
def test_callers_who_all_wait_equally_long_are_lost_as_erlang_found(
    agents: int, arrival_rate: float, patience: float
) -> None:
    blocked = blocking(agents, arrival_rate)
    over = arrival_rate - agents
    waiting = exp(over * patience) + agents * (expm1(over * patience) / over if over else patience)
    full = 1 / ((1 - blocked) / blocked + waiting)
    queue = mmn_g(agents, arrival_rate, 1.0, Fixed(patience))
    assert queue.p_wait == pytest.approx(full * waiting, rel=1e-12)
    assert queue.abandonment == pytest.approx(full * exp(over * patience), rel=1e-12)
    for later in (patience, patience * 1.01, patience * 1.3, patience * 100):
        waits = queue.waits(later)
        assert waits.answered == pytest.approx(queue.answered, rel=1e-12)
        assert waits.abandoned == pytest.approx(queue.abandonment, rel=1e-12)
        assert waits.still_waiting == 0


def test_a_little_spread_of_patience_is_nearly_fixed_patience() -> None:
    fixed = mmn_g(50, 52.0, 1.0, Fixed(0.5))
    spread = mmn_g(50, 52.0, 1.0, Lognormal(0.5, 0.01))
    assert spread.abandonment == pytest.approx(fixed.abandonment, rel=1e-3)
    assert spread.asa == pytest.approx(fixed.asa, rel=5e-3)


@pytest.mark.parametrize(("agents", "occupancy"), [(1, 0.5), (2, 0.9), (7, 0.3), (7, 0.8), (40, 0.95)])
def test_handling_times_all_alike_settle_as_the_chain_from_one_handling_time_to_the_next(
    agents: int, occupancy: float
) -> None:
    load = agents * occupancy
    states = 1200
    arrivals = np.zeros(states)
    arrivals[0] = exp(-load)
    for number in range(1, states):
        arrivals[number] = arrivals[number - 1] * load / number
    chances = arrivals
    for _ in range(3000):
        left = np.concatenate(([chances[: agents + 1].sum()], chances[agents + 1 :]))
        chances = np.convolve(left, arrivals)[:states]
    queue = md_n(agents, load, 1.0)
    assert queue.p_wait == pytest.approx(chances[agents:].sum(), rel=1e-9)
    assert queue.mean_queue == pytest.approx(float((np.arange(states - agents) * chances[agents:]).sum()), rel=1e-9)
    # In one handling time just those leave who were served at its start, and as many waiting calls take their places.
    for periods in range(4):
        within = chances[: agents * (periods + 1)].sum()
        assert queue.service_level(float(periods)) == pytest.approx(within, rel=1e-9)


@pytest.mark.parametrize("time", [0.0, 0.3, 1.0, 2.7, 6.1])
def test_the_service_level_of_one_agent_with_equal_handling_times_is_erlangs(time: float) -> None:
    rate = 0.8
    parts = [(j, rate * (time - j)) for j in range(int(time) + 1)]
    exact = (1 - rate) * sum(exp(part) * (-part) ** j / factorial(j) for j, part in parts)
    assert md_n(1, rate, 1.0).service_level(time) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("occupancy", [0.1, 0.9, 0.99, 0.995, 0.999])
def test_one_agent_with_handling_times_all_alike_is_pollaczeks_and_khinchines(occupancy: float) -> None:
    assert md_n(1, occupancy, 1.0).mean_wait == pytest.approx(mg1(occupancy, 1.0, 0.0).mean_wait, rel=1e-11)
    assert md_n(1, occupancy, 1.0).p_wait == pytest.approx(occupancy, rel=1e-11)


def test_service_level_of_equal_handling_times_is_p_no_wait_at_once_and_grows() -> None:
    queue = md_n(20, 19.0, 1.0)
    levels = [queue.service_level(time) for time in (0.0, 0.4, 0.99999999, 1.0, 2.5, 7.0)]
    assert levels[0] == pytest.approx(1 - queue.p_wait, rel=1e-13)
    assert levels == sorted(levels)
    assert levels[2] == pytest.approx(levels[3], rel=1e-6)


def test_too_few_agents_without_hanging_up_grow_a_queue_without_end() -> None:
    for queue in (erlang_c(10, 10.0, 1.0), erlang_c(10, 25.0, 1.0)):
        assert (queue.p_wait, queue.service_level(5.0), queue.occupancy) == (1.0, 0.0, 1.0)
        assert (queue.asa, queue.mean_queue, queue.wait_quantile(0.5)) == (inf, inf, inf)
    assert mg1(1.0, 1.0, 1.0).mean_wait == inf


def test_in_overload_the_highest_classes_may_still_be_served() -> None:
    high, low = ranked_classes(10, (8.0, 5.0), 1.0)
    assert high.p_wait == 1.0
    assert high.mean_wait == pytest.approx(1 / (10 - 8))
    assert low.mean_wait == inf


def test_one_class_is_erlang_c_and_a_class_without_calls_has_no_queue() -> None:
    high, low = ranked_classes(12, (9.0, 0.0), 1.0)
    assert high.mean_wait == pytest.approx(erlang_c(12, 9.0, 1.0).asa, rel=1e-14)
    assert low.mean_queue == 0.0


def test_nobody_calls() -> None:
    assert (blocking(5, 0.0), blocking(0, 0.0), carried_load(5, 0.0)) == (0.0, 1.0, 0.0)
    assert erlang_c(5, 0.0, 1.0).asa == 0.0
    quiet = erlang_a(5, 0.0, 1.0, 1.0)
    assert (quiet.p_wait, quiet.abandonment, quiet.asa, quiet.service_level(0.0)) == (0.0, 0.0, 0.0, 1.0)
    assert least_agents(0.0, 1.0, Targets(asa=1.0)) == 0


def test_with_far_too_many_lines_nobody_is_turned_away() -> None:
    assert blocking(1e9, 5.0) == 0.0
    assert carried_load(1e9, 5.0) == 5.0
    assert erlang_c(1e8, 5.0, 1.0).p_wait == 0.0


def test_the_size_of_the_centre_and_the_overload_may_be_extreme() -> None:
    queue = erlang_a(1e6, 5e6, 1.0, 1e-3)
    assert queue.abandonment == pytest.approx(0.8, rel=1e-12)
    assert queue.service_level(1.0) == 0.0
    assert queue.service_level(1.0, Definition.ABANDONS_POSITIVE) == pytest.approx(1 - exp(-1e-3), rel=1e-9)
    assert erlang_a(1e6, 1.0, 1.0, 1.0).service_level(0.0) == 1.0


def test_service_level_with_short_abandons_excluded_takes_its_own_limit() -> None:
    queue = erlang_a(100, 105.0, 1.0, 1.0)
    waits, short = queue.waits(0.3), queue.waits(0.05)
    level = queue.service_level(0.3, Definition.SHORT_ABANDONS_EXCLUDED, short_abandon=0.05)
    assert level == pytest.approx(waits.answered / (1 - short.abandoned), rel=1e-13)
    assert queue.service_level(0.3) < level < queue.service_level(0.3, Definition.SHORT_ABANDONS_EXCLUDED)


@pytest.mark.parametrize(
    ("aht_seconds", "patience_seconds", "least"), [(180, 180, (99, 98, 98)), (60, 120, (93, 90, 91))]
)
def test_the_same_80_20_needs_other_numbers_of_agents_by_its_definition(
    aht_seconds: float, patience_seconds: float, least: tuple[int, ...]
) -> None:
    definitions = Definition.ABANDONS_NEGATIVE, Definition.ABANDONS_IGNORED, Definition.SHORT_ABANDONS_EXCLUDED
    assert least == tuple(
        least_agents(
            100 / aht_seconds,
            1 / aht_seconds,
            Targets(service_level=ServiceLevelTarget(0.8, 20.0, definition)),
            Exponential(1 / patience_seconds),
        )
        for definition in definitions
    )


def test_least_lines_are_the_first_that_block_few_enough() -> None:
    for load, blocked in ((0.1, 0.01), (60.0, 0.01), (60.0, 0.5), (4000.0, 0.001)):
        lines = least_lines(load, blocked)
        assert blocking(lines, load) <= blocked < blocking(lines - 1, load)


def test_square_root_staffing_is_close_in_large_centres() -> None:
    grade = halfin_whitt_grade(0.3)
    assert halfin_whitt_p_wait(grade) == pytest.approx(0.3, rel=1e-12)
    agents = square_root_staffing(10_000.0, grade)
    assert erlang_c(agents, 10_000.0, 1.0).p_wait == pytest.approx(0.3, abs=0.005)
    at_load = 10_000 + 0.5 * sqrt(10_000)
    assert garnett_p_wait(0.5, 1.0, 2.0) == pytest.approx(erlang_a(at_load, 10_000.0, 1.0, 2.0).p_wait, abs=0.005)


def test_garnetts_approximation_at_full_load_is_known_and_holds_far_out() -> None:
    # h(0) = sqrt(2 / pi) on both sides: 1 / (1 + sqrt(theta / mu)).
    assert garnett_p_wait(0.0, 1.0, 4.0) == pytest.approx(1 / 3, rel=1e-13)
    assert garnett_p_wait(60.0, 1.0, 1.0) < 1e-300
    assert garnett_p_wait(-60.0, 1.0, 1.0) == pytest.approx(1.0, rel=1e-12)
    assert halfin_whitt_p_wait(1e-6) == pytest.approx(1 - 1e-6 * sqrt(pi / 2), abs=1e-11)
