"""Who gets whom: the same questions as :mod:`acd.routing` asks, put to the same rules."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.cells import Ints, Ints32
from simulator.planner.jitted import compiled, pick_line, would_rather
from simulator.planner.lines import line_up, rank_of, step_out

# Rows of the scratch table.
CANDIDATES, SCRATCH_RANK, SCRATCH_SINCE, SCRATCH_ORDER, HIDDEN = range(5)


@compiled
def _first_idle(rows: Ints, lists: Ints, ranks: Ints, groups: Ints, scratch: Ints, row: int) -> int:
    """Of the idle agents who may take a call of ``row``, the one whom its queue's strategy wants; -1: nobody."""
    count = c.wide(0)
    for at in range(rows[row, c.ROW_GROUPS_FROM], rows[row, c.ROW_GROUPS_TO]):
        group = lists[at]
        if groups[c.GROUP_FIRST, group] >= 0:
            scratch[CANDIDATES, count] = group
            count += 1
    if count == 0:
        return -1
    group = pick_line(scratch[CANDIDATES], 0, count, ranks[row], groups[c.GROUP_SINCE], groups[c.GROUP_ORDER])
    return int(groups[c.GROUP_FIRST, group])


@compiled
def agent_for(
    calls: Ints32,
    agents: Ints,
    missed: Ints,
    rows: Ints,
    lists: Ints,
    ranks: Ints,
    groups: Ints,
    scratch: Ints,
    row: int,
    call: int,
) -> int:
    """The idle agent who gets ``call``, which is of ``row``; who missed it, only if there is nobody else."""
    if calls[call, c.CALL_MISSES] == 0:
        return _first_idle(rows, lists, ranks, groups, scratch, row)
    count = c.wide(0)
    miss = c.wide(calls[call, c.CALL_LAST_MISS])
    while miss >= 0:
        agent = missed[miss, 0]
        if agents[agent, c.AGENT_IN_LINE] != 0:
            step_out(agents, groups, agent)
            scratch[HIDDEN, count] = agent
            count += 1
        miss = missed[miss, 1]
    found = _first_idle(rows, lists, ranks, groups, scratch, row)
    for at in range(count):
        line_up(agents, groups, scratch[HIDDEN, at])
    if found < 0 and count > 0:
        found = _first_idle(rows, lists, ranks, groups, scratch, row)
    return found


@compiled
def call_for(groups: Ints, lists: Ints, lines: Ints, scratch: Ints, group: int) -> int:
    """The first of all waiting calls that agents of ``group`` may take; -1 if there is none."""
    count = c.wide(0)
    for at in range(groups[c.GROUP_LINES_FROM, group], groups[c.GROUP_LINES_TO, group]):
        line = lists[at]
        if lines[c.LINE_FIRST, line] >= 0:
            scratch[CANDIDATES, count] = line
            count += 1
    if count == 0:
        return -1
    line = pick_line(scratch[CANDIDATES], 0, count, lines[c.LINE_RANK], lines[c.LINE_SINCE], lines[c.LINE_ORDER])
    return int(lines[c.LINE_FIRST, line])


@compiled
def _has_missed(calls: Ints32, missed: Ints, call: int, agent: int) -> bool:
    if calls[call, c.CALL_MISSES] > 0:
        miss = c.wide(calls[call, c.CALL_LAST_MISS])
        while miss >= 0:
            if missed[miss, 0] == agent:
                return True
            miss = missed[miss, 1]
    return False


@compiled
def preferred(
    calls: Ints32,
    missed: Ints,
    kinds: Ints,
    groups: Ints,
    group_ranks: Ints,
    lists: Ints,
    lines: Ints,
    scratch: Ints,
    group: int,
    call: int,
    agent: int,
) -> int:
    """``call``, or the waiting call that ``agent`` of ``group``, who ranks queues, would rather have."""
    count, best = c.wide(0), c.wide(0)
    for at in range(groups[c.GROUP_LINES_FROM, group], groups[c.GROUP_LINES_TO, group]):
        line = lists[at]
        head = lines[c.LINE_FIRST, line]
        if head < 0:
            continue
        rank = group_ranks[group, kinds[calls[head, c.CALL_KIND], c.KIND_QUEUE]]
        if count > 0 and rank > best:
            continue
        if count == 0 or rank < best:
            count, best = c.wide(0), rank
        scratch[CANDIDATES, count] = line
        count += 1
    line = pick_line(scratch[CANDIDATES], 0, count, lines[c.LINE_RANK], lines[c.LINE_SINCE], lines[c.LINE_ORDER])
    other = lines[c.LINE_FIRST, line]
    rank = group_ranks[group, kinds[calls[call, c.CALL_KIND], c.KIND_QUEUE]]
    return other if would_rather(best, rank, _has_missed(calls, missed, other, agent)) else call


@compiled
def first_of(calls: Ints32, kinds: Ints, rows: Ints, centre: Ints, scratch: Ints, one: int, other: int) -> int:
    """Which of two waiting calls (the first may be -1, none) goes first."""
    if one < 0:
        return other
    for place in range(2):
        call = one if place == 0 else other
        row = kinds[calls[call, c.CALL_KIND], c.KIND_ROW] + calls[call, c.CALL_STEPS]
        scratch[CANDIDATES, place] = place
        scratch[SCRATCH_RANK, place] = rank_of(calls, rows, centre, row, call)
        scratch[SCRATCH_SINCE, place] = calls[call, c.CALL_AT]
        scratch[SCRATCH_ORDER, place] = call
    first = pick_line(
        scratch[CANDIDATES], 0, c.wide(2), scratch[SCRATCH_RANK], scratch[SCRATCH_SINCE], scratch[SCRATCH_ORDER]
    )
    return int(scratch[SCRATCH_ORDER, first])
