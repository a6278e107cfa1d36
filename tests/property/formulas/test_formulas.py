"""What must hold of the queueing formulas whatever the numbers."""

from __future__ import annotations

import sys
from math import isfinite

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.formulas import (
    Definition,
    ErlangC,
    Exponential,
    Fixed,
    ImpatientQueue,
    Lognormal,
    Patience,
    ServiceLevelTarget,
    Targets,
    blocking,
    carried_load,
    erlang_a,
    erlang_c,
    least_agents,
    md_n,
    mmn_g,
    ranked_classes,
)
from simulator.formulas.staffing import meets

ROUNDING = 1e-11
TINY = 1e-300
"""Floats below have lost digits."""

untimed = settings(deadline=None)
"""Properties are about numbers; how long a busy machine takes is not one of them."""


def sizes(least: float = 0.01, most: float = 100_000.0) -> st.SearchStrategy[float]:
    """Sizes spread evenly over the orders of magnitude."""
    return st.floats(0, 1).map(lambda share: least * (most / least) ** share)


agents = st.one_of(st.integers(1, 100_000).map(float), sizes())
occupancies = st.one_of(st.floats(0.01, 3.0), st.floats(0.98, 1.02))
service_rates = sizes(0.01, 100)
laws = st.one_of(
    st.builds(Exponential, sizes(1e-4, 1e4)),
    st.builds(Fixed, sizes(1e-3, 1e3)),
    st.builds(Lognormal, sizes(1e-2, 1e2), st.floats(0.1, 3.0)),
)
times = st.one_of(st.just(0.0), sizes(1e-4, 1e3))
shares = st.floats(0.01, 0.99)


@st.composite
def impatient_queues(draw: st.DrawFn, patience: st.SearchStrategy[Patience] = laws) -> ImpatientQueue:
    n, rate = draw(agents), draw(service_rates)
    return mmn_g(n, draw(occupancies) * n * rate, rate, draw(patience))


@st.composite
def patient_queues(draw: st.DrawFn) -> ErlangC:
    n, rate = draw(agents), draw(service_rates)
    return erlang_c(n, draw(st.floats(0.01, 0.999)) * n * rate, rate)


@untimed
@given(agents, occupancies)
def test_erlang_b_is_a_share_and_carries_no_more_than_there_are_lines(n: float, occupancy: float) -> None:
    blocked, carried = blocking(n, n * occupancy), carried_load(n, n * occupancy)
    assert 0 <= blocked <= 1
    assert 0 <= carried <= n * (1 + ROUNDING)
    assert abs(n * occupancy * blocked + carried - n * occupancy) <= ROUNDING * n * occupancy


@untimed
@given(agents, occupancies, st.floats(1e-6, 0.5))
def test_more_lines_block_fewer_calls_and_more_load_more(n: float, occupancy: float, more: float) -> None:
    load = n * occupancy
    assert blocking(n * (1 + more), load) <= blocking(n, load) * (1 + ROUNDING)
    assert blocking(n, load * (1 + more)) >= blocking(n, load) * (1 - ROUNDING)


@untimed
@given(impatient_queues())
def test_every_call_is_answered_or_abandoned(queue: ImpatientQueue) -> None:
    assert abs(queue.answered + queue.abandonment - 1) <= ROUNDING
    assert abs(queue.p_wait + queue.p_no_wait - 1) <= ROUNDING
    assert 0 <= queue.p_wait <= 1
    assert 0 <= queue.abandonment <= queue.p_wait * (1 + ROUNDING)
    assert 0 <= queue.occupancy <= 1 + ROUNDING


@untimed
@given(impatient_queues(st.builds(Exponential, sizes(1e-4, 1e4))))
def test_with_exponential_patience_calls_abandon_at_the_rate_of_those_who_wait(queue: ImpatientQueue) -> None:
    assert isinstance(queue.patience, Exponential)
    lost = queue.arrival_rate * queue.abandonment
    # Below the smallest normal number a float has fewer digits left than ROUNDING asks for.
    assert abs(lost - queue.patience.rate * queue.mean_queue) <= max(ROUNDING * lost, sys.float_info.min)


