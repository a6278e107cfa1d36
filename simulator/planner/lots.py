"""Agents by lot, as :class:`acd.idle.Lots` draws them: twice the weight, twice the chance."""

from __future__ import annotations

import numpy as np

from acd.rules import DRAWS_MOST
from simulator.planner import cells as c
from simulator.planner.jitted import compiled, holder_of, random_below
from simulator.planner.tables import Tables


@compiled
def weigh(t: Tables, agent: int, weight: int) -> None:
    """The agent has so much more weight among the idle ones."""
    t.centre[c.WEIGHT_IDLE] += weight
    at = agent + 1
    while at < len(t.lots):
        t.lots[at] += weight
        at += at & -at


@compiled
def by_lot(t: Tables, row: int) -> int:
    """The idle agent to whom the lot of the next offer gives a call of ``row``; -1: nobody may take it."""
    there = False
    for at in range(t.rows[row, c.ROW_GROUPS_FROM], t.rows[row, c.ROW_GROUPS_TO]):
        there = there or t.groups[c.GROUP_FIRST, t.lists[at]] >= 0
    if not there:
        return -1
    for attempt in range(DRAWS_MOST):
        agent = holder_of(_lot(t, attempt, t.centre[c.WEIGHT_IDLE]), t.lots, len(t.lots))
        if _may_take(t, row, agent):
            return agent
    weight = 0
    for agent in range(len(t.agents)):
        if t.agents[agent, c.AGENT_IN_LINE] != 0 and _may_take(t, row, agent):
            weight += t.records[agent, c.RECORD_WEIGHT]
    lot, agent = _lot(t, DRAWS_MOST, weight), -1
    while lot >= 0:
        agent += 1
        if t.agents[agent, c.AGENT_IN_LINE] != 0 and _may_take(t, row, agent):
            lot -= t.records[agent, c.RECORD_WEIGHT]
    return agent


@compiled
def _may_take(t: Tables, row: int, agent: int) -> bool:
    return bool(t.ranks[row, t.agents[agent, c.AGENT_GROUP]] != c.NO_MEMBER)


@compiled
def _lot(t: Tables, attempt: int, limit: int) -> int:
    # Unsigned and signed numbers together would make floats.
    return int(
        random_below(np.uint64(t.centre[c.SEED]), np.uint64(t.centre[c.OFFERS]), np.uint64(attempt), np.uint64(limit))
    )
