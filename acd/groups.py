"""Who could take what: agents with equal skills are one group, and a requirement is the mask of groups that meet it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.requirement import Either, Every, Requirement, Skill, Without
from acd.setup import AgentSetup

_LEVELS = 10


@dataclass(slots=True)
class CallClass:
    """All calls that need the same. ``index`` is also the number of their waiting line."""

    index: int
    needs: Requirement
    groups: int
    """Mask of the groups that meet ``needs``."""
    by_level: tuple[tuple[int, int], ...] | None = None
    """``groups`` cut by the sum of levels of the needed skills: (sum, mask), best first; made when first asked."""
    _members: list[int] | None = None

    def members(self) -> list[int]:
        """The groups of the mask one by one: for views, too long for the path of an event."""
        if self._members is None:
            ones = reversed(f"{self.groups:b}")
            self._members = [group for group, bit in enumerate(ones) if bit == "1"]
        return self._members


class Groups:
    """The groups of a centre and the call classes met so far."""

    __slots__ = ("_at_least", "_classes", "_skilled", "group_of", "size", "tables")

    def __init__(self, agents: tuple[AgentSetup, ...]) -> None:
        numbers: dict[frozenset[tuple[str, int]], int] = {}
        self.group_of: list[int] = []
        """Agent, by position in the setup, to group."""
        for agent in agents:
            profile = frozenset((skill, level) for skill, level in agent.skills.items() if level > 0)
            self.group_of.append(numbers.setdefault(profile, len(numbers)))
        self.size = len(numbers)
        self._skilled: dict[str, list[int]] = {}
        """Skill to the masks of the groups that hold it at exactly level 0 (unused), 1 … 10."""
        for profile, group in numbers.items():
            for skill, level in profile:
                self._skilled.setdefault(skill, [0] * (_LEVELS + 1))[min(level, _LEVELS)] |= 1 << group
        self._at_least: dict[str, list[int]] = {}
        """Skill to the masks of the groups that hold it at level 0, 1 … 10, 11 or better."""
        everybody = (1 << self.size) - 1
        for skill, masks in self._skilled.items():
            better = [0] * (_LEVELS + 2)
            for level in range(_LEVELS, 0, -1):
                better[level] = better[level + 1] | masks[level]
            better[0] = everybody
            self._at_least[skill] = better
        self._classes: dict[Requirement, CallClass] = {}
        self.tables: list[bytes] = []
        """The mask of each class as bytes: bit g & 7 of byte g >> 3 is group g."""

    def class_of(self, needs: Requirement) -> CallClass:
        """The class of calls that need ``needs``; compiled the first time, in bit operations over all groups."""
        known = self._classes.get(needs)
        if known is None:
            known = CallClass(len(self.tables), needs, self._meeting(needs))
            self._classes[needs] = known
            self.tables.append(known.groups.to_bytes(self.size // 8 + 1, "little"))
        return known

    def by_level(self, call_class: CallClass) -> tuple[tuple[int, int], ...]:
        """The groups of ``call_class`` cut by the sum of their levels in the needed skills: (sum, mask), best first."""
        if call_class.by_level is None:
            sums = {0: call_class.groups}
            for skill in dict.fromkeys(_wanted(call_class.needs)):
                levels = self._skilled.get(skill, [0] * (_LEVELS + 1))
                unskilled = ~self._at_least[skill][1] if skill in self._at_least else -1
                split: dict[int, int] = {}
                for score, mask in sums.items():
                    for level in range(_LEVELS + 1):
                        part = mask & (levels[level] if level else unskilled)
                        if part:
                            split[score + level] = split.get(score + level, 0) | part
                sums = split
            call_class.by_level = tuple(sorted(sums.items(), reverse=True))
        return call_class.by_level

    def _meeting(self, needs: Requirement) -> int:
        everybody = (1 << self.size) - 1
        match needs:
            case Skill(name, least, most):
                masks = self._at_least.get(name)
                if masks is None:
                    return everybody if least <= 0 <= most else 0
                return masks[min(max(least, 0), _LEVELS + 1)] & ~masks[min(max(most, -1), _LEVELS) + 1]
            case Every(parts):
                met = everybody
                for part in parts:
                    met &= self._meeting(part)
                return met
            case Either(parts):
                met = 0
                for part in parts:
                    met |= self._meeting(part)
                return met
            case Without(part):
                return everybody & ~self._meeting(part)


def _wanted(needs: Requirement) -> Iterator[str]:
    """The skills that help to meet ``needs``: all that it names, except under “not” or as “at most”."""
    match needs:
        case Skill(name, least):
            if least > 0:
                yield name
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _wanted(part)
        case Without():
            return
