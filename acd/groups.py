"""Who could take what: agents with equal skills are one group, and a requirement is the mask of groups that meet it.

Agents are of one group only if they also take all queues alike (see :class:`acd.setup.Preference`), and calls of the
same channels at all. How many of them at once does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.channels import VOICE_ONLY, Channels
from acd.requirement import Either, Every, Requirement, Skill, Without
from acd.setup import AgentSetup, Preference, QueueSetup

_LEVELS = 10


def ones(mask: int) -> list[int]:
    """The positions of the ones of a mask, ascending: for long masks with many (few are faster by
    :func:`acd.lines.bits`)."""
    return [position for position, bit in enumerate(reversed(f"{mask:b}")) if bit == "1"]


@dataclass(slots=True)
class CallClass:
    """All calls that the same agents may take alike. ``index`` is also the number of their waiting line."""

    index: int
    needs: Requirement
    groups: int
    """Mask of the groups that meet ``needs``, take calls of the channel and do not hold back."""
    channel: int = 0
    queue: str = ""
    """The calls' queue, if some agent ranks it."""
    skills: tuple[str, ...] = ()
    """Those that help to meet ``needs``, in the order of the text."""
    by_level: tuple[tuple[int, int], ...] | None = None
    """``groups`` cut by the sum of levels of the needed skills: (sum, mask), best first; made when first asked."""
    _members: list[int] | None = None

    def members(self) -> list[int]:
        """The groups of the mask one by one: for views, too long for the path of an event."""
        if self._members is None:
            self._members = ones(self.groups)
        return self._members


@dataclass(slots=True)
class _Clause:
    """One of the things that classes of calls ask for."""

    met: bytes
    """Who meets it: bit g & 7 of byte g >> 3 is group g."""
    lines: int = 0
    """The waiting lines of the classes that ask for it."""


