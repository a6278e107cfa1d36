"""Lines as linked lists: of idle agents (one a group, longest idle first), of waiting calls (first come first)."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.cells import Ints, Ints32
from simulator.planner.jitted import call_rank, compiled


@compiled
def stand(calls: Ints32, lines: Ints, rows: Ints, kinds: Ints, queues: Ints, centre: Ints, call: int) -> None:
    """Puts a call into its line. Calls are numbered as they come, and nearly always it is the last."""
    kind = calls[call, c.CALL_KIND]
    line = 2 * (kinds[kind, c.KIND_ROW] + calls[call, c.CALL_STEPS]) + calls[call, c.CALL_STARVING]
    before, after = lines[c.LINE_LAST, line], c.wide(-1)
    while before > call:
        after = before
        before = c.wide(calls[before, c.CALL_BEFORE])
    calls[call, c.CALL_LINE] = line
    calls[call, c.CALL_BEFORE] = before
    calls[call, c.CALL_NEXT] = after
    if after < 0:
        lines[c.LINE_LAST, line] = call
    else:
        calls[after, c.CALL_BEFORE] = call
    if before < 0:
        _set_first_call(calls, lines, rows, centre, line, call)
    else:
        calls[before, c.CALL_NEXT] = call
    centre[c.ALL_WAITING] += 1
    queues[kinds[kind, c.KIND_QUEUE], c.QUEUE_WAITING] += 1


@compiled
def withdraw(calls: Ints32, lines: Ints, rows: Ints, kinds: Ints, queues: Ints, centre: Ints, call: int) -> None:
    """Takes a call, if it is in line, out of it."""
    line = c.wide(calls[call, c.CALL_LINE])
    if line < 0:
        return
    before, after = c.wide(calls[call, c.CALL_BEFORE]), c.wide(calls[call, c.CALL_NEXT])
    if after < 0:
        lines[c.LINE_LAST, line] = before
    else:
        calls[after, c.CALL_BEFORE] = before
    if before < 0:
        _set_first_call(calls, lines, rows, centre, line, after)
    else:
        calls[before, c.CALL_NEXT] = after
    calls[call, c.CALL_LINE] = -1
    centre[c.ALL_WAITING] -= 1
    queues[kinds[calls[call, c.CALL_KIND], c.KIND_QUEUE], c.QUEUE_WAITING] -= 1


@compiled
def rank_of(calls: Ints32, rows: Ints, centre: Ints, row: int, call: int) -> int:
    """Where a call of ``row`` stands among all that wait, before the time and the order of coming."""
    return call_rank(
        rows[row, c.ROW_POINTS],
        calls[call, c.CALL_AT],
        centre[c.POINTS_PER_MINUTE],
        calls[call, c.CALL_STARVING] != 0,
    )


@compiled
def _set_first_call(calls: Ints32, lines: Ints, rows: Ints, centre: Ints, line: int, call: int) -> None:
    lines[c.LINE_FIRST, line] = call
    if call >= 0:
        lines[c.LINE_RANK, line] = rank_of(calls, rows, centre, line >> 1, call)
        lines[c.LINE_SINCE, line] = calls[call, c.CALL_AT]
        lines[c.LINE_ORDER, line] = call


@compiled
def line_up(agents: Ints, groups: Ints, agent: int) -> None:
    """Puts an agent who is ready into the line of the group: by idle since, then by the order of the setup."""
    group, since = agents[agent, c.AGENT_GROUP], agents[agent, c.AGENT_IDLE_SINCE]
    before, after = groups[c.GROUP_LAST, group], c.wide(-1)
    while before >= 0 and (
        agents[before, c.AGENT_IDLE_SINCE] > since or (agents[before, c.AGENT_IDLE_SINCE] == since and before > agent)
    ):
        after = before
        before = agents[before, c.AGENT_BEFORE]
    agents[agent, c.AGENT_IN_LINE] = 1
    agents[agent, c.AGENT_BEFORE] = before
    agents[agent, c.AGENT_NEXT] = after
    if after < 0:
        groups[c.GROUP_LAST, group] = agent
    else:
        agents[after, c.AGENT_BEFORE] = agent
    if before < 0:
        _set_first_agent(agents, groups, group, agent)
    else:
        agents[before, c.AGENT_NEXT] = agent


@compiled
def step_out(agents: Ints, groups: Ints, agent: int) -> None:
    """Takes an agent, if in line, out of it."""
    if agents[agent, c.AGENT_IN_LINE] == 0:
        return
    group, before, after = agents[agent, c.AGENT_GROUP], agents[agent, c.AGENT_BEFORE], agents[agent, c.AGENT_NEXT]
    if after < 0:
        groups[c.GROUP_LAST, group] = before
    else:
        agents[after, c.AGENT_BEFORE] = before
    if before < 0:
        _set_first_agent(agents, groups, group, after)
    else:
        agents[before, c.AGENT_NEXT] = after
    agents[agent, c.AGENT_IN_LINE] = 0


@compiled
def _set_first_agent(agents: Ints, groups: Ints, group: int, agent: int) -> None:
    groups[c.GROUP_FIRST, group] = agent
    if agent >= 0:
        groups[c.GROUP_SINCE, group] = agents[agent, c.AGENT_IDLE_SINCE]
        groups[c.GROUP_ORDER, group] = agent
