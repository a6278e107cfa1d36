"""A staffing as tables to read, or as tidy rows for machines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.site import Site, text_in
from config.staffing import Goal, ShiftPattern
from ivr.hours import wall_clock
from simulator.figures_report import figure
from simulator.measures import ABANDONMENT
from simulator.report_table import print_table
from simulator.report_table import table as empty_table
from simulator.service_level import Definition
from simulator.staffing.plan import StaffPlan
from simulator.sums import Key
from simulator.tidy import begins

STOPPED = "Stopped by hand: this meets every goal, but some agents may be to spare; let it run on for a cheaper plan."
COLUMNS = ("team", "begins", "needed", "scheduled", "present")
Row = tuple[str, str, int, int, int]


def rows(site: Site, plan: StaffPlan) -> Iterator[Row]:
    """One row for each team and interval: when it begins (ISO 8601), agents needed at their desks, how many to schedule
    for that as some are absent, and how many are on shift."""
    numbers = (plan.need.numbers, plan.scheduled, plan.present)
    for team, *by_interval in zip(plan.staffing.teams, *numbers, strict=True):
        for number, (need, scheduled, there) in enumerate(zip(*by_interval, strict=True)):
            begin = begins(plan.start + number * plan.interval_ms, site.time_zone)
            yield (team.name, begin, need, scheduled, there)


def facts(plan: StaffPlan) -> dict[str, object]:
    """What is not of one interval: costs and the shifts; for JSON."""
    found: dict[str, object] = {
        "cost_of_needs": plan.cost,
        "plans_simulated": plan.need.simulated,
        "stopped": plan.stopped,
    }
    if plan.rosters is not None:
        found |= {"cost_of_shifts": plan.rosters.cost, "paid_hours": plan.rosters.paid_hours}
        found["shifts"] = [
            {"team": team, "shift": shift.name, **_times(shift), "agents": agents}
            for team, shift, agents in _shifts(plan)
        ]
    return found


def print_staffing(console: Console, site: Site, plan: StaffPlan) -> None:
    """Prints how many agents are needed when, who works which shift, and what callers get of it."""
    if plan.stopped:
        console.print(STOPPED, highlight=False)
    print_table(console, _needs(site, plan))
    for missing in plan.need.out_of_reach:
        console.print(
            f"{_title(site, missing.queue)}, {_clock(site, plan, missing.interval)}: by the chance of few calls "
            "no number of agents meets the goal; it was measured against what plenty of them reach. More "
            "--replications help.",
            highlight=False,
            markup=False,
        )
    if plan.rosters is not None:
        print_table(console, _roster(plan))
        console.print(
            f"{plan.rosters.paid_hours:g} paid hours, {plan.rosters.cost:,.2f} a day. Were people hired by the "
            f"interval: {plan.cost:,.2f}.",
            highlight=False,
        )
    else:
        console.print(f"{plan.cost:,.2f} a day, were people hired by the interval.", highlight=False)
    print_table(console, _service(site, plan))


def _needs(site: Site, plan: StaffPlan) -> Table:
    """A row for each stretch of intervals that are alike."""
    shown = {"needed": plan.need.numbers}
    if plan.scheduled != plan.need.numbers:
        shown["to schedule, as some are absent"] = plan.scheduled
    if plan.rosters is not None:
        shown["on shift"] = plan.present
    title = "Agents " + " / ".join(shown)
    table = empty_table(title, "From", "to", *(team.name for team in plan.staffing.teams))
    intervals = range(len(plan.need.numbers[0]))

    def numbers(interval: int) -> list[str]:
        teams = range(len(plan.staffing.teams))
        return [" / ".join(str(rows[team][interval]) for rows in shown.values()) for team in teams]

    for cells, alike in groupby(intervals, numbers):
        stretch = list(alike)
        table.add_row(_clock(site, plan, stretch[0]), _clock(site, plan, stretch[-1] + 1), *cells)
    return table


def _roster(plan: StaffPlan) -> Table:
    table = empty_table("Shifts", "Team", "Shift", "Hours", "Breaks", "Agents")
    for team, shift, agents in _shifts(plan):
        times = _times(shift)
        table.add_row(team, shift.name, f"{times['from']}-{times['to']}", ", ".join(times["breaks"]), str(agents))
    return table


def _service(site: Site, plan: StaffPlan) -> Table:
    table = empty_table(
        f"What callers get, the whole day, over {plan.outcome.replications} simulated days",
        "Queue",
        "Goal",
        "Service level %",
        "ASA s",
        "Abandoned %",
        "Occupancy %",
    )
    for queue, goal in plan.staffing.goals.items():
        own = plan.outcome.measures[Key("queue", queue)]
        names = (Definition(goal.definition).measure, "asa_ms", ABANDONMENT, "occupancy")
        table.add_row(Text(_title(site, queue)), worded(goal), *(figure(name, own[name]) for name in names))
    return table


def worded(goal: Goal) -> str:
    """A goal in words: “SL 80%, abandoned 8%”."""
    parts = []
    if goal.service_level is not None:
        parts.append(f"SL {goal.service_level:.0%}")
    if goal.asa_ms is not None:
        parts.append(f"ASA {goal.asa_ms / 1000:g} s")
    if goal.abandonment is not None:
        parts.append(f"abandoned {goal.abandonment:.0%}")
    return ", ".join(parts)


def _shifts(plan: StaffPlan) -> Iterator[tuple[str, ShiftPattern, int]]:
    """Who works which shift: the team, the shift with its breaks, and how many."""
    assert plan.rosters is not None
    for team, agents in zip(plan.staffing.teams, plan.rosters.agents, strict=True):
        for shift, count in zip(plan.staffing.shifts, agents, strict=True):
            if count:
                yield team.name, shift, count


def _times(shift: ShiftPattern) -> dict[str, list[str] | str]:
    return {
        "from": f"{shift.hours.start:%H:%M}",
        "to": f"{shift.hours.end:%H:%M}",
        "breaks": [f"{pause.start:%H:%M}-{pause.end:%H:%M}" for pause in shift.breaks],
    }


def _title(site: Site, queue: str) -> str:
    return text_in(site.queues[queue].title, "en")


def _clock(site: Site, plan: StaffPlan, interval: int) -> str:
    return f"{wall_clock(plan.start + interval * plan.interval_ms, site.time_zone):%H:%M}"
