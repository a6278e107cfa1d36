"""The planner's runs: the same figures on any executor, compiled or not, as many as are needed and no more."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import int64
from numba.extending import typeof_impl, unbox

from acd import rules
from acd.setup import (
    AcdSetup,
    AgentSetup,
    CallbackRules,
    Phones,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)
from centre.effects import Wait
from centre.virtual.agent import Duty
from config.laws import Deterministic, Exponential, Lognormal
from config.site import Site
from config.workload import Absence, Busyness, Retry, TracedCall, Transfer
from simulator.estimates import ratio
from simulator.planner import cells as c
from simulator.planner.compare import changes
from simulator.planner.day import model_of_day
from simulator.planner.days import days_of
from simulator.planner.jitted import entry
from simulator.planner.kernel import simulate
from simulator.planner.model import CallKind, DutyChange, Model, PlannerError
from simulator.planner.native_tables import Table, from_python
from simulator.planner.outcome import answer_speed, occupied, outcome_of, totals_of
from simulator.planner.precision import is_precise
from simulator.planner.runs import Sample, run
from simulator.planner.steady import steady_model
from simulator.planner.tables import Ints, TableSet
from simulator.planner.whole_program import Entry
from simulator.precision import ALL, Measure, Precision
from simulator.service_level import Definition
from simulator.sums import Key
from tests.twin.any_site import with_callbacks
from tests.twin.days import played
from tests.virtual.house import bank

ROOT = Path(__file__).parents[2]
MONDAY = date(2026, 11, 23)
MINUTE = 60_000
AN_HOUR = Deterministic(mean_ms=60 * MINUTE)


def small(agents: int = 5) -> Model:
    kind = CallKind(
        name="calls",
        queue="q",
        talk=Lognormal(mean_ms=MINUTE, sd_ms=MINUTE),
        patience=Exponential(mean_ms=2 * MINUTE),
        wrap_up=Exponential(mean_ms=10_000),
        answer_delay=Lognormal(mean_ms=3_000, sd_ms=4_000),
        unanswered=0.1,
    )
    people = tuple(AgentSetup(id=f"a{number}") for number in range(agents))
    acd = AcdSetup(queues=(QueueSetup(id="q"),), agents=people, misses_allowed=1_000_000)
    return steady_model(acd, [(kind, 4 / MINUTE)], warm_up_ms=10 * MINUTE, length_ms=60 * MINUTE)


@dataclass(frozen=True, eq=False)
class Alone(TableSet):
    """One table, as a rule gets it."""

    table: Ints


@typeof_impl.register(Alone)
def type_of_alone(alone: Alone, context: object) -> Table:
    return Table(int64, alone.table.ndim)


unbox(Table)(from_python)  # type: ignore[no-untyped-call]


def with_load(**changes: Any) -> Site:
    """The bank, with another workload."""
    site = bank()
    assert site.workload is not None
    return replace(site, workload=replace(site.workload, **changes))


def same(one: Sample, other: Sample) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("counts", "crowds", "times", "waits", "waits_by_interval", "still_there")
    )


def number(rng: random.Random) -> int:
    return rng.randrange(-100_000, 100_000)


def chance(rng: random.Random) -> bool:
    return rng.random() < 0.5


def table(rng: random.Random, least: int, most: int) -> list[int]:
    return [rng.randint(least, most) for _ in range(6)]


def piece(rng: random.Random) -> tuple[list[int], int, int]:
    return sorted(table(rng, -100_000, 100_000)), rng.randrange(3), rng.randrange(3, 6)


def lines(rng: random.Random) -> tuple[Any, ...]:
    order = rng.sample(range(6), 6)
    return rng.sample(range(6), 6), rng.randrange(3), rng.randrange(7), table(rng, 0, 1), table(rng, 0, 1), order


def weights(rng: random.Random) -> tuple[Any, ...]:
    """A lot, and the tree of the weights of five agents."""
    own = [rng.choice((0, 1, 1, 3)) for _ in range(5)] + [1]
    sums = [0, own[0], sum(own[:2]), own[2], sum(own[:4]), own[4], sum(own[4:])]
    return rng.randrange(sum(own)), sums, len(sums)


def test_threads_and_processes_give_the_figures_of_one_after_the_other() -> None:
    model = small()
    alone = run(model, seed=3, replications=12)
    with ThreadPoolExecutor(3) as threads:
        assert same(run(model, seed=3, replications=12, executor=threads), alone)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert same(run(model, seed=3, replications=12, executor=processes), alone)
    assert not same(run(model, seed=4, replications=12), alone)


def spilling(acd: AcdSetup) -> AcdSetup:
    """The bank, whose callers for loans and technical help go to the card services if they wait."""
    step = RelaxationStep(after_ms=20_000, spill=Spill(queue="cards", service_level_below=800))
    queues = (queue if queue.id == "cards" else replace(queue, steps=(step,)) for queue in acd.queues)
    return replace(acd, queues=tuple(queues))


def test_who_spills_counts_in_both_queues_and_once_among_all_and_talks_as_the_other_queue_has_it() -> None:
    site = with_load(talk={"cards": Deterministic(mean_ms=MINUTE), **dict.fromkeys(("loans", "technical"), AN_HOUR)})
    model = model_of_day(replace(site, acd=spilling(site.acd)), date=MONDAY).model
    sample = run(model, seed=1, replications=3)
    counts = sample.counts.sum(axis=2)
    ended = [c.N_ANSWERED, c.N_ABANDONED, c.N_RELEASED, c.N_MOVED_ON]
    assert np.array_equal(counts[..., c.QUEUED], counts[..., ended].sum(axis=2))
    assert (counts[:, 1:3, c.N_MOVED_ON] > 20).all()
    assert counts[:, 0, c.N_MOVED_ON].sum() == 0
    assert np.array_equal(counts[:, 0, c.TALK_MS], MINUTE * counts[:, 0, c.N_ANSWERED])
    measures = totals_of(model, sample)
    queues = [measures[Key("queue", queue.id)] for queue in model.acd.queues]
    entered, moved = (sum(own[name].mean or 0.0 for own in queues) for name in ("queued", "moved_on"))
    together = measures[Key("all", "")]
    assert together["queued"].mean == pytest.approx(entered - moved)
    assert together["moved_on"].mean == 0


def calling_back() -> Site:
    """The bank, whose callers are offered to be called back while they wait."""
    site, plain = with_callbacks(bank(), random.Random(3)), bank().workload
    assert site.workload is not None
    assert plain is not None
    return replace(site, workload=replace(site.workload, key_delay=plain.key_delay))


def test_as_many_are_called_back_as_the_workload_and_the_menu_have_it() -> None:
    site = calling_back()
    assert site.workload is not None
    endless = Deterministic(mean_ms=600 * MINUTE)
    site = replace(site, workload=replace(site.workload, staff=(), patience=endless))
    plenty = tuple(
        replace(queue, max_wait_ms=None, max_waiting=None, callback=CallbackRules(most=10_000))
        for queue in site.acd.queues
    )
    model = model_of_day(replace(site, acd=replace(site.acd, queues=plenty)), date=MONDAY).model
    everybody = totals_of(model, run(model, seed=1, replications=20))[Key("all", "")]
    # Nobody works, so all who want it leave in the end, and nobody is dialled: 60 %, but for numbers withheld.
    share = (everybody["callbacks"].mean or 0) / (everybody["queued"].mean or 1)
    assert 0.55 < share < 0.59
    assert everybody["callbacks_connected"].mean == everybody["callbacks_failed"].mean == 0


def all_at_once() -> Model:
    """A thousand calls, for all of which everything falls due in one millisecond."""
    due_ms = 10_000
    queue = QueueSetup(id="q", steps=(RelaxationStep(after_ms=due_ms, add_priority=1),))
    agent = AgentSetup(id="a", queues={"q": Preference(after_ms=due_ms)})
    kind = CallKind(
        name="calls", queue="q", arrivals=(0,) * 1_000, talk=AN_HOUR, patience=Deterministic(mean_ms=2 * MINUTE)
    )
    return Model(
        acd=AcdSetup(queues=(queue,), agents=(agent,), starvation_ms=due_ms),
        kinds=(kind,),
        duties=(DutyChange(at_ms=0, agent=0, duty=Duty.ON),),
        interval_ms=60 * MINUTE,
        intervals=1,
    )


def test_the_compiled_loop_and_the_interpreted_one_agree_bit_for_bit() -> None:
    site = with_load(
        retry=Retry(after_abandon=0.5, after_busy=0, delay=Exponential(mean_ms=5 * MINUTE), most=2),
        transfers=(Transfer(queue="cards", to="callers-5", share=0.1),),
    )
    by_record = (Strategy.ROUND_ROBIN, Strategy.WEIGHTED_RANDOM, Strategy.ROUND_ROBIN)
    queues = (replace(queue, strategy=how) for queue, how in zip(site.acd.queues, by_record, strict=True))
    busy = replace(site, acd=replace(site.acd, queues=tuple(queues), seed=2**64 - 1))
    spills = replace(bank(), acd=spilling(bank().acd))
    calls_back = calling_back()
    models = [*(model_of_day(one, date=MONDAY).model for one in (busy, spills, calls_back)), all_at_once()]
    program = (
        "import pickle, sys, warnings\n"
        "warnings.simplefilter('ignore', RuntimeWarning)\n"  # numbers of 64 bits are meant to overflow
        "from simulator.planner.days import days_of\n"
        "from simulator.planner.kernel import simulate\n"
        "from simulator.planner.tables import Book\n"
        "days = [days_of(model) for model in pickle.load(sys.stdin.buffer)]\n"
        "books = [simulate(one.rules, one.calls_of(5, 0)) for one in days]\n"
        "names = list(Book.__dataclass_fields__)\n"
        "sys.stdout.buffer.write(pickle.dumps([{name: getattr(one, name) for name in names} for one in books]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(models),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    for model, interpreted in zip(models, pickle.loads(done.stdout), strict=True):
        days = days_of(model)
        book = simulate(days.rules, days.calls_of(5, 0))
        assert len(book.calls) > 900
        assert len(interpreted) == 7
        for name, table in interpreted.items():
            assert np.array_equal(getattr(book, name), table), name


@pytest.mark.parametrize(
    ("rule", "draw"),
    [
        (rules.call_rank, lambda rng: (number(rng), number(rng), rng.randrange(5), chance(rng))),
        (rules.steps_open, lambda rng: (number(rng), *piece(rng))),
        (rules.opens_by_time, lambda rng: (rng.randrange(3), chance(rng), chance(rng))),
        (rules.next_that_adds, lambda rng: (rng.randrange(3), table(rng, 0, 1), 3)),
        (rules.has_room, lambda rng: (rng.randrange(4), rng.randrange(-1, 4))),
        (rules.would_rather, lambda rng: (rng.randrange(3), rng.randrange(3), chance(rng))),
        (rules.must_rest, lambda rng: (rng.randrange(4), rng.randrange(4))),
        (rules.pick_line, lines),
        (rules.occupancy_percent, lambda rng: (rng.randrange(3), rng.randrange(3))),
        (rules.holder_of, weights),
    ],
)
def test_a_rule_decides_the_same_compiled_and_interpreted(
    rule: Callable[..., int], draw: Callable[[random.Random], tuple[Any, ...]]
) -> None:
    compiled = Entry(rule)
    rng = random.Random(1)
    decided = set()
    for _ in range(300):
        given = draw(rng)
        tables = [Alone(np.array(one, np.int64)) if isinstance(one, list) else one for one in given]
        decided.add(rule(*given))
        assert compiled(*tables) == rule(*given)
    assert len(decided) > 1


def test_lots_are_the_same_compiled_and_interpreted() -> None:
    compiled = Entry(rules.random_below)
    rng = random.Random(1)
    for _ in range(300):
        given = rng.getrandbits(64), rng.getrandbits(40), rng.randrange(17), rng.randint(1, rng.choice((9, 2**36)))
        assert compiled(*(np.uint64(one) for one in given)) == rules.random_below(*given)


def test_where_nothing_can_be_kept_on_disk_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])

    @entry
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42


def test_no_call_and_no_time_of_an_agent_is_lost_in_any_replication() -> None:
    sample = run(small(), seed=1, replications=20)
    counts = sample.counts[:, 0, 0]
    ended = counts[:, c.N_ANSWERED] + counts[:, c.N_ABANDONED] + counts[:, c.N_RELEASED]
    assert np.array_equal(counts[:, c.QUEUED], ended)
    assert (sample.waits.sum(axis=2)[:, 0] == counts[:, c.N_ANSWERED]).all()
    # Everybody is at work all the time: no time of an agent is lost.
    assert (sample.times[:, 0, 0, c.READY_MS : c.WRAPS_UP_MS + 1].sum(axis=1) == 5 * 60 * MINUTE).all()


def test_a_day_more_takes_less_than_a_megabyte() -> None:
    model = model_of_day(bank(), date=MONDAY).model
    peaks = []
    for replications in (64, 128):
        tracemalloc.start()
        run(model, seed=1, replications=replications, progress=lambda _done: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 64 < 1_000_000


def test_replications_end_when_the_figure_is_sure_enough() -> None:
    model, wanted = small(), Precision(measure=Measure.SERVICE_LEVEL, half_width=0.02)
    sample = run(model, seed=1, replications=2_000, enough=partial(is_precise, wanted, model))
    assert 16 < sample.replications < 2_000
    level = totals_of(model, sample)[Key("queue", "q")][Definition.ABANDONS_NEGATIVE.measure]
    assert level.half_width is not None
    assert level.half_width <= 0.02


def test_a_precision_without_a_queue_is_that_of_the_worst_known_one() -> None:
    model = model_of_day(bank(), date=MONDAY)
    sample = run(model.model, seed=1, replications=20)
    total = sample.counts.sum(axis=2)
    widths = {
        queue.id: ratio(*answer_speed(total[:, number])).half_width or 0.0
        for number, queue in enumerate(model.model.acd.queues)
    }

    def precise(half_width: float, queue: str | None) -> bool:
        wanted = Precision(measure=Measure.ASA, queue=queue, half_width=half_width)
        return is_precise(wanted, model.model, sample)

    worst, best = max(widths.values()), min(widths.values())
    assert best < worst
    assert precise(worst, None)
    assert not precise(worst * 0.99, None)
    for queue, width in widths.items():
        assert (precise(width, queue), precise(width * 0.99, queue)) == (True, False)
    assert precise(worst, ALL)
    assert not precise(best * 0.3, ALL)


def test_one_more_agent_on_the_same_callers_is_a_sharp_difference() -> None:
    fewer, more = small(5), small(6)
    found = changes((fewer, run(fewer, seed=2, replications=20)), (more, run(more, seed=2, replications=20)))
    level = next(change for change in found if change.measure == Definition.ABANDONS_NEGATIVE.measure)
    assert level.is_sure
    assert level.by.mean is not None
    assert level.by.mean > 0
    assert level.by.half_width is not None
    assert level.before.half_width is not None
    assert level.by.half_width < level.before.half_width


def test_what_the_planner_cannot_run_is_refused_by_name() -> None:
    site = bank()
    queues = tuple(
        replace(queue, phones=Phones(at_once=2)) if queue.id == "loans" else queue for queue in site.acd.queues
    )
    odd = replace(site, acd=replace(site.acd, queues=queues))
    with pytest.raises(PlannerError, match=r"“loans”: the planner does not run more than one of “phones” at a time"):
        model_of_day(odd, date=MONDAY)


def test_a_place_that_is_kept_for_those_who_call_again_is_refused_beside_them_alone() -> None:
    retry = Retry(after_abandon=0.5, after_busy=0, delay=Exponential(mean_ms=5 * MINUTE), most=2)
    kept = tuple(replace(queue, keep_place_ms=60_000) for queue in bank().acd.queues)
    model = model_of_day(replace(bank(), acd=replace(bank().acd, queues=kept)), date=MONDAY).model
    with pytest.raises(PlannerError, match=r"“keep_place” beside the workload's “retry”"):
        days_of(replace(model, retry=retry))


def test_a_load_that_only_the_twin_plays_is_refused_by_name() -> None:
    with pytest.raises(PlannerError, match=r"the workload: the planner does not run “lines”"):
        model_of_day(with_load(lines=40), date=MONDAY)
    site = with_load(transfers=(Transfer(queue="cards", to="callers-5", share=0.1),))
    with pytest.raises(PlannerError, match=r"the planner does not run “transfers” beside a “spill”"):
        model_of_day(replace(site, acd=spilling(site.acd)), date=MONDAY)


def test_busy_days_differ_more_than_chance_alone_would_have_it() -> None:
    alike, unlike = small(), replace(small(), busyness=Busyness(day_sd=0.3))
    plain, busy = (run(model, seed=1, replications=200).counts[:, 0, 0, c.QUEUED] for model in (alike, unlike))
    # Poisson: variance = mean; with a Gamma factor: mean + (0.3 mean)².
    assert 0.7 < plain.var() / plain.mean() < 1.3
    assert 0.7 < busy.var() / (busy.mean() + (0.3 * busy.mean()) ** 2) < 1.3


def test_kinds_of_callers_are_busy_together_as_far_as_the_workload_says() -> None:
    site = with_load(busyness=Busyness(day_sd=0.4, correlation=0.5, interval_sd=0.2))
    days = days_of(model_of_day(site, date=MONDAY).model)
    plain = days.load.segments[:, 2]
    factors = np.array([days.load_of(1, replication).segments[:, 2] / plain for replication in range(1_000)])
    assert 0.95 < factors.mean() < 1.05
    assert 0.4 < factors[:, 0].std() < 0.5  # a day's 0.4 and an interval's 0.2 multiplied: 0.454
    ours, theirs = 0, days.load.first[-2]
    found = np.corrcoef(factors[:, ours], factors[:, theirs])[0, 1]
    assert 0.3 < found < 0.48  # 0.08 of a variance of 0.206


def test_a_trace_brings_the_same_callers_into_the_same_queues_as_in_the_twin() -> None:
    nine = datetime.combine(MONDAY, time(9))
    trace = tuple(
        TracedCall(arrival=nine + timedelta(seconds=37 * number), kind=f"callers-{number % 7 + 1}")
        for number in range(1_000)  # loans close at 18:00
    )
    site = with_load(trace=trace, key_delay=Deterministic(mean_ms=1_700))
    day = model_of_day(site, date=MONDAY)
    drawn = days_of(day.model).calls_of(1, 0).table
    ours = sorted((day.start + int(call[c.CALL_AT]), day.model.kinds[call[c.CALL_KIND]].queue) for call in drawn)
    seen: dict[str, tuple[int, str]] = {}

    def see(wait: Wait, at: int) -> None:
        seen.setdefault(wait.call, (at, wait.queue))

    played(site, seed=1, date=MONDAY, observer={Wait: see})
    assert ours == sorted(seen.values())
    assert len(ours) + day.without_queue == len(trace)
    assert not np.array_equal(drawn[:, c.CALL_TALK], days_of(day.model).calls_of(1, 1).table[:, c.CALL_TALK])


def test_a_trace_is_neither_more_nor_fewer_calls() -> None:
    site = with_load(trace=(TracedCall(arrival=datetime.combine(MONDAY, time(9)), kind="callers-1"),))
    with pytest.raises(PlannerError, match=r"“trace” says who calls when"):
        model_of_day(site, date=MONDAY, scale=1.1)


def test_others_are_absent_in_each_replication_and_the_same_in_every_scenario() -> None:
    site = with_load(absence=Absence(no_show=0.1, shrinkage=0.2, away_ms=600_000))
    days = days_of(model_of_day(site, date=MONDAY).model)
    again = days_of(model_of_day(site, date=MONDAY, scale=1.3).model)
    assert not np.array_equal(days.rules_of(1, 0).duties, days.rules_of(1, 1).duties)
    assert np.array_equal(days.rules_of(1, 1).duties, again.rules_of(1, 1).duties)
    planned, there = (
        occupied(run(model_of_day(one, date=MONDAY).model, seed=1, replications=20).times)[1].sum()
        for one in (bank(), site)
    )
    assert 0.9 * 0.8 - 0.06 < there / planned < 0.9 * 0.8 + 0.06


def test_a_warm_up_fills_the_centre_and_is_not_counted() -> None:
    # Calls around midnight only, when nobody works and everybody waits for an hour.
    night = with_load(
        rates=((time(0, 15), 0.0), (time(23, 15), 40.0)), patience=Deterministic(mean_ms=60 * MINUTE), staff=()
    )
    cold, warm = (model_of_day(night, date=MONDAY, warm_up_ms=warm_up) for warm_up in (0, 60 * MINUTE))
    assert warm.start == cold.start
    assert warm.without_queue == pytest.approx(cold.without_queue)
    of_cold, of_warm = (
        outcome_of(day.model, run(day.model, seed=1, replications=20)).measures[Key("all", "", 0)]
        for day in (cold, warm)
    )
    assert of_warm["queued"].mean == pytest.approx(of_cold["queued"].mean, abs=2)
    # Those of the three quarters of an hour before are still there.
    assert (of_warm["max_queue"].mean or 0) > (of_cold["max_queue"].mean or 0) + 15


def entered(site: Site, queue: int) -> Ints:
    """[replication, half hour]."""
    counts: Ints = run(model_of_day(site, date=MONDAY, interval_ms=1_800_000).model, seed=1, replications=20).counts
    return counts[:, queue, :, c.QUEUED]


def test_where_nobody_answers_as_many_call_again_as_the_workload_says() -> None:
    retry = Retry(after_abandon=0.5, after_busy=0, delay=Exponential(mean_ms=5 * MINUTE), most=3)
    once, often = with_load(staff=()), with_load(staff=(), retry=retry)
    cards = entered(often, 0).sum() / entered(once, 0).sum()
    assert 1.83 < cards < 1.92  # 1 + 1/2 + 1/4 + 1/8
    loans = entered(often, 1)
    assert loans[:, 17 * 2].sum() > 1.5 * entered(once, 1)[:, 17 * 2].sum()
    assert not loans[:, 18 * 2 + 1 :].any()  # the desk is closed: who tries again then comes to no queue


def test_agents_send_on_as_many_as_the_workload_says() -> None:
    sent_on = with_load(transfers=(Transfer(queue="cards", to="callers-5", share=0.3),))
    sample = run(model_of_day(sent_on, date=MONDAY).model, seed=1, replications=40)
    plain = run(model_of_day(bank(), date=MONDAY).model, seed=1, replications=40)
    more = (sample.counts[:, 2, :, c.QUEUED].sum() - plain.counts[:, 2, :, c.QUEUED].sum()).item()
    assert 0.27 < more / sample.counts[:, 0, :, c.N_ANSWERED].sum() < 0.33
    assert not sample.still_there.any()
