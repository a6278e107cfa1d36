"""Calls that come of other calls: who gave up and tries again, and whom an agent sends on.

They are drawn with the others, before anything is decided, and stand behind them in the table of calls. What the menu
makes of a caller may change over the day, so for each further call there is a row for each kind of call that it may
become, one after the other: a family. Which of them it is, if any, is seen when the caller dials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.draws import ARRIVAL, KEY_DELAY, PURPOSES, draw_call, draws_of, through_the_menu
from simulator.planner.jitted import compiled, entry
from simulator.planner.laws import draw
from simulator.planner.streams import seed_stream, uniform
from simulator.planner.tables import Families, FurtherDraws, Ints, Ints32, Load, Tables, shallow

SENT_ON_MOST = 20
"""So often a caller is sent on at most; workloads could send them round in circles for ever."""

LATER_AGAIN, LATER_AFTER_MS, LATER_ON = range(3)
"""``later[call, …]``: the first of the family of the next try, how long after giving up, and the first of the family of
the call as which an agent sends the caller on; -1: none."""


class Calls(NamedTuple):
    """The calls of a replication."""

    table: Ints32
    drawn: int
    """So many of them come by themselves; the others stand behind them."""
    later: Ints
    """See :data:`LATER_AGAIN`; without any rows where no call comes of another."""
    talks: Ints32 = np.zeros((0, 0), np.int32)
    """See :func:`simulator.planner.elsewhere.draw_talks`; without any rows where nobody talks otherwise elsewhere."""
    backs: Ints = np.zeros((0, c.BACK_DRAWN), np.int64)
    """See ``backs`` in :mod:`simulator.planner.cells`; without any rows where no caller leaves by oneself."""


def by_themselves(table: Ints32) -> Calls:
    """Calls of which no others come."""
    return Calls(table, len(table), np.zeros((0, 3), np.int64))


@compiled
def call_again(t: Tables, call: int) -> None:
    """Who gave up dials again after a while, if that was drawn."""
    if t.later[call, LATER_AGAIN] >= 0:
        _dial(t, t.later[call, LATER_AGAIN], t.centre[c.NOW] + t.later[call, LATER_AFTER_MS])


@compiled
def send_on(t: Tables, call: int) -> None:
    """Who has talked dials at once, if the agent sends the caller on."""
    if t.later[call, LATER_ON] >= 0:
        t.centre[c.TO_ENTER] -= 1
        _dial(t, t.later[call, LATER_ON], t.centre[c.NOW])


@compiled
def expect(t: Tables, call: int) -> None:
    """``call``, which is answered, may be sent on: the day is not over before."""
    if t.later[call, LATER_ON] >= 0:
        t.centre[c.TO_ENTER] += 1


@compiled
def _dial(t: Tables, first: int, at: int) -> None:
    """A caller dials at ``at`` and comes to the queue to which the menu leads then, if there is one."""
    callers, kind = t.kinds[t.calls[first, c.CALL_KIND], c.KIND_CALLERS], -1
    for route in range(len(t.routes)):
        if t.routes[route, 0] == callers and t.routes[route, 1] <= at:
            kind = t.routes[route, 2]
    if kind < 0:
        return
    call = first + kind - t.calls[first, c.CALL_KIND]
    enters_at = at + t.calls[call, c.CALL_AT]
    t.calls[call, c.CALL_AT] = enters_at
    t.centre[c.TO_ENTER] += 1
    h.put(t, enters_at, h.WORLD, h.ENTERS, call)


@compiled
def _draw_family(d: FurtherDraws, callers: int, tries: int, times: int, count: int) -> int:
    """Draws a family of ``callers`` into the rows from ``count`` on. Returns its end."""
    d.families[count, 0], d.families[count, 1], d.families[count, 2] = d.size[callers], tries, times
    for kind in range(d.first_kind[callers], d.first_kind[callers] + d.size[callers]):
        draw_call(d, kind, count)
        # In place of its time: how long it takes from dialling to the queue.
        d.calls[count, c.CALL_AT] = through_the_menu(d, kind, kind * PURPOSES + KEY_DELAY)
        count += 1
    return count


@compiled
def _like_before(d: FurtherDraws, row: int, end: int, first: int, last: int) -> None:
    """The family ``first`` to ``last`` is the same caller as that of ``row`` to ``end``: as patient, and with as much
    to say where it is the same queue."""
    for again in range(first, last):
        d.calls[again, c.CALL_PATIENCE] = d.calls[row, c.CALL_PATIENCE]
        d.calls[again, c.CALL_WRAP_UP] = d.calls[row, c.CALL_WRAP_UP]
        for member in range(row, end):
            if d.queue[d.calls[member, c.CALL_KIND]] == d.queue[d.calls[again, c.CALL_KIND]]:
                d.calls[again, c.CALL_TALK] = d.calls[member, c.CALL_TALK]


@compiled
def _sent_to(d: FurtherDraws, kind: int) -> int:
    """As callers of which kind an agent sends a call of ``kind`` on; -1: as none."""
    left = uniform(d.words, kind * PURPOSES + ARRIVAL)
    for transfer in range(len(d.sent)):
        if int(d.sent[transfer, 0]) != d.queue[kind]:
            continue
        if left < d.sent[transfer, 2]:
            return int(d.sent[transfer, 1])
        left -= d.sent[transfer, 2]
    return -1


@entry
def _further(d: FurtherDraws, seed: int, replication: int, drawn: int) -> int:
    """Puts the families behind the ``drawn`` calls. Returns how many rows there are then: more than there is room
    for, if it did not suffice."""
    kinds, room = len(d.key), len(d.calls)
    for kind in range(kinds):
        for purpose in range(PURPOSES):
            seed_stream(d.words, kind * PURPOSES + purpose, seed, replication, d.key[kind], PURPOSES + purpose)
    row, count = 0, drawn
    while row < count:
        end, tries, times = row + d.families[row, 0], d.families[row, 1], d.families[row, 2]
        kind = d.calls[row, c.CALL_KIND]
        for member in range(row, end):
            d.later[member, LATER_AGAIN] = d.later[member, LATER_ON] = -1
        deciding = kind * PURPOSES + ARRIVAL
        if tries < d.again[1] and uniform(d.words, deciding) < d.again[0]:
            after = draw(d, kinds * PURPOSES, deciding)
            callers = d.callers[kind]
            if count + d.size[callers] > room:
                return 2 * room + int(d.size[callers])
            for member in range(row, end):
                d.later[member, LATER_AGAIN] = count
                d.later[member, LATER_AFTER_MS] = after
            first, count = count, _draw_family(d, callers, tries + 1, times, count)
            _like_before(d, row, end, first, count)
        if len(d.sent) > 0 and times < SENT_ON_MOST:
            for member in range(row, end):
                callers = _sent_to(d, d.calls[member, c.CALL_KIND])
                if callers < 0:
                    continue
                if count + d.size[callers] > room:
                    return 2 * room + int(d.size[callers])
                d.later[member, LATER_ON] = count
                count = _draw_family(d, callers, 0, times + 1, count)
        row = end
    return count


def with_further(load: Load, families: Families, seed: int, replication: int, calls: Ints32) -> Calls:
    """``calls``, and those that may come of them."""
    drawn = len(calls)
    room, nothing = 2 * drawn + 64, np.empty(0, np.int64)
    words = np.empty((len(load.key) * PURPOSES, 4), np.uint64)
    given = draws_of(load, words=words, found=nothing, heads=nothing, ends=nothing, calls=calls)
    while True:
        table = np.empty((room, c.CALL_CELLS), np.int32)
        table[:drawn] = calls
        later, sizes = np.empty((room, 3), np.int64), np.zeros((room, 3), np.int64)
        sizes[:drawn, 0] = 1
        own = shallow(given) | shallow(families) | {"calls": table}
        draws = FurtherDraws(**own, later=later, families=sizes)
        count = _further(draws, seed, replication, drawn)
        if count <= room:
            return Calls(table[:count], drawn, later[:count])
        room = count
