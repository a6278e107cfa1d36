"""Calls that come of other calls: who gave up and tries again, and whom an agent sends on.

They are drawn with the others, before anything is decided, and stand behind them in the table of calls. What the menu
makes of a caller may change over the day, so for each further call there is a row for each kind of call that it may
become, one after the other: a family. Which of them it is, if any, is seen when the caller dials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.cells import Floats, Ints, Ints32, Load, Tables
from simulator.planner.draws import ARRIVAL, KEY_DELAY, PURPOSES, draw_call
from simulator.planner.jitted import DIGEST, apart, entry
from simulator.planner.laws import draw
from simulator.planner.streams import Words, seed_stream, uniform

SENT_ON_MOST = 20
"""So often a caller is sent on at most; workloads could send them round in circles for ever."""

LATER_AGAIN, LATER_AFTER_MS, LATER_ON = range(3)
"""``later[call, …]``: the first of the family of the next try, how long after giving up, and the first of the family of
the call as which an agent sends the caller on; -1: none."""


class Further(NamedTuple):
    """Which calls come of others."""

    callers: Ints
    """[kind]: the number of the kind of callers, whose kinds of calls stand one after the other."""
    first: Ints
    """[callers]: the first of these."""
    size: Ints
    """[callers]: how many they are."""
    queue: Ints
    """[kind]."""
    sent: Floats
    """[transfer, (queue, callers, share)]."""
    again: Floats
    """(the share of those who gave up that tries again, how often at most)."""


class Calls(NamedTuple):
    """The calls of a replication."""

    table: Ints32
    drawn: int
    """So many of them come by themselves; the others stand behind them."""
    later: Ints
    """See :data:`LATER_AGAIN`; without any rows where no call comes of another."""


def by_themselves(table: Ints32) -> Calls:
    """Calls of which no others come."""
    return Calls(table, len(table), np.zeros((0, 3), np.int64))


_Draw = Callable[
    [
        int, int, Ints, Floats, Ints, Floats, Ints, Ints, Ints, Ints, Ints, Floats, Floats, Words, Ints32, int, Ints,
        Ints,
    ],
    int,
]  # fmt: skip


@apart
def call_again(t: Tables, call: int) -> None:
    """Who gave up dials again after a while, if that was drawn."""
    if t.later[call, LATER_AGAIN] >= 0:
        _dial(t, t.later[call, LATER_AGAIN], t.centre[c.NOW] + t.later[call, LATER_AFTER_MS])


@apart
def send_on(t: Tables, call: int) -> None:
    """Who has talked dials at once, if the agent sends the caller on."""
    if t.later[call, LATER_ON] >= 0:
        t.centre[c.TO_ENTER] -= 1
        _dial(t, t.later[call, LATER_ON], t.centre[c.NOW])


@apart
def expect(t: Tables, call: int) -> None:
    """``call``, which is answered, may be sent on: the day is not over before."""
    if t.later[call, LATER_ON] >= 0:
        t.centre[c.TO_ENTER] += 1


@apart
def _dial(t: Tables, first: int, at: int) -> None:
    """A caller dials at ``at`` and comes to the queue to which the menu leads then, if there is one."""
    callers, kind = t.kinds[t.calls[first, c.CALL_KIND], c.KIND_CALLERS], c.wide(-1)
    for route in range(len(t.routes)):
        if t.routes[route, 0] == callers and t.routes[route, 1] <= at:
            kind = t.routes[route, 2]
    if kind < 0:
        return
    call = first + kind - t.calls[first, c.CALL_KIND]
    enters_at = at + c.wide(t.calls[call, c.CALL_AT])
    t.calls[call, c.CALL_AT] = enters_at
    t.centre[c.TO_ENTER] += 1
    h.put(t, enters_at, h.WORLD, h.ENTERS, call)


@apart
def _draw_further(
    laws: Floats, values: Ints, odds: Floats, ways: Ints, words: Words, kind: int, calls: Ints32, number: int
) -> None:
    """What a call of ``kind`` is like; in place of its time, how long it takes from dialling to the queue."""
    draw_call(laws, values, odds, ways, words, kind, calls, number)
    calls[number, c.CALL_AT] = ways[kind, 0]
    own = kind * PURPOSES + KEY_DELAY
    for _ in range(ways[kind, 1]):
        calls[number, c.CALL_AT] += draw(laws, own, values, words, own)


def _draw_entry(digest: str) -> _Draw:
    @entry
    def further(  # noqa: PLR0912 - one loop over all rows
        seed: int,
        replication: int,
        key: Ints,
        laws: Floats,
        values: Ints,
        odds: Floats,
        ways: Ints,
        callers_of: Ints,
        first_of: Ints,
        size_of: Ints,
        queue_of: Ints,
        sent: Floats,
        again: Floats,
        words: Words,
        calls: Ints32,
        drawn: int,
        later: Ints,
        families: Ints,
    ) -> int:
        """Puts the families behind the ``drawn`` calls. Returns how many rows there are then: more than there is room
        for, if it did not suffice. ``families[row, (size, tries, times sent on)]`` is of the first row of one."""
        assert len(digest) > 0
        for kind in range(len(key)):
            for purpose in range(PURPOSES):
                seed_stream(words, kind * PURPOSES + purpose, seed, replication, key[kind], PURPOSES + purpose)
        row, count = 0, drawn
        while row < count:
            size, tries, times = families[row, 0], families[row, 1], families[row, 2]
            kind = calls[row, c.CALL_KIND]
            for member in range(row, row + size):
                later[member, LATER_AGAIN] = later[member, LATER_ON] = -1
            deciding = kind * PURPOSES + ARRIVAL
            if tries < again[1] and uniform(words, deciding) < again[0]:
                after = draw(laws, len(key) * PURPOSES, values, words, deciding)
                callers = callers_of[kind]
                if count + size_of[callers] > len(calls):
                    return int(2 * len(calls) + size_of[callers])
                for member in range(row, row + size):
                    later[member, LATER_AGAIN] = count
                    later[member, LATER_AFTER_MS] = after
                families[count, 0], families[count, 1], families[count, 2] = size_of[callers], tries + 1, times
                for other in range(first_of[callers], first_of[callers] + size_of[callers]):
                    _draw_further(laws, values, odds, ways, words, other, calls, count)
                    # The same caller: as patient, and with as much to say where it is the same queue.
                    calls[count, c.CALL_PATIENCE] = calls[row, c.CALL_PATIENCE]
                    calls[count, c.CALL_WRAP_UP] = calls[row, c.CALL_WRAP_UP]
                    for member in range(row, row + size):
                        if queue_of[calls[member, c.CALL_KIND]] == queue_of[other]:
                            calls[count, c.CALL_TALK] = calls[member, c.CALL_TALK]
                    count += 1
            if len(sent) > 0 and times < SENT_ON_MOST:
                for member in range(row, row + size):
                    kind = calls[member, c.CALL_KIND]
                    left = uniform(words, kind * PURPOSES + ARRIVAL)
                    for transfer in range(len(sent)):
                        if int(sent[transfer, 0]) != queue_of[kind]:
                            continue
                        if left >= sent[transfer, 2]:
                            left -= sent[transfer, 2]
                            continue
                        callers = int(sent[transfer, 1])
                        if callers < 0:
                            break
                        if count + size_of[callers] > len(calls):
                            return int(2 * len(calls) + size_of[callers])
                        later[member, LATER_ON] = count
                        families[count, 0], families[count, 1], families[count, 2] = size_of[callers], 0, times + 1
                        for other in range(first_of[callers], first_of[callers] + size_of[callers]):
                            _draw_further(laws, values, odds, ways, words, other, calls, count)
                            count += 1
                        break
            row += size
        return count

    return further


_further = _draw_entry(DIGEST)


def with_further(load: Load, further: Further, seed: int, replication: int, calls: Ints32) -> Calls:
    """``calls``, and those that may come of them."""
    drawn = len(calls)
    room = 2 * drawn + 64
    words = np.empty((len(load.key) * PURPOSES, 4), np.uint64)
    while True:
        table = np.empty((room, c.CALL_CELLS), np.int32)
        table[:drawn] = calls
        later, families = np.empty((room, 3), np.int64), np.zeros((room, 3), np.int64)
        families[:drawn, 0] = 1
        count = _further(
            seed, replication, load.key, load.laws, load.values, load.odds, load.ways, further.callers, further.first,
            further.size, further.queue, further.sent, further.again, words, table, drawn, later, families,
        )  # fmt: skip
        if count <= room:
            return Calls(table[:count], drawn, later[:count])
        room = count
