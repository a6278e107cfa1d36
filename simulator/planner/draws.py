"""The calls of one replication: when they come and everything that chance decides about them.

All of it is drawn before anything is decided, so the centre cannot influence it: two scenarios under one seed meet
the very same callers (common random numbers).
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from simulator.planner import cells as c
from simulator.planner.jitted import compiled, entry
from simulator.planner.laws import draw
from simulator.planner.streams import exponential, seed_stream, uniform
from simulator.planner.tables import Draws, Ints, Ints32, Load, shallow

PATIENCE, TALK, WRAP_UP, ANSWER_DELAY, KEY_DELAY, ARRIVAL, UNANSWERED = range(7)
"""What a random stream of a kind of call is for."""
PURPOSES = 7
MISSES_MOST = 1_000
"""So many offers of one call ring in vain at most; agents who never answer would ring for ever."""


@compiled
def _enter(d: Draws, kind: int, count: int, at: int) -> None:
    """Puts into ``found``, as one more than ``count``, when a caller who calls at ``at`` has gone through the menu."""
    entered = at + through_the_menu(d, kind, 1)
    if count < len(d.found):
        place = count
        while place > 0 and d.found[place - 1] > entered:
            d.found[place] = d.found[place - 1]
            place -= 1
        d.found[place] = entered


@compiled
def through_the_menu(d: Draws, kind: int, stream: int) -> int:
    """How long a caller of ``kind`` takes from dialling to the queue."""
    way: int = d.ways[kind, 0]
    if d.has.pauses:
        for _ in range(d.ways[kind, 1]):
            way += draw(d, kind * PURPOSES + KEY_DELAY, stream)
    return way


@entry
def _arrivals(d: Draws, seed: int, replication: int, kind: int) -> int:
    """Puts into ``found`` when the calls of ``kind`` enter their queue, ascending: those that are given, then a
    Poisson process of piecewise constant rate; the way through the menu on top. Returns how many there are: more
    than there is room for, if it did not suffice."""
    gaps, key_delays, count = 0, 1, 0
    seed_stream(d.words, gaps, seed, replication, d.key[kind], ARRIVAL)
    seed_stream(d.words, key_delays, seed, replication, d.key[kind], KEY_DELAY)
    for number in range(d.given_first[kind], d.given_first[kind + 1]):
        _enter(d, kind, count, d.given[number])
        count += 1
    ahead = exponential(d.words, gaps)
    for segment in range(d.first[kind], d.first[kind + 1]):
        at, rate = d.segments[segment, 0], d.segments[segment, 2]
        left = (d.segments[segment, 1] - at) * rate
        while ahead < left:
            left -= ahead
            at += ahead / rate
            _enter(d, kind, count, int(at))
            count += 1
            ahead = exponential(d.words, gaps)
        ahead -= left
    return count


@compiled
def draw_call(d: Draws, kind: int, number: int) -> None:
    """What a call of ``kind`` is like, but for its time."""
    for cell in range(c.CALL_CELLS):
        d.calls[number, cell] = 0
    d.calls[number, c.CALL_KIND] = kind
    own = kind * PURPOSES
    d.calls[number, c.CALL_PATIENCE] = draw(d, own + PATIENCE, own + PATIENCE)
    d.calls[number, c.CALL_TALK] = draw(d, own + TALK, own + TALK)
    d.calls[number, c.CALL_WRAP_UP] = draw(d, own + WRAP_UP, own + WRAP_UP)
    if d.has.rings:
        _draw_rings(d, kind, number)


@compiled
def _draw_rings(d: Draws, kind: int, number: int) -> None:
    own, misses, delay = kind * PURPOSES, 0, 0
    while misses < MISSES_MOST:
        if d.odds[kind] <= 0.0 or uniform(d.words, own + UNANSWERED) >= d.odds[kind]:
            delay = draw(d, own + ANSWER_DELAY, own + ANSWER_DELAY)
            if delay < d.ways[kind, 2]:
                break
        misses += 1
    d.calls[number, c.CALL_ANSWER_DELAY] = delay
    d.calls[number, c.CALL_MISSES_TO_COME] = misses


@entry
def _fill(d: Draws, seed: int, replication: int) -> None:
    """Puts the calls in order of time and draws what they are like. Those of a kind come at
    ``found[heads[kind] : ends[kind]]``; of equals the lower kind is first. Moves ``heads`` to the ends."""
    kinds = len(d.key)
    for kind in range(kinds):
        for purpose in range(PURPOSES):
            seed_stream(d.words, kind * PURPOSES + purpose, seed, replication, d.key[kind], purpose)
    for number in range(len(d.calls)):
        kind = -1
        for other in range(kinds):
            if d.heads[other] < d.ends[other] and (kind < 0 or d.found[d.heads[other]] < d.found[d.heads[kind]]):
                kind = other
        draw_call(d, kind, number)
        d.calls[number, c.CALL_AT] = d.found[d.heads[kind]]
        d.heads[kind] += 1


def _most_calls(load: Load, kind: int) -> int:
    """So many calls of ``kind`` one replication may well have; busy days have more."""
    own = load.segments[load.first[kind] : load.first[kind + 1]]
    expected = float(((own[:, 1] - own[:, 0]) * own[:, 2]).sum())
    given: int = load.given_first[kind + 1] - load.given_first[kind]
    return int(expected + 8 * sqrt(expected)) + given + 64


def _arrivals_of(load: Load, seed: int, replication: int, kind: int) -> Ints:
    room, nothing = _most_calls(load, kind), np.empty(0, np.int64)
    while True:
        found, words = np.empty(room, np.int64), np.empty((2, 4), np.uint64)
        draws = draws_of(load, words=words, found=found, heads=nothing, ends=nothing, calls=_no_calls(0))
        count = _arrivals(draws, seed, replication, kind)
        if count <= room:
            return found[:count]
        room = count


def draws_of(load: Load, **tables: Any) -> Draws:
    """``load`` and what is drawn by it."""
    return Draws(**shallow(load), **tables)


def _no_calls(room: int) -> Ints32:
    return np.empty((room, c.CALL_CELLS), np.int32)


def room_for_calls(load: Load) -> Ints32:
    """A table in which :func:`draw_calls` may put one replication after the other: fresh memory is dear."""
    return _no_calls(sum(_most_calls(load, kind) for kind in range(len(load.key))))


def draw_calls(load: Load, seed: int, replication: int, room: Ints32 | None = None) -> Ints32:
    """The calls of replication number ``replication`` under ``seed`` (both 0 or more): see ``calls`` in
    :mod:`simulator.planner.cells`. They are put into ``room`` if they fit."""
    found = [_arrivals_of(load, seed, replication, kind) for kind in range(len(load.key))]
    ends = np.cumsum([len(one) for one in found])
    heads = ends - [len(one) for one in found]
    if room is None or len(room) < ends[-1]:
        room = _no_calls(ends[-1])
    calls = room[: ends[-1]]
    words = np.empty((len(load.key) * PURPOSES, 4), np.uint64)
    _fill(
        draws_of(load, words=words, found=np.concatenate(found), heads=heads, ends=ends, calls=calls), seed, replication
    )
    return calls
