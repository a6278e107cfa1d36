"""Whom a site may hire, and what they are to reach: what ``holdless staff`` searches in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.hours import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Agents who can all do the same."""

    name: str
    skills: Mapping[str, int]
    cost_per_hour: float
    """Of one agent; in any currency."""
    most: int = 1_000
    """So many agents at once, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a queue is to reach in every interval in which somebody calls."""

    service_level: float | None = None
    """Share within the queue's threshold, by ``definition``, at least."""
    definition: str = "abandons-negative"
    """A value of :class:`simulator.service_level.Definition`."""
    asa_ms: float | None = None
    """At most."""
    abandonment: float | None = None
    """Share, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPattern:
    """Hours that an agent can be asked to work. Where breaks can be moved there is a pattern for each way to take them,
    all of one name."""

    name: str
    hours: Span
    breaks: tuple[Span, ...] = ()
    paid_breaks: bool = False

    @property
    def paid_ms(self) -> int:
        """What is paid of it."""
        unpaid = 0 if self.paid_breaks else sum(pause.length_ms for pause in self.breaks)
        return self.hours.length_ms - unpaid


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Whom a site may hire."""

    teams: tuple[Team, ...]
    goals: Mapping[str, Goal]
    """By queue; each has one."""
    occupancy: float | None
    """Of each team in each interval, at most; None: any."""
    shifts: tuple[ShiftPattern, ...]
