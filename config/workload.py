"""Who calls when, what they want and how long everything takes: the load of a simulated day, ready to be drawn from.

Plain numbers and laws, nothing drawn yet: :mod:`config.population` draws callers, :mod:`config.arrivals` their times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.laws import Law
from ivr.hours import Span, wall_clock

Profile = tuple[tuple[time, float], ...]
"""Calls per hour from a time of day on, in order; before the first one holds the last (of the day before)."""

LINES = 2_000
"""Lines, where the workload does not say how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Callers of one kind."""

    name: str = ""
    """Unique in the workload."""
    share: float = 0.0
    """Weight in the common rates among all kinds that have one; they need not add up to 1."""
    rates: Profile = ()
    """Of this kind alone; with these the share is 0."""
    wants: str | None
    """The queue they are after; None: nothing."""
    keys: Mapping[str, str]
    """What they press, by the node of the flow that asks; at other nodes they press nothing."""
    patience: Law | None = None
    """None: as everybody's."""
    talk: Law | None = None
    """Whichever queue answers; None: as that queue's."""
    wrap_up: Law | None = None
    """None: as everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Agents who are logged in from the start of ``hours`` to its end, except in their breaks."""

    agents: tuple[str, ...]
    hours: Span
    breaks: tuple[Span, ...] = ()
    days: frozenset[int] = frozenset(range(7))
    """The days of the week on which it begins, 0 is Monday."""

    def begins_on(self, local: datetime) -> date | None:
        """The date on which the shift that lasts at ``local`` (the clock on the wall) began; None: none lasts."""
        if not self.hours.holds(local.time()):
            return None
        begun = local.date()
        if self.hours.is_overnight and local.time() < self.hours.start:
            begun -= timedelta(days=1)
        return begun if begun.weekday() in self.days else None

    def pauses_at(self, wall: time) -> bool:
        """Whether one of its breaks lasts when the clock on the wall shows ``wall``."""
        return any(pause.holds(wall) for pause in self.breaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Busyness:
    """How much one day differs from the next: Gamma factors with mean 1 on the rates.

    The factors of two kinds on one day are Gamma distributed each and correlated: a common Gamma and one of the kind's
    own, of shapes ρ/s² and (1 - ρ)/s², added up and scaled to mean 1 (Cheriyan, 1941; Ramabhadran, 1951).
    """

    day_sd: float = 0.0
    correlation: float = 1.0
    interval_sd: float = 0.0
    """Of another factor for each entry of the profile, independent of all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Who calls again, and when."""

    after_abandon: float
    """The share of those who gave up while waiting, 0 to 1."""
    after_busy: float
    """The share of those who found all lines taken."""
    delay: Law
    most: int
    """How often one caller tries again at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A share of those who were answered from ``queue`` dials at once as a caller of the kind ``to``."""

    queue: str
    to: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Agents who are not there, against the plan. Shares from 0 to below 1."""

    no_show: float = 0.0
    """Of shifts that an agent does not come to."""
    shrinkage: float = 0.0
    """Of the time of a shift."""
    away_ms: int = 600_000
    """Mean length of an unplanned absence; lengths, and times between them, are exponential."""

    @property
    def is_none(self) -> bool:
        """Whether everybody comes and stays."""
        return self.no_show == 0 and self.shrinkage == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingByLevel:
    """A factor on talk and wrap-up by the agent's level of a skill."""

    skill: str
    steps: tuple[tuple[int, float], ...]
    """From a level on, ascending; below the first the factor is 1."""

    def factor(self, skills: Mapping[str, int]) -> float:
        """The factor for an agent with ``skills``."""
        level = skills.get(self.skill, 0)
        return next((factor for least, factor in reversed(self.steps) if level >= least), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack:
    """What callers do when they are offered to be called back, and when they are."""

    accepted: float = 0.0
    """The share who accept the offer, 0 to 1; the others refuse it."""
    answered: float = 1.0
    """The share of calls back that the customer answers."""
    answer_delay: Law | None = None
    """From the ring to the customer's answer; None: as agents'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCall:
    """One arrival of a trace: the clock on the wall, and the kind of the caller."""

    arrival: datetime
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAnswer:
    """What simulated calls get where a flow asks another system."""

    after_ms: int = 300
    failed: float = 1.0
    """The share of requests without an answer, 0 to 1."""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The load of a centre, by the clock on the wall in ``zone``."""

    zone: ZoneInfo
    rates: Profile
    """Of all kinds with a share together."""
    callers: tuple[Callers, ...]
    patience: Law
    """From entering the queue to giving up."""
    key_delay: Law
    """From the end of a prompt to a key."""
    talk: Mapping[str, Law]
    """By queue; every queue has one."""
    wrap_up: Law
    answer_delay: Law
    """From the ring to the agent's accept."""
    unanswered: float
    """The share of offers that the agent lets ring, 0 to 1."""
    staff: tuple[Shift, ...]
    weekdays: tuple[float, ...] = (1.0,) * 7
    """A factor on all rates by day of the week, 0 is Monday."""
    busyness: Busyness = Busyness()
    trace: tuple[TracedCall, ...] | None = None
    """Who called when, in order: instead of all rates, on the dates that it speaks of."""
    lines: int = LINES
    """Who calls when all are taken finds them busy."""
    retry: Retry | None = None
    callbacks: CalledBack = CalledBack()
    transfers: tuple[Transfer, ...] = ()
    absence: Absence = Absence()
    handling_by_level: Mapping[str, HandlingByLevel] = field(default_factory=dict)
    """By queue."""
    data: Mapping[str, SimulatedAnswer] = field(default_factory=dict)
    """By the node that asks; at other nodes every request fails."""

    def profile_of(self, kind: Callers) -> Profile:
        """Calls per hour of one kind, before the factors of weekday and busyness."""
        if kind.rates:
            return kind.rates
        together = sum(other.share for other in self.callers)
        return tuple((begin, rate * kind.share / together) for begin, rate in self.rates) if kind.share else ()

    def calls_per_hour(self, at: int) -> float:
        """The expected arrival rate of all kinds together at ``at`` (Unix milliseconds)."""
        local = wall_clock(at, self.zone)
        found = (rate_at(self.profile_of(kind), local.time()) for kind in self.callers)
        return sum(found) * self.weekdays[local.weekday()]

    def patience_of(self, kind: Callers) -> Law:
        """From entering the queue to giving up."""
        return kind.patience or self.patience

    def talk_of(self, kind: Callers, queue: str) -> Law:
        """The conversation, when ``queue`` answers."""
        return kind.talk or self.talk[queue]

    def wrap_up_of(self, kind: Callers) -> Law:
        """What the agent does after the conversation."""
        return kind.wrap_up or self.wrap_up


def rate_at(profile: Profile, wall: time) -> float:
    """Calls per hour when the clock on the wall shows ``wall``; an empty profile is silence."""
    return profile[entry_at(profile, wall)][1] if profile else 0.0


def entry_at(profile: Profile, wall: time) -> int:
    """The number of the entry that holds at ``wall``; -1 before the first, where the last of the day before holds."""
    return bisect_right(profile, wall, key=lambda entry: entry[0]) - 1
