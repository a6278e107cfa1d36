"""What to draw of a replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.site import Site
from simulator.charts import QUEUES_MOST, Chart, Rows, changes, two_sided
from simulator.replay.compare import BLOCK_MS, Group, Replayed
from simulator.replay.report import title_of, verdict
from simulator.tidy import on_the_wall

WAIT = "mean_wait_ms"
LEVEL = "service_level_abandons_negative"


def replay_charts(site: Site, result: Replayed, language: str = "en") -> list[tuple[str, Chart]]:
    """The charts of a replay, each with the sentence that explains it."""
    came = [group for group in result.groups if group.callers]
    queues = sorted((group for group in came if group.kind == "queue"), key=lambda group: -group.callers)
    drawn: Rows = [
        row for group in queues[:QUEUES_MOST] for row in _over_the_day(site, group, title_of(site, group, language))
    ]
    titled = [(title_of(site, group, language), group) for group in came]
    return [
        (
            "By how much the mean wait of everybody changes, with the 95 % interval: left of the broken line they wait "
            "less.",
            changes(list(_changes(titled, WAIT, 1 / 1000)), "Change of the mean wait", "seconds"),
        ),
        (
            "By how much the service level (abandons negative) changes: right of the broken line it is better.",
            changes(list(_changes(titled, LEVEL, 100)), "Change of the service level", "points"),
        ),
        (
            "How long callers who came in each half-hour waited, on average, whether answered or not; where "
            "there is one line, nothing changes.",
            two_sided(drawn, "Mean wait over the day", "seconds"),
        ),
    ]


def _changes(groups: Sequence[tuple[str, Group]], name: str, scale: float) -> Iterator[dict[str, object]]:
    for title, group in groups:
        one = group.measures[name]
        if one.difference is not None and one.low is not None and one.high is not None:
            yield {
                "whose": title,
                "mean": one.difference * scale,
                "low": one.low * scale,
                "high": one.high * scale,
                "verdict": verdict(one, name) or "perhaps chance",
            }


def _over_the_day(site: Site, group: Group, title: str) -> Iterator[dict[str, object]]:
    """A step for each half-hour; nothing where nobody came."""

    def row(at: int, rules: str, wait_ms: float | None) -> dict[str, object]:
        begins = on_the_wall(at, site.time_zone)
        return {"queue": title, "begins": begins, "rules": rules, "value": None if wait_ms is None else wait_ms / 1000}

    for interval in group.intervals:
        end = interval.start + BLOCK_MS
        for rules, wait_ms in (("today", interval.mean_wait_ms), ("proposed", interval.mean_wait_proposed_ms)):
            yield row(interval.start, rules, wait_ms)
            yield row(end - 1, rules, wait_ms)
            yield row(end, rules, None)  # the next one, if there is one, begins a new step at the same time
