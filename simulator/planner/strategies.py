"""Strategies that ask what each idle agent did so far: see :func:`acd.idle.rank_of`.

All others choose among groups, whose agents are alike. Of what agents did nothing is kept unless a queue asks for it.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import compiled, occupancy_percent, pick_line
from simulator.planner.lots import by_lot
from simulator.planner.tables import Tables

BY_GROUP, ROUND_ROBIN, FEWEST_CALLS, LEAST_OCCUPIED, LEAST_TALK_TIME, COST, LINEAR, WEIGHTED_RANDOM = range(8)
"""What stands in ``ROW_STRATEGY``."""

# Rows of the scratch table.
PLACES, RANK, SINCE, AGENT = range(4)


@compiled
def first_by_record(t: Tables, row: int) -> int:
    """Of the idle agents who may take a call of ``row``, the one whom its queue's strategy wants; -1: nobody."""
    if t.has.lots and t.rows[row, c.ROW_STRATEGY] == WEIGHTED_RANDOM:
        return by_lot(t, row)
    count = 0
    for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
        agent = t.groups[c.GROUP_FIRST, t.lists[at]]
        while agent >= 0:
            t.scratch[PLACES, count] = count
            t.scratch[RANK, count] = _rank_of(t, agent, t.rows[row, c.ROW_STRATEGY])
            t.scratch[SINCE, count] = t.agents[agent, c.AGENT_IDLE_SINCE]
            t.scratch[AGENT, count] = agent
            count += 1
            agent = t.agents[agent, c.AGENT_NEXT]
    place = pick_line(t.scratch[PLACES], 0, count, t.scratch[RANK], t.scratch[SINCE], t.scratch[AGENT])
    if place < 0:
        return -1
    first: int = t.scratch[AGENT, place]
    return first


@compiled
def _rank_of(t: Tables, agent: int, strategy: int) -> int:
    """What a strategy compares of an idle agent."""
    rank = agent
    if strategy == ROUND_ROBIN:
        rank = t.records[agent, c.RECORD_TURN]
    elif strategy == FEWEST_CALLS:
        rank = t.records[agent, c.RECORD_ANSWERED]
    elif strategy == LEAST_OCCUPIED:
        ready_ms = t.records[agent, c.RECORD_READY_MS] + t.centre[c.NOW] - t.records[agent, c.RECORD_SINCE]
        rank = occupancy_percent(t.records[agent, c.RECORD_BUSY_MS], ready_ms)
    elif strategy == LEAST_TALK_TIME:
        rank = t.records[agent, c.RECORD_TALKED_MS]
    elif strategy == COST:
        rank = t.records[agent, c.RECORD_COST]
    return rank


@compiled
def book_agent(t: Tables, agent: int, state: int) -> None:
    """Books the time that the agent was in ``state``, up to now."""
    now = t.centre[c.NOW]
    spent = now - t.records[agent, c.RECORD_SINCE]
    t.records[agent, c.RECORD_SINCE] = now
    if state == c.READY:
        t.records[agent, c.RECORD_READY_MS] += spent
    elif state > c.READY:
        t.records[agent, c.RECORD_BUSY_MS] += spent


@compiled
def begin_shift(t: Tables, agent: int) -> None:
    """What is counted since signing in begins anew."""
    for cell in range(c.RECORD_ANSWERED, c.RECORD_READY_MS + 1):
        t.records[agent, cell] = 0


@compiled
def count_turn(t: Tables, agent: int) -> None:
    """The agent is offered a call."""
    t.centre[c.OFFERS] += 1
    t.records[agent, c.RECORD_TURN] = t.centre[c.OFFERS]
