"""What to draw of a planned day, and of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from config.site import Site, text_in
from simulator.charts import (
    POINTS,
    QUEUES_MOST,
    STATES,
    Chart,
    against_staffing,
    banded,
    shares_within,
    stacked_areas,
)
from simulator.figures_report import ALL
from simulator.measures import RATIOS
from simulator.planner import cells as c
from simulator.planner.bins import edges, quantiles
from simulator.planner.model import Model
from simulator.planner.outcome import OF_AGENTS
from simulator.planner.runs import Sample
from simulator.planner.sweep import PointFigures
from simulator.service_level import Definition
from simulator.sums import Key
from simulator.tidy import on_the_wall

_DAYS = (0.1, 0.9)
_SHOWN = (0.5, 0.8, 0.95)


def plan_charts(site: Site, model: Model, sample: Sample, start: int) -> list[tuple[str, Chart]]:
    """The charts of a planned day, each with the sentence that explains it; ``start``: Unix milliseconds of the
    first interval."""
    calls = sample.counts[:, : len(model.acd.queues), :, c.QUEUED].sum(axis=(0, 2))
    busiest = sorted(range(len(calls)), key=lambda number: -calls[number])[:QUEUES_MOST]
    titles = {number: text_in(site.queues[model.acd.queues[number].id].title, "en") for number in sorted(busiest)}
    begins = [on_the_wall(start + number * model.interval_ms, site.time_zone) for number in range(model.intervals)]
    end = on_the_wall(start + model.intervals * model.interval_ms, site.time_zone)
    return [
        (
            "How many callers waited, on average over the interval. The band holds eight of ten days.",
            banded(list(_waiting(model, sample, titles, begins)), "Callers waiting", "callers"),
        ),
        (
            "How long answered callers had waited: the line is what four of five did not exceed, the band reaches from "
            "the half to 95 of 100.",
            banded(list(_waits(sample, titles, begins)), "Waits of answered callers", "seconds"),
        ),
        (
            "Which share of the answered had waited how long at most, over the whole day.",
            shares_within(list(_within(sample, titles)), "Distribution of waits"),
        ),
        (
            "What the agents did who were signed in, on average.",
            stacked_areas(
                list(_states(model, sample, begins)), "Agents by state", "agents", tuple(STATES.values()), end
            ),
        ),
    ]


def sweep_charts(
    site: Site, found: Sequence[PointFigures], definition: Definition, like: str | None
) -> list[tuple[str, Chart]]:
    """Service level against staffing: of all queues together, then of each one."""
    charts = []
    for key in (ALL, *(Key("queue", queue) for queue in site.queues)):
        title = "All queues" if key == ALL else text_in(site.queues[key.name].title, "en")
        target = None if key == ALL else site.queues[key.name].target
        charts.append(
            (
                f"{title}: service level ({definition}), with its 95 % interval."
                + ("" if target is None else " The broken line is the queue's target."),
                against_staffing(
                    list(_levels(found, key, definition)),
                    title,
                    f"agents like {like}, more or fewer" if like else "agents, more or fewer",
                    target,
                ),
            )
        )
    return charts


def _waiting(
    model: Model, sample: Sample, titles: Mapping[int, str], begins: Sequence[str]
) -> Iterator[dict[str, object]]:
    callers = sample.crowds[..., c.QUEUE_MS] / model.interval_ms
    for number, title in titles.items():
        low, high = np.quantile(callers[:, number], _DAYS, axis=0)
        for at, begin in enumerate(begins):
            yield {
                "queue": title,
                "begins": begin,
                "mean": float(callers[:, number, at].mean()),
                "low": float(low[at]),
                "high": float(high[at]),
            }


def _waits(sample: Sample, titles: Mapping[int, str], begins: Sequence[str]) -> Iterator[dict[str, object]]:
    for number, title in titles.items():
        found = quantiles(sample.waits_by_interval[number], np.array(_SHOWN)) / 1000
        for (half, most, nearly_all), begin in zip(found, begins, strict=True):
            some = not np.isnan(half)
            yield {
                "queue": title,
                "begins": begin,
                "mean": float(most) if some else None,
                "low": float(half) if some else None,
                "high": float(nearly_all) if some else None,
            }


def _within(sample: Sample, titles: Mapping[int, str]) -> Iterator[dict[str, object]]:
    ends = edges()[1:] / 1000
    for number, title in titles.items():
        so_far = np.cumsum(sample.waits[:, number].sum(axis=0))
        if not so_far[-1]:
            continue
        longest = ends[np.searchsorted(so_far, 0.99 * so_far[-1])]
        for seconds in np.linspace(0, longest, POINTS):
            at = np.searchsorted(ends, seconds, side="right")
            share = so_far[at - 1] / so_far[-1] if at else 0.0
            yield {"queue": title, "seconds": float(seconds), "share": float(share)}


def _states(model: Model, sample: Sample, begins: Sequence[str]) -> Iterator[dict[str, object]]:
    spent = sample.times.sum(axis=1).mean(axis=0) / model.interval_ms
    for name, state in STATES.items():
        spent_so = spent[:, OF_AGENTS[RATIOS[name][0]]]
        for at, begin in enumerate(begins):
            yield {"state": state, "begins": begin, "mean": float(spent_so[at])}


def _levels(found: Sequence[PointFigures], key: Key, definition: Definition) -> Iterator[dict[str, object]]:
    for one in found:
        level = one.measures[key][definition.measure]
        if level.mean is not None:
            half = level.half_width or 0.0
            handling = "" if one.point.handling == 1 else f", handling {one.point.handling:.0%}"
            yield {
                "more": one.point.more,
                "what": f"calls {one.point.calls:.0%}{handling}",
                "mean": level.mean,
                "low": level.mean - half,
                "high": level.mean + half,
            }
