"""Of which groups somebody is at work."""

from __future__ import annotations

from collections.abc import Iterable

from acd.lines import bits
from acd.state import Moment


class Staffing:
    """How many agents of each group are at work, and since when nobody is."""

    __slots__ = ("_agents", "_emptied_at", "_moment", "groups")

    def __init__(self, groups: int, moment: Moment) -> None:
        """``groups``: how many there are. Nobody is at work."""
        self._moment = moment
        self.reset(groups)

    def reset(self, groups: int) -> None:
        """From now on there are so many groups, and nobody is at work, nor ever was."""
        self._agents = [0] * groups
        self._emptied_at = [0] * groups
        """Since when nobody of the group has been at work; counts only while nobody is."""
        self.groups = 0
        """The mask of the groups of which somebody is at work."""

    def count(self, group: int, *, came: bool) -> None:
        """One more agent of the group is at work, or one fewer."""
        self._agents[group] += 1 if came else -1
        if bool(self._agents[group]) != bool(self.groups >> group & 1):
            self.groups ^= 1 << group
            self._emptied_at[group] = self._moment.now

    def left(self, group: int, at: int) -> None:
        """Somebody of the group was at work until ``at``."""
        self._emptied_at[group] = max(self._emptied_at[group], at)

    def agents_in(self, groups: Iterable[int]) -> int:
        """How many agents of the groups are at work."""
        return sum(self._agents[group] for group in groups)

    def unstaffed_since(self, groups: int) -> int | None:
        """Since when nobody of the groups of the mask has been at work (Unix milliseconds, 0: since ever); None:
        somebody is."""
        if groups & self.groups:
            return None
        return max((self._emptied_at[group] for group in bits(groups)), default=0)
