"""Who is on duty when: by the workload's shifts, less those who do not come and those who are away for a while."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from centre.virtual.agent import Duty
from config.streams import stream
from config.workload import Absence, Shift, Workload
from ivr.hours import wall_clock

QUARTER_MS = 900_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """How a shift stands from ``at`` (Unix milliseconds) on, up to its next stretch."""

    at: int
    day: date | None
    """On which it began; None: it does not last."""
    pauses: bool


@dataclass(frozen=True, slots=True)
class _Planned:
    """One shift of the plan."""

    number: int
    moments: tuple[int, ...]
    """At which its stretches begin, the first at the start of the plan."""
    stretches: tuple[_Stretch, ...]

    def at(self, moment: int) -> _Stretch:
        return self.stretches[bisect_right(self.moments, moment) - 1]


@dataclass(frozen=True, slots=True)
class Plan:
    """The shifts between ``start`` and ``end`` (Unix milliseconds), as if everybody came and stayed: worked out once,
    however many days are simulated by it."""

    start: int
    end: int
    _shifts: Mapping[str, Sequence[_Planned]]

    @classmethod
    def by_shifts(cls, workload: Workload, start: int, end: int) -> Plan:
        """The shifts of the workload."""
        shifts: dict[str, list[_Planned]] = {}
        moments = [(moment, wall_clock(moment, workload.zone)) for moment in _moments(workload, start, end)]
        for number, shift in enumerate(workload.staff):
            planned = _planned(number, shift, moments)
            for agent in shift.agents:
                shifts.setdefault(agent, []).append(planned)
        return cls(start, end, shifts)

    @classmethod
    def by_times(cls, times: Mapping[str, Sequence[tuple[int, int]]], start: int, end: int) -> Plan:
        """Agents to when each of their shifts begins and ends, within ``start`` and ``end``; without breaks."""
        return cls(
            start,
            end,
            {
                agent: [_at_work(number, start, begins, ends) for number, (begins, ends) in enumerate(own)]
                for agent, own in times.items()
            },
        )

    @property
    def agents(self) -> Iterator[str]:
        """Everybody who has a shift."""
        return iter(self._shifts)

    def of(self, agent: str) -> Sequence[_Planned]:
        """The shifts of one agent."""
        return self._shifts.get(agent, ())


class Roster:
    """One run by a plan, with what comes against it: each seed has its own absences."""

    def __init__(self, plan: Plan, absence: Absence, seed: int | str) -> None:
        self._plan = plan
        self._absence = absence
        self._seed = seed
        self._comes: dict[str, bool] = {}
        shrinks = absence.shrinkage > 0
        self._away = {agent: self._absences(agent) for agent in plan.agents} if shrinks else {}
        """By agent: moments at which, in turn, the agent leaves and comes back."""

    def duty_at(self, agent: str, at: int) -> Duty:
        """What ``agent`` is there for at ``at`` (Unix milliseconds). One shift is enough to be on, whatever the others
        say."""
        here = [
            stretch
            for planned in self._plan.of(agent)
            for stretch in (planned.at(at),)
            if stretch.day is not None and self._comes_to(agent, planned.number, stretch.day)
        ]
        if not here:
            return Duty.OFF
        away = bisect_right(self._away.get(agent, ()), at) % 2 == 1
        return Duty.PAUSE if away or all(stretch.pauses for stretch in here) else Duty.ON

    def duties(self, agent: str) -> Iterator[tuple[int, Duty]]:
        """The duty at the start, then every change of it up to the end, each with its moment (Unix milliseconds)."""
        before: Duty | None = None
        for moment in self._moments(agent):
            duty = self.duty_at(agent, moment)
            if duty is not before:
                yield moment, duty
                before = duty

    def changes(self) -> list[int]:
        """The moments from the start up to the end (Unix milliseconds) at which somebody's duty may change."""
        return sorted({self._plan.start}.union(*map(self._moments, self._plan.agents)))

    def _moments(self, agent: str) -> list[int]:
        planned = (moment for planned in self._plan.of(agent) for moment in planned.moments)
        away = self._away.get(agent, ())
        plan = self._plan
        return sorted({plan.start, *planned, *(moment for moment in away if plan.start <= moment < plan.end)})

    def _comes_to(self, agent: str, number: int, day: date) -> bool:
        """Whether the agent comes to the shift that begins on ``day``."""
        no_show = self._absence.no_show
        if no_show == 0:
            return True
        key = f"{agent}/{number}/{day}"
        if key not in self._comes:
            self._comes[key] = stream(self._seed, "no-show", key).random() >= no_show
        return self._comes[key]

    def _absences(self, agent: str) -> list[int]:
        """Alternating exponential times at the desk and away: in the long run the shrinkage is the share away."""
        absence = self._absence
        rng = stream(self._seed, "away", agent)
        here_ms = absence.away_ms * (1 - absence.shrinkage) / absence.shrinkage
        away = rng.random() < absence.shrinkage
        moment = float(self._plan.start)
        moments = [self._plan.start] if away else []
        while moment < self._plan.end:
            moment += rng.expovariate(1.0) * (absence.away_ms if away else here_ms)
            away = not away
            moments.append(round(moment))
        return moments


def _at_work(number: int, start: int, begins: int, ends: int) -> _Planned:
    """A shift of a plan from ``start`` on that is without breaks."""
    before = [_Stretch(start, None, pauses=False)] if start < begins else []
    stretches = (*before, _Stretch(begins, date.min, pauses=False), _Stretch(ends, None, pauses=False))
    return _Planned(number, tuple(stretch.at for stretch in stretches), stretches)


def _planned(number: int, shift: Shift, moments: list[tuple[int, datetime]]) -> _Planned:
    stretches: list[_Stretch] = []
    for moment, local in moments:
        day = shift.begins_on(local)
        stretch = _Stretch(moment, day, day is not None and shift.pauses_at(local.time()))
        if not stretches or (stretches[-1].day, stretches[-1].pauses) != (stretch.day, stretch.pauses):
            stretches.append(stretch)
    return _Planned(number, tuple(stretch.at for stretch in stretches), tuple(stretches))


def _moments(workload: Workload, start: int, end: int) -> list[int]:
    """The moments from the start up to the end (Unix milliseconds) at which a shift or a break may begin or end."""
    moments = {start}
    zone = workload.zone
    day = wall_clock(start, zone).date()
    last = wall_clock(end, zone).date()
    while day <= last:
        for wall in (wall for shift in workload.staff for wall in _edges(shift)):
            # An hour that the change of clocks repeats has every edge twice.
            for fold in (0, 1):
                local = datetime.combine(day, wall, zone).replace(fold=fold)
                moments.add(int(local.timestamp() * 1000))
        day += _DAY
    # An hour that the change of clocks skips hides the edges in it; the next quarter of an hour shows what they did.
    moments.update(range(start - start % QUARTER_MS + QUARTER_MS, end, QUARTER_MS))
    return sorted(moment for moment in moments if start <= moment < end)


def _edges(shift: Shift) -> Iterator[time]:
    for span in (shift.hours, *shift.breaks):
        yield span.start
        yield span.end
