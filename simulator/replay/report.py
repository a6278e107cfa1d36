"""A replay as tables to read, as tidy rows or JSON for machines, and as one HTML file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from ivr.hours import wall_clock
from simulator.measures import ABANDONMENT
from simulator.replay.bootstrap import Difference
from simulator.replay.compare import Group, Replayed
from simulator.report_table import print_table
from simulator.report_table import table as empty_table
from simulator.tidy import printable

TITLES = {
    "answered_share": "answered",
    ABANDONMENT: "abandoned",
    "short_abandonment": "short abandons",
    "service_level_abandons_ignored": "SL, abandons ignored",
    "service_level_abandons_negative": "SL, abandons negative",
    "service_level_abandons_positive": "SL, abandons positive",
    "service_level_short_abandons_excluded": "SL, short abandons excluded",
    "asa_ms": "ASA",
    "mean_wait_ms": "mean wait of all",
    "answered_wait_p50_ms": "half answered within",
    "answered_wait_p80_ms": "80 % within",
    "answered_wait_p90_ms": "90 % within",
    "answered_wait_p95_ms": "95 % within",
    "answered_wait_p99_ms": "99 % within",
}
MORE_IS_BETTER = frozenset(name for name in TITLES if name == "answered_share" or name.startswith("service_level"))


def as_json(result: Replayed) -> str:
    """Everything, with times in Unix milliseconds, durations in milliseconds and shares from 0 to 1."""
    plain = asdict(result)
    for name, estimate in plain["patience"].items():
        estimate["median_ms"] = result.patience[name].median_ms()
        del estimate["hazard"]
    return json.dumps(plain, ensure_ascii=False, indent=2)


COLUMNS = ("of", "name", "measure", "today", "proposed", "difference", "low", "high")
Row = tuple[str, str, str, float | None, float | None, float | None, float | None, float | None]


def rows(result: Replayed) -> Iterator[Row]:
    """One row for each figure of a group of callers or of an agent; ``low`` and ``high`` are the 95 % interval of the
    difference. Times in milliseconds, shares from 0 to 1."""
    for group in result.groups:
        for name, one in group.measures.items():
            yield (group.kind, group.name, name, one.today, one.proposed, one.difference, one.low, one.high)
    for agent in result.agents:
        for name, one in (("answered", agent.calls), ("occupancy", agent.occupancy)):
            yield ("agent", agent.agent, name, one.today, one.proposed, one.difference, one.low, one.high)


def as_html(site: Site, result: Replayed, charts: str, language: str = "en") -> str:
    """One page, self-contained: no script, nothing from elsewhere. ``charts``: HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["shown"] = shown
    environment.filters["change"] = change
    return environment.get_template("report.html.jinja").render(
        result=result,
        notes=notes(site, result),
        name=text_in(site.name, language),
        day=day_of(site, result),
        groups=[(title_of(site, group, language), group) for group in result.groups if group.callers],
        agents=[(_agent(site, one.agent), one) for one in result.agents],
        titles=TITLES,
        verdict=verdict,
        charts=Markup(charts),  # noqa: S704 - drawn by vl-convert, which encodes the texts in it
    )


def print_replay(console: Console, site: Site, result: Replayed, language: str = "en") -> None:
    """Prints what a manager looks at first: who gains, who loses, and what is known of it."""
    groups = [(title_of(site, group, language), group) for group in result.groups if group.callers]
    head = Text.assemble(
        (text_in(site.name, language), "bold"),
        f" · {day_of(site, result)} · seed {result.seed}\n",
        *(f"{note}\n" for note in notes(site, result)),
    )
    console.print(head, highlight=False, soft_wrap=True, end="")
    print_table(console, _who(groups))
    for title, group in groups:
        if group.kind != "skill":
            print_table(console, _measures(title, group))
    print_table(console, _agents(site, result))


