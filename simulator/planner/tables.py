"""The tables that compiled code works on. What their columns mean stands in :mod:`simulator.planner.cells`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from simulator.planner.features import Chances, Features
from simulator.planner.subjects import Subjects

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
"""[stream, word]: four words are the state of a stream of random numbers."""


class TableSet:
    """Dataclasses of tables; compiled code takes one as a whole, see :mod:`simulator.planner.native_tables`."""

    def tables(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """The tables by name."""
        for name, value in shallow(cast("DataclassInstance", self)).items():
            if isinstance(value, np.ndarray):
                yield name, value

    @cached_property
    def places(self) -> Ints:
        """Where in memory each table begins, and its sizes, one table after the other."""
        words: list[int] = []
        for name, table in self.tables():
            if not table.flags.c_contiguous:
                raise ValueError(f"the rows of table “{name}” do not stand one after the other")
            words += (table.ctypes.data, *table.shape)
        return np.array(words, np.int64)

    @cached_property
    def address(self) -> int:
        """Where in memory :attr:`places` begin: what compiled code gets of the whole."""
        return self.places.ctypes.data


def shallow(one: DataclassInstance) -> dict[str, Any]:
    """The fields of a dataclass, not copied."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


@dataclass(frozen=True, kw_only=True)
class Rules(TableSet):
    """The compiled setup: never changed by a run."""

    has: Features
    rows: Ints
    kinds: Ints
    queues: Ints
    groups: Ints
    agents: Ints
    records: Ints
    ranks: Ints
    """[row, group]."""
    spills: Ints
    group_ranks: Ints
    """[group, queue]: how the group's agents rank queues."""
    lists: Ints
    pace: Floats
    """[kind, agent]: a factor on talk and wrap-up."""
    duties: Ints
    routes: Ints
    """[…, (callers, from when on, kind or -1)]: what the menu makes of callers who call again or are sent on, in order
    of time."""
    centre: Ints
    subjects: Subjects


@dataclass(frozen=True, kw_only=True)
class Book(TableSet):
    """What came of a replication. The last interval holds what does not count: the warm-up, and after the end."""

    calls: Ints32
    counts: Ints
    times: Ints
    crowds: Ints
    """How many callers waited: [length, interval, …], see :mod:`simulator.planner.subjects`."""
    moves: Ints
    """How many calls went on to another queue: [move, interval], see the same."""
    waits: Ints
    """[tally, bin]: the answered calls by how long they waited, see :mod:`simulator.planner.bins`."""
    waits_by_interval: Ints32
    """[tally, interval, bin]."""


@dataclass(frozen=True, kw_only=True)
class Tables(Rules, Book):
    """One replication while it runs: all that compiled code reads and writes, ``t`` there."""

    later: Ints
    """See :mod:`simulator.planner.further_calls`."""
    spilled: Ints
    """Of calls, where they may spill to other queues."""
    backs: Ints
    """Of calls, where they leave their queue by themselves or come of such as did."""
    missed: Ints
    """[miss, (agent, the call's miss before)]."""
    lines: Ints
    lots: Ints
    """[agent + 1]: the weights of the idle agents, as :func:`acd.rules.holder_of` has them; kept only where a queue
    draws lots."""
    lengths: Ints
    scratch: Ints
    """See :mod:`simulator.planner.matching`."""
    new: Ints
    """Whom the next match has to look at: row 0 calls, row 1 agents."""
    keys: Ints
    """With ``whats`` the events to come: see :mod:`simulator.planner.heap`."""
    whats: Ints


@dataclass(frozen=True, kw_only=True)
class Load(TableSet):
    """How calls are drawn, by kind; the laws by kind and purpose."""

    has: Chances
    key: Ints
    """A number made of the kind's name."""
    first: Ints
    """Where its segments of constant rate begin; the last entry is where the last one's end."""
    segments: Floats
    """[segment, (begin, end, calls a millisecond)]."""
    given: Ints
    """When calls come of which that is known."""
    given_first: Ints
    """Where those of a kind begin; the last entry is where the last one's end."""
    laws: Floats
    """[kind × purposes + purpose, cell]: see :mod:`simulator.planner.laws`. The last one is that of the time until who
    gave up calls again."""
    values: Ints
    odds: Floats
    """[kind]: the share of offers that ring out."""
    ways: Ints
    """[kind, (milliseconds in the menu, pauses there, ring time)]."""


@dataclass(frozen=True, kw_only=True)
class Draws(Load):
    """The calls of one replication while they are drawn: ``d`` in compiled code."""

    words: Words
    found: Ints
    """When calls come, kind after kind."""
    heads: Ints
    """[kind]: the first of them that is not yet in ``calls``."""
    ends: Ints
    calls: Ints32


@dataclass(frozen=True, kw_only=True)
class Families:
    """Which calls come of others: see :mod:`simulator.planner.further_calls`."""

    callers: Ints
    """[kind]: the number of the kind of callers, whose kinds of calls stand one after the other."""
    first_kind: Ints
    """[callers]: the first of these."""
    size: Ints
    """[callers]: how many they are."""
    queue: Ints
    """[kind]."""
    sent: Floats
    """[transfer, (queue, callers, share)]."""
    again: Floats
    """(the share of those who gave up that tries again, how often at most)."""


@dataclass(frozen=True, kw_only=True)
class FurtherDraws(Draws, Families):
    """These calls while they are drawn."""

    later: Ints
    families: Ints
    """[row, (size, tries, times sent on)]: of the first row of a family."""


@dataclass(frozen=True, kw_only=True)
class TalkLaws(TableSet):
    """How long callers talk in queues to which their calls may spill: see :mod:`simulator.planner.elsewhere`."""

    has: Chances
    key: Ints
    """[law, (a number made of the kind's name, of the queue's)]."""
    first: Ints
    """Where the laws of a kind begin; the last entry is where the last one's end."""
    laws: Floats
    values: Ints


@dataclass(frozen=True, kw_only=True)
class TalkDraws(TalkLaws):
    """These talks while they are drawn."""

    words: Words
    calls: Ints32
    talks: Ints32


@dataclass(frozen=True, kw_only=True)
class BackLaws(TableSet):
    """When callers leave by themselves and how they are called back, by kind: see
    :mod:`simulator.planner.called_back`."""

    has: Chances
    key: Ints
    """A number made of the kind's name."""
    ways: Ints
    """[kind, (milliseconds until they leave, pauses in them, the same from the music on, the same until the call is
    over, the kind of the callbacks)]; -1: they do not, or nobody is called back."""
    laws: Floats
    """[kind × 4 + (pause, talk, agents' answer, customers' answer), cell]."""
    values: Ints
    odds: Floats
    """[kind, (the share of offers that ring out, of customers who answer)]."""
    limits: Ints
    """[kind, (ring time, that of the customer's phone, attempts)]."""


@dataclass(frozen=True, kw_only=True)
class BackDraws(BackLaws):
    """The same while they are drawn."""

    words: Words
    calls: Ints32
    backs: Ints
