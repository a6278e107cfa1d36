"""What figures are of: each queue, all calls together, each skill.

The loop counts calls of equal queue and skills together: a *tally*. Figures of a queue, of a skill and of all calls are
sums over tallies. The most callers who waited at once are no such sum, so these *lengths* are kept apart; subjects of
the very same calls share one. Nor are calls that spill to another queue: that is a *move* from a tally to another, and
such a call has never left a subject of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from acd.groups import wanted
from acd.requirement import Requirement, both
from simulator.planner import cells as c
from simulator.planner.stays import reached_from

if TYPE_CHECKING:
    from simulator.planner.model import Model
    from simulator.planner.tables import Ints, Ints32


_BY_THE_QUEUE = (c.N_REFUSED, c.N_CALLBACKS, c.N_CONNECTED, c.N_FAILED, c.CALLBACK_WAIT_MS)
"""What counts for the skills that the queue asks of all its calls, and for none of a call's own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """All calls, or those that wait in a queue or need a skill: the kind and the name in the columns “of” and “name” of
    :mod:`simulator.tidy`."""

    kind: str
    name: str
    tallies: tuple[int, ...]
    """Where its calls are counted."""
    refusals: tuple[int, ...]
    """Where those are that were refused, and callbacks: they count for the skills that the queue asks of all its calls.
    What else a refused call would have needed is not known."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Those of a model: its queues in their order, then all calls, then the skills in alphabetical order."""

    every: tuple[Subject, ...]
    tallies: tuple[tuple[int, tuple[str, ...]], ...]
    """Queue and skills of each; every queue has one at least."""
    tally_of: Mapping[tuple[int, str], int]
    """Kind of calls, and queue in which they are, to their tally."""
    moves: tuple[tuple[int, int], ...]
    """From which tally to which other calls may spill."""
    length_of: tuple[int, ...]
    """Subject to its length."""
    lengths_of: tuple[tuple[int, ...], ...]
    """Tally to the lengths that its calls are part of."""

    @property
    def lengths(self) -> int:
        """How many there are."""
        return len(set(self.length_of))

    def move(self, kind: int, queue: str, to: str) -> int:
        """The number of the move that calls of ``kind`` make by spilling from ``queue`` to another."""
        return self.moves.index((self.tally_of[kind, queue], self.tally_of[kind, to]))

    def counted(self, counts: Ints, moves: Ints) -> Ints:
        """``counts[tally, interval, count]`` and ``moves[move, interval]`` as [subject, interval, count]."""
        found = self.summed(counts)
        for number, subject in enumerate(self.every):
            inside = [(before in subject.tallies, after in subject.tallies) for before, after in self.moves]
            found[number, :, c.QUEUED] += moves[list(_places(one == (False, True) for one in inside))].sum(axis=0)
            found[number, :, c.N_MOVED_ON] = moves[list(_places(one == (True, False) for one in inside))].sum(axis=0)
            found[number, :, c.MAX_WAIT_MS] = counts[list(subject.tallies), :, c.MAX_WAIT_MS].max(axis=0)
            for cell in _BY_THE_QUEUE:
                found[number, :, cell] = counts[list(subject.refusals), :, cell].sum(axis=0)
        return found

    def summed(self, table: Ints | Ints32) -> Ints:
        """``table[tally, …]`` as [subject, …]."""
        return np.stack([table[list(subject.tallies)].sum(axis=0, dtype=np.int64) for subject in self.every])

    def crowds(self, table: Ints) -> Ints:
        """``table[length, …]`` as [subject, …]."""
        return table[list(self.length_of)]


def subjects_of(model: Model) -> Subjects:
    """A kind of calls needs the skills that the queue asks for in which they are, and its own on top."""
    queues, setups = model.acd.queues, {queue.id: queue for queue in model.acd.queues}
    numbers = {name: number for number, name in enumerate(setups)}
    keys = {
        (number, name): (numbers[name], _skills(both(setups[name].needs, kind.needs)))
        for number, kind in enumerate(model.kinds)
        for name in (kind.queue, *reached_from(kind.queue, setups))
    }
    empty = set(numbers.values()) - {number for number, _ in keys.values()}
    tallies = tuple(sorted({*keys.values(), *((number, _skills(queues[number].needs)) for number in empty)}))
    tally_of = {key: tallies.index(own) for key, own in keys.items()}
    moves = {
        (tally, tally_of[kind, step.spill.queue])
        for (kind, name), tally in tally_of.items()
        for step in setups[name].steps
        if step.spill is not None
    }
    skills = sorted({skill for _, needed in tallies for skill in needed})
    of_queue = [_skills(queue.needs) for queue in queues]
    every = []
    for number, name in enumerate(numbers):
        own = _places(queue == number for queue, _ in tallies)
        every.append(Subject("queue", name, own, own))
    every.append(Subject("all", "", *[tuple(range(len(tallies)))] * 2))
    for skill in skills:
        needed, refused = (skill in own for _, own in tallies), (skill in of_queue[queue] for queue, _ in tallies)
        every.append(Subject("skill", skill, _places(needed), _places(refused)))
    lengths = list(dict.fromkeys(subject.tallies for subject in every))
    return Subjects(
        every=tuple(every),
        tallies=tallies,
        tally_of=tally_of,
        moves=tuple(sorted(moves)),
        length_of=tuple(lengths.index(subject.tallies) for subject in every),
        lengths_of=tuple(
            tuple(number for number, of_it in enumerate(lengths) if tally in of_it) for tally in range(len(tallies))
        ),
    )


def _skills(needs: Requirement) -> tuple[str, ...]:
    return tuple(sorted(set(wanted(needs))))


def _places(chosen: Iterable[bool]) -> tuple[int, ...]:
    return tuple(number for number, is_it in enumerate(chosen) if is_it)
