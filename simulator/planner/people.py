"""Agents: the life cycle of :mod:`acd.roster` and the played agents of :mod:`centre.virtual.agent`, on flat tables.

``new`` is the table of whom the next match has to look at: row 0 calls, row 1 agents.
"""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.cells import Ints
from simulator.planner.jitted import compiled
from simulator.planner.lines import line_up, step_out


@compiled
def book_group(groups: Ints, times: Ints, centre: Ints, group: int, now: int) -> None:
    """Books the time of a group's agents up to ``now``."""
    spent = now - groups[c.GROUP_BOOKED_UNTIL, group]
    if spent > 0:
        interval = centre[c.INTERVAL]
        times[group, interval, c.READY_MS] += spent * groups[c.GROUP_READY, group]
        times[group, interval, c.BUSY_MS] += spent * groups[c.GROUP_BUSY, group]
        groups[c.GROUP_BOOKED_UNTIL, group] = now


@compiled
def become(agents: Ints, groups: Ints, times: Ints, centre: Ints, agent: int, state: int) -> None:
    """The agent is in ``state`` from now on."""
    group, old = agents[agent, c.AGENT_GROUP], agents[agent, c.AGENT_STATE]
    book_group(groups, times, centre, group, centre[c.NOW])
    agents[agent, c.AGENT_STATE] = state
    groups[c.GROUP_READY, group] += int(state == c.READY) - int(old == c.READY)
    groups[c.GROUP_BUSY, group] += int(state > c.READY) - int(old > c.READY)


@compiled
def get_ready(agents: Ints, groups: Ints, times: Ints, centre: Ints, new: Ints, agent: int) -> None:
    """The agent waits for calls from now on."""
    become(agents, groups, times, centre, agent, c.READY)
    line_up(agents, groups, agent)
    new[1, centre[c.NEW_AGENTS]] = agent
    centre[c.NEW_AGENTS] += 1


@compiled
def free(agents: Ints, groups: Ints, times: Ints, centre: Ints, new: Ints, agent: int) -> None:
    """After an offer or a conversation: what the agent wished to be, or ready and in line."""
    wish = agents[agent, c.AGENT_WISH]
    agents[agent, c.AGENT_WISH] = c.NO_WISH
    agents[agent, c.AGENT_CALL] = -1
    if wish == c.NO_WISH:
        get_ready(agents, groups, times, centre, new, agent)
    else:
        _rest(agents, groups, times, centre, agent, wish)


@compiled
def end_conversation(agents: Ints, groups: Ints, times: Ints, centre: Ints, new: Ints, agent: int) -> None:
    """Conversation and wrap-up are over."""
    agents[agent, c.AGENT_IDLE_SINCE] = centre[c.NOW]
    free(agents, groups, times, centre, new, agent)


@compiled
def _rest(agents: Ints, groups: Ints, times: Ints, centre: Ints, agent: int, state: int) -> None:
    if agents[agent, c.AGENT_STATE] != c.NOT_READY:
        agents[agent, c.AGENT_IDLE_MS] = centre[c.NOW] - agents[agent, c.AGENT_IDLE_SINCE]
    step_out(agents, groups, agent)
    become(agents, groups, times, centre, agent, state)


@compiled
def come_on(agents: Ints, groups: Ints, times: Ints, centre: Ints, new: Ints, agent: int) -> None:
    """The agent wants calls: now, or after the call in hand."""
    if agents[agent, c.AGENT_STATE] > c.READY:
        agents[agent, c.AGENT_WISH] = c.NO_WISH
    elif agents[agent, c.AGENT_STATE] == c.NOT_READY:
        agents[agent, c.AGENT_MISSES] = 0
        agents[agent, c.AGENT_IDLE_SINCE] = centre[c.NOW] - agents[agent, c.AGENT_IDLE_MS]
        get_ready(agents, groups, times, centre, new, agent)


@compiled
def change_duty(agents: Ints, groups: Ints, times: Ints, centre: Ints, new: Ints, agent: int, duty: int) -> None:
    """The agent is there for something else: ``duty`` is READY, NOT_READY (a break) or OUT."""
    before = agents[agent, c.AGENT_DUTY]
    if duty == before:
        return
    agents[agent, c.AGENT_DUTY] = duty
    if before == c.OUT:
        if agents[agent, c.AGENT_STATE] == c.OUT:
            agents[agent, c.AGENT_MISSES] = 0
            agents[agent, c.AGENT_IDLE_MS] = 0
            become(agents, groups, times, centre, agent, c.NOT_READY)
        elif agents[agent, c.AGENT_WISH] == c.OUT:
            agents[agent, c.AGENT_WISH] = c.NOT_READY
        if agents[agent, c.AGENT_STATE] == c.WRAPS_UP:
            # Who comes to work closes a wrap-up that is still open.
            end_conversation(agents, groups, times, centre, new, agent)
    state = agents[agent, c.AGENT_STATE]
    if duty == c.READY:
        come_on(agents, groups, times, centre, new, agent)
    elif state > c.READY:
        agents[agent, c.AGENT_WISH] = duty
    elif state != c.OUT and state != duty:  # noqa: PLR1714 - a set of numbers is dear in compiled code
        _rest(agents, groups, times, centre, agent, duty)
