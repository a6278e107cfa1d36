"""Many simulated days of one centre, as many as asked for or as precision needs, on one or several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from functools import partial

import numpy as np

from config.site import Site
from simulator.estimates import Estimate
from simulator.measures import Measured, estimates
from simulator.playable import workload_of
from simulator.precision import ALL, Measure, Precision
from simulator.stage import Witness
from simulator.sums import DAY, Figures, Key, Waits
from simulator.tally import SEEN, Tally
from simulator.twin import Twin, span_of
from simulator.workers import Workers, in_order

LEAST_DAYS = 10
"""Before these nothing is precise: the interval itself is known too badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is simulated."""

    site: Site
    date: Date
    seed: int = 1
    """Of the first day; each further one has the next."""
    days: int
    """As many, or at most as many where a precision is asked for."""
    until: Precision | None = None
    interval_ms: int = 1_800_000
    warm_up_ms: int = 0
    """How long before midnight each day begins, so that the centre is not empty then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """Means over days with their intervals."""

    site: str
    date: Date
    seed: int
    days: int
    """Simulated."""
    precise: bool | None
    """Whether the precision asked for was reached; None: none was."""
    stopped: bool
    """By hand, before the end."""
    start: int
    interval_ms: int
    measures: Measured
    waits: Mapping[str, Waits]
    """How long the answered of each queue had waited, of all days together."""


Progress = Callable[[int], None]
"""Told how many days are done."""


def run_study(study: Study, workers: Workers | None = None, progress: Progress = lambda _: None) -> StudyResult:
    """Simulates day by day until there are enough. The answer is the same whoever works: the days are looked at in
    their order, and those simulated in vain are left out. Ctrl-C ends it with what there is."""
    found: list[Figures] = []
    precise = None if study.until is None else False
    stopped = False
    seeds = range(study.seed, study.seed + study.days)
    with closing(in_order(workers, partial(figures_of_day, study), seeds)) as days:
        try:
            for figures in days:
                found.append(figures)
                progress(len(found))
                if study.until is not None and len(found) >= LEAST_DAYS and _is_precise(study, study.until, found):
                    precise = True
                    break
        except KeyboardInterrupt:
            if not found:
                raise
            stopped = True
    return result_of(study, found, precise=precise, stopped=stopped)


def result_of(
    study: Study, found: Sequence[Figures], *, precise: bool | None = None, stopped: bool = False
) -> StudyResult:
    """What these days say."""
    start, end = span_of(study.site, study.date)
    return StudyResult(
        site=study.site.id,
        date=study.date,
        seed=study.seed,
        days=len(found),
        precise=precise,
        stopped=stopped,
        start=start,
        interval_ms=study.interval_ms,
        measures=estimates(found, end - start, study.interval_ms),
        waits={
            queue.id: np.concatenate([day[Key("queue", queue.id)][1] for day in found])
            for queue in study.site.acd.queues
        },
    )


def _is_precise(study: Study, wanted: Precision, found: list[Figures]) -> bool:
    start, end = span_of(study.site, study.date)
    only = [{key: figures for key, figures in day.items() if _is_asked_for(wanted, key)} for day in found]
    of_all = estimates(only, end - start, study.interval_ms).values()
    return all(wanted.is_reached(one[wanted.measure_name]) for one in of_all if wanted.queue is not None or _came(one))


def _is_asked_for(wanted: Precision, key: Key) -> bool:
    if key.interval != DAY:
        return False
    if wanted.queue == ALL or wanted.measure is Measure.OCCUPANCY:
        return key.kind == "all"
    return key.kind == "queue" and wanted.queue in (None, key.name)


def _came(measures: Mapping[str, Estimate]) -> bool:
    return bool(measures["queued"].mean)


def figures_of_day(study: Study, seed: int) -> Figures:
    """One day, in whichever process. :class:`~simulator.playable.SimulationError`: the site has no workload."""
    return play_day(study, seed)[1]


def play_day(study: Study, seed: int, witness: Witness | None = None) -> tuple[Twin, Figures]:
    """One day as it was played, and its figures, after a check that no call was lost on the way."""
    site = study.site
    workload = workload_of(site)
    start, end = span_of(site, study.date)
    tally = Tally(site, start, end, study.interval_ms)
    observer = dict.fromkeys(SEEN, tally.see)
    twin = Twin(site, workload, seed=seed, start=start - study.warm_up_ms, end=end, observer=observer)
    twin.witness = witness
    twin.run()
    books = twin.centre.conservation()
    assert books.arrived + books.callbacks == books.ended + sum(books.inside.values())
    assert books.ended == sum(twin.outcomes.values())
    twin.centre.metrics.book_until(end)
    return twin, tally.figures(twin.centre.metrics)
