"""Whether the twin simulates what it says: its estimates against the exact values of queueing theory.

Run as ``python -m benchmarks.theory`` (``--quick`` for a few rows). Every centre of :mod:`benchmarks.theory_cases` that
does not take too many calls is simulated by the very centre that serves callers, in one long run cut into batches, and
each measure is printed with the exact value and how many standard errors lie between. All rows together are tried for
a lean to one side and, by chi-square, for more scatter than chance makes. (The planner has the same centres as a test.)
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from statistics import NormalDist
from time import process_time

import numpy as np

from acd.effects import Abandoned, Answered, Exit, Queued, Released
from benchmarks.steady import steady_site
from benchmarks.theory_cases import FAMILIES, MINUTE, WARM_UP, Case, is_telling
from centre.effects import Effect
from simulator.estimates import Estimate, ratio, t_quantile
from simulator.twin import Twin

BATCHES = 12
SETTLED = 10
"""How long a batch lasts at the least, in times that the centre takes to forget its state."""
CALLS = 250
"""How many calls a batch has at the least."""
COSTS_MOST = 11_500
START = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)

_QUEUED, _REFUSED, _AT_ONCE, _ANSWERED, _WITHIN, _ABANDONED, _ABANDONED_WITHIN, _WAITED, _WAITED_IN_VAIN = range(9)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of one row."""

    row: str
    measure: str
    exactly: float
    found: float
    z: float
    """Standard errors between the two, found from the batches: by chance, Student's t."""


def measured(case: Case, seed: int) -> list[Measured]:
    """What the twin makes of ``case``."""
    batch_ms = round(max(SETTLED * case.settles, CALLS / case.rate) * MINUTE)
    begin = START + round(WARM_UP * case.settles * MINUTE)
    counts = np.zeros((BATCHES, len(case.acd.queues), 9))
    within = {queue.id: queue.threshold_ms for queue in case.acd.queues}
    number = {queue.id: at for at, queue in enumerate(case.acd.queues)}

    def observe(effect: Effect, at: int) -> None:
        if isinstance(effect, Queued):
            count(effect.queue, at, _QUEUED)
        elif isinstance(effect, Released) and effect.why is Exit.FULL:
            count(effect.queue, at, _REFUSED)
        elif isinstance(effect, Answered | Abandoned):
            came, waited_ms, answered = at - effect.waited_ms, effect.waited_ms, isinstance(effect, Answered)
            count(effect.queue, came, _ANSWERED if answered else _ABANDONED)
            count(effect.queue, came, _WAITED if answered else _WAITED_IN_VAIN, waited_ms)
            if waited_ms <= within[effect.queue]:
                count(effect.queue, came, _WITHIN if answered else _ABANDONED_WITHIN)
            if answered and waited_ms == 0:
                count(effect.queue, came, _AT_ONCE)

    def count(queue: str, came: int, cell: int, amount: int = 1) -> None:
        batch = (came - begin) // batch_ms
        if 0 <= batch < BATCHES:
            counts[batch, number[queue], cell] += amount

    site = steady_site(case.acd, [(kind, rate / MINUTE) for kind, rate in case.calls])
    assert site.workload is not None
    end = begin + BATCHES * batch_ms
    Twin(site, site.workload, seed=seed, start=START, end=end, observer=observe).run()
    return [
        one
        for at, exactly in enumerate(case.exactly)
        for measure, value in exactly.items()
        for one in _judged(case.name if at == 0 else f"{case.name} q{at}", measure, float(value), counts[:, at])
    ]


def _judged(row: str, measure: str, exactly: float, counts: np.ndarray) -> Iterator[Measured]:
    entered, ended = counts[:, _QUEUED], counts[:, _ANSWERED] + counts[:, _ABANDONED]
    found: dict[str, Estimate] = {
        "p_wait": ratio(entered - counts[:, _AT_ONCE], entered),
        "p_block": ratio(counts[:, _REFUSED], entered + counts[:, _REFUSED]),
        "p_abandon": ratio(counts[:, _ABANDONED], entered),
        "mean_wait": ratio((counts[:, _WAITED] + counts[:, _WAITED_IN_VAIN]) / MINUTE, entered),
        "asa": ratio(counts[:, _WAITED] / MINUTE, counts[:, _ANSWERED]),
        "sl_negative": ratio(counts[:, _WITHIN], ended),
        "sl_ignored": ratio(counts[:, _WITHIN], counts[:, _ANSWERED]),
        "sl_positive": ratio(counts[:, _WITHIN] + counts[:, _ABANDONED_WITHIN], ended),
    }
    estimate = found.get(measure)
    if estimate is None or not is_telling(measure, exactly):
        return
    assert estimate.mean is not None
    assert estimate.half_width is not None
    error = estimate.half_width / t_quantile(BATCHES - 1)
    yield Measured(row, measure, exactly, estimate.mean, (estimate.mean - exactly) / error)


def largest_by_chance(measures: int) -> float:
    """How many standard errors the farthest of so many measures may be off: as likely as three for one, for all."""
    return t_quantile(BATCHES - 1, 1 - (1 - NormalDist().cdf(3)) / measures)


def lean(own: Sequence[Measured]) -> float:
    """How far one measure of each row is off to one side, in standard errors of all together."""
    spread = (BATCHES - 1) / (BATCHES - 3)
    return float(sum(one.z for one in own)) / sqrt(spread * len(own))


def scatter(own: Sequence[Measured]) -> float:
    """The sum of squares of one measure of each row as a normal variable: chi-square, by Wilson and Hilferty's cube
    root (1931), with Student's variance in place of 1."""
    freedom, spread = len(own), (BATCHES - 1) / (BATCHES - 3)
    cube = (sum(one.z**2 for one in own) / spread / freedom) ** (1 / 3)
    return float(cube - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom))


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a row of each table")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    known = {family: [case for case in cases() if case.costs < COSTS_MOST] for family, cases in FAMILIES.items()}
    chosen = [case for cases in known.values() for case in (cases[:1] if options.quick else cases)]
    begun, everything = process_time(), list[Measured]()
    print(f"{'row':34} {'measure':12} {'exactly':>10} {'twin':>10} {'z':>6}")
    for number, case in enumerate(chosen):
        # Rows of one seed would err alike.
        for one in measured(case, options.seed * 1_000 + number):
            everything.append(one)
            print(f"{one.row:34} {one.measure:12} {one.exactly:>10.5f} {one.found:>10.5f} {one.z:>6.2f}", flush=True)
    own = [one for one in everything if one.measure in ("p_wait", "p_block")]
    farthest = max(everything, key=lambda one: abs(one.z))
    print(f"\n{len(chosen)} centres, {len(everything)} measures, {process_time() - begun:.0f} s.")
    print(f"Farthest: {farthest.row}, {farthest.measure}, {farthest.z:.2f} standard errors", end="; ")
    print(f"chance allows {largest_by_chance(len(everything)):.2f} (Student's t, for so many measures).")
    print(f"Within 3: {sum(abs(one.z) < 3 for one in everything)} of {len(everything)}.")
    # Of each row one measure, for those of a row err together; waits themselves are too skewed to lean evenly.
    print(f"Who waits, over {len(own)} rows: lean {lean(own):.2f}, scatter {scatter(own):.2f} standard errors.")


if __name__ == "__main__":
    main()
