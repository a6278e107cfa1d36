"""The events to come, in one array of keys and one of what happens, as a binary heap.

A key is (time, class of event, order of scheduling) in one integer. The event that is being handled stays at the root
until the first new one takes its place, which saves a sift for every event that leads to another.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import compiled
from simulator.planner.tables import Tables

_ORDER_BITS = 26
_CLASS_BITS = 2
_TIME_SHIFT = _ORDER_BITS + _CLASS_BITS
_ORDER_MASK = (1 << _ORDER_BITS) - 1
_CLASS_MASK = (1 << _CLASS_BITS) - 1
_WHAT_BITS = 5
_WHAT_MASK = (1 << _WHAT_BITS) - 1
_CALL_BITS = 32
_CALL_MASK = (1 << _CALL_BITS) - 1

WORLD, TIMER, STEP = range(3)
"""Classes of events: at one instant those of the world come before the core's own timers, and those before steps."""

(
    PATIENCE_OVER,
    ACCEPT,
    RINGS_OUT,
    TALK_OVER,
    WRAPPED_UP,
    COMES_BACK,
    STARVES,
    ENTERS,
    MAX_WAIT,
    LOOK_FOR_STAFF,
    STEP_DUE,
    OPENS,
    SPILL_DUE,
    LEAVES,
    BACK_DUE,
    DIALLED,
) = range(16)
"""What happens, to a call; to an agent who comes back. Calls that come by themselves enter without an event. Dialled:
the phone of a customer has rung, and was answered or not."""


@compiled
def next_time(t: Tables) -> int:
    """When the next event happens; -1 if there is none. Removes a spent root."""
    if t.centre[c.ROOT_SPENT] != 0:
        t.centre[c.ROOT_SPENT] = 0
        last = t.centre[c.HEAP_SIZE]
        t.centre[c.HEAP_SIZE] = last - 1
        if last > 1:
            _sink(t, last - 1, t.keys[last], t.whats[last])
    if t.centre[c.HEAP_SIZE] == 0:
        return -1
    at: int = t.keys[1] >> _TIME_SHIFT
    return at


@compiled
def next_is_timer(t: Tables) -> bool:
    """Whether the next event is no event of the world. After :func:`next_time`."""
    return bool(t.centre[c.HEAP_SIZE] > 0 and (t.keys[1] >> _ORDER_BITS) & _CLASS_MASK != WORLD)


@compiled
def take(t: Tables) -> tuple[int, int]:
    """What the next event is, and to whom it happens. After :func:`next_time`, which says when."""
    t.centre[c.ROOT_SPENT] = 1
    return t.whats[1] & _WHAT_MASK, t.whats[1] >> _WHAT_BITS


@compiled
def put(t: Tables, at: int, event_class: int, what: int, whom: int) -> None:
    """Lets ``what`` happen to ``whom`` at ``at``."""
    order = t.centre[c.ORDER]
    t.centre[c.ORDER] = (order + 1) & _ORDER_MASK
    key = (((at << _CLASS_BITS) | event_class) << _ORDER_BITS) | order
    code = (whom << _WHAT_BITS) | what
    if t.centre[c.ROOT_SPENT] != 0:
        t.centre[c.ROOT_SPENT] = 0
        _sink(t, t.centre[c.HEAP_SIZE], key, code)
        return
    place = t.centre[c.HEAP_SIZE] + 1
    t.centre[c.HEAP_SIZE] = place
    _rise(t, place, key, code)


@compiled
def put_for_stay(t: Tables, at: int, event_class: int, what: int, call: int) -> None:
    """Lets ``what`` happen to ``call`` at ``at``, if it is in the same queue then."""
    whom = call
    if t.has.spills:
        whom += t.spilled[call, c.SPILLED_TIMES] << _CALL_BITS
    put(t, at, event_class, what, whom)


@compiled
def is_of_stay(what: int) -> bool:
    """Whether such events come from :func:`put_for_stay`."""
    return MAX_WAIT <= what <= SPILL_DUE


@compiled
def call_of(whom: int) -> int:
    """The call that an event of :func:`put_for_stay` is about."""
    return whom & _CALL_MASK


@compiled
def stays(t: Tables, whom: int) -> bool:
    """Whether the call is in the queue in which it was when such an event was put."""
    return bool(whom >> _CALL_BITS == t.spilled[whom & _CALL_MASK, c.SPILLED_TIMES])


@compiled
def _sink(t: Tables, size: int, key: int, code: int) -> None:
    """Puts an event to the root of a heap of ``size`` (from index 1): the earlier of two below moves up, all the way
    down, and the event rises from there. A new event is nearly always late, so this compares less."""
    place, below = 1, 2
    while below < size:
        if t.keys[below + 1] < t.keys[below]:
            below += 1
        t.keys[place] = t.keys[below]
        t.whats[place] = t.whats[below]
        place = below
        below = 2 * place
    if below == size:
        t.keys[place] = t.keys[below]
        t.whats[place] = t.whats[below]
        place = below
    _rise(t, place, key, code)


@compiled
def _rise(t: Tables, place: int, key: int, code: int) -> None:
    while place > 1:
        above = place >> 1
        if t.keys[above] <= key:
            break
        t.keys[place] = t.keys[above]
        t.whats[place] = t.whats[above]
        place = above
    t.keys[place] = key
    t.whats[place] = code
