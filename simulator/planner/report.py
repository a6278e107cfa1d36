"""A plan as tables to read, or as tidy rows for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from config.site import Site, text_in
from ivr.hours import wall_clock
from simulator.estimates import Estimate
from simulator.measures import wait_name
from simulator.planner.compare import Change
from simulator.planner.outcome import SHARES, AllFigures, CallFigures, GroupFigures, Outcome, QueueFigures
from simulator.report import table as empty_table
from simulator.service_level import Definition
from simulator.tidy import Row, begins


def rows(site: Site, outcome: Outcome, start: int) -> Iterator[Row]:
    """One row for each figure of a queue or a group of agents, by the columns of :mod:`simulator.tidy`."""
    together = outcome.together
    for at, all_figures in _by_interval(site, outcome, start, together.total, together.intervals):
        for measure, estimate in _of_calls(all_figures):
            yield ("all", "", at, measure, estimate.mean, estimate.half_width)
    for queue in outcome.queues:
        for at, figures in _by_interval(site, outcome, start, queue.total, queue.intervals):
            for measure, estimate in _of_calls(figures):
                yield ("queue", queue.queue, at, measure, estimate.mean, estimate.half_width)
    for group in outcome.groups:
        for at, own in _by_interval(site, outcome, start, group.total, group.intervals):
            for field in fields(own):
                estimate = getattr(own, field.name)
                yield ("group", group.name, at, field.name, estimate.mean, estimate.half_width)


F = TypeVar("F", QueueFigures, AllFigures, GroupFigures)


def _by_interval(site: Site, outcome: Outcome, start: int, total: F, intervals: Sequence[F]) -> Iterator[tuple[str, F]]:
    yield "", total
    for number, figures in enumerate(intervals):
        yield begins(start + number * outcome.interval_ms, site.time_zone), figures


def _of_calls(figures: CallFigures) -> Iterator[tuple[str, Estimate]]:
    for field in fields(figures):
        value = getattr(figures, field.name)
        if isinstance(value, Estimate):
            yield field.name, value
    for definition, level in figures.service_levels.items():
        yield definition.measure, level
    for share, wait in figures.wait_ms.items():
        yield wait_name(share), wait


def print_plan(console: Console, site: Site, outcome: Outcome, start: int, definition: Definition) -> None:
    """Prints what a planner looks at first; the hours by the service level of ``definition``."""
    titles = {name: text_in(texts.title, "en") for name, texts in site.queues.items()}
    setups = {queue.id: queue for queue in site.acd.queues}
    calls = empty_table(
        "Calls a day", "Queue", "Entered", "Answered", "Abandoned", "Short", "Turned away", "Most at once"
    )
    waits = empty_table(
        "Waits of answered calls, seconds", "Queue", "ASA", *(f"{share:.0%} in" for share in SHARES), "AHT"
    )
    levels = empty_table("Service levels by what becomes of abandons, percent", "Queue", "Target", *_LEVELS)
    ends = empty_table("Abandonment and occupancy, percent", "Queue", "Abandoned", "Short", "Occupancy")
    everybody = outcome.together.total
    figures: list[tuple[str, str, CallFigures]] = [("All calls", "", everybody)]
    for queue in outcome.queues:
        target = f"{site.queues[queue.queue].target:.0%} in {setups[queue.queue].threshold_ms / 1000:g} s"
        figures.append((titles[queue.queue], target, queue.total))
    for title, target, total in figures:
        name = Text(title)
        counts = (total.queued, total.answered, total.abandoned, total.short_abandoned)
        away = (total.released.mean or 0.0) + (total.refused.mean or 0.0)
        most = _count(total.max_queue) if isinstance(total, QueueFigures) else ""
        calls.add_row(name, *(_count(count) for count in counts), f"{away:.1f}", most)
        waits.add_row(name, *(_time(wait) for wait in (total.asa_ms, *total.wait_ms.values(), total.aht_ms)))
        levels.add_row(name, target, *(_share(total.service_levels[level]) for level in Definition))
        ends.add_row(name, _share(total.abandonment), _share(total.short_abandonment), _share(total.occupancy))
    groups = empty_table(
        "Agents, by what they can do", "Group", "Agents", "Number", "At work", "Answered", "Occupancy %"
    )
    for group in outcome.groups:
        first, *others = (site.agents[agent].name for agent in group.agents)
        names = f"{first} and {len(others)} more" if others else first
        own = (_count(group.total.staffed_agents), _count(group.total.answered), _share(group.total.occupancy))
        groups.add_row(Text(group.name), Text(names), str(len(group.agents)), *own)
    own = (_count(everybody.staffed_agents), _count(everybody.answered), _share(everybody.occupancy))
    groups.add_row("All", "", str(sum(len(group.agents) for group in outcome.groups)), *own)
    hours = empty_table(f"By the hour: entered / service level, {definition}", "Hour", *titles.values())
    step = max(1, 3_600_000 // outcome.interval_ms)
    for number in range(0, len(outcome.queues[0].intervals), step):
        cells = [_hour(queue.intervals[number : number + step], definition) for queue in outcome.queues]
        if any(cell != "–" for cell in cells):
            begins = wall_clock(start + number * outcome.interval_ms, site.time_zone)
            hours.add_row(f"{begins:%H:%M}", *cells)
    for table in (calls, waits, levels, ends, groups, hours):
        console.print(table, highlight=False)


_LEVELS = ("ignored", "negative", "positive", "short excluded")


_SHORT = {**{str(level): f"SL {name}" for level, name in zip(Definition, _LEVELS, strict=True)}, "asa_ms": "ASA"}


def print_changes(console: Console, site: Site, found: Sequence[Change]) -> None:
    """Prints the differences between two sites."""
    table = empty_table(
        "Differences on the same callers, percent and seconds", "Queue", "Figure", "Before", "After", "By", ""
    )
    for change in found:
        title = text_in(site.queues[change.queue].title, "en") if change.queue else "everybody"
        show = _time if change.measure.endswith("_ms") else _share
        name = _SHORT.get(change.measure, change.measure)
        sure = "" if change.is_sure else "chance?"
        table.add_row(Text(title), name, show(change.before), show(change.after), show(change.by), sure)
    console.print(table, highlight=False)


def _hour(intervals: Sequence[QueueFigures], definition: Definition) -> str:
    queued = [figures.queued.mean or 0.0 for figures in intervals]
    if not sum(queued):
        return "–"
    levels = [figures.service_levels[definition].mean for figures in intervals]
    known = [(calls, level) for calls, level in zip(queued, levels, strict=True) if level is not None]
    weight = sum(calls for calls, _ in known)
    share = f"{sum(calls * level for calls, level in known) / weight:.0%}" if weight else "–"
    return f"{sum(queued):.1f} / {share}"


def _count(estimate: Estimate) -> str:
    return shown(estimate, 1.0)


def _time(estimate: Estimate) -> str:
    return shown(estimate, 1 / 1_000)


def _share(estimate: Estimate) -> str:
    return shown(estimate, 100.0)


def shown(estimate: Estimate, scale: float) -> str:
    """The mean and its half-width; without a decimal where neither needs one."""
    if estimate.mean is None:
        return "–"
    digits = 0 if abs(estimate.mean * scale) >= 100 else 1
    width = "" if estimate.half_width is None else f" ±{estimate.half_width * scale:.{digits}f}"
    return f"{estimate.mean * scale:.{digits}f}{width}"
