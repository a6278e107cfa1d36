"""The figures of a day, or of many, as tables to read or as tidy rows for machines, whichever command they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from ivr.hours import wall_clock
from simulator.estimates import Estimate
from simulator.measures import ABANDONMENT, QUANTILES, Measured, wait_name
from simulator.report_table import print_table
from simulator.report_table import table as empty_table
from simulator.service_level import Definition
from simulator.sums import DAY, Key, groups_of
from simulator.tidy import Row, begins

ALL = Key("all", "")
_HOUR_MS = 3_600_000
_LEVELS = ("ignored", "negative", "positive", "short excluded")
_SHARES = (ABANDONMENT, "short_abandonment", "occupancy", *(definition.measure for definition in Definition))
"""Measures from 0 to 1, which people read in percent."""


def rows(site: Site, measures: Measured, start: int) -> Iterator[Row]:
    """One row for each figure, by the columns of :mod:`simulator.tidy`; ``start``: Unix milliseconds of the first
    interval."""
    for key, own in measures.items():
        at = "" if key.interval == DAY else begins(start + key.interval, site.time_zone)
        for name, one in own.items():
            yield (key.kind, key.name, at, name, one.mean, one.half_width)


def print_figures(
    console: Console, site: Site, measures: Measured, *, start: int, interval_ms: int, definition: Definition
) -> None:
    """Prints what a planner looks at first, by queue, skill and group of agents; the hours by the service level of
    ``definition``. ``start``: Unix milliseconds of the first interval."""
    titles = _titles(site, measures)
    tables = [
        _table("Calls a day", measures, titles, _CALLS),
        _table("Waits of answered calls, seconds", measures, titles, _WAITS),
        _service_levels(site, measures, titles),
        _table("Abandonment and occupancy, percent", measures, titles, _ENDS),
        _agents(site, measures),
        _states(site, measures),
        _hours(site, measures, start, interval_ms, definition),
    ]
    if measures[ALL]["callbacks"].mean:
        tables.insert(4, _table("Callbacks a day; their wait in seconds", measures, titles, _CALLBACKS))
    for table in tables:
        print_table(console, table)


_CALLS = {
    "Queued": "queued",
    "Answered": "answered",
    "Abandoned": "abandoned",
    "Short": "short_abandoned",
    "Released": "released",
    "Refused": "refused",
    "Moved on": "moved_on",
    "Mean queue": "mean_queue",
    "Max queue": "max_queue",
}
_WAITS = {
    "ASA": "asa_ms",
    **{f"{share:.0%} in": wait_name(share) for share in QUANTILES},
    "Longest": "max_wait_ms",
    "AHT": "aht_ms",
}
_ENDS = {"Abandoned": ABANDONMENT, "Short": "short_abandonment", "Occupancy": "occupancy", "At work": "staffed_agents"}
_CALLBACKS = {
    "Asked for": "callbacks",
    "Connected": "callbacks_connected",
    "Not reached": "callbacks_failed",
    "Wait": "callback_wait_ms",
}
_STATES = {
    "Ringing": "ringing_agents",
    "Talking": "talking_agents",
    "Wrapping up": "wrap_up_agents",
    "Ready": "ready_agents",
    "Away": "away_agents",
}
"""Heads of columns to measures."""


def _titles(site: Site, measures: Measured) -> dict[Key, str]:
    titles = {ALL: "All calls"}
    titles |= {Key("queue", queue): text_in(texts.title, "en") for queue, texts in site.queues.items()}
    for key in measures:
        if key.kind == "skill" and key.interval == DAY:
            words = text_in(site.skills[key.name], "en") if key.name in site.skills else key.name
            titles[key] = f"Skill {words}"
    return titles


def _table(title: str, measures: Measured, titles: Mapping[Key, str], columns: Mapping[str, str]) -> Table:
    """A row for each thing; what is 0 for all of them is left out."""
    shown_ones = {
        head: measure for head, measure in columns.items() if any(measures[key][measure].mean != 0 for key in titles)
    }
    found = empty_table(title, "Calls", *shown_ones)
    for key, words in titles.items():
        found.add_row(Text(words), *(figure(measure, measures[key][measure]) for measure in shown_ones.values()))
    return found


def _service_levels(site: Site, measures: Measured, titles: Mapping[Key, str]) -> Table:
    found = empty_table("Service levels by what becomes of abandons, percent", "Calls", "Target", *_LEVELS)
    setups = {Key("queue", queue.id): queue for queue in site.acd.queues}
    for key, words in titles.items():
        setup = setups.get(key)
        target = f"{site.queues[setup.id].target:.0%} in {setup.threshold_ms / 1000:g} s" if setup is not None else ""
        levels = (figure(definition.measure, measures[key][definition.measure]) for definition in Definition)
        found.add_row(Text(words), target, *levels)
    return found


def _agents(site: Site, measures: Measured) -> Table:
    found = empty_table(
        "Agents, by what they can do", "Group", "Agents", "Number", "At work", "Answered", "Occupancy %"
    )
    names = ("staffed_agents", "answered", "occupancy")
    for name, agents in groups_of(site.acd.agents).items():
        first, *others = (site.agents[agent].name for agent in agents)
        who, own = f"{first} and {len(others)} more" if others else first, measures[Key("group", name)]
        found.add_row(Text(name), Text(who), str(len(agents)), *(figure(one, own[one]) for one in names))
    everybody = (figure(one, measures[ALL][one]) for one in names)
    found.add_row("All", "", str(len(site.acd.agents)), *everybody)
    return found


def _states(site: Site, measures: Measured) -> Table:
    found = empty_table("What the agents did: how many at once, on average over the day", "Group", *_STATES)
    keys = {name: Key("group", name) for name in groups_of(site.acd.agents)} | {"All": ALL}
    for name, key in keys.items():
        found.add_row(Text(name), *(figure(one, measures[key][one]) for one in _STATES.values()))
    return found


def _hours(site: Site, measures: Measured, start: int, interval_ms: int, definition: Definition) -> Table:
    titles = {queue: text_in(texts.title, "en") for queue, texts in site.queues.items()}
    found = empty_table(f"By the hour: queued / service level, {definition}", "Hour", *titles.values())
    by_hour: dict[int, dict[str, list[Mapping[str, Estimate]]]] = {}
    for key, own in measures.items():
        if key.kind == "queue" and key.interval != DAY:
            hour = key.interval - key.interval % max(_HOUR_MS, interval_ms)
            by_hour.setdefault(hour, {}).setdefault(key.name, []).append(own)
    for hour, queues in sorted(by_hour.items()):
        cells = [_hour(queues.get(queue, []), definition) for queue in titles]
        if any(cell != "–" for cell in cells):
            found.add_row(f"{wall_clock(start + hour, site.time_zone):%H:%M}", *cells)
    return found


def _hour(intervals: Sequence[Mapping[str, Estimate]], definition: Definition) -> str:
    queued = [own["queued"].mean or 0.0 for own in intervals]
    if not sum(queued):
        return "–"
    levels = [own[definition.measure].mean for own in intervals]
    known = [(calls, level) for calls, level in zip(queued, levels, strict=True) if level is not None]
    weight = sum(calls for calls, _ in known)
    share = f"{sum(calls * level for calls, level in known) / weight:.0%}" if weight else "–"
    one_day = all(own["queued"].half_width is None for own in intervals)
    return f"{sum(queued):.{0 if one_day else 1}f} / {share}"


def figure(measure: str, estimate: Estimate) -> str:
    """In the unit in which people read ``measure``: seconds, percent, or as it is."""
    return shown(estimate, 1 / 1_000 if measure.endswith("_ms") else 100.0 if measure in _SHARES else 1.0)


def shown(estimate: Estimate, scale: float) -> str:
    """The mean and its half-width, with as many decimals as they need."""
    if estimate.mean is None:
        return "–"
    value = estimate.mean * scale
    counted = value == int(value) and not estimate.half_width
    digits = 0 if counted or abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    width = "" if estimate.half_width is None else f" ±{estimate.half_width * scale:.{digits}f}"
    return f"{value:.{digits}f}{width}"
