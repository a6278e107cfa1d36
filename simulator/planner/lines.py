"""Lines as linked lists: of idle agents (one a group, longest idle first), of waiting calls (first come first)."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import call_rank, compiled
from simulator.planner.lots import weigh
from simulator.planner.tables import Tables


@compiled
def stand(t: Tables, call: int) -> None:
    """Puts a call into its line. Calls are numbered as they come, and nearly always it is the last."""
    kind = t.calls[call, c.CALL_KIND]
    line = 2 * row_of(t, call) + t.calls[call, c.CALL_STARVING]
    before, after = t.lines[c.LINE_LAST, line], -1
    while _is_after(t, before, call):
        after = before
        before = t.calls[before, c.CALL_BEFORE]
    t.calls[call, c.CALL_LINE] = line
    t.calls[call, c.CALL_BEFORE] = before
    t.calls[call, c.CALL_NEXT] = after
    if after < 0:
        t.lines[c.LINE_LAST, line] = call
    else:
        t.calls[after, c.CALL_BEFORE] = call
    if before < 0:
        _set_first_call(t, line, call)
    else:
        t.calls[before, c.CALL_NEXT] = call
    t.centre[c.ALL_WAITING] += 1
    if not (t.has.callbacks and t.kinds[kind, c.KIND_CALLBACK] != 0):
        t.queues[t.kinds[kind, c.KIND_QUEUE], c.QUEUE_WAITING] += 1


@compiled
def _is_after(t: Tables, one: int, other: int) -> bool:
    """Whether the call ``one`` (-1: none) came after the other. Only calls that come of others have no number in
    order of time."""
    if not t.has.late or one < 0 or t.calls[one, c.CALL_AT] == t.calls[other, c.CALL_AT]:
        return one > other
    return bool(t.calls[one, c.CALL_AT] > t.calls[other, c.CALL_AT])


@compiled
def withdraw(t: Tables, call: int) -> None:
    """Takes a call, if it is in line, out of it."""
    line = t.calls[call, c.CALL_LINE]
    if line < 0:
        return
    before, after = t.calls[call, c.CALL_BEFORE], t.calls[call, c.CALL_NEXT]
    if after < 0:
        t.lines[c.LINE_LAST, line] = before
    else:
        t.calls[after, c.CALL_BEFORE] = before
    if before < 0:
        _set_first_call(t, line, after)
    else:
        t.calls[before, c.CALL_NEXT] = after
    t.calls[call, c.CALL_LINE] = -1
    t.centre[c.ALL_WAITING] -= 1
    kind = t.calls[call, c.CALL_KIND]
    if not (t.has.callbacks and t.kinds[kind, c.KIND_CALLBACK] != 0):
        t.queues[t.kinds[kind, c.KIND_QUEUE], c.QUEUE_WAITING] -= 1


@compiled
def row_of(t: Tables, call: int) -> int:
    """The row of a call by its kind, the open steps and the waits before it."""
    row: int = t.kinds[t.calls[call, c.CALL_KIND], c.KIND_ROW] + t.calls[call, c.CALL_STEPS]
    if t.has.delays:
        row += t.calls[call, c.CALL_CLOSED]
    return row


@compiled
def rank_of(t: Tables, row: int, call: int) -> int:
    """Where a call of ``row`` stands among all that wait, before the time and the order of coming."""
    return call_rank(
        t.rows[row, c.ROW_POINTS],
        t.calls[call, c.CALL_AT],
        t.centre[c.POINTS_PER_MINUTE],
        t.calls[call, c.CALL_STARVING] != 0,
    )


@compiled
def _set_first_call(t: Tables, line: int, call: int) -> None:
    t.lines[c.LINE_FIRST, line] = call
    if call >= 0:
        t.lines[c.LINE_RANK, line] = rank_of(t, line >> 1, call)
        t.lines[c.LINE_SINCE, line] = t.calls[call, c.CALL_AT]
        t.lines[c.LINE_ORDER, line] = call


@compiled
def line_up(t: Tables, agent: int) -> None:
    """Puts an agent who is ready into the line of the group: by idle since, then by the order of the setup."""
    group, since = t.agents[agent, c.AGENT_GROUP], t.agents[agent, c.AGENT_IDLE_SINCE]
    before, after = t.groups[c.GROUP_LAST, group], -1
    while before >= 0 and (
        t.agents[before, c.AGENT_IDLE_SINCE] > since
        or (t.agents[before, c.AGENT_IDLE_SINCE] == since and before > agent)
    ):
        after = before
        before = t.agents[before, c.AGENT_BEFORE]
    t.agents[agent, c.AGENT_IN_LINE] = 1
    if t.has.lots:
        weigh(t, agent, t.records[agent, c.RECORD_WEIGHT])
    t.agents[agent, c.AGENT_BEFORE] = before
    t.agents[agent, c.AGENT_NEXT] = after
    if after < 0:
        t.groups[c.GROUP_LAST, group] = agent
    else:
        t.agents[after, c.AGENT_BEFORE] = agent
    if before < 0:
        _set_first_agent(t, group, agent)
    else:
        t.agents[before, c.AGENT_NEXT] = agent


@compiled
def step_out(t: Tables, agent: int) -> None:
    """Takes an agent, if in line, out of it."""
    if t.agents[agent, c.AGENT_IN_LINE] == 0:
        return
    group, before, after = (
        t.agents[agent, c.AGENT_GROUP],
        t.agents[agent, c.AGENT_BEFORE],
        t.agents[agent, c.AGENT_NEXT],
    )
    if after < 0:
        t.groups[c.GROUP_LAST, group] = before
    else:
        t.agents[after, c.AGENT_BEFORE] = before
    if before < 0:
        _set_first_agent(t, group, after)
    else:
        t.agents[before, c.AGENT_NEXT] = after
    t.agents[agent, c.AGENT_IN_LINE] = 0
    if t.has.lots:
        weigh(t, agent, -t.records[agent, c.RECORD_WEIGHT])


@compiled
def _set_first_agent(t: Tables, group: int, agent: int) -> None:
    t.groups[c.GROUP_FIRST, group] = agent
    if agent >= 0:
        t.groups[c.GROUP_SINCE, group] = t.agents[agent, c.AGENT_IDLE_SINCE]
        t.groups[c.GROUP_ORDER, group] = agent
