"""A day of a site as a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a parameter of that name stands beside it

from config.site import Site
from config.workload import Absence
from simulator.planner.demand import demand_of, not_drawn, not_scaled, scaled
from simulator.planner.duties import duties_of_shifts
from simulator.planner.known_rules import refusals
from simulator.planner.menu_ways import not_walked
from simulator.planner.model import Absences, Model
from simulator.planner.refusals import refuse
from simulator.playable import workload_of
from simulator.staff import Plan, Roster
from simulator.stage import DRAIN_MS
from simulator.twin import span_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """The model of a day, and what it leaves out."""

    model: Model
    start: int
    """Unix milliseconds of the first interval."""
    without_queue: float
    """Callers a day, on average, who ask for no queue: they are not simulated."""


def model_of_day(
    site: Site, *, date: Date, interval_ms: int = 900_000, scale: float = 1.0, warm_up_ms: int = 0
) -> PlannedDay:
    """The day of ``site`` from midnight to midnight, with ``scale`` times its calls; it begins ``warm_up_ms`` earlier,
    uncounted.

    Raises :class:`~simulator.planner.model.PlannerError` where the planner cannot run it, and
    :class:`~simulator.playable.SimulationError` where the date is out of reach, or the site has no workload.
    """
    workload, flow = workload_of(site), site.entry_flow
    refuse([*refusals(site.acd, workload.retry), *not_drawn(workload, site.acd, flow), *not_walked(flow)], site)
    refuse(not_scaled(workload, scale), site)
    start, end = span_of(site, date)
    begin = start - warm_up_ms
    demand = demand_of(site, workload, begin, end, warm_up_ms)
    agents = tuple(agent.id for agent in site.acd.agents)
    plan, absence = Plan.by_shifts(workload, begin, end + DRAIN_MS), workload.absence
    model = Model(
        acd=site.acd,
        kinds=scaled(demand.kinds, scale),
        duties=duties_of_shifts(Roster(plan, Absence(), 0), agents, begin),
        absences=None if absence.is_none else Absences(plan=plan, absence=absence, agents=agents, begin=begin),
        begin=begin,
        counted_from_ms=warm_up_ms,
        interval_ms=interval_ms,
        intervals=-(-(end - start) // interval_ms),
        busyness=workload.busyness,
        retry=workload.retry,
        transfers=workload.transfers,
        routes=demand.routes,
    )
    return PlannedDay(model=model, start=start, without_queue=demand.without_queue * scale)
