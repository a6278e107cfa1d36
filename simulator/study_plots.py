"""What to draw of many simulated days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

import numpy as np

from config.site import Site, text_in
from simulator.charts import POINTS, QUEUES_MOST, STATES, Chart, banded, shares_within, stacked_areas
from simulator.estimates import Estimate
from simulator.measures import quantile, wait_name
from simulator.replications import StudyResult
from simulator.sums import DAY, Key
from simulator.tidy import on_the_wall


def study_charts(site: Site, result: StudyResult) -> list[tuple[str, Chart]]:
    """The charts of a study, each with the sentence that explains it."""
    whole = {queue: result.measures.get(Key("queue", queue)) for queue in site.queues}
    called = {queue: found["queued"].mean or 0.0 for queue, found in whole.items() if found is not None}
    busiest = sorted(called, key=lambda queue: -called[queue])[:QUEUES_MOST]
    titles = {queue: text_in(site.queues[queue].title, "en") for queue in site.queues if queue in busiest}
    end = datetime.combine(result.date + timedelta(days=1), time()).isoformat()
    return [
        (
            "How many callers waited, on average over the interval"
            + (", with its 95 % interval." if result.days > 1 else "."),
            banded(list(_waiting(site, result, titles)), "Callers waiting", "callers"),
        ),
        (
            "How long answered callers had waited: the line is what four of five did not exceed, the band reaches from "
            "the half to 95 of 100.",
            banded(list(_waits(site, result, titles)), "Waits of answered callers", "seconds"),
        ),
        (
            "Which share of the answered had waited how long at most, over the whole day.",
            shares_within(list(_within(result, titles)), "Distribution of waits"),
        ),
        (
            "What the agents did who were signed in, on average.",
            stacked_areas(list(_states(site, result)), "Agents by state", "agents", tuple(STATES.values()), end),
        ),
    ]


def _by_interval(site: Site, result: StudyResult, kind: str, name: str) -> Iterator[tuple[str, Mapping[str, Estimate]]]:
    for key, found in result.measures.items():
        if (key.kind, key.name) == (kind, name) and key.interval != DAY:
            yield on_the_wall(result.start + key.interval, site.time_zone), found


def _waiting(site: Site, result: StudyResult, titles: Mapping[str, str]) -> Iterator[dict[str, object]]:
    for queue, title in titles.items():
        for begins, found in _by_interval(site, result, "queue", queue):
            one = found["mean_queue"]
            if one.mean is not None:
                low, high = (one.mean if end is None else max(end, 0.0) for end in (one.low, one.high))
                yield {"queue": title, "begins": begins, "mean": one.mean, "low": low, "high": high}


def _waits(site: Site, result: StudyResult, titles: Mapping[str, str]) -> Iterator[dict[str, object]]:
    for queue, title in titles.items():
        for begins, found in _by_interval(site, result, "queue", queue):
            half, most, nearly_all = (found[wait_name(share)].mean for share in (0.5, 0.8, 0.95))
            yield {
                "queue": title,
                "begins": begins,
                "mean": None if most is None else most / 1000,
                "low": None if half is None else half / 1000,
                "high": None if nearly_all is None else nearly_all / 1000,
            }


def _within(result: StudyResult, titles: Mapping[str, str]) -> Iterator[dict[str, object]]:
    for queue, title in titles.items():
        waits = np.sort(result.waits[queue])
        if not len(waits):
            continue
        within = np.linspace(0, quantile(waits, 0.99), POINTS)
        shares = np.searchsorted(waits, within, side="right") / len(waits)
        for wait, share in zip(within, shares, strict=True):
            yield {"queue": title, "seconds": float(wait) / 1000, "share": float(share)}


def _states(site: Site, result: StudyResult) -> Iterator[dict[str, object]]:
    for begins, found in _by_interval(site, result, "all", ""):
        for name, state in STATES.items():
            yield {"state": state, "begins": begins, "mean": found[name].mean or 0.0}
