"""When a call may not come into its queue, or may no longer stay: closed, nobody staffed, full, waited too long.

What is decided is that of :mod:`acd.limits`.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.jitted import compiled, has_room, steps_open
from simulator.planner.tables import Tables


@compiled
def is_refused(t: Tables, kind: int) -> bool:
    """Whether the queue of calls of ``kind`` takes none at all, an idle agent or not."""
    queue = t.kinds[kind, c.KIND_QUEUE]
    if t.has.hours and not _is_open(t, queue):
        return True
    return bool(t.has.unstaffed and _unstaffed_until(t, queue, kind) == t.centre[c.NOW])


@compiled
def takes_one_more(t: Tables, queue: int) -> bool:
    """Whether the queue takes a call for which nobody is idle."""
    return has_room(t.queues[queue, c.QUEUE_WAITING], t.queues[queue, c.QUEUE_MAX_WAITING])


@compiled
def opens_at(t: Tables, queue: int) -> int:
    """When ``queue`` is open: now, or at its next opening; -1: that is not known."""
    now: int = t.centre[c.NOW]
    if not t.has.hours or _is_open(t, queue):
        return now
    opening = t.queues[queue, c.QUEUE_HOURS_FROM] + _changes(t, queue)
    return t.lists[opening] if opening < t.queues[queue, c.QUEUE_HOURS_TO] else -1


@compiled
def _changes(t: Tables, queue: int) -> int:
    """How often the queue, closed at first, has opened and closed by now: the same count as that of steps."""
    return steps_open(t.centre[c.NOW], t.lists, t.queues[queue, c.QUEUE_HOURS_FROM], t.queues[queue, c.QUEUE_HOURS_TO])


@compiled
def _is_open(t: Tables, queue: int) -> bool:
    return bool(t.queues[queue, c.QUEUE_HAS_HOURS] == 0 or _changes(t, queue) & 1 != 0)


@compiled
def expect_limits(t: Tables, queue: int, call: int) -> None:
    """The wait of a call, which comes into its queue, is over when it has lasted too long, or the queue closes."""
    if t.queues[queue, c.QUEUE_MAX_WAIT_MS] >= 0:
        h.put_for_stay(t, t.centre[c.NOW] + t.queues[queue, c.QUEUE_MAX_WAIT_MS], h.TIMER, h.MAX_WAIT, call)
    if t.has.hours and t.queues[queue, c.QUEUE_EMPTIES] != 0:
        _expect_closing(t, queue, call)
    if t.has.unstaffed:
        _look_for_staff_later(t, queue, call, _unstaffed_until(t, queue, t.calls[call, c.CALL_KIND]))


@compiled
def _expect_closing(t: Tables, queue: int, call: int) -> None:
    closing = t.queues[queue, c.QUEUE_HOURS_FROM] + _changes(t, queue)
    if closing < t.queues[queue, c.QUEUE_HOURS_TO]:
        h.put_for_stay(t, t.lists[closing], h.TIMER, h.MAX_WAIT, call)


@compiled
def nobody_comes(t: Tables, queue: int, call: int) -> bool:
    """Whether nobody has been at work for long enough for ``call``; if not, it is looked at again.

    That comes as often as the queue waits for staff: the first look after the last agent left finds when it is over.
    """
    until = _unstaffed_until(t, queue, t.calls[call, c.CALL_KIND]) if t.calls[call, c.CALL_FATE] == c.WAITING else -1
    if until == t.centre[c.NOW]:
        return True
    _look_for_staff_later(t, queue, call, until)
    return False


@compiled
def _look_for_staff_later(t: Tables, queue: int, call: int, until: int) -> None:
    if t.queues[queue, c.QUEUE_UNSTAFFED_MS] < 0:
        return
    if until < 0:
        until = t.centre[c.NOW] + t.queues[queue, c.QUEUE_UNSTAFFED_MS]
    h.put_for_stay(t, until, h.TIMER, h.LOOK_FOR_STAFF, call)


@compiled
def _unstaffed_until(t: Tables, queue: int, kind: int) -> int:
    """Until when a call of ``kind`` may wait for somebody to come to work, now at the earliest; -1: somebody is there,
    or the queue does not mind."""
    if t.queues[queue, c.QUEUE_UNSTAFFED_MS] < 0:
        return -1
    since, now = c.SINCE_EVER, t.centre[c.NOW]
    first = t.kinds[kind, c.KIND_ROW]
    steps = t.queues[queue, c.QUEUE_STEPS_TO] - t.queues[queue, c.QUEUE_STEPS_FROM]
    for row in range(first, first + steps + 1):
        for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
            group = t.lists[at]
            if t.groups[c.GROUP_READY, group] + t.groups[c.GROUP_BUSY, group] > 0:
                return -1
            if t.groups[c.GROUP_EMPTIED_AT, group] > since:  # noqa: PLR1730 - numba compiles “max” apart
                since = t.groups[c.GROUP_EMPTIED_AT, group]
    until: int = since + t.queues[queue, c.QUEUE_UNSTAFFED_MS]
    if until < now:  # noqa: PLR1730
        until = now
    return until