@untimed
@given(impatient_queues(), times)
def test_at_any_time_a_call_is_answered_abandoned_or_waiting(queue: ImpatientQueue, time: float) -> None:
    waits = queue.waits(time)
    assert min(waits) >= 0
    assert abs(sum(waits) - 1) <= ROUNDING
    assert waits.answered <= queue.answered * (1 + ROUNDING)
    assert waits.abandoned <= queue.abandonment * (1 + ROUNDING)


@untimed
@given(impatient_queues(), times, times)
def test_service_levels_are_shares_grow_with_time_and_have_their_order(
    queue: ImpatientQueue, time: float, other: float
) -> None:
    earlier, later = sorted((time, other))
    for definition in Definition:
        level = queue.service_level(earlier, definition)
        assert -ROUNDING <= level <= queue.service_level(later, definition) + ROUNDING <= 1 + 2 * ROUNDING
    negative = queue.service_level(time, Definition.ABANDONS_NEGATIVE)
    excluded = queue.service_level(time, Definition.SHORT_ABANDONS_EXCLUDED)
    positive = queue.service_level(time, Definition.ABANDONS_POSITIVE)
    assert negative <= excluded * (1 + ROUNDING)
    assert excluded <= positive * (1 + ROUNDING)
    assert negative <= queue.service_level(time, Definition.ABANDONS_IGNORED) * (1 + ROUNDING)


@untimed
@given(impatient_queues(), st.floats(1e-3, 0.5))
def test_more_agents_make_nothing_worse(queue: ImpatientQueue, more: float) -> None:
    larger = mmn_g(queue.agents * (1 + more), queue.arrival_rate, queue.service_rate, queue.patience)
    assert larger.p_wait <= queue.p_wait + ROUNDING
    assert larger.abandonment <= queue.abandonment + ROUNDING
    assert larger.asa <= queue.asa * (1 + ROUNDING)
    assert larger.mean_wait <= queue.mean_wait * (1 + ROUNDING)
    assert larger.occupancy <= queue.occupancy + ROUNDING
    for definition in Definition:
        assert larger.service_level(0.3, definition) >= queue.service_level(0.3, definition) - ROUNDING


@untimed
@given(impatient_queues())
def test_who_hangs_up_makes_it_easier_for_the_others(queue: ImpatientQueue) -> None:
    # Erlang B is the limit of no patience, Erlang C that of endless patience.
    load = queue.arrival_rate / queue.service_rate
    endless = erlang_c(queue.agents, queue.arrival_rate, queue.service_rate)
    assert blocking(queue.agents, load) - ROUNDING <= queue.p_wait <= endless.p_wait + ROUNDING
    assert queue.abandonment <= blocking(queue.agents, load) + ROUNDING
    assert queue.asa <= endless.asa * (1 + ROUNDING)


@untimed
@given(impatient_queues(), st.floats(0.1, 1000))
def test_the_unit_of_time_does_not_matter(queue: ImpatientQueue, unit: float) -> None:
    assert isinstance(queue.patience, Exponential | Fixed | Lognormal)
    match queue.patience:
        case Exponential(rate):
            patience: Patience = Exponential(rate / unit)
        case Fixed(time):
            patience = Fixed(time * unit)
        case Lognormal(mean, cv):
            patience = Lognormal(mean * unit, cv)
    other = mmn_g(queue.agents, queue.arrival_rate / unit, queue.service_rate / unit, patience)
    assert abs(other.abandonment - queue.abandonment) <= 1e-9
    assert abs(other.asa - queue.asa * unit) <= 1e-9 * (queue.asa * unit + unit / queue.service_rate)


@untimed
@given(patient_queues())
def test_nearly_endless_patience_gives_erlang_c(queue: ErlangC) -> None:
    nearly = erlang_a(queue.agents, queue.arrival_rate, queue.service_rate, 1e-9 * queue.service_rate)
    # What hanging up takes off, to the first order in its rate.
    taken = 1e-9 / (queue.agents * (1 - queue.occupancy) ** 2)
    assert abs(nearly.p_wait - queue.p_wait) <= (5 * taken + ROUNDING) * queue.p_wait + TINY
    assert abs(nearly.mean_wait - queue.asa) <= (5 * taken + ROUNDING) * queue.asa + TINY
    assert nearly.abandonment <= 1e-9 * queue.service_rate * queue.asa * (1 + ROUNDING) + TINY


