"""The calls of one replication: when they come and everything that chance decides about them.

All of it is drawn before anything is decided, so the centre cannot influence it: two scenarios under one seed meet
the very same callers (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np

from simulator.planner import cells as c
from simulator.planner.cells import Floats, Ints, Ints32, Load
from simulator.planner.jitted import DIGEST, compiled, entry
from simulator.planner.laws import draw
from simulator.planner.streams import Words, exponential, seed_stream, uniform

PATIENCE, TALK, WRAP_UP, ANSWER_DELAY, KEY_DELAY, ARRIVAL, UNANSWERED = range(7)
"""What a random stream of a kind of call is for."""
PURPOSES = 7
MISSES_MOST = 1_000
"""So many offers of one call ring in vain at most; agents who never answer would ring for ever."""

_Arrivals = Callable[[int, int, int, int, Floats, Ints, Floats, Ints, Ints, Words, Ints], int]
_Fill = Callable[[Ints, Floats, Ints, Floats, Ints, int, int, Words, Ints, Ints, Ints, Ints32], None]


@compiled
def _enter(laws: Floats, values: Ints, ways: Ints, kind: int, words: Words, found: Ints, count: int, at: int) -> None:
    """Puts into ``found``, as one more than ``count``, when a caller who calls at ``at`` has gone through the menu."""
    entered = at + ways[kind, 0]
    for _ in range(ways[kind, 1]):
        entered += draw(laws, kind * PURPOSES + KEY_DELAY, values, words, c.wide(1))
    if count < len(found):
        place = count
        while place > 0 and found[place - 1] > entered:
            found[place] = found[place - 1]
            place -= 1
        found[place] = entered


def _arrivals_entry(digest: str) -> _Arrivals:
    @entry
    def arrivals(
        seed: int,
        replication: int,
        key: int,
        kind: int,
        segments: Floats,
        given: Ints,
        laws: Floats,
        values: Ints,
        ways: Ints,
        words: Words,
        found: Ints,
    ) -> int:
        """Puts into ``found`` when the calls of ``kind`` enter their queue, ascending: those that are ``given``, then
        a Poisson process of piecewise constant rate; the way through the menu on top. Returns how many there are: more
        than there is room for, if it did not suffice."""
        assert len(digest) > 0
        gaps, key_delays, count = c.wide(0), c.wide(1), c.wide(0)
        seed_stream(words, gaps, seed, replication, key, c.wide(ARRIVAL))
        seed_stream(words, key_delays, seed, replication, key, c.wide(KEY_DELAY))
        for number in range(len(given)):
            _enter(laws, values, ways, kind, words, found, count, given[number])
            count += 1
        ahead = exponential(words, gaps)
        for segment in range(len(segments)):
            at, rate = segments[segment, 0], segments[segment, 2]
            left = (segments[segment, 1] - at) * rate
            while ahead < left:
                left -= ahead
                at += ahead / rate
                _enter(laws, values, ways, kind, words, found, count, int(at))
                count += 1
                ahead = exponential(words, gaps)
            ahead -= left
        return count

    return arrivals


@compiled
def draw_call(
    laws: Floats, values: Ints, odds: Floats, ways: Ints, words: Words, kind: int, calls: Ints32, number: int
) -> None:
    """What a call of ``kind`` is like, but for its time."""
    for cell in range(c.CALL_CELLS):
        calls[number, cell] = 0
    calls[number, c.CALL_KIND] = kind
    own = kind * PURPOSES
    calls[number, c.CALL_PATIENCE] = draw(laws, own + PATIENCE, values, words, own + PATIENCE)
    calls[number, c.CALL_TALK] = draw(laws, own + TALK, values, words, own + TALK)
    calls[number, c.CALL_WRAP_UP] = draw(laws, own + WRAP_UP, values, words, own + WRAP_UP)
    misses, delay = 0, 0
    while misses < MISSES_MOST:
        if odds[kind] <= 0.0 or uniform(words, own + UNANSWERED) >= odds[kind]:
            delay = draw(laws, own + ANSWER_DELAY, values, words, own + ANSWER_DELAY)
            if delay < ways[kind, 2]:
                break
        misses += 1
    calls[number, c.CALL_ANSWER_DELAY] = delay
    calls[number, c.CALL_MISSES_TO_COME] = misses


def _fill_entry(digest: str) -> _Fill:
    @entry
    def fill(
        key: Ints,
        laws: Floats,
        values: Ints,
        odds: Floats,
        ways: Ints,
        seed: int,
        replication: int,
        words: Words,
        found: Ints,
        heads: Ints,
        ends: Ints,
        calls: Ints32,
    ) -> None:
        """Puts the calls in order of time and draws what they are like. Those of ``kind`` come at
        ``found[heads[kind] : ends[kind]]``; of equals the lower kind is first. Moves ``heads`` to the ends."""
        assert len(digest) > 0
        kinds = len(key)
        for kind in range(kinds):
            for purpose in range(PURPOSES):
                seed_stream(words, kind * PURPOSES + purpose, seed, replication, key[kind], purpose)
        for number in range(len(calls)):
            kind = -1
            for other in range(kinds):
                if heads[other] < ends[other] and (kind < 0 or found[heads[other]] < found[heads[kind]]):
                    kind = other
            draw_call(laws, values, odds, ways, words, kind, calls, number)
            calls[number, c.CALL_AT] = found[heads[kind]]
            heads[kind] += 1

    return fill


_arrivals, _fill = _arrivals_entry(DIGEST), _fill_entry(DIGEST)


def _most_calls(load: Load, kind: int) -> int:
    """So many calls of ``kind`` one replication may well have; busy days have more."""
    own = _segments(load, kind)
    expected = float(((own[:, 1] - own[:, 0]) * own[:, 2]).sum())
    return int(expected + 8 * sqrt(expected)) + len(_given(load, kind)) + 64


def _segments(load: Load, kind: int) -> Floats:
    return load.segments[load.first[kind] : load.first[kind + 1]]


def _given(load: Load, kind: int) -> Ints:
    return load.given[load.given_first[kind] : load.given_first[kind + 1]]


def _arrivals_of(load: Load, seed: int, replication: int, kind: int) -> Ints:
    room, words, key = _most_calls(load, kind), np.empty((2, 4), np.uint64), int(load.key[kind])
    segments, given = _segments(load, kind), _given(load, kind)
    while True:
        found = np.empty(room, np.int64)
        count = _arrivals(
            seed, replication, key, kind, segments, given, load.laws, load.values, load.ways, words, found
        )
        if count <= room:
            return found[:count]
        room = count


def room_for_calls(load: Load) -> Ints32:
    """A table in which :func:`draw_calls` may put one replication after the other: fresh memory is dear."""
    return np.empty((sum(_most_calls(load, kind) for kind in range(len(load.key))), c.CALL_CELLS), np.int32)


def draw_calls(load: Load, seed: int, replication: int, room: Ints32 | None = None) -> Ints32:
    """The calls of replication number ``replication`` under ``seed`` (both 0 or more): see ``calls`` in
    :mod:`simulator.planner.cells`. They are put into ``room`` if they fit."""
    found = [_arrivals_of(load, seed, replication, kind) for kind in range(len(load.key))]
    ends = np.cumsum([len(one) for one in found])
    heads = ends - [len(one) for one in found]
    words = np.empty((len(load.key) * PURPOSES, 4), np.uint64)
    if room is None or len(room) < ends[-1]:
        room = np.empty((ends[-1], c.CALL_CELLS), np.int32)
    calls = room[: ends[-1]]
    _fill(
        load.key, load.laws, load.values, load.odds, load.ways, seed, replication, words,
        np.concatenate(found), heads, ends, calls,
    )  # fmt: skip
    return calls
