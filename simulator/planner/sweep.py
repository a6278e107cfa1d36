"""What if there were more calls, longer ones, other numbers of agents? One point for every combination, each on the
same callers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from functools import partial
from itertools import product

from config.errors import unknown
from config.site import Site
from simulator.measures import Measured
from simulator.planner.day import model_of_day
from simulator.planner.model import Model, PlannerError
from simulator.planner.outcome import totals_of
from simulator.planner.runs import run
from simulator.playable import workload_of
from simulator.workers import Workers, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One combination."""

    calls: float = 1.0
    """A factor on the site's calls."""
    handling: float = 1.0
    """A factor on talk and wrap-up."""
    more: int = 0
    """Agents more than the site has; below 0: fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All that is tried."""

    site: Site
    date: Date
    points: tuple[Point, ...]
    like: str | None = None
    """The agent whose skills and shifts those have who come or go."""
    seed: int = 1
    replications: int = 100
    warm_up_ms: int = 0
    """How long before midnight each day begins, uncounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFigures:
    """What a point gives."""

    point: Point
    measures: Measured
    """Over the whole day."""


def points(calls: Iterable[float], handling: Iterable[float], more: Iterable[int]) -> tuple[Point, ...]:
    """Every combination; the numbers of agents change fastest."""
    return tuple(
        Point(calls=factor, handling=longer, more=agents) for factor, longer, agents in product(calls, handling, more)
    )


def run_sweep(
    sweep: Sweep, workers: Workers | None = None, progress: Callable[[int], None] = lambda _: None
) -> list[PointFigures]:
    """The figures of each point, in order. Ctrl-C ends it with those that there are, if there is one.

    Raises :class:`~simulator.planner.model.PlannerError` and :class:`~simulator.playable.SimulationError`.
    """
    models: Iterator[tuple[Point, Model]] = ((point, model_at(sweep, point)) for point in sweep.points)
    work = partial(_figures, seed=sweep.seed, replications=sweep.replications)
    found: list[PointFigures] = []
    with closing(in_order(workers, work, models)) as results:
        try:
            for figures in results:
                found.append(figures)
                progress(len(found))
        except KeyboardInterrupt:
            if not found:
                raise
    return found


def model_at(sweep: Sweep, point: Point) -> Model:
    """The centre and its load at a point."""
    site = sweep.site if not point.more else with_more(sweep.site, sweep.like, point.more)
    model = model_of_day(site, date=sweep.date, scale=point.calls, warm_up_ms=sweep.warm_up_ms).model
    agents = [agent.id for agent in model.acd.agents]

    def handled(pace: Mapping[str, float]) -> Mapping[str, float]:
        return {agent: pace.get(agent, 1.0) * point.handling for agent in agents}

    return replace(model, kinds=tuple(kind.paced(handled) for kind in model.kinds))


def with_more(site: Site, like: str | None, more: int) -> Site:
    """The site with so many agents more, each of the skills and on the shifts of ``like``; or, below 0, without as many
    of those who have the same skills, ``like`` first. Raises :class:`~simulator.planner.model.PlannerError`."""
    by_id = {agent.id: agent for agent in site.acd.agents}
    if like is None:
        raise PlannerError("agents more or fewer, but of whose skills? name one they are like: --like AGENT")
    if like not in by_id:
        raise PlannerError(unknown("agent", like, by_id))
    model, workload = by_id[like], workload_of(site)
    if more > 0:
        names = [f"{like}-more-{number}" for number in range(1, more + 1)]
        agents = (*site.acd.agents, *(replace(model, id=name) for name in names))
        staff = tuple(
            replace(shift, agents=(*shift.agents, *names)) if like in shift.agents else shift
            for shift in workload.staff
        )
    else:
        alike = [like, *(one for one, agent in by_id.items() if one != like and agent.skills == model.skills)]
        if len(alike) < -more:
            raise PlannerError(
                f"only {len(alike)} of the agents have the skills of “{like}”, so --by begins at -{len(alike)}"
            )
        gone = set(alike[:-more])
        agents = tuple(agent for agent in site.acd.agents if agent.id not in gone)
        staff = tuple(
            replace(shift, agents=tuple(one for one in shift.agents if one not in gone)) for shift in workload.staff
        )
    return replace(site, acd=replace(site.acd, agents=agents), workload=replace(workload, staff=staff))


def _figures(at: tuple[Point, Model], *, seed: int, replications: int) -> PointFigures:
    point, model = at
    return PointFigures(point=point, measures=totals_of(model, run(model, seed=seed, replications=replications)))
