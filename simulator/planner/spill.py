"""Calls that a step sends on to another queue, where they keep their place and time.

Whether they go is decided as in :mod:`acd.steps`; when it is looked at, as in :mod:`acd.call_timers`.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.jitted import compiled
from simulator.planner.limits import is_refused, takes_one_more
from simulator.planner.lines import row_of
from simulator.planner.steps import somebody_at_work
from simulator.planner.tables import Tables

_QUARTER_MS = 900_000


@compiled
def look_for_spill(t: Tables, call: int, at: int) -> None:
    """Whether the call spills is looked at ``at`` that time, and not before, if its steps may send it anywhere."""
    t.spilled[call, c.SPILLED_LOOK_AT] = at
    if t.rows[row_of(t, call), c.ROW_SPILL] >= 0:
        h.put_for_stay(t, at, h.STEP, h.SPILL_DUE, call)


@compiled
def is_stepped(t: Tables, call: int, what: int) -> bool:
    """Whether there is nothing to do for what falls due for a call: its steps were looked at in this millisecond, or it
    is looked at later whether it spills. Else they are looked at now."""
    now = t.centre[c.NOW]
    if t.spilled[call, c.SPILLED_STEPPED_AT] == now:
        return True
    if what == h.SPILL_DUE and t.spilled[call, c.SPILLED_LOOK_AT] != now:
        return True
    t.spilled[call, c.SPILLED_STEPPED_AT] = now
    return False


@compiled
def spills_by(t: Tables, call: int) -> int:
    """The spill by which a waiting call, in no line, goes on to another queue now; -1: it stays."""
    spill = t.rows[row_of(t, call), c.ROW_SPILL]
    if spill < 0:
        return -1
    kind: int = t.spills[spill, c.SPILL_KIND]
    if is_refused(t, kind) or not takes_one_more(t, t.kinds[kind, c.KIND_QUEUE]):
        return -1
    return spill if _holds(t, spill, call) else -1


@compiled
def count_for_spills(t: Tables, queue: int, call: int, within: bool, answered: bool) -> None:
    """The call was answered, or gave up, ``within`` the threshold."""
    quarter = _quarter(t)
    if t.queues[queue, c.QUEUE_QUARTER] != quarter:
        t.queues[queue, c.QUEUE_QUARTER] = quarter
        t.queues[queue, c.QUEUE_ENDED] = t.queues[queue, c.QUEUE_WITHIN] = 0
    if t.calls[call, c.CALL_AT] >= quarter:
        t.queues[queue, c.QUEUE_ENDED] += 1
        t.queues[queue, c.QUEUE_WITHIN] += answered and within


@compiled
def _holds(t: Tables, spill: int, call: int) -> bool:
    kind = t.calls[call, c.CALL_KIND]
    queue, row = t.kinds[kind, c.KIND_QUEUE], t.kinds[kind, c.KIND_ROW] + t.calls[call, c.CALL_STEPS]
    nobody_staffed = t.spills[spill, c.SPILL_NOBODY_STAFFED] != 0
    longest_ms, below = t.spills[spill, c.SPILL_LONGEST_WAIT_MS], t.spills[spill, c.SPILL_SERVICE_LEVEL_BELOW]
    if not nobody_staffed and longest_ms < 0 and below < 0:
        return True
    if nobody_staffed and not somebody_at_work(t, row, -1):
        return True
    if longest_ms >= 0 and t.centre[c.NOW] - _longest_since(t, queue, call) >= longest_ms:
        return True
    if below < 0 or t.queues[queue, c.QUEUE_QUARTER] != _quarter(t):
        return False
    return bool(1_000 * t.queues[queue, c.QUEUE_WITHIN] < below * t.queues[queue, c.QUEUE_ENDED])


@compiled
def _longest_since(t: Tables, queue: int, call: int) -> int:
    """Since when the one who has waited longest in ``queue`` waits: ``call`` itself, the first of a line, or somebody
    for whom a phone rings."""
    since: int = t.calls[call, c.CALL_AT]
    for line in range(2 * len(t.rows)):
        first = t.lines[c.LINE_FIRST, line]
        if first >= 0 and _queue_of(t, first) == queue and t.calls[first, c.CALL_AT] < since:
            since = t.calls[first, c.CALL_AT]
    for agent in range(len(t.agents)):
        if t.agents[agent, c.AGENT_STATE] == c.RINGS:
            rung = t.agents[agent, c.AGENT_CALL]
            if _queue_of(t, rung) == queue and t.calls[rung, c.CALL_AT] < since:
                since = t.calls[rung, c.CALL_AT]
    return since


@compiled
def _queue_of(t: Tables, call: int) -> int:
    queue: int = t.kinds[t.calls[call, c.CALL_KIND], c.KIND_QUEUE]
    return queue


@compiled
def _quarter(t: Tables) -> int:
    """When the present quarter of an hour began."""
    now = t.centre[c.NOW]
    began: int = now - (now + t.centre[c.INTO_A_QUARTER_MS]) % _QUARTER_MS
    return began
