"""Many simulated days of one centre, as many as asked for or as precision needs, on one or several processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from functools import partial

from config.errors import unknown
from config.site import Site
from simulator.estimates import Estimate
from simulator.measures import estimates
from simulator.tally import Figures, Key, Tally
from simulator.twin import SimulationError, Twin, span_of
from simulator.workers import Workers, in_order

LEAST_DAYS = 10
"""Before these nothing is precise: the interval itself is known too badly."""

_NAMES = {
    "SL": "service_level_abandons_negative",
    "ASA": "asa_ms",
    "abandonment": "abandoned_share",
    "occupancy": "occupancy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Enough days: the 95 % interval of a measure reaches no further than ``half_width`` to each side."""

    measure: str
    queue: str
    """Empty: all together."""
    half_width: float

    def is_reached(self, found: Estimate) -> bool:
        """Whether the estimate is that precise."""
        return found.half_width is not None and found.half_width <= self.half_width


def read_precision(text: str, site: Site) -> Precision:
    """“SL ± 0.5 %”, “ASA of cards ± 2 s”. Raises :class:`~simulator.twin.SimulationError` with what to write."""
    found = re.fullmatch(r"\s*(\w+)(?:\s+of\s+([\w-]+))?\s*(?:±|\+-|\+/-)\s*(\d+(?:\.\d+)?)\s*(%|s)\s*", text)
    if found is None or found[1] not in _NAMES or (found[1] == "ASA") is not (found[4] == "s"):
        raise SimulationError(
            f"“{text}” is no precision; write “SL ± 0.5 %”, “ASA of cards ± 2 s”, “abandonment ± 1 %” or "
            "“occupancy ± 1 %”"
        )
    queue = found[2] or ""
    if queue and queue not in site.queues:
        raise SimulationError(unknown("queue", queue, site.queues))
    if queue and found[1] == "occupancy":
        raise SimulationError("occupancy is of agents, not of a queue; write “occupancy ± 1 %”")
    half_width = float(found[3]) * (1000 if found[4] == "s" else 0.01)
    if half_width == 0:
        raise SimulationError(f"“{text}” would take for ever; write more than 0")
    return Precision(measure=_NAMES[found[1]], queue=queue, half_width=half_width)


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
    measures: dict[Key, dict[str, Estimate]]


Progress = Callable[[int], None]
"""Told how many days are done."""


def run_study(study: Study, workers: Workers | None = None, progress: Progress = lambda _: None) -> StudyResult:
    """Simulates day by day until there are enough. The answer is the same whoever works: the days are looked at in
    their order, and those simulated in vain are left out. Ctrl-C ends it with what there is."""
    start, end = span_of(study.site, study.date)
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
    )


def _is_precise(study: Study, wanted: Precision, found: list[Figures]) -> bool:
    key = Key("queue", wanted.queue) if wanted.queue else Key("all", "")
    start, end = span_of(study.site, study.date)
    only = [{key: day[key]} for day in found]
    return wanted.is_reached(estimates(only, end - start, study.interval_ms)[key][wanted.measure])


def figures_of_day(study: Study, seed: int) -> Figures:
    """One day, in whichever process. :class:`~simulator.twin.SimulationError`: the site has no workload."""
    site = study.site
    if site.workload is None:
        raise SimulationError(f"{site.folder / 'site.yaml'} names no workload; add “workload: workload.yaml”")
    start, end = span_of(site, study.date)
    tally = Tally(site, start, end, study.interval_ms)
    twin = Twin(site, site.workload, seed=seed, start=start - study.warm_up_ms, end=end, observer=tally.see)
    twin.run()
    twin.centre.metrics.book_until(end)
    return tally.figures(twin.centre.metrics)