@untimed
@given(patient_queues())
def test_no_patience_at_all_gives_erlang_b(queue: ErlangC) -> None:
    nearly = erlang_a(queue.agents, queue.arrival_rate, queue.service_rate, 1e7 * queue.service_rate)
    load = queue.arrival_rate / queue.service_rate
    assert abs(nearly.abandonment - blocking(queue.agents, load)) <= 1e-3
    assert nearly.asa * queue.service_rate <= 1e-6


@untimed
@given(patient_queues(), times, shares)
def test_erlang_c_has_matching_levels_and_quantiles(queue: ErlangC, time: float, q: float) -> None:
    assert queue.service_level(0) - ROUNDING <= queue.service_level(time) <= 1
    quantile = queue.wait_quantile(q)
    assert queue.service_level(quantile) >= q - ROUNDING
    assert quantile == 0 or abs(queue.service_level(quantile) - q) <= ROUNDING


@untimed
@given(impatient_queues(st.builds(Exponential, sizes(1e-2, 1e2))), shares)
def test_the_quantile_is_the_wait_that_the_share_does_not_exceed(queue: ImpatientQueue, q: float) -> None:
    answered, everybody = queue.answered_wait_quantile(q), queue.wait_quantile(q)
    assert queue.service_level(answered, Definition.ABANDONS_IGNORED) >= q - ROUNDING
    assert queue.service_level(everybody, Definition.ABANDONS_POSITIVE) >= q - ROUNDING
    assert answered == 0 or queue.service_level(answered * 0.999, Definition.ABANDONS_IGNORED) <= q + ROUNDING
    assert everybody == 0 or queue.service_level(everybody * 0.999, Definition.ABANDONS_POSITIVE) <= q + ROUNDING


service_level_targets = st.builds(ServiceLevelTarget, shares, times, st.sampled_from(Definition))
targets = st.one_of(
    st.builds(lambda level: Targets(service_level=level), service_level_targets),
    st.builds(lambda asa: Targets(asa=asa), sizes(1e-3, 10)),
    st.builds(lambda occupancy: Targets(occupancy=occupancy), shares),
    st.builds(
        lambda level, asa, occupancy: Targets(service_level=level, asa=asa, occupancy=occupancy),
        service_level_targets,
        sizes(1e-3, 10),
        shares,
    ),
)


@untimed
@given(sizes(0.01, 20_000), service_rates, targets)
def test_the_least_agents_meet_the_targets_and_one_fewer_does_not(load: float, rate: float, wanted: Targets) -> None:
    least = least_agents(load * rate, rate, wanted)
    assert meets(erlang_c(least, load * rate, rate), wanted)
    assert least == 1 or not meets(erlang_c(least - 1, load * rate, rate), wanted)


@untimed
@given(sizes(0.01, 20_000), service_rates, targets, laws)
def test_the_least_agents_for_the_impatient_meet_the_targets_and_one_fewer_does_not(
    load: float, rate: float, wanted: Targets, patience: Patience
) -> None:
    least = least_agents(load * rate, rate, wanted, patience)
    assert meets(mmn_g(least, load * rate, rate, patience), wanted)
    assert least == 1 or not meets(mmn_g(least - 1, load * rate, rate, patience), wanted)


@untimed
@given(st.integers(1, 500), st.floats(0.05, 0.98), st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5))
def test_priorities_share_out_the_same_queue(n: int, occupancy: float, parts: list[float]) -> None:
    rates = [occupancy * n * part / sum(parts) for part in parts]
    ranked = ranked_classes(n, rates, 1.0)
    everybody = erlang_c(n, sum(rates), 1.0)
    assert abs(sum(one.mean_queue for one in ranked) - everybody.mean_queue) <= 1e-9 * everybody.mean_queue + TINY
    assert [one.mean_wait for one in ranked] == sorted(one.mean_wait for one in ranked)


@untimed
@given(st.integers(1, 100), st.floats(0.05, 0.95))
def test_handling_times_all_alike_are_waited_for_less(n: int, occupancy: float) -> None:
    alike, exponential = md_n(n, occupancy * n, 1.0), erlang_c(n, occupancy * n, 1.0)
    assert alike.mean_wait <= exponential.asa
    assert exponential.asa <= 2.0 * alike.mean_wait * (1 + 1e-9) or n > 1
    assert isfinite(alike.p_wait)
    assert alike.p_wait <= exponential.p_wait * (1 + ROUNDING)
