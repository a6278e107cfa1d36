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
from simulator.planner.jitted import DIGEST, entry
from simulator.planner.laws import draw
from simulator.planner.streams import Words, exponential, gamma, seed_stream, uniform

PATIENCE, TALK, WRAP_UP, ANSWER_DELAY, KEY_DELAY, ARRIVAL, UNANSWERED = range(7)
"""What a random stream of a kind of call is for."""
PURPOSES = 7
_BUSYNESS = 1 << 40
"""Stands for a kind; no key of one is as high."""
MISSES_MOST = 1_000
"""So many offers of one call ring in vain at most; agents who never answer would ring for ever."""

_Arrivals = Callable[[Ints, Ints, Floats, Floats, Ints, Floats, Ints, int, int, int, Words, Ints], int]
_Fill = Callable[[Ints, Floats, Ints, Floats, Ints, int, int, Words, Ints32], None]


def _entries(digest: str) -> tuple[_Arrivals, _Fill]:
    @entry
    def arrivals(
        key: Ints,
        first: Ints,
        segments: Floats,
        laws: Floats,
        values: Ints,
        odds: Floats,
        ways: Ints,
        seed: int,
        replication: int,
        kind: int,
        words: Words,
        found: Ints,
    ) -> int:
        """Puts into ``found`` when the calls of ``kind`` enter their queue, ascending: a Poisson process of piecewise
        constant rate, and the way through the menu on top. Returns how many there are: more than there is room for,
        if it did not suffice."""
        assert len(digest) > 0
        seed_stream(words, 0, seed, replication, key[kind], ARRIVAL)
        seed_stream(words, 1, seed, replication, key[kind], KEY_DELAY)
        busy = 1.0
        if odds[len(key)] > 0.0:
            seed_stream(words, 2, seed, replication, _BUSYNESS, 0)
            shape = 1.0 / (odds[len(key)] * odds[len(key)])
            busy = gamma(words, 2, shape) / shape
        count = 0
        ahead = exponential(words, 0)
        for segment in range(first[kind], first[kind + 1]):
            at, rate = segments[segment, 0], segments[segment, 2] * busy
            left = (segments[segment, 1] - at) * rate
            while ahead < left:
                left -= ahead
                at += ahead / rate
                entered = int(at) + ways[kind, 0]
                for _ in range(ways[kind, 1]):
                    entered += draw(laws, kind * PURPOSES + KEY_DELAY, values, words, 1)
                if count < len(found):
                    place = count
                    while place > 0 and found[place - 1] > entered:
                        found[place] = found[place - 1]
                        place -= 1
                    found[place] = entered
                count += 1
                ahead = exponential(words, 0)
            ahead -= left
        return count

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
        calls: Ints32,
    ) -> None:
        """Draws what the calls, known by time and kind, are like."""
        assert len(digest) > 0
        for kind in range(len(key)):
            for purpose in range(PURPOSES):
                seed_stream(words, kind * PURPOSES + purpose, seed, replication, key[kind], purpose)
        for number in range(len(calls)):
            kind = calls[number, c.CALL_KIND]
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

    return arrivals, fill


_arrivals, _fill = _entries(DIGEST)


def call_table(at: Ints, kind: Ints) -> Ints32:
    """Calls that enter their queues at ``at`` (ms), of ``kind``, in order of time; all else is 0."""
    order = np.argsort(at, kind="stable")
    calls = np.zeros((len(at), c.CALL_CELLS), np.int32)
    calls[:, c.CALL_AT], calls[:, c.CALL_KIND] = at[order], kind[order]
    return calls


def _arrivals_of(load: Load, seed: int, replication: int, kind: int) -> Ints:
    own = load.segments[load.first[kind] : load.first[kind + 1]]
    expected = float(((own[:, 1] - own[:, 0]) * own[:, 2]).sum())
    room, words = int(expected + 8 * sqrt(expected)) + 64, np.empty((3, 4), np.uint64)
    while True:
        found = np.empty(room, np.int64)
        count = _arrivals(*load, seed, replication, kind, words, found)
        if count <= room:
            return found[:count]
        room = count


def draw_calls(load: Load, seed: int, replication: int) -> Ints32:
    """The calls of replication number ``replication`` under ``seed`` (both 0 or more): see ``calls`` in
    :mod:`simulator.planner.cells`."""
    found = [_arrivals_of(load, seed, replication, kind) for kind in range(len(load.key))]
    calls = call_table(np.concatenate(found), np.repeat(np.arange(len(found)), [len(one) for one in found]))
    words = np.empty((len(load.key) * PURPOSES, 4), np.uint64)
    _fill(load.key, load.laws, load.values, load.odds, load.ways, seed, replication, words, calls)
    return calls
