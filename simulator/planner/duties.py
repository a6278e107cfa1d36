"""When agents are there: from a site's shifts, or so many of each kind of agent in each interval."""

from __future__ import annotations

from collections.abc import Sequence

from centre.virtual.agent import Duty
from simulator.planner.model import DutyChange
from simulator.staff import Roster


def duties_of_shifts(roster: Roster, agents: Sequence[str], begin: int) -> tuple[DutyChange, ...]:
    """The changes of ``roster`` as the twin makes them; times from ``begin`` (Unix milliseconds) on."""
    found = [
        DutyChange(at_ms=moment - begin, agent=number, duty=duty)
        for number, agent in enumerate(agents)
        for moment, duty in roster.duties(agent)
    ]
    return tuple(sorted(found, key=lambda change: (change.at_ms, change.agent)))


def duties_of_numbers(numbers: Sequence[Sequence[int]], interval_ms: int, start_ms: int = 0) -> tuple[DutyChange, ...]:
    """``numbers[kind][interval]`` agents of each kind are there, from ``start_ms`` on; who works last goes first.

    The agents of a kind stand one after the other, as many as its busiest interval needs; the kinds likewise. Before
    ``start_ms`` (in the warm-up) there are as many as in the first interval.
    """
    found = []
    first = 0
    for kind in numbers:
        before = 0
        for interval, there in enumerate(kind):
            at_ms = start_ms + interval * interval_ms if interval else 0
            found += [DutyChange(at_ms=at_ms, agent=first + one, duty=Duty.ON) for one in range(before, there)]
            found += [DutyChange(at_ms=at_ms, agent=first + one, duty=Duty.OFF) for one in range(there, before)]
            before = there
        first += max(kind, default=0)
    return tuple(sorted(found, key=lambda change: change.at_ms))
