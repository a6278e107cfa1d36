"""Strategies that ask what each idle agent did so far: see :func:`acd.idle.rank_of`.

All others choose among groups, whose agents are alike. Of what agents did nothing is kept unless a queue asks for it.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.cells import Tables
from simulator.planner.jitted import apart, index, occupancy_percent, pick_line

BY_GROUP, ROUND_ROBIN, FEWEST_CALLS, LEAST_OCCUPIED, LEAST_TALK_TIME, COST, LINEAR = range(7)
"""What stands in ``ROW_STRATEGY``."""

# Rows of the scratch table.
PLACES, RANK, SINCE, AGENT = range(4)


@apart
def first_by_record(t: Tables, row: int) -> int:
    """Of the idle agents who may take a call of ``row``, the one whom its queue's strategy wants; -1: nobody."""
    count = c.wide(0)
    for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
        agent = t.groups[c.GROUP_FIRST, index(t.lists[at])]
        while agent >= 0:
            t.scratch[PLACES, count] = count
            t.scratch[RANK, count] = _rank_of(t, agent, t.rows[row, c.ROW_STRATEGY])
            t.scratch[SINCE, count] = t.agents[agent, c.AGENT_IDLE_SINCE]
            t.scratch[AGENT, count] = agent
            count += 1
            agent = t.agents[agent, c.AGENT_NEXT]
    place = pick_line(t.scratch[PLACES], 0, count, t.scratch[RANK], t.scratch[SINCE], t.scratch[AGENT])
    return int(t.scratch[AGENT, place]) if place >= 0 else -1


@apart
def _rank_of(t: Tables, agent: int, strategy: int) -> int:
    """What a strategy compares of an idle agent."""
    if strategy == ROUND_ROBIN:
        return int(t.records[agent, c.RECORD_TURN])
    if strategy == FEWEST_CALLS:
        return int(t.records[agent, c.RECORD_ANSWERED])
    if strategy == LEAST_OCCUPIED:
        ready_ms = t.records[agent, c.RECORD_READY_MS] + t.centre[c.NOW] - t.records[agent, c.RECORD_SINCE]
        return int(occupancy_percent(t.records[agent, c.RECORD_BUSY_MS], ready_ms))
    if strategy == LEAST_TALK_TIME:
        return int(t.records[agent, c.RECORD_TALKED_MS])
    if strategy == COST:
        return int(t.records[agent, c.RECORD_COST])
    return agent


@apart
def book_agent(t: Tables, agent: int, state: int) -> None:
    """Books the time that the agent was in ``state``, up to now."""
    now = t.centre[c.NOW]
    spent = now - t.records[agent, c.RECORD_SINCE]
    t.records[agent, c.RECORD_SINCE] = now
    if state == c.READY:
        t.records[agent, c.RECORD_READY_MS] += spent
    elif state > c.READY:
        t.records[agent, c.RECORD_BUSY_MS] += spent


@apart
def begin_shift(t: Tables, agent: int) -> None:
    """What is counted since signing in begins anew."""
    for cell in range(c.RECORD_ANSWERED, c.RECORD_READY_MS + 1):
        t.records[agent, cell] = 0


@apart
def count_turn(t: Tables, agent: int) -> None:
    """The agent is offered a call."""
    t.centre[c.OFFERS] += 1
    t.records[agent, c.RECORD_TURN] = t.centre[c.OFFERS]
