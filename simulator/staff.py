"""Who is on duty when, by the workload's shifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from centre.virtual.agent import Duty
from config.workload import Shift, Workload
from ivr.hours import wall_clock

QUARTER_MS = 900_000
_DAY = timedelta(days=1)


def duty_at(workload: Workload, agent: str, at: int) -> Duty:
    """What ``agent`` is there for at ``at`` (Unix milliseconds). One shift is enough to be on, whatever the others
    say."""
    wall = wall_clock(at, workload.zone).time()
    shifts = [shift for shift in workload.staff if agent in shift.agents]
    if any(shift.works_at(wall) for shift in shifts):
        return Duty.ON
    if any(shift.hours.holds(wall) for shift in shifts):
        return Duty.PAUSE
    return Duty.OFF


def duty_changes(workload: Workload, start: int, end: int) -> list[int]:
    """The moments from ``start`` up to ``end`` (Unix milliseconds) at which somebody's duty may change."""
    moments = {start}
    day = wall_clock(start, workload.zone).date()
    last = wall_clock(end, workload.zone).date()
    while day <= last:
        for wall in (wall for shift in workload.staff for wall in _edges(shift)):
            # An hour that the change of clocks repeats has every edge twice.
            for fold in (0, 1):
                local = datetime.combine(day, wall, workload.zone).replace(fold=fold)
                moments.add(int(local.timestamp() * 1000))
        day += _DAY
    # An hour that the change of clocks skips hides the edges in it; the next quarter of an hour shows what they did.
    moments.update(range(start - start % QUARTER_MS + QUARTER_MS, end, QUARTER_MS))
    return sorted(moment for moment in moments if start <= moment < end)


def _edges(shift: Shift) -> Iterator[time]:
    for span in (shift.hours, *shift.breaks):
        yield span.start
        yield span.end
