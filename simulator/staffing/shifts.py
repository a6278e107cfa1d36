"""Who works which shift: cheap rosters with which every goal is met.

First an integer programme by team, solved by HiGHS: so many agents on each shift, at least as many at work in an
interval as it needs, the paid hours as cheap as can be. As shifts are longer than rushes, that puts more agents than
needed into many intervals, who help in others: so agents are then taken off their shifts, the dearest first, as long as
the simulated goals stay met. Every day is alike: a shift that goes over midnight serves the small hours too. An agent
whose shift or break covers a part of an interval does not count in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

import highspy
import numpy as np

from config.staffing import ShiftPattern, Team
from simulator.planner.model import PlannerError
from simulator.planner.tables import Ints
from simulator.staffing.search import HOUR_MS, Numbers, Search

_SOME_DAY = date(2000, 1, 1)
_STEP = timedelta(minutes=5)
"""Shifts and breaks that begin or end within such a step are rounded, to the agent's favour."""
_SECONDS_MOST = 60.0
"""So long HiGHS may look for the cheapest rosters of a team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rosters:
    """So many agents on every shift."""

    agents: Numbers
    """By team, then by shift."""
    present: Numbers
    """At work, by team, then by interval."""
    paid_hours: float
    cost: float
    stopped: bool = False
    """By hand, before it was known of everybody whether they would be missed."""


@dataclass(frozen=True)
class Shifts:
    """The shifts of a day cut into intervals, which begin when clocks on the wall show ``begins``."""

    patterns: Sequence[ShiftPattern]
    begins: Sequence[time]
    interval_ms: int

    @cached_property
    def _works(self) -> Ints:
        """1 where who works the shift (column) is there for a whole interval (row)."""
        rows = [[works_through(shift, begin, self.interval_ms) for shift in self.patterns] for begin in self.begins]
        return np.array(rows, np.int64)

    @cached_property
    def _hours(self) -> list[float]:
        return [shift.paid_ms / HOUR_MS for shift in self.patterns]

    def cover(self, teams: Sequence[Team], needed: Numbers) -> Rosters:
        """The cheapest rosters with at least as many agents as ``needed``.

        Raises :class:`PlannerError` where somebody is needed when no shift works.
        """
        for team, need in zip(teams, needed, strict=True):
            for there, begin, row in zip(need, self.begins, self._works, strict=True):
                if there and not row.any():
                    raise PlannerError(
                        f"agents of “{team.name}” are needed from {begin:%H:%M} on, but no shift works through that "
                        "interval; add a shift to staffing.yaml, or plan with a shorter --interval"
                    )
        return self._rosters(teams, [_cheapest(self._works, np.array(need), self._hours) for need in needed])

    def spared(self, search: Search, found: Rosters) -> Rosters:
        """``found`` without the agents whom nobody would miss, with the absences of each day. Ctrl-C ends it with those
        whom it is not known of."""
        agents = [np.array(row) for row in found.agents]
        dearest = sorted(
            ((team, shift) for team in range(len(agents)) for shift in range(len(self._hours))),
            key=lambda at: -self._hours[at[1]] * search.teams[at[0]].cost_per_hour,
        )
        kept = [row.copy() for row in agents]
        stopped = False
        try:
            for team, shift in dearest:
                while agents[team][shift]:
                    agents[team][shift] -= 1
                    if not any(map(any, agents)) or search.missed(self._present(agents), absent=True):
                        agents[team][shift] += 1
                        break
                    kept = [row.copy() for row in agents]
        except KeyboardInterrupt:
            stopped = True
        return replace(self._rosters(search.teams, kept), stopped=stopped)

    def _present(self, agents: Sequence[Ints]) -> Numbers:
        return tuple(tuple(map(int, self._works @ row)) for row in agents)

    def _rosters(self, teams: Sequence[Team], agents: Sequence[Ints]) -> Rosters:
        paid = [float(np.array(self._hours) @ row) for row in agents]
        return Rosters(
            agents=tuple(tuple(map(int, row)) for row in agents),
            present=self._present(agents),
            paid_hours=sum(paid),
            cost=sum(hours * team.cost_per_hour for hours, team in zip(paid, teams, strict=True)),
        )


def works_through(shift: ShiftPattern, begin: time, interval_ms: int) -> bool:
    """Whether who works ``shift`` is at work from ``begin`` for ``interval_ms`` without a break."""
    first = datetime.combine(_SOME_DAY, begin)
    steps = -(-timedelta(milliseconds=interval_ms) // _STEP)
    walls = [(first + _STEP * step).time() for step in range(steps)]
    return all(shift.hours.holds(wall) and not any(pause.holds(wall) for pause in shift.breaks) for wall in walls)


def _cheapest(works: Ints, need: Ints, hours: Sequence[float]) -> Ints:
    """Agents by shift: ``works @ agents >= need`` at the least paid hours."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("time_limit", _SECONDS_MOST)
    solver.setOptionValue("threads", 1)
    agents = [solver.addIntegral(lb=0, ub=int(need.max(initial=0))) for _ in hours]
    for row, least in zip(works, need, strict=True):
        if least:
            solver.addConstr(sum(one for one, at_work in zip(agents, row, strict=True) if at_work) >= int(least))
    solver.minimize(sum(paid * one for paid, one in zip(hours, agents, strict=True)))
    return np.array([round(value) for value in solver.getSolution().col_value], np.int64)
