"""Customers who are called back: which of them are dialled when, and what becomes of an attempt.

What is decided is that of :mod:`acd.callbacks` and :mod:`acd.outcomes`. In a plan every caller has another
number, and nobody calls in while being called back, so no callback is ever set aside for a call.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.jitted import compiled, has_room
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.limits import opens_at
from simulator.planner.tables import Tables

_DAY_MS = 86_400_000


@compiled
def is_callback(t: Tables, call: int) -> bool:
    """Whether this is a customer to be called back."""
    return bool(t.kinds[t.calls[call, c.CALL_KIND], c.KIND_CALLBACK] != 0)


@compiled
def is_to_be_dialled(t: Tables, call: int) -> bool:
    """Whether this is a customer to be called back who is not on the line."""
    return is_callback(t, call) and t.backs[call, c.BACK_REACHED] == 0


@compiled
def takes_callback(t: Tables, kind: int) -> bool:
    """Whether one more callback of ``kind`` may be open in its queue."""
    queue = t.kinds[kind, c.KIND_QUEUE]
    return has_room(t.queues[queue, c.QUEUE_CALLBACKS], t.queues[queue, c.QUEUE_CALLBACKS_MOST])


@compiled
def expect_leaving(t: Tables, call: int) -> None:
    """The caller, who waits and is rung by nobody, leaves the queue after a while, if that was drawn."""
    tries, asks = t.backs[call, c.BACK_TRIES], t.backs[call, c.BACK_ASKS]
    if tries == 0:
        return
    t.backs[call, c.BACK_ASKS], t.backs[call, c.BACK_HEARD_AT] = asks + 1, t.centre[c.NOW]
    # Who had to wait on more often than is drawn takes as long as before.
    drawn = asks if asks < tries else 1 + (asks - 1) % (tries - 1)
    after = t.backs[call, c.BACK_DRAWN + drawn]
    if after < ENDLESS_MS:
        t.backs[call, c.BACK_LEAVES_AT] = t.centre[c.NOW] + after
        h.put(t, t.centre[c.NOW] + after, h.WORLD, h.LEAVES, call)


@compiled
def cut_off(t: Tables, call: int) -> None:
    """A phone rings: the caller does not leave now. Who was rung for in the moment of hearing music heard none."""
    t.backs[call, c.BACK_LEAVES_AT] = -1
    if t.backs[call, c.BACK_TRIES] > 0 and t.backs[call, c.BACK_HEARD_AT] == t.centre[c.NOW]:
        t.backs[call, c.BACK_ASKS] -= 1


@compiled
def expect_callback(t: Tables, call: int) -> None:
    """The callback of a caller who has just left the queue comes into its own when the call is over: when all is said,
    or the caller has had enough of it."""
    back, call_at, patience = t.backs[call, c.BACK_ROW], t.calls[call, c.CALL_AT], t.calls[call, c.CALL_PATIENCE]
    at = t.centre[c.NOW] + t.backs[call, c.BACK_AFTER_MS]
    if call_at + patience < at:  # noqa: PLR1730 - numba compiles “min” apart
        at = call_at + patience
    t.calls[back, c.CALL_AT] = call_at
    t.calls[back, c.CALL_INTERVAL] = t.calls[call, c.CALL_INTERVAL]
    t.centre[c.TO_ENTER] += 1
    h.put(t, at, h.WORLD, h.ENTERS, back)


@compiled
def dialled_from(t: Tables, queue: int, not_before: int) -> int:
    """When the customer of a callback in ``queue`` may be dialled, who is not to be dialled before that time."""
    now = t.centre[c.NOW]
    if not_before > now:
        return not_before
    at = opens_at(t, queue)
    return at if at >= 0 else now + _DAY_MS


@compiled
def stand_aside(t: Tables, call: int, until: int) -> None:
    """The callback is in no line until then."""
    t.calls[call, c.CALL_FATE] = c.ASIDE
    h.put(t, until, h.TIMER, h.BACK_DUE, call)


@compiled
def dial(t: Tables, queue: int, call: int) -> None:
    """The customer's phone rings; an agent is kept."""
    number = t.backs[call, c.BACK_DIALS]
    t.backs[call, c.BACK_DIALS] = number + 1
    after = t.backs[call, _drawn(number, c.ATTEMPT_CUSTOMER_DELAY)]
    if after < 0:
        after = t.queues[queue, c.QUEUE_DIAL_MS]
    h.put(t, t.centre[c.NOW] + after, h.WORLD, h.DIALLED, call)


@compiled
def has_answered(t: Tables, call: int) -> bool:
    """Whether the customer has answered the phone that was dialled last; else it has rung in vain, and other agents
    answer the next attempt otherwise."""
    number = t.backs[call, c.BACK_DIALS]
    if t.backs[call, _drawn(number - 1, c.ATTEMPT_CUSTOMER_DELAY)] >= 0:
        t.backs[call, c.BACK_REACHED] = 1
        return True
    if number < t.queues[t.kinds[t.calls[call, c.CALL_KIND], c.KIND_QUEUE], c.QUEUE_ATTEMPTS]:
        misses = t.backs[call, _drawn(number, c.ATTEMPT_MISSES)]
        t.calls[call, c.CALL_MISSES_TO_COME] = t.calls[call, c.CALL_MISSES] + misses
        t.calls[call, c.CALL_ANSWER_DELAY] = t.backs[call, _drawn(number, c.ATTEMPT_ANSWER_DELAY)]
    return False


@compiled
def _drawn(attempt: int, what: int) -> int:
    """The column of what was drawn for an attempt, the first being 0."""
    return c.BACK_DRAWN + c.OF_AN_ATTEMPT * attempt + what


@compiled
def count_callback(t: Tables, call: int, cell: int, by: int) -> None:
    """Counts it where its callers' wait began."""
    tally = t.kinds[t.calls[call, c.CALL_KIND], c.KIND_TALLY]
    t.counts[tally, t.calls[call, c.CALL_INTERVAL], cell] += by


@compiled
def end_callback(t: Tables, queue: int, call: int, fate: int) -> None:
    """The callback is over, by ``fate``: TALKING, FAILED, RELEASED, or ABANDONED by a customer who was reached."""
    t.calls[call, c.CALL_FATE] = fate
    t.calls[call, c.CALL_LEFT_AT] = t.centre[c.NOW]
    t.centre[c.ALL_PRESENT] -= 1
    t.queues[queue, c.QUEUE_CALLBACKS] -= 1
    if fate == c.TALKING:
        count_callback(t, call, c.N_CONNECTED, 1)
        count_callback(t, call, c.CALLBACK_WAIT_MS, t.centre[c.NOW] - t.calls[call, c.CALL_AT])
    elif fate == c.FAILED:
        count_callback(t, call, c.N_FAILED, 1)
