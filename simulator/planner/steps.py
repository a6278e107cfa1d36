"""Relaxation: which steps of its queue are open for a call, who takes it by now, and what comes next.

What is decided is that of :mod:`acd.steps`.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.jitted import compiled, next_that_adds, opens_by_time, steps_open
from simulator.planner.matching import CANDIDATES
from simulator.planner.tables import Tables


@compiled
def first_steps(t: Tables, queue: int, call: int) -> None:
    """The steps that are open for a call that comes into ``queue``, and who takes it."""
    if t.has.steps:
        first, last = t.queues[queue, c.QUEUE_STEPS_FROM], t.queues[queue, c.QUEUE_STEPS_TO]
        t.calls[call, c.CALL_STEPS] = 0
        if first < last:
            t.calls[call, c.CALL_STEPS] = _steps(t, first, last, _plain_row(t, call), _waited(t, call))
    if t.has.delays:
        t.calls[call, c.CALL_CLOSED] = _closed(t, queue, call)


@compiled
def expect_steps(t: Tables, queue: int, call: int) -> None:
    """The next step of a call that has come into ``queue`` comes when it is due, and more agents take it in time."""
    if t.has.steps:
        _expect_step(t, queue, call)
    if t.has.delays:
        _expect_opening(t, queue, call)


@compiled
def relax(t: Tables, queue: int, call: int) -> None:
    """Opens the steps that are due."""
    first, last = t.queues[queue, c.QUEUE_STEPS_FROM], t.queues[queue, c.QUEUE_STEPS_TO]
    if steps_open(_waited(t, call), t.lists, first, last) <= t.calls[call, c.CALL_STEPS]:
        return
    t.calls[call, c.CALL_STEPS] = _steps(t, first, last, _plain_row(t, call), _waited(t, call))
    _expect_step(t, queue, call)


@compiled
def open_up(t: Tables, queue: int, call: int) -> None:
    """More agents take the call, if it has waited long enough for some."""
    closed = _closed(t, queue, call)
    if closed != t.calls[call, c.CALL_CLOSED]:
        t.calls[call, c.CALL_CLOSED] = closed
        _expect_opening(t, queue, call)


@compiled
def somebody_at_work(t: Tables, row: int, but_of_row: int) -> bool:
    """Whether somebody is at work who may take calls of ``row``, and not of ``but_of_row`` (-1: never mind)."""
    for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
        group = t.lists[at]
        staffed = t.groups[c.GROUP_READY, group] + t.groups[c.GROUP_BUSY, group] > 0
        if staffed and (but_of_row < 0 or t.ranks[but_of_row, group] == c.NO_MEMBER):
            return True
    return False


@compiled
def _steps(t: Tables, first: int, last: int, row: int, waited: int) -> int:
    """How many of the steps ``lists[first:last]`` open for a call that has ``waited`` and is of ``row`` without any:
    see :class:`acd.steps.Steps`."""
    due = steps_open(waited, t.lists, first, last)
    adds = somebody_at_work(t, row + due, row + due - 1 if due > 0 else -1)
    if opens_by_time(due, t.rows[row + due, c.ROW_ONLY_NEEDS] != 0, adds):
        return due
    for step in range(last - first + 1):
        t.scratch[CANDIDATES, step] = somebody_at_work(t, row + step, row + due)
    return next_that_adds(due, t.scratch[CANDIDATES], last - first)


@compiled
def _closed(t: Tables, queue: int, call: int) -> int:
    """How many rows behind those of calls that are open to everybody the call stands."""
    first, last = t.queues[queue, c.QUEUE_DELAYS_FROM], t.queues[queue, c.QUEUE_DELAYS_TO]
    ahead = last - first - steps_open(_waited(t, call), t.lists, first, last)
    steps = t.queues[queue, c.QUEUE_STEPS_TO] - t.queues[queue, c.QUEUE_STEPS_FROM]
    closed: int = ahead * (steps + 1)
    return closed


@compiled
def _expect_step(t: Tables, queue: int, call: int) -> None:
    step = t.queues[queue, c.QUEUE_STEPS_FROM] + t.calls[call, c.CALL_STEPS]
    if step < t.queues[queue, c.QUEUE_STEPS_TO]:
        h.put_for_stay(t, t.calls[call, c.CALL_AT] + t.lists[step], h.STEP, h.STEP_DUE, call)


@compiled
def _expect_opening(t: Tables, queue: int, call: int) -> None:
    first, last = t.queues[queue, c.QUEUE_DELAYS_FROM], t.queues[queue, c.QUEUE_DELAYS_TO]
    opening = first + steps_open(_waited(t, call), t.lists, first, last)
    if opening < last:
        h.put_for_stay(t, t.calls[call, c.CALL_AT] + t.lists[opening], h.STEP, h.OPENS, call)


@compiled
def _plain_row(t: Tables, call: int) -> int:
    row: int = t.kinds[t.calls[call, c.CALL_KIND], c.KIND_ROW]
    return row


@compiled
def _waited(t: Tables, call: int) -> int:
    waited: int = t.centre[c.NOW] - t.calls[call, c.CALL_AT]
    return waited
