"""Whether our simulators simulate what they say: their estimates against the exact values of queueing theory.

Run as ``python -m benchmarks.theory`` (``--quick`` for a few rows). Every centre of :mod:`benchmarks.theory_families`
that settles within what a run may take is simulated by the twin, by the planner (``--engine planner``) or by the replay
(``--engine replay``), cut into batches, see :mod:`benchmarks.theory_engines`. Each measure is printed with the exact
value and how many standard errors lie between; all together are judged by :mod:`benchmarks.theory_judgement`. The exit
code is 0 where they agree, 1 where they do not. ``--seeds 100`` judges so many runs: of sound estimates chance lets
hardly one fail, which with the planner is seen within minutes, and so is whether the judgement itself leans.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter

from benchmarks.theory_case import MINUTE, Case, Measures, is_telling
from benchmarks.theory_engines import (
    ABANDONED,
    ABANDONED_WITHIN,
    ANSWERED,
    AT_ONCE,
    BATCHES,
    CALLS,
    ENGINES,
    QUEUED,
    REFUSED,
    WAITED,
    WAITED_IN_VAIN,
    WITHIN,
    Counts,
    batch_ms,
    day_ms,
    runs,
)
from benchmarks.theory_families import FAMILIES
from benchmarks.theory_judgement import CENTRES_LEAST, Measured, deviation, verdict
from simulator.workers import hired, in_order

COSTS_MOST = 13_500
SELDOM = 0.1
"""Where fewer have to wait, a run has too few rushes to know how much it errs."""


def fits(case: Case) -> bool:
    """Whether a run can tell, within the time that it may take."""
    return case.costs < COSTS_MOST and float(case.exactly[0].get("p_wait", 1)) > SELDOM


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


def _judged(case: Case, row: str, exactly: Measures, counts: Counts) -> Iterator[Measured]:
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
    known = {
        family: [case for case in cases() if fits(case) and runs(options.engine, case)]
        for family, cases in FAMILIES.items()
    }
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
    with hired(1 if engine == "planner" else processes) as workers:
        for some in in_order(workers, partial(measured, engine, seed), enumerate(chosen)):
            everything += some
            for one in some if in_full else ():
                line = f"{one.row:26} {one.measure:12} {one.exactly:>10.5f} {one.found:>10.5f} {one.z:>6.2f}"
                print(line, flush=True)
    length_ms = day_ms if engine == "replay" else batch_ms
    calls = sum(BATCHES * length_ms(case, CALLS) / MINUTE * case.rate for case in chosen)
    judged = verdict(everything, min(CENTRES_LEAST, len(chosen)))
    print(f"\nSeed {seed}: {len(chosen)} centres, {calls:,.0f} calls counted, {perf_counter() - begun:.0f} s.")
    print("\n".join(judged.says))
    print("The estimates agree with the exact values." if not judged.faults else "\n".join(("NO:", *judged.faults)))
    return not judged.faults


if __name__ == "__main__":
    sys.exit(main())
