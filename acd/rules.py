"""The choices themselves: pure functions over integers and indexable tables.

No dict, string, exception, attribute or call out of this module stands here, so that a compiler for loops over
numbers can take these functions as they are, and the live engine, the twin and the planner share them. ``-1`` is
“none”. Tables are anything indexable by an integer.
"""

from __future__ import annotations

from collections.abc import Sequence

Table = Sequence[int]

_64_BITS = (1 << 64) - 1

STARVING = -(1 << 56)
"""The rank of a call that has waited beyond the starvation bound: before any that points could give."""

_PHONE = 1 << 58
"""What a phone that rings sets a call back: behind all for which fewer ring, the starving ones too."""

_IN_HAND = 1 << 50
"""What a call in hand sets an agent back: behind all who have fewer, since whenever they are idle."""

PHONES_MOST = 15
"""So many phones may ring for one call: ranks fit into 64 bits."""

DRAWS_MOST = 16
"""So often an agent is drawn from all idle ones in the hope for one who may take the call; then one of those who may is
drawn."""


def pick_line(candidates: Table, first: int, last: int, rank: Table, since: Table, order: Table) -> int:
    """The line whose head goes first, among ``candidates[first:last]``; -1 if there are none.

    The lowest ``rank`` wins; within equal rank the earliest ``since``; within that the lowest ``order``. The three
    tables describe the head of each line and are indexed by line. Both choices of routing are this one: lines of
    idle agents (rank by the strategy, since they are idle) for a call, lines of waiting calls (rank is the
    priority, negated; since they wait) for an agent. Who keeps the heads sorted in the same order may as well take
    the first that is allowed.
    """
    best = -1
    for at in range(first, last):
        line = candidates[at]
        if (
            best < 0
            or rank[line] < rank[best]
            or (
                rank[line] == rank[best]
                and (since[line] < since[best] or (since[line] == since[best] and order[line] < order[best]))
            )
        ):
            best = line
    return best


def call_rank(points: int, since: int, points_per_minute: int, starving: bool) -> int:
    """Where a waiting call stands among all others: the lowest goes first, equals by ``since``.

    By score, ``points`` + age × ``points_per_minute``, the order of two calls never changes while both wait, since
    both grow alike: so the score at the time 0, in 60,000ths of a point and negated, is a key that stays. With 0
    points a minute the order is strict: points alone.
    """
    if starving:
        return STARVING
    if points_per_minute == 0:
        return -points
    return points_per_minute * since - 60_000 * points


def behind(rank: int, phones: int) -> int:
    """The rank of a call for which so many phones ring, 0 to ``PHONES_MOST``, and that would have another one."""
    return phones * _PHONE + rank


def busier(since: int, in_hand: int) -> int:
    """Where an agent with so many calls in hand, idle ``since``, stands among agents of equal rank: behind all who
    have fewer. ``since`` is below 2^50, which is in 35,000 years."""
    return in_hand * _IN_HAND + since


