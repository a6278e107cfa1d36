"""A simulated day as tables to read, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from ivr.hours import wall_clock
from simulator.day import DayResult, IntervalResult, QueueResult

HOUR_MS = 3_600_000


def as_json(result: DayResult) -> str:
    """Everything, with times in Unix milliseconds, durations in milliseconds and shares from 0 to 1."""
    return json.dumps(asdict(result), ensure_ascii=False, indent=2, default=str)


def print_day(console: Console, site: Site, result: DayResult, language: str = "en") -> None:
    """Prints what a planner looks at first."""
    console.print(_day(site, result, language), highlight=False)


def _day(site: Site, result: DayResult, language: str) -> RenderableType:
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in result.outcomes.items() if count)
    asked_back = f", {result.callbacks} to be called back" if result.callbacks else ""
    head = Text.assemble(
        (text_in(site.name, language), "bold"),
        f" · {result.date:%A %d %B %Y} · seed {result.seed}\n",
        f"{result.arrived} calls arrived{asked_back}: {outcomes or 'none'}; ",
        f"agents' occupancy {_share(result.occupancy)}",
    )
    titles = {queue: text_in(texts.title, language) for queue, texts in site.queues.items()}
    return Group(
        head,
        _calls(result, titles),
        _waits(result, titles),
        *([_callbacks(result, titles)] if result.callbacks else []),
        _service_levels(site, result, titles),
        _hours(site, result, titles),
    )


def _calls(result: DayResult, titles: dict[str, str]) -> Table:
    found = table("Calls", "Queue", "Entered", "Answered", "Abandoned", "Short", "Released", "Occupancy")
    for queue in result.queues:
        found.add_row(
            Text(titles[queue.queue]),
            str(queue.queued),
            str(queue.answered),
            str(queue.abandoned),
            str(queue.short_abandoned),
            str(queue.released),
            _share(queue.occupancy),
        )
    found.caption = "Short: of the abandoned, short abandons. Occupancy: of all agents who may take the queue's calls."
    return found


def _waits(result: DayResult, titles: dict[str, str]) -> Table:
    found = table("Waits", "Queue", "ASA", "Half within", "90 % within", "Longest", "AHT")
    for queue in result.queues:
        found.add_row(
            Text(titles[queue.queue]),
            _duration(queue.asa_ms),
            _duration(queue.answered_wait_p50_ms),
            _duration(queue.answered_wait_p90_ms),
            _duration(queue.max_wait_ms if queue.queued else None),
            _duration(queue.aht_ms),
        )
    found.caption = "Of answered calls; the longest wait also of abandoned ones. AHT: talk, hold and wrap-up."
    return found


def _callbacks(result: DayResult, titles: dict[str, str]) -> Table:
    found = table("Callbacks", "Queue", "Asked for", "Connected", "Not reached", "Wait")
    for queue in result.queues:
        if queue.callbacks:
            found.add_row(
                Text(titles[queue.queue]),
                str(queue.callbacks),
                str(queue.callbacks_connected),
                str(queue.callbacks_failed),
                _duration(queue.callback_wait_ms),
            )
    found.caption = (
        "Wait: the mean from the beginning of the wait to the conversation, off the telephone for the most part."
    )
    return found


def _service_levels(site: Site, result: DayResult, titles: dict[str, str]) -> Table:
    found = table("Service levels, by what becomes of abandons", "Queue", "Target")
    for column in ("ignored", "negative", "positive", "short excluded"):
        found.add_column(column, justify="right")
    setups = {queue.id: queue for queue in site.acd.queues}
    for queue in result.queues:
        levels = queue.service_levels
        found.add_row(
            Text(titles[queue.queue]),
            f"{site.queues[queue.queue].target:.0%} in {_duration(setups[queue.queue].threshold_ms)}",
            _share(levels.abandons_ignored),
            _share(levels.abandons_negative),
            _share(levels.abandons_positive),
            _share(levels.short_abandons_excluded),
        )
    found.caption = (
        "Answered within the threshold, of: the answered; the answered and abandoned; the same, early abandons counted "
        "as served; the same without short abandons."
    )
    return found


def _hours(site: Site, result: DayResult, titles: dict[str, str]) -> Table:
    found = table("By the hour: entered / abandoned / ASA", "Hour")
    by_hour = [dict(_by_hour(queue, result.start)) for queue in result.queues]
    for queue in result.queues:
        found.add_column(Text(titles[queue.queue]), justify="right")
    for hour in sorted({hour for hours in by_hour for hour in hours}):
        cells = [_hour(hours.get(hour, [])) for hours in by_hour]
        found.add_row(f"{wall_clock(hour, site.time_zone):%H:%M}", *cells)
    return found


def _by_hour(queue: QueueResult, start: int) -> Iterator[tuple[int, list[IntervalResult]]]:
    for hour, rows in groupby(queue.intervals, key=lambda row: row.start - (row.start - start) % HOUR_MS):
        yield hour, list(rows)


def _hour(rows: Iterable[IntervalResult]) -> str:
    rows = list(rows)
    answered = sum(row.answered for row in rows)
    waited = sum((row.asa_ms or 0) * row.answered for row in rows)
    asa = _duration(waited / answered if answered else None)
    return f"{sum(row.queued for row in rows)} / {sum(row.abandoned for row in rows)} / {asa}"


def table(title: str, first: str, *columns: str) -> Table:
    """An empty table as all reports have it."""
    found = Table(title=f"\n{title}", title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    found.add_column(first, min_width=14)
    for column in columns:
        found.add_column(column, justify="right")
    return found


def _duration(ms: float | None) -> str:
    """Minutes and seconds."""
    if ms is None:
        return "–"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}:{seconds:02}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
