"""When callers leave their queue by themselves, and what becomes of calling them back: drawn with all else, before
anything is decided.

A callback is a call of its own: it has a row in the table of calls, behind all others.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from acd.setup import AcdSetup
from simulator.planner import cells as c
from simulator.planner.draws import MISSES_MOST, PURPOSES
from simulator.planner.features import Chances
from simulator.planner.further_calls import Calls
from simulator.planner.jitted import compiled, entry
from simulator.planner.laws import Code, draw, law_rows
from simulator.planner.model import AT_ONCE, CallKind, Leaving
from simulator.planner.streams import seed_stream, uniform
from simulator.planner.tables import BackDraws, BackLaws, shallow

_PAUSES, _TALK, _AGENTS, _CUSTOMER = range(4)
_OWN_PURPOSES = 4
_LEAVES_MOST = 4
"""So many times until a caller leaves are drawn; who was kept from it more often takes as long as before."""
_FIRST_MS, _FIRST_KEYS, _AGAIN_MS, _AGAIN_KEYS, _AFTER_MS, _AFTER_KEYS, _BACK = range(7)
_STAYS = (-1, 0, 0, 0, 0, 0, -1)
_UNANSWERED, _REACHED = range(2)
_RING_MS, _DIAL_MS, _ATTEMPTS = range(3)


def back_laws(kinds: tuple[CallKind, ...], acd: AcdSetup) -> BackLaws | None:
    """How all this is drawn; None: nobody leaves."""
    if all(kind.leaving is None for kind in kinds):
        return None
    setups = {queue.id: queue for queue in acd.queues}
    laws, limits = [], []
    for kind in kinds:
        queue, customers = setups[kind.queue], kind.customers
        answers = AT_ONCE if customers is None else customers.answer_delay
        laws += [kind.key_delay, kind.talk, kind.answer_delay, answers]
        rules = queue.callback
        limits.append((queue.ring_ms, *((0, 0) if rules is None else (rules.dial_ms, rules.attempts))))
    rows, values = law_rows(laws)
    reached = (0.0 if kind.customers is None else kind.customers.reached for kind in kinds)
    return BackLaws(
        has=Chances(laws=not set(rows[:, 0]) <= {Code.FIXED, Code.EXPONENTIAL}, pauses=False, rings=False),
        key=np.array([crc32(kind.name.encode()) for kind in kinds], np.int64),
        ways=np.array([_way(kind.leaving) for kind in kinds], np.int64),
        laws=rows,
        values=values,
        odds=np.array(list(zip((kind.unanswered for kind in kinds), reached, strict=True)), np.float64),
        limits=np.array(limits, np.int64),
    )


def _way(leaving: Leaving | None) -> tuple[int, ...]:
    if leaving is None:
        return _STAYS
    first, again, after = leaving.first, leaving.again, leaving.after
    back = -1 if leaving.back is None else leaving.back
    return (first.ms, first.keys, again.ms, again.keys, after.ms, after.keys, back)


@compiled
def _stretch(d: BackDraws, kind: int, ms: int) -> int:
    """So long; the column behind it says how many pauses there are."""
    total: int = d.ways[kind, ms]
    for _ in range(d.ways[kind, ms + 1]):
        total += draw(d, kind * _OWN_PURPOSES + _PAUSES, kind * _OWN_PURPOSES + _PAUSES)
    return total


@compiled
def _draw_attempts(d: BackDraws, row: int) -> None:
    """How often agents let the phone ring in vain, and how long those who answer and the customer take."""
    kind = d.calls[row, c.CALL_KIND]
    own = kind * _OWN_PURPOSES
    for attempt in range(d.limits[kind, _ATTEMPTS]):
        misses, delay = 0, 0
        while misses < MISSES_MOST:
            if d.odds[kind, _UNANSWERED] <= 0.0 or uniform(d.words, own + _AGENTS) >= d.odds[kind, _UNANSWERED]:
                delay = draw(d, own + _AGENTS, own + _AGENTS)
                if delay < d.limits[kind, _RING_MS]:
                    break
            misses += 1
        customer = -1
        if uniform(d.words, own + _CUSTOMER) < d.odds[kind, _REACHED]:
            customer = draw(d, own + _CUSTOMER, own + _CUSTOMER)
            if customer >= d.limits[kind, _DIAL_MS]:
                customer = -1
        first = c.BACK_DRAWN + c.OF_AN_ATTEMPT * attempt
        d.backs[row, first + c.ATTEMPT_MISSES] = misses
        d.backs[row, first + c.ATTEMPT_ANSWER_DELAY] = delay
        d.backs[row, first + c.ATTEMPT_CUSTOMER_DELAY] = customer
    d.calls[row, c.CALL_MISSES_TO_COME] = d.backs[row, c.BACK_DRAWN + c.ATTEMPT_MISSES]
    d.calls[row, c.CALL_ANSWER_DELAY] = d.backs[row, c.BACK_DRAWN + c.ATTEMPT_ANSWER_DELAY]


@entry
def _fill(d: BackDraws, seed: int, replication: int, callers: int) -> None:
    """The callbacks stand behind the ``callers`` in the order of the calls of which they come."""
    for kind in range(len(d.key)):
        for purpose in range(_OWN_PURPOSES):
            seed_stream(d.words, kind * _OWN_PURPOSES + purpose, seed, replication, d.key[kind], 3 * PURPOSES + purpose)
    row = callers
    for call in range(callers):
        kind = d.calls[call, c.CALL_KIND]
        d.backs[call, c.BACK_ROW] = -1
        if d.ways[kind, _FIRST_MS] < 0:
            continue
        d.backs[call, c.BACK_TRIES] = _LEAVES_MOST
        for again in range(_LEAVES_MOST):
            way = _FIRST_MS if again == 0 else _AGAIN_MS
            d.backs[call, c.BACK_DRAWN + again] = _stretch(d, kind, way)
        if d.ways[kind, _BACK] < 0:
            continue
        d.backs[call, c.BACK_ROW] = row
        d.backs[call, c.BACK_AFTER_MS] = _stretch(d, kind, _AFTER_MS)
        for cell in range(c.CALL_CELLS):
            d.calls[row, cell] = d.calls[call, cell]
        d.calls[row, c.CALL_KIND] = d.ways[kind, _BACK]
        talk = d.ways[kind, _BACK] * _OWN_PURPOSES + _TALK
        d.calls[row, c.CALL_TALK] = draw(d, talk, talk)
        _draw_attempts(d, row)
        row += 1


def with_backs(laws: BackLaws, seed: int, replication: int, given: Calls) -> Calls:
    """``given``, and the callbacks that may come of them."""
    callers = len(given.table)
    count = callers + np.count_nonzero(laws.ways[given.table[:, c.CALL_KIND], _BACK] >= 0)
    table = np.empty((count, c.CALL_CELLS), np.int32)
    table[:callers] = given.table
    later = given.later
    if len(later):
        later = np.full((count, given.later.shape[1]), -1, np.int64)
        later[:callers] = given.later
    drawn = max(_LEAVES_MOST, c.OF_AN_ATTEMPT * int(laws.limits[:, _ATTEMPTS].max()))
    backs = np.zeros((count, c.BACK_DRAWN + drawn), np.int64)
    words = np.empty((len(laws.key) * _OWN_PURPOSES, 4), np.uint64)
    _fill(BackDraws(**shallow(laws), words=words, calls=table, backs=backs), seed, replication, callers)
    return given._replace(table=table, later=later, backs=backs)
