"""What absence makes of a staffing: more must be put on shifts than are needed at their desks.

As planners of the field do it, the agents needed are divided by the share of their time that they are there. That is
right on average only: chance has more of them away on one day than on the next. So whoever is put on a shift is then
simulated with absences drawn for each day, as ``holdless plan`` draws them, and where a goal is missed so, one more is
scheduled.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from centre.virtual.agent import Duty
from config.workload import Absence
from simulator.planner.model import Absences, Model
from simulator.staff import Plan
from simulator.stage import DRAIN_MS

_ROUNDING = 1e-9
"""Shares are no exact numbers: 9 of 10 at 90 % are 9."""


def presence(absence: Absence) -> float:
    """The share of their planned time that agents are at their desks, above 0 to 1."""
    return (1 - absence.no_show) * (1 - absence.shrinkage)


def to_schedule(needed: int, absence: Absence) -> int:
    """So many must be on shift that, on average, as many as are ``needed`` are there."""
    return ceil(needed / presence(absence) - _ROUNDING)


def there_of(scheduled: int, absence: Absence) -> int:
    """So many are there of those who are ``scheduled``: on average, rounded down, but one who is scheduled is one."""
    return max(min(1, scheduled), floor(scheduled * presence(absence) + _ROUNDING))


def absences_of(model: Model, absence: Absence) -> Absences | None:
    """Who of ``model``, in which everybody comes and stays, is not there; None: everybody is."""
    if absence.is_none:
        return None
    until = model.end_ms + DRAIN_MS
    agents = tuple(agent.id for agent in model.acd.agents)
    times: list[list[tuple[int, int]]] = [[] for _ in agents]
    for change in model.duties:
        if change.duty is Duty.ON:
            times[change.agent].append((change.at_ms, until))
        else:
            times[change.agent][-1] = (times[change.agent][-1][0], change.at_ms)
    return Absences(plan=_plan(agents, times, until), absence=absence, agents=agents, begin=0)


def _plan(agents: Sequence[str], times: Sequence[Sequence[tuple[int, int]]], until: int) -> Plan:
    return Plan.by_times(dict(zip(agents, times, strict=True)), 0, until)
