"""What to draw of a staffing."""

from __future__ import annotations

from collections.abc import Iterator

from config.site import Site, text_in
from simulator.charts import Chart, against_staffing, needed_and_present
from simulator.estimates import NOTHING
from simulator.planner.plots import plan_charts
from simulator.service_level import Definition
from simulator.staffing.plan import StaffPlan
from simulator.staffing.report import rows, worded
from simulator.tidy import on_the_wall

_MINUTE = len("2026-11-23T09:00")
"""So much of when an interval begins is what the wall shows; its zone follows."""


def staff_charts(site: Site, plan: StaffPlan) -> list[tuple[str, Chart]]:
    """The charts of a staffing, each with the sentence that explains it: the agents, the service level with more or
    fewer of them, and the day that callers have."""
    end = on_the_wall(plan.start + len(plan.present[0]) * plan.interval_ms, site.time_zone)
    at_work = {team for team, _, _, scheduled, present in rows(site, plan) if scheduled or present}
    drawn = [
        {"team": team, "begins": begins[:_MINUTE], "needed": scheduled, "present": present}
        for team, begins, _, scheduled, present in rows(site, plan)
        if team in at_work
    ]
    return [
        (
            "The line: how many are needed, those who will be absent included. The area: how many are on shift.",
            needed_and_present(drawn, "Agents", end),
        ),
        *_against_staffing(site, plan),
        *plan_charts(site, plan.model, plan.sample, plan.start),
    ]


def _against_staffing(site: Site, plan: StaffPlan) -> Iterator[tuple[str, Chart]]:
    """One for each queue that has a goal."""
    for queue, goal in plan.staffing.goals.items():
        title = text_in(site.queues[queue].title, "en")
        drawn: list[dict[str, object]] = []
        for one in plan.nearby:
            level = one.levels.get(queue, NOTHING)
            if level.mean is not None:
                half = level.half_width or 0.0
                drawn.append(
                    {
                        "more": one.more,
                        "what": one.team,
                        "mean": level.mean,
                        "low": level.mean - half,
                        "high": level.mean + half,
                    }
                )
        if drawn:
            yield (
                f"{title}: the service level of the whole day ({Definition(goal.definition)}) with its 95 % interval, "
                "were there so many agents more or fewer of a team that may take its calls, whenever it is on shift. "
                + (
                    f"Its goal is another: {worded(goal)}, in every interval."
                    if goal.service_level is None
                    else "The broken line is the goal, which is one for every interval: the worst ones decide, so the "
                    "whole day is mostly above it."
                ),
                against_staffing(
                    drawn, f"{title}: service level", "agents of the team, more or fewer", goal.service_level
                ),
            )