class Groups:
    """The groups of a centre and the call classes met so far."""

    __slots__ = (
        "_at_least",
        "_classes",
        "_clauses",
        "_ranked",
        "_skilled",
        "channels",
        "classes",
        "delays",
        "group_of",
        "lines_in",
        "lines_of",
        "ranks",
        "several",
        "size",
        "takers",
        "takes",
    )

    def __init__(self, agents: tuple[AgentSetup, ...], channels: Channels = VOICE_ONLY) -> None:
        self.channels = channels
        numbers: dict[tuple[frozenset[tuple[str, int]], frozenset[tuple[str, Preference]], int], int] = {}
        self.group_of: list[int] = []
        """Agent, by position in the setup, to group."""
        for agent in agents:
            skills = frozenset((skill, level) for skill, level in agent.skills.items() if level > 0)
            taken = frozenset((queue, how) for queue, how in agent.queues.items() if how != Preference())
            kind = (skills, taken, channels.taken_by(agent))
            self.group_of.append(numbers.setdefault(kind, len(numbers)))
        self.size = len(numbers)
        self.takes = [of_channels for _, _, of_channels in numbers]
        """Group to the mask of the channels of which it takes calls."""
        self.takers = [
            sum(1 << group for group, taken in enumerate(self.takes) if taken >> channel & 1)
            for channel in range(len(channels))
        ]
        """Channel to the mask of those groups."""
        self.several = any(channels.has_room_for_several(agent) for agent in agents)
        """Whether anybody may have several calls in hand."""
        self._skilled: dict[str, list[int]] = {}
        """Skill to the masks of the groups that hold it at exactly level 0 (unused), 1 … 10."""
        self.ranks: list[dict[str, int]] = []
        """Group to its ranks of queues; those that are not named are 0."""
        self.delays: dict[str, dict[int, int]] = {}
        """Queue to how long its calls must have waited to the mask of the groups that ask this."""
        for (skills, taken, _), group in numbers.items():
            self.ranks.append({queue: how.rank for queue, how in taken if how.rank})
            for queue, how in taken:
                if how.after_ms > 0:
                    waits = self.delays.setdefault(queue, {})
                    waits[how.after_ms] = waits.get(how.after_ms, 0) | 1 << group
            for skill, level in skills:
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
        self.lines_of = {queue: 0 for ranks in self.ranks for queue in ranks}
        """Queue that some agent ranks to the mask of its waiting lines."""
        self._ranked = {queue: (queue,) for queue in self.lines_of}
        """The same queues, as what stands for them in the next table; for all others it is their channel."""
        self._classes: dict[tuple[Requirement, str | tuple[str], int], CallClass] = {}
        self.classes: list[CallClass] = []
        """By index."""
        self.lines_in = [0] * len(channels)
        """Channel to the mask of its waiting lines."""
        self._clauses: dict[Requirement | int, _Clause] = {}
        """What the classes ask for, clause by clause; under a number: not to be of the groups of this mask."""

    def class_of(self, needs: Requirement, queue: QueueSetup, closed: int = 0) -> CallClass:
        """The class of calls that need ``needs``; compiled the first time, in bit operations over all groups.

        ``queue`` is where they wait, ``closed`` the mask of the groups to which they are not open yet.
        """
        where = self._ranked.get(queue.id, queue.channel)
        known = self._classes.get((needs, where, closed))
        if known is None:
            channel, ranked = self.channels.number(queue.channel), queue.id if queue.id in self._ranked else ""
            skills = tuple(dict.fromkeys(wanted(needs)))
            groups = self.meeting(needs) & self.takers[channel] & ~closed
            known = CallClass(len(self.classes), needs, groups, channel, ranked, skills)
            self._classes[needs, where, closed] = known
            self.classes.append(known)
            if ranked:
                self.lines_of[ranked] |= 1 << known.index
            self.lines_in[channel] |= 1 << known.index
            for clause in clauses(needs):
                self._ask(clause, self.meeting(clause), known.index)
            everybody = (1 << self.size) - 1
            shut = everybody & ~self.takers[channel] | closed
            if shut:
                self._ask(shut, everybody & ~shut, known.index)
        return known

    def _ask(self, clause: Requirement | int, met: int, line: int) -> None:
        """Notes that the calls of a line ask for a clause, which the groups of a mask meet."""
        known = self._clauses.get(clause)
        if known is None:
            known = self._clauses[clause] = _Clause(met.to_bytes(self.size // 8 + 1, "little"))
        known.lines |= 1 << line

    def lines_open_to(self, group: int, channels: int = -1) -> int:
        """The mask of the waiting lines, of these channels, whose calls the group may take; the cost is a look at every
        clause."""
        closed, byte, bit = 0, group >> 3, 1 << (group & 7)
        for clause in self._clauses.values():
            if not clause.met[byte] & bit:
                closed |= clause.lines
        if self.takes[group] & ~channels:
            for channel, lines in enumerate(self.lines_in):
                closed |= 0 if channels >> channel & 1 else lines
        return ~closed & (1 << len(self.classes)) - 1

    def by_level(self, call_class: CallClass) -> tuple[tuple[int, int], ...]:
        """The groups of ``call_class`` cut by the sum of their levels in the needed skills: (sum, mask), best first."""
        if call_class.by_level is None:
            sums = {0: call_class.groups}
            for skill in call_class.skills:
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

    def meeting(self, needs: Requirement) -> int:
        """The mask of the groups that meet ``needs``."""
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
                    met &= self.meeting(part)
                return met
            case Either(parts):
                met = 0
                for part in parts:
                    met |= self.meeting(part)
                return met
            case Without(part):
                return everybody & ~self.meeting(part)


def clauses(needs: Requirement) -> Iterator[Requirement]:
    """The parts of ``needs`` that have to be met each; what is no “and” is one of its own."""
    match needs:
        case Every(parts):
            for part in parts:
                yield from clauses(part)
        case _:
            yield needs


def wanted(needs: Requirement) -> Iterator[str]:
    """The skills that help to meet ``needs``: all that it names, except under “not” or as “at most”."""
    match needs:
        case Skill(name, least):
            if least > 0:
                yield name
        case Every(parts) | Either(parts):
            for part in parts:
                yield from wanted(part)
        case Without():
            return
