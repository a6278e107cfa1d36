"""From the checked model of staffing.yaml to a :class:`config.staffing.Staffing`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations, product

from config.schema.site import SiteModel
from config.schema.staffing import MovableBreakModel, StaffingModel
from config.staffing import Goal, ShiftPattern, Staffing, Team
from ivr.hours import Span

_QUARTER = timedelta(minutes=15)
_SOME_DAY = date(2000, 1, 1)


def build_staffing(model: StaffingModel, site: SiteModel) -> Staffing:
    """Whom ``site`` may hire. Everything in the models was checked."""
    return Staffing(
        teams=tuple(
            Team(name=name, skills=team.skills, cost_per_hour=team.cost_per_hour, most=team.most)
            for name, team in model.teams.items()
        ),
        goals={name: _goal(name, model, site) for name in site.queues},
        occupancy=model.occupancy,
        shifts=tuple(
            ShiftPattern(name=name, hours=Span(shift.start, shift.end), breaks=breaks, paid_breaks=shift.paid_breaks)
            for name, shift in model.shifts.items()
            for breaks in product(*(times_of(pause) for pause in shift.breaks))
            if not _overlap(breaks)
        ),
    )


def times_of(pause: Span | MovableBreakModel) -> list[Span]:
    """When a break can be taken."""
    if isinstance(pause, Span):
        return [pause]
    length = timedelta(milliseconds=pause.length)
    begin = datetime.combine(_SOME_DAY, pause.within.start)
    last = begin + timedelta(milliseconds=pause.within.length_ms) - length
    found = []
    while begin <= last:
        found.append(Span(begin.time(), (begin + length).time()))
        begin += _QUARTER
    return found


def _overlap(breaks: tuple[Span, ...]) -> bool:
    return any(one.holds(other.start) or other.holds(one.start) for one, other in combinations(breaks, 2))


def _goal(queue: str, model: StaffingModel, site: SiteModel) -> Goal:
    goal = model.goals.get(queue)
    if goal is None:
        return Goal(service_level=site.queues[queue].service_level.target)
    return Goal(
        service_level=goal.service_level, definition=goal.definition, asa_ms=goal.asa, abandonment=goal.abandonment
    )
