"""Who is on duty when: by the workload's shifts, less those who do not come and those who are away for a while."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from centre.virtual.agent import Duty
from config.streams import stream
from config.workload import Shift, Workload
from ivr.hours import wall_clock

QUARTER_MS = 900_000
_DAY = timedelta(days=1)


class Roster:
    """The plan of one run between ``start`` and ``end`` (Unix milliseconds), with what comes against it."""

    def __init__(self, workload: Workload, seed: int, start: int, end: int) -> None:
        self._workload = workload
        self._seed = seed
        self._start = start
        self._end = end
        self._shifts: dict[str, list[tuple[int, Shift]]] = {}
        for number, shift in enumerate(workload.staff):
            for agent in shift.agents:
                self._shifts.setdefault(agent, []).append((number, shift))
        self._comes: dict[str, bool] = {}
        shrinks = workload.absence.shrinkage > 0
        self._away = {agent: self._absences(agent) for agent in self._shifts} if shrinks else {}
        """By agent: moments at which, in turn, the agent leaves and comes back."""

    def duty_at(self, agent: str, at: int) -> Duty:
        """What ``agent`` is there for at ``at`` (Unix milliseconds). One shift is enough to be on, whatever the others
        say."""
        local = wall_clock(at, self._workload.zone)
        here = [shift for number, shift in self._shifts.get(agent, ()) if self._works(agent, number, shift, local)]
        if not here:
            return Duty.OFF
        away = bisect_right(self._away.get(agent, ()), at) % 2 == 1
        if away or all(shift.pauses_at(local.time()) for shift in here):
            return Duty.PAUSE
        return Duty.ON

    def changes(self) -> list[int]:
        """The moments from the start up to the end (Unix milliseconds) at which somebody's duty may change."""
        moments = {self._start}
        zone = self._workload.zone
        day = wall_clock(self._start, zone).date()
        last = wall_clock(self._end, zone).date()
        while day <= last:
            for wall in (wall for shift in self._workload.staff for wall in _edges(shift)):
                # An hour that the change of clocks repeats has every edge twice.
                for fold in (0, 1):
                    local = datetime.combine(day, wall, zone).replace(fold=fold)
                    moments.add(int(local.timestamp() * 1000))
            day += _DAY
        # An hour that the change of clocks skips hides the edges in it; the next quarter of an hour shows what they
        # did.
        moments.update(range(self._start - self._start % QUARTER_MS + QUARTER_MS, self._end, QUARTER_MS))
        for absences in self._away.values():
            moments.update(absences)
        return sorted(moment for moment in moments if self._start <= moment < self._end)

    def _works(self, agent: str, number: int, shift: Shift, local: datetime) -> bool:
        """Whether the shift lasts at ``local``, and the agent came to it."""
        day = shift.begins_on(local)
        if day is None:
            return False
        no_show = self._workload.absence.no_show
        if no_show == 0:
            return True
        key = f"{agent}/{number}/{day}"
        if key not in self._comes:
            self._comes[key] = stream(self._seed, "no-show", key).random() >= no_show
        return self._comes[key]

    def _absences(self, agent: str) -> list[int]:
        """Alternating exponential times at the desk and away: in the long run the shrinkage is the share away."""
        absence = self._workload.absence
        rng = stream(self._seed, "away", agent)
        here_ms = absence.away_ms * (1 - absence.shrinkage) / absence.shrinkage
        away = rng.random() < absence.shrinkage
        moment = float(self._start)
        moments = [self._start] if away else []
        while moment < self._end:
            moment += rng.expovariate(1.0) * (absence.away_ms if away else here_ms)
            away = not away
            moments.append(round(moment))
        return moments


def _edges(shift: Shift) -> Iterator[time]:
    for span in (shift.hours, *shift.breaks):
        yield span.start
        yield span.end
