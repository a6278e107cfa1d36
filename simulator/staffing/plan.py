"""The staffing of one day of a site: what each interval needs, who works which shift, and what callers get of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812 - a parameter of that name stands beside it

from acd.setup import AgentSetup
from config.site import Site
from config.staffing import Staffing
from ivr.hours import wall_clock
from simulator.planner.day import model_of_day
from simulator.planner.model import Model, PlannerError
from simulator.planner.outcome import Outcome, outcome_of
from simulator.planner.runs import Sample
from simulator.playable import workload_of
from simulator.staffing.absences import there_of, to_schedule
from simulator.staffing.nearby import Nearby, nearby
from simulator.staffing.search import Need, Numbers, Search, reinforce
from simulator.staffing.shifts import Rosters, Shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlan:
    """A day's staffing."""

    staffing: Staffing
    start: int
    """Unix milliseconds of the first interval."""
    interval_ms: int
    need: Need
    """At their desks."""
    scheduled: Numbers
    """So many must be put on shifts for that, as some will be absent; by team, then by interval."""
    cost: float
    """Of the scheduled, were they hired by the interval."""
    rosters: Rosters | None
    """None where the site names no shifts."""
    model: Model
    """Of the rosters, or, without any, of the need."""
    sample: Sample
    """What callers meet in it."""
    nearby: Sequence[Nearby]
    """The same with some agents more or fewer, where that was asked for."""
    outcome: Outcome
    """The figures of the sample."""

    @property
    def stopped(self) -> bool:
        """By hand: every goal is met, but it may be had for less."""
        return self.need.stopped or (self.rosters is not None and self.rosters.stopped)

    @property
    def present(self) -> Numbers:
        """Agents on shift, by team, then by interval."""
        return self.scheduled if self.rosters is None else self.rosters.present


def staff_day(
    site: Site,
    *,
    date: Date,
    interval_ms: int,
    seed: int,
    replications: int,
    scale: float,
    warm_up_ms: int = 0,
    executor: Executor | None = None,
    changes: Sequence[int] = (),
    progress: Callable[[int, float], None] = lambda _simulated, _cost: None,
) -> StaffPlan:
    """The cheapest staffing that was found for ``site`` on ``date``, with ``scale`` times its calls. In the
    ``warm_up_ms`` before, which are not counted, as many are at work as in the first interval.

    ``changes``: how many agents more (or, below 0, fewer) of a team are tried on what was found.

    ``progress`` hears how many plans were simulated, and what the latest costs. Ctrl-C ends it with what was found by
    then, if all goals were met by then. Raises
    :class:`~simulator.planner.model.PlannerError` and :class:`~simulator.playable.SimulationError`.
    """
    staffing = site.staffing
    if staffing is None:
        raise PlannerError(
            f"{site.folder / 'site.yaml'} does not say whom the site may hire; add “staffing: staffing.yaml” and write "
            "teams into that file (docs/planners.md shows one)"
        )
    absence = workload_of(site).absence
    teams = tuple(AgentSetup(id=team.name, skills=team.skills) for team in staffing.teams)
    day = model_of_day(
        replace(site, acd=replace(site.acd, agents=teams)),
        date=date,
        interval_ms=interval_ms,
        scale=scale,
        warm_up_ms=warm_up_ms,
    )
    search = Search(
        acd=day.model.acd,
        teams=[replace(team, most=there_of(team.most, absence)) for team in staffing.teams],
        kinds=day.model.kinds,
        goals=staffing.goals,
        occupancy=staffing.occupancy,
        interval_ms=interval_ms,
        intervals=day.model.intervals,
        begin=day.model.begin,
        warm_up_ms=warm_up_ms,
        busyness=day.model.busyness,
        retry=day.model.retry,
        transfers=day.model.transfers,
        routes=day.model.routes,
        absence=absence,
        seed=seed,
        replications=replications,
        executor=executor,
        progress=progress,
    )
    need = search.run()
    shifts = None
    if staffing.shifts:
        begins = [
            wall_clock(day.start + number * interval_ms, site.time_zone).time() for number in range(search.intervals)
        ]
        shifts = Shifts(staffing.shifts, begins, interval_ms)
    scheduled, rosters = _scheduled(search, staffing, need, shifts)
    if shifts is not None and rosters is not None and not need.stopped:
        rosters = shifts.spared(search, rosters)
    present = scheduled if rosters is None else rosters.present
    model = search.model(present, absent=True)
    sample = search.sample(model)
    return StaffPlan(
        staffing=staffing,
        start=day.start,
        interval_ms=interval_ms,
        need=need,
        scheduled=scheduled,
        cost=search.cost(scheduled),
        rosters=rosters,
        model=model,
        sample=sample,
        outcome=outcome_of(model, sample),
        nearby=nearby(search, present, changes),
    )


def _scheduled(search: Search, staffing: Staffing, need: Need, shifts: Shifts | None) -> tuple[Numbers, Rosters | None]:
    """How many to schedule for what is needed, and the rosters that cover that; so many more than is right on average
    that every goal is met with the absences of each day, unless it was stopped by hand."""
    numbers = [
        [min(team.most, to_schedule(there, search.absence)) for there in row]
        for team, row in zip(staffing.teams, need.numbers, strict=True)
    ]
    while True:
        scheduled = tuple(map(tuple, numbers))
        rosters = None if shifts is None else shifts.cover(staffing.teams, scheduled)
        present = scheduled if rosters is None else rosters.present
        missed = [] if need.stopped else search.missed(present, absent=True)
        if not missed:
            return scheduled, rosters
        more = [list(row) for row in present]
        reinforce(staffing.teams, more, missed)
        numbers = [
            [there if more_there == at_work else more_there for there, at_work, more_there in zip(*rows, strict=True)]
            for rows in zip(numbers, present, more, strict=True)
        ]
