"""A staffing that meets every goal, made cheaper: agents whom nobody misses are taken away, others exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Protocol

from config.staffing import Goal, Team

Missed = tuple[str, list[int], int]
"""Where a goal is missed: whose it is, the teams that can help (the cheapest first), and the interval."""

_EXCHANGES = ((1, 1, 1), (2, 1, 2), (1, 2, 2), (2, 2, 3))
"""So many of one team, and of another, for so many who can do what both can."""


class Asked(Protocol):
    """Who is asked about plans: :class:`simulator.staffing.search.Search`."""

    @property
    def teams(self) -> Sequence[Team]:
        """Who can be hired."""

    @property
    def goals(self) -> Mapping[str, Goal]:
        """By queue."""

    @property
    def intervals(self) -> int:
        """How many there are."""

    def missed(self, numbers: Sequence[Sequence[int]]) -> list[Missed]:
        """What so many agents miss."""

    def able(self, queue: str) -> list[int]:
        """The teams that may take all calls of a queue, the cheapest first."""


class Cheaper:
    """Looks for cheaper plans."""

    def __init__(self, search: Asked) -> None:
        self._search = search

    def improve(self, numbers: list[list[int]]) -> None:
        """Everywhere at once what can be spared and exchanged, then agent by agent what is left to spare. At every
        moment ``numbers`` meet all goals."""
        changes = [{team: -1} for team in self._dearest()] + self._exchanges()
        while True:
            changed = True
            while changed:
                changed = False
                for change in changes:
                    changed |= self._change_where_goals_hold(numbers, change)
            if not self._spare_one(numbers):
                return

    def _dearest(self) -> list[int]:
        return sorted(range(len(self._search.teams)), key=lambda number: -self._search.teams[number].cost_per_hour)

    def _exchanges(self) -> list[dict[int, int]]:
        """One agent for a cheaper one who can do some of the same; some of two teams for fewer who can do all of it."""
        numbers = range(len(self._search.teams))
        serves = [{queue for queue in self._search.goals if number in self._search.able(queue)} for number in numbers]
        costs = [team.cost_per_hour for team in self._search.teams]
        found = [
            {one: -1, other: 1}
            for one in numbers
            for other in numbers
            if costs[other] < costs[one] and serves[one] & serves[other]
        ]
        for one, another in combinations(numbers, 2):
            found += [
                {one: -some, another: -more, able: instead}
                for able in numbers
                if able not in (one, another) and serves[able] >= serves[one] | serves[another]
                for some, more, instead in _EXCHANGES
                if instead * costs[able] < some * costs[one] + more * costs[another]
            ]
        return found

    def _change_where_goals_hold(self, numbers: list[list[int]], change: Mapping[int, int]) -> bool:
        """Changes teams by so many agents in all intervals where that leaves every goal met; whether there are any."""
        where = {
            interval
            for interval in range(self._search.intervals)
            if all(0 <= numbers[team][interval] + by <= self._search.teams[team].most for team, by in change.items())
        }
        while where:
            tried = [list(row) for row in numbers]
            for team, by in change.items():
                for interval in where:
                    tried[team][interval] += by
            nobody = not any(map(any, tried))
            missed = [("", [], interval) for interval in where] if nobody else self._search.missed(tried)
            if not missed:
                numbers[:] = tried
                return True
            # Who waits when an interval begins was left over by the one before.
            kept = where - {interval - back for _, _, interval in missed for back in (0, 1)}
            where = kept if kept < where else set()
        return False

    def _spare_one(self, numbers: list[list[int]]) -> bool:
        """Takes one agent after the other away whom nobody misses; whether there was one."""
        spared = False
        for team in self._dearest():
            for interval in range(self._search.intervals):
                while numbers[team][interval] and sum(map(sum, numbers)) > 1:
                    fewer = [list(row) for row in numbers]
                    fewer[team][interval] -= 1
                    if self._search.missed(fewer):
                        break
                    numbers[:] = fewer
                    spared = True
        return spared