def phones_wanted(rung_ms: int, at_once: int, every_ms: int, most: int) -> int:
    """How many phones are to ring for a call for which the first one rang ``rung_ms`` milliseconds ago.

    ``at_once`` from the start, and one more every ``every_ms`` (0: never) up to ``most``.
    """
    if every_ms <= 0:
        return at_once
    return min(most, at_once + rung_ms // every_ms)


def steps_open(waited_ms: int, after_ms: Table, first: int, last: int) -> int:
    """How many of the relaxation steps ``after_ms[first:last]`` (ascending, milliseconds) are open by now."""
    steps = 0
    for at in range(first, last):
        if after_ms[at] > waited_ms:
            break
        steps += 1
    return steps


def opens_by_time(step: int, only_needs: bool, adds: bool) -> bool:
    """Whether a call for which ``step`` steps are due by time gets just these; else :func:`next_that_adds` decides.

    It does if the last of them does more than to ask for something else (not ``only_needs``), or if it ``adds``
    somebody who is at work and was not eligible before.
    """
    return adds or (step > 0 and not only_needs)


def next_that_adds(due: int, adds: Table, last: int) -> int:
    """The first step after ``due`` that ``adds`` somebody at work, else ``due`` itself: then time decides as always."""
    for step in range(due + 1, last + 1):
        if adds[step]:
            return step
    return due


def has_room(waiting: int, most: int) -> bool:
    """Whether a queue where ``waiting`` calls wait takes one more for which nobody is idle; ``most`` -1: always."""
    return most < 0 or waiting < most


def would_rather(other_rank: int, rank: int, missed: bool) -> bool:
    """Whether an agent leaves a call, in whose queue's ``rank`` it stands for this agent, for the other one."""
    return not missed and other_rank < rank


def must_rest(misses: int, allowed: int) -> bool:
    """Whether an agent who has missed so many offers in a row gets no more for now."""
    return misses >= allowed


def random_below(seed: int, number: int, attempt: int, limit: int) -> int:
    """The whole number, 0 to ``limit`` - 1, that draw ``number`` of a centre gives at its ``attempt``; evenly spread.

    ``limit`` is 1 to 2^36. Compiled, all four are unsigned numbers of 64 bits, and so is what comes out.

    A hash of its arguments (the finaliser of SplitMix64: Steele, Lea and Flood, “Fast splittable pseudorandom number
    generators”, 2014) and so the same on every machine; there is no generator whose state could be lost. ``limit``
    is far below 2^53, so no number is favoured by more than one part in 2^53 / ``limit``.
    """
    bits = seed
    for word in range(3):
        if word == 1:
            bits ^= number
        elif word == 2:
            bits ^= attempt
        bits = (bits + 0x9E3779B97F4A7C15) & _64_BITS
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _64_BITS
        bits ^= bits >> 31
    # The upper 53 bits × limit / 2^53, in two halves, of which none is longer than 64 bits.
    upper, lower = bits >> 38, (bits >> 11) & ((1 << 27) - 1)
    return (upper * limit + (lower * limit >> 27)) >> 26


def holder_of(lot: int, sums: Table, size: int) -> int:
    """Whose share of the sum of all weights holds ``lot``, which is at least 0 and below that sum.

    ``sums[1:size]`` is a tree of the weights (Fenwick, “A new data structure for cumulative frequency tables”, 1994):
    entry n is the sum of those of as many holders up to n - 1 as the lowest one bit of n is worth.
    """
    at, step = 0, 1
    while step < size:
        step *= 2
    while step > 0:
        after = at + step
        if after < size and sums[after] <= lot:
            at = after
            lot -= sums[after]
        step //= 2
    return at


def occupancy_percent(busy_ms: int, ready_ms: int) -> int:
    """Occupancy in whole per cent, 0 to 100; nobody who was neither busy nor ready is occupied."""
    if busy_ms + ready_ms <= 0:
        return 0
    return 100 * busy_ms // (busy_ms + ready_ms)


def occupancy_drops_after(busy_ms: int, ready_ms: int) -> int:
    """Milliseconds of further idling until :func:`occupancy_percent` is lower; -1 if it never will be."""
    percent = occupancy_percent(busy_ms, ready_ms)
    if percent == 0:
        return -1
    # 100 b / (b + r + x) < percent  <=>  x > (100 b - percent (b + r)) / percent
    return (100 * busy_ms - percent * (busy_ms + ready_ms)) // percent + 1


def occupancy_rises_after(busy_ms: int, ready_ms: int) -> int:
    """Milliseconds of further work until :func:`occupancy_percent` is higher; -1 if it never will be."""
    percent = occupancy_percent(busy_ms, ready_ms)
    if busy_ms + ready_ms <= 0:
        return 1
    if percent >= 99:
        # One hundred are reached by those alone who were never ready, and there is nothing above.
        return -1
    # 100 (b + x) >= (percent + 1) (b + x + r)  <=>  x >= ((percent + 1) (b + r) - 100 b) / (99 - percent)
    return -((100 * busy_ms - (percent + 1) * (busy_ms + ready_ms)) // (99 - percent))
