"""Many simulated days as tables to read, or as tidy rows for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from simulator.estimates import Estimate
from simulator.measures import ABANDONMENT, wait_name
from simulator.replications import StudyResult
from simulator.report import table
from simulator.service_level import Definition
from simulator.tally import DAY, QUANTILES, Key, groups_of
from simulator.tidy import Row, begins


def rows(site: Site, result: StudyResult) -> Iterator[Row]:
    """One row for each figure, by the columns of :mod:`simulator.tidy`."""
    for key, measures in result.measures.items():
        at = "" if key.interval == DAY else begins(result.start + key.interval, site.time_zone)
        for name, one in measures.items():
            yield (key.kind, key.name, at, name, one.mean, one.half_width)


def print_study(console: Console, site: Site, result: StudyResult, language: str = "en") -> None:
    """Prints what a planner looks at first: the day by queue, skill and agent group."""
    last = result.seed + result.days - 1
    console.print(
        Text.assemble(
            (text_in(site.name, language), "bold"),
            f" · {result.days} times {result.date:%A %d %B %Y} · seeds {result.seed} to {last}\n",
            "± is half the 95 % interval of the mean",
            "; stopped by hand before the end" if result.stopped else "",
            "; the precision asked for was not reached: allow more --days" if result.precise is False else "",
        ),
        highlight=False,
        soft_wrap=True,
    )
    titles = _titles(site, result, language)
    console.print(_calls(result, titles), highlight=False)
    console.print(_levels(result, titles), highlight=False)
    console.print(_waits(result, titles), highlight=False)
    if result.measures[Key("all", "")]["callbacks"].mean:
        console.print(_callbacks(result, titles), highlight=False)
    console.print(_agents(site, result), highlight=False)


def _titles(site: Site, result: StudyResult, language: str) -> dict[Key, str]:
    titles = {Key("all", ""): "All calls"}
    titles.update({Key("queue", queue): text_in(texts.title, language) for queue, texts in site.queues.items()})
    for key in result.measures:
        if key.kind == "skill" and key.interval == DAY:
            words = text_in(site.skills[key.name], language) if key.name in site.skills else key.name
            titles[key] = f"Skill {words}"
    return titles


def _calls(result: StudyResult, titles: dict[Key, str]) -> Table:
    columns = ("queued", "answered", ABANDONMENT, "short_abandonment", "released", "max_queue")
    heads = ("Entered", "Answered", "Abandoned", "Short", "Released", "Max queue")
    return _table("Calls a day", result, titles, heads, columns)


def _levels(result: StudyResult, titles: dict[Key, str]) -> Table:
    columns = tuple(definition.measure for definition in Definition)
    heads = ("ignored", "negative", "positive", "short excluded")
    return _table("Service levels, by what becomes of abandons", result, titles, heads, columns)


def _waits(result: StudyResult, titles: dict[Key, str]) -> Table:
    columns = ("asa_ms", *(wait_name(share) for share in QUANTILES))
    heads = ("ASA", *(f"{share:.0%} in" for share in QUANTILES))
    return _table("Waits of the answered, seconds", result, titles, heads, columns)


def _callbacks(result: StudyResult, titles: dict[Key, str]) -> Table:
    columns = ("callbacks", "callbacks_connected", "callbacks_failed", "callback_wait_ms")
    heads = ("Asked for", "Connected", "Not reached", "Wait, seconds")
    return _table("Callbacks a day", result, titles, heads, columns)


def _agents(site: Site, result: StudyResult) -> Table:
    found = table("Agents, by what they can do", "Group", "Agents", "Calls", "At work", "Occupancy")
    for name, agents in groups_of(site.acd.agents).items():
        measures = result.measures[Key("group", name)]
        names = ", ".join(site.agents[agent].name for agent in agents)
        cells = [_shown(column, measures[column]) for column in ("answered", "staffed_agents", "occupancy")]
        found.add_row(Text(name), Text(names), *cells)
    everybody = result.measures[Key("all", "")]
    found.add_row("All", "", "", *(_shown(column, everybody[column]) for column in ("staffed_agents", "occupancy")))
    return found


def _table(
    title: str, result: StudyResult, titles: dict[Key, str], heads: Sequence[str], columns: Sequence[str]
) -> Table:
    found = table(title, "Calls", *heads)
    for key, words in titles.items():
        if key in result.measures:
            found.add_row(Text(words), *(_shown(column, result.measures[key][column]) for column in columns))
    return found


def _shown(name: str, one: Estimate) -> str:
    if one.mean is None:
        return "–"
    half = one.half_width
    if name.endswith("_ms"):
        return f"{one.mean / 1000:.1f}" + ("" if half is None else f" ± {half / 1000:.1f}")
    if name.startswith("service_level") or name.endswith("abandonment") or name == "occupancy":
        return f"{one.mean:.1%}" + ("" if half is None else f" ± {half * 100:.1f}")
    return f"{one.mean:.1f}" + ("" if half is None else f" ± {half:.1f}")