def notes(site: Site, result: Replayed) -> list[str]:
    """What a reader must know before any figure."""
    everybody = result.patience[""]
    faithful = result.as_recorded / result.recorded_callers if result.recorded_callers else 1.0
    same = result.today == result.proposed
    found = [f"stopped by hand after {result.repeats} repetitions"] if result.stopped else []
    found += [
        f"today: {result.today}" if same else f"today: {result.today}; proposed: {result.proposed}",
        f"{result.recorded_callers} callers from {result.source}",
        f"{faithful:.1%} of them end under today's rules as on record, to the millisecond and by the same agent",
        f"patience: {everybody.observed} callers gave up; of {everybody.censored} others it is known only that they "
        "waited so long, which the estimate (Kaplan–Meier) counts as such. "
        f"Half would wait {_seconds(everybody.median_ms())}",
        f"not on record, so drawn anew in each of {result.repeats} repetitions, the same for both sides: how much "
        f"longer {result.patience_drawn} callers would have waited, and how long {result.handling_drawn} calls would "
        "have taken, had they been answered",
    ]
    if result.not_in_proposed:
        names = ", ".join(_agent(site, agent) for agent in result.not_in_proposed)
        found.append(f"at work that day, but not in the proposed site: {names}")
    return found


def title_of(site: Site, group: Group, language: str) -> str:
    """What the callers of a group are called."""
    if group.kind == "all":
        return "All callers"
    if group.kind == "segment":  # from the customer records
        return f"Segment {printable(group.name)}"
    if group.kind == "skill":
        return f"Skill {text_in(site.skills[group.name], language) if group.name in site.skills else group.name}"
    return text_in(site.queues[group.name].title, language) if group.name in site.queues else group.name


def shown(value: float | None, name: str) -> str:
    """A measure as people read it."""
    if value is None:
        return "–"
    return _seconds(value) if name.endswith("_ms") else f"{value:.1%}"


def change(difference: Difference, name: str) -> str:
    """The difference with its interval; in points where it is of shares."""
    if difference.difference is None or difference.low is None or difference.high is None:
        return "–"
    if name.endswith("_ms"):
        parts = [f"{value / 1000:+.1f}" for value in (difference.difference, difference.low, difference.high)]
        return f"{parts[0]} s ({parts[1]} … {parts[2]})"
    parts = [f"{value * 100:+.1f}" for value in (difference.difference, difference.low, difference.high)]
    return f"{parts[0]} pt ({parts[1]} … {parts[2]})"


def verdict(difference: Difference, name: str) -> str:
    """“better”, “worse”, or nothing where chance may have done it."""
    if not difference.is_clear or difference.difference is None:
        return ""
    return "better" if (difference.difference > 0) is (name in MORE_IS_BETTER) else "worse"


def _who(groups: Sequence[tuple[str, Group]]) -> Table:
    table = empty_table("Who gains, who loses", "Callers", "Came", "Gain", "Lose", "Mean wait", "Change")
    for title, group in groups:
        wait = group.measures["mean_wait_ms"]
        table.add_row(
            Text(title),
            str(group.callers),
            f"{group.gained:.0f}",
            f"{group.lost:.0f}",
            shown(wait.today, "mean_wait_ms"),
            _coloured(wait, "mean_wait_ms"),
        )
    table.caption = "Gain: answered instead of giving up, or at least a second sooner. In brackets the 95 % interval."
    return table


def _measures(title: str, group: Group) -> Table:
    table = empty_table(title, "Measure", "Today", "Proposed", "Change (95 % interval)", "")
    for name, words in TITLES.items():
        difference = group.measures[name]
        table.add_row(
            words,
            shown(difference.today, name),
            shown(difference.proposed, name),
            _coloured(difference, name),
            verdict(difference, name),
        )
    return table


def _agents(site: Site, result: Replayed) -> Table:
    table = empty_table("Agents", "Agent", "Calls", "→", "Occup.", "→", "Change (95 % interval)")
    for one in result.agents:
        table.add_row(
            Text(_agent(site, one.agent)),
            f"{one.calls.today or 0:.0f}",
            f"{one.calls.proposed or 0:.0f}",
            shown(one.occupancy.today, ""),
            shown(one.occupancy.proposed, ""),
            change(one.occupancy, ""),
        )
    return table


def _coloured(difference: Difference, name: str) -> Text:
    style = {"better": "green", "worse": "red", "": ""}[verdict(difference, name)]
    return Text(change(difference, name), style=style)


def _agent(site: Site, agent: str) -> str:
    return site.agents[agent].name if agent in site.agents else agent


def day_of(site: Site, result: Replayed) -> str:
    """The recorded day, as a heading names it."""
    return f"{wall_clock(result.start, site.time_zone):%A %d %B %Y}"


def _seconds(ms: float) -> str:
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}:{seconds:02}"
