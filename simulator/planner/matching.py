"""Who gets whom: the same questions as :mod:`acd.routing` asks, put to the same rules."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import compiled, pick_line, would_rather
from simulator.planner.lines import line_up, rank_of, row_of, step_out
from simulator.planner.strategies import BY_GROUP, first_by_record
from simulator.planner.tables import Tables

# Rows of the scratch table.
CANDIDATES, SCRATCH_RANK, SCRATCH_SINCE, SCRATCH_ORDER, HIDDEN = range(5)


@compiled
def _first_idle(t: Tables, row: int) -> int:
    """Of the idle agents who may take a call of ``row``, the one whom its queue's strategy wants; -1: nobody."""
    if t.has.records and t.rows[row, c.ROW_STRATEGY] != BY_GROUP:
        return first_by_record(t, row)
    count = 0
    for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
        group = t.lists[at]
        if t.groups[c.GROUP_FIRST, group] >= 0:
            t.scratch[CANDIDATES, count] = group
            count += 1
    if count == 0:
        return -1
    group = pick_line(t.scratch[CANDIDATES], 0, count, t.ranks[row], t.groups[c.GROUP_SINCE], t.groups[c.GROUP_ORDER])
    first: int = t.groups[c.GROUP_FIRST, group]
    return first


@compiled
def agent_for(
    t: Tables,
    row: int,
    call: int,
) -> int:
    """The idle agent who gets ``call``, which is of ``row``; who missed it, only if there is nobody else."""
    if t.has.misses and t.calls[call, c.CALL_MISSES] > 0:
        return _agent_who_did_not_miss(t, row, call)
    return _first_idle(t, row)


@compiled
def _agent_who_did_not_miss(t: Tables, row: int, call: int) -> int:
    count = 0
    miss = t.calls[call, c.CALL_LAST_MISS]
    while miss >= 0:
        agent = t.missed[miss, 0]
        if t.agents[agent, c.AGENT_IN_LINE] != 0:
            step_out(t, agent)
            t.scratch[HIDDEN, count] = agent
            count += 1
        miss = t.missed[miss, 1]
    found = _first_idle(t, row)
    for at in range(count):
        line_up(t, t.scratch[HIDDEN, at])
    if found < 0 and count > 0:
        found = _first_idle(t, row)
    return found


@compiled
def call_for(t: Tables, group: int) -> int:
    """The first of all waiting calls that agents of ``group`` may take; -1 if there is none."""
    count = 0
    for at in range(t.groups[c.GROUP_LINES_FROM, group], t.groups[c.GROUP_LINES_TO, group]):
        line = t.lists[at]
        if t.lines[c.LINE_FIRST, line] >= 0:
            t.scratch[CANDIDATES, count] = line
            count += 1
    if count == 0:
        return -1
    line = pick_line(
        t.scratch[CANDIDATES], 0, count, t.lines[c.LINE_RANK], t.lines[c.LINE_SINCE], t.lines[c.LINE_ORDER]
    )
    first: int = t.lines[c.LINE_FIRST, line]
    return first


@compiled
def _has_missed(t: Tables, call: int, agent: int) -> bool:
    if t.has.misses:
        miss = t.calls[call, c.CALL_LAST_MISS]
        while miss >= 0:
            if t.missed[miss, 0] == agent:
                return True
            miss = t.missed[miss, 1]
    return False


@compiled
def preferred(
    t: Tables,
    group: int,
    call: int,
    agent: int,
) -> int:
    """``call``, or the waiting call that ``agent`` of ``group``, who ranks queues, would rather have."""
    count, best = 0, 0
    for at in range(t.groups[c.GROUP_LINES_FROM, group], t.groups[c.GROUP_LINES_TO, group]):
        line = t.lists[at]
        head = t.lines[c.LINE_FIRST, line]
        if head < 0:
            continue
        rank = t.group_ranks[group, _queue(t, head)]
        if count > 0 and rank > best:
            continue
        if count == 0 or rank < best:
            count, best = 0, rank
        t.scratch[CANDIDATES, count] = line
        count += 1
    line = pick_line(
        t.scratch[CANDIDATES], 0, count, t.lines[c.LINE_RANK], t.lines[c.LINE_SINCE], t.lines[c.LINE_ORDER]
    )
    other = t.lines[c.LINE_FIRST, line]
    rank = t.group_ranks[group, _queue(t, call)]
    return other if would_rather(best, rank, _has_missed(t, other, agent)) else call


@compiled
def first_of(t: Tables, one: int, other: int) -> int:
    """Which of two waiting calls (the first may be -1, none) goes first."""
    if one < 0:
        return other
    for place in range(2):
        call = one if place == 0 else other
        t.scratch[CANDIDATES, place] = place
        t.scratch[SCRATCH_RANK, place] = rank_of(t, row_of(t, call), call)
        t.scratch[SCRATCH_SINCE, place] = t.calls[call, c.CALL_AT]
        t.scratch[SCRATCH_ORDER, place] = call
    place = pick_line(
        t.scratch[CANDIDATES], 0, 2, t.scratch[SCRATCH_RANK], t.scratch[SCRATCH_SINCE], t.scratch[SCRATCH_ORDER]
    )
    first: int = t.scratch[SCRATCH_ORDER, place]
    return first


@compiled
def next_match(t: Tables) -> tuple[int, int]:
    """The waiting call that goes first of those that can be matched now, and the idle agent who gets it; (-1, -1):
    there is none. Only the calls and agents in ``new`` are looked at, all others could not be matched before."""
    if t.has.several and (t.centre[c.NEW_CALLS] > 0 or t.centre[c.NEW_AGENTS] > 1):
        call, agent = _match_of_many(t)
    else:
        call, agent = _match_of_one(t)
    if t.has.ranks and call >= 0:
        group = t.agents[agent, c.AGENT_GROUP]
        if t.groups[c.GROUP_RANKS, group] != 0:
            call = preferred(t, group, call, agent)
    return call, agent


@compiled
def _match_of_one(t: Tables) -> tuple[int, int]:
    """The usual case: one agent is free, or nobody."""
    agent = t.new[1, 0] if t.centre[c.NEW_AGENTS] > 0 else -1
    t.centre[c.NEW_AGENTS] = 0
    if agent < 0 or t.centre[c.ALL_WAITING] == 0 or t.agents[agent, c.AGENT_IN_LINE] == 0:
        return -1, -1
    return call_for(t, t.agents[agent, c.AGENT_GROUP]), agent


@compiled
def _match_of_many(t: Tables) -> tuple[int, int]:
    call, agent = -1, -1
    for at in range(t.centre[c.NEW_CALLS]):
        other = t.new[0, at]
        if t.calls[other, c.CALL_FATE] == c.WAITING and agent_for(t, row_of(t, other), other) >= 0:
            call = first_of(t, call, other)
    for at in range(t.centre[c.NEW_AGENTS]):
        agent = t.new[1, at]
        if t.agents[agent, c.AGENT_IN_LINE] != 0:
            other = call_for(t, t.agents[agent, c.AGENT_GROUP])
            if other >= 0:
                call = first_of(t, call, other)
    if call < 0:
        t.centre[c.NEW_CALLS] = t.centre[c.NEW_AGENTS] = 0
        return call, agent
    return call, agent_for(t, row_of(t, call), call)


@compiled
def _queue(t: Tables, call: int) -> int:
    queue: int = t.kinds[t.calls[call, c.CALL_KIND], c.KIND_QUEUE]
    return queue
