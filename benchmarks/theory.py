"""Whether our simulators simulate what they say: their estimates against the exact values of queueing theory.

Run as ``python -m benchmarks.theory`` (``--quick`` for a few rows). Every centre of :mod:`benchmarks.theory_cases` that
settles within what a run may take is simulated in one long run cut into batches, by the twin (the very centre that
serves callers) or, with ``--engine planner``, by the compiled loop. Each measure is printed with the exact value and
how many standard errors lie between; all together are judged by :mod:`benchmarks.theory_judgement`. The exit code is 0
where they agree, 1 where they do not. ``--seeds 100`` judges so many runs: of sound estimates chance lets hardly one
fail, which with the planner is seen within minutes, and so is whether the judgement itself leans.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from acd.effects import Abandoned, Answered, Exit, Queued, Released
from benchmarks.steady import steady_site
from benchmarks.theory_cases import FAMILIES, MINUTE, WARM_UP, Case, is_telling
from benchmarks.theory_judgement import CENTRES_LEAST, Measured, deviation, verdict
from centre.effects import Effect
from simulator.planner import cells as c
from simulator.planner.runs import run
from simulator.planner.steady import steady_model
from simulator.twin import Twin
from simulator.workers import hired, in_order

BATCHES = 24
SETTLED = 6
"""How long a batch lasts at the least, in times that the centre takes to forget its state."""
CALLS = 800
"""How many calls a batch has at the least."""
COSTS_MOST = 13_500
SELDOM = 0.1
"""Where fewer have to wait, a run has too few rushes to know how much it errs."""
START = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)

QUEUED, REFUSED, AT_ONCE, ANSWERED, WITHIN, ABANDONED, ABANDONED_WITHIN, WAITED, WAITED_IN_VAIN = range(9)

Counts = npt.NDArray[np.float64]
"""[batch, queue, what]."""


def fits(case: Case) -> bool:
    """Whether a run can tell, within the time that it may take."""
    return case.costs < COSTS_MOST and float(case.exactly[0].get("p_wait", 1)) > SELDOM


def batch_minutes(case: Case, calls: int = CALLS) -> float:
    """How long a batch of ``case`` lasts, with so many ``calls`` at the least."""
    return max(SETTLED * case.settles, calls / case.rate)


def by_twin(case: Case, seed: int, calls: int = CALLS) -> Counts:
    """What the twin counts in each batch."""
    batch_ms = round(batch_minutes(case, calls) * MINUTE)
    begin = START + round(WARM_UP * case.settles * MINUTE)
    counts = np.zeros((BATCHES, len(case.acd.queues), 9))
    within = {queue.id: queue.threshold_ms for queue in case.acd.queues}
    number = {queue.id: at for at, queue in enumerate(case.acd.queues)}

    def queued(effect: Queued, at: int) -> None:
        count(effect.queue, at, QUEUED)

    def released(effect: Released, at: int) -> None:
        if effect.why is Exit.FULL:
            count(effect.queue, at, REFUSED)

    def answered(effect: Answered, at: int) -> None:
        left(effect, at, ANSWERED, WITHIN, WAITED)
        if effect.waited_ms == 0:
            count(effect.queue, at, AT_ONCE)

    def abandoned(effect: Abandoned, at: int) -> None:
        left(effect, at, ABANDONED, ABANDONED_WITHIN, WAITED_IN_VAIN)

    def left(effect: Answered | Abandoned, at: int, cell: int, cell_within: int, cell_waited: int) -> None:
        came = at - effect.waited_ms
        count(effect.queue, came, cell)
        count(effect.queue, came, cell_waited, effect.waited_ms)
        if effect.waited_ms <= within[effect.queue]:
            count(effect.queue, came, cell_within)

    def count(queue: str, came: int, cell: int, amount: int = 1) -> None:
        batch = (came - begin) // batch_ms
        if 0 <= batch < BATCHES:
            counts[batch, number[queue], cell] += amount

    see: dict[type, Callable[[Any, int], None]] = {
        Queued: queued,
        Released: released,
        Answered: answered,
        Abandoned: abandoned,
    }

    def observe(effect: Effect, at: int) -> None:
        seen = see.get(type(effect))
        if seen is not None:
            seen(effect, at)

    site = steady_site(case.acd, [(kind, rate / MINUTE) for kind, rate in case.calls])
    assert site.workload is not None
    end = begin + BATCHES * batch_ms
    Twin(site, site.workload, seed=seed, start=START, end=end, observer=observe).run()
    return counts


def by_planner(case: Case, seed: int, calls: int = CALLS) -> Counts:
    """What the planner counts in each batch."""
    batch_ms = round(batch_minutes(case, calls) * MINUTE)
    model = steady_model(
        case.acd,
        [(kind, rate / MINUTE) for kind, rate in case.calls],
        warm_up_ms=round(WARM_UP * case.settles * MINUTE),
        length_ms=BATCHES * batch_ms,
    )
    sample = run(replace(model, interval_ms=batch_ms, intervals=BATCHES), seed=seed, replications=1)
    cells = [
        c.QUEUED,
        c.N_REFUSED,
        c.ANSWERED_AT_ONCE,
        c.N_ANSWERED,
        c.ANSWERED_WITHIN,
        c.N_ABANDONED,
        c.ABANDONED_WITHIN,
        c.ANSWERED_WAIT_MS,
        c.ABANDONED_WAIT_MS,
    ]
    counts: Counts = sample.counts[0, : len(case.acd.queues)][:, :, cells].swapaxes(0, 1).astype(np.float64)
    return counts


ENGINES: Mapping[str, Callable[[Case, int, int], Counts]] = {"twin": by_twin, "planner": by_planner}


def measured(engine: str, seed: int, numbered: tuple[int, Case], calls: int = CALLS) -> list[Measured]:
    """What ``engine`` makes of a centre. Each has its own random numbers, by its number: of one seed all would err
    alike."""
    number, case = numbered
    counts = ENGINES[engine](case, seed * 1_000 + number, calls)
    return [
        one
        for at, exactly in enumerate(case.exactly)
        for one in _judged(case, case.name if at == 0 else f"{case.name} q{at}", exactly, counts[:, at])
    ]


def _judged(case: Case, row: str, exactly: Mapping[str, str], counts: Counts) -> Iterator[Measured]:
    entered, ended = counts[:, QUEUED], counts[:, ANSWERED] + counts[:, ABANDONED]
    found = {
        "p_wait": (entered - counts[:, AT_ONCE], entered),
        "p_block": (counts[:, REFUSED], entered + counts[:, REFUSED]),
        "p_abandon": (counts[:, ABANDONED], entered),
        "mean_wait": ((counts[:, WAITED] + counts[:, WAITED_IN_VAIN]) / MINUTE, entered),
        "asa": (counts[:, WAITED] / MINUTE, counts[:, ANSWERED]),
        "sl_negative": (counts[:, WITHIN], ended),
        "sl_ignored": (counts[:, WITHIN], counts[:, ANSWERED]),
        "sl_positive": (counts[:, WITHIN] + counts[:, ABANDONED_WITHIN], ended),
    }
    for measure, value in exactly.items():
        if measure in found and is_telling(measure, float(value)):
            above, below = found[measure]
            yield Measured(
                centre=case.name,
                row=row,
                measure=measure,
                exactly=float(value),
                found=float(above.sum() / below.sum()),
                z=deviation(above, below, float(value)),
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 1 if the estimates do not agree with the exact values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a row of each table")
    parser.add_argument("--engine", choices=list(ENGINES), default="twin")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many runs, from --seed on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    known = {family: [case for case in cases() if fits(case)] for family, cases in FAMILIES.items()}
    chosen = [case for cases in known.values() for case in (cases[:1] if options.quick else cases)]
    failed = 0
    for seed in range(options.seed, options.seed + options.seeds):
        failed += not _agrees(options.engine, seed, chosen, options.processes, in_full=options.seeds == 1)
    if options.seeds > 1:
        print(f"{failed} of {options.seeds} runs fail.")
    return int(failed > 0)


def _agrees(engine: str, seed: int, chosen: Sequence[Case], processes: int, *, in_full: bool) -> bool:
    begun, everything = perf_counter(), list[Measured]()
    if in_full:
        print(f"{'row':26} {'measure':12} {'exactly':>10} {engine:>10} {'z':>6}")
    with hired(processes if engine == "twin" else 1) as workers:
        for some in in_order(workers, partial(measured, engine, seed), enumerate(chosen)):
            everything += some
            for one in some if in_full else ():
                line = f"{one.row:26} {one.measure:12} {one.exactly:>10.5f} {one.found:>10.5f} {one.z:>6.2f}"
                print(line, flush=True)
    calls = sum((WARM_UP * case.settles + BATCHES * batch_minutes(case)) * case.rate for case in chosen)
    judged = verdict(everything, min(CENTRES_LEAST, len(chosen)))
    print(f"\nSeed {seed}: {len(chosen)} centres, {calls:,.0f} calls, {perf_counter() - begun:.0f} s.")
    print("\n".join(judged.says))
    print("The estimates agree with the exact values." if not judged.faults else "\n".join(("NO:", *judged.faults)))
    return not judged.faults


if __name__ == "__main__":
    sys.exit(main())
