"""What service level a found staffing would have with some agents more or fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.estimates import Estimate, ratio
from simulator.planner.outcome import service_level
from simulator.service_level import Definition
from simulator.staffing.search import Numbers, Search


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A staffing near the one that was found."""

    team: str
    more: int
    """So many of the team more whenever it is on shift; fewer if below 0."""
    levels: Mapping[str, Estimate]
    """The service level of each queue with a goal whose calls the team may take, over the whole day, by the definition
    of that goal."""


def nearby(search: Search, present: Numbers, changes: Sequence[int]) -> list[Nearby]:
    """``present`` agents, by team and interval, with each of ``changes`` to each team that is on shift at all: the same
    callers meet them all. Ctrl-C ends it with what there is."""
    found: list[Nearby] = []
    try:
        for number, team in enumerate(search.teams):
            for more in changes if any(present[number]) else ():
                numbers = [list(row) for row in present]
                numbers[number] = [max(there + more, 0) if there else 0 for there in present[number]]
                if any(map(any, numbers)):
                    found.append(Nearby(team=team.name, more=more, levels=_levels(search, number, numbers)))
    except KeyboardInterrupt:
        pass
    return found


def _levels(search: Search, team: int, numbers: Sequence[Sequence[int]]) -> dict[str, Estimate]:
    counts = search.sample(search.model(numbers, absent=True)).counts.sum(axis=2)
    return {
        setup.id: ratio(*service_level(counts[:, number], Definition(goal.definition)))
        for number, setup in enumerate(search.acd.queues)
        for goal in (search.goals.get(setup.id),)
        if goal is not None and team in search.able(setup.id)
    }
