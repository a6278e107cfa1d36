"""Agents: the life cycle of :mod:`acd.roster` and the played agents of :mod:`centre.virtual.agent`, on flat tables."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner.jitted import compiled, inlined
from simulator.planner.lines import line_up, step_out
from simulator.planner.strategies import begin_shift, book_agent
from simulator.planner.tables import Tables


@inlined
def leave_state(t: Tables, agent: int, now: int) -> None:
    """Books that the agent's state, or the interval, ends: what a state began and ended at, added up with these signs,
    is the time that it lasted."""
    t.times[t.agents[agent, c.AGENT_GROUP], t.centre[c.INTERVAL], t.agents[agent, c.AGENT_STATE]] += now


@inlined
def enter_state(t: Tables, agent: int, now: int) -> None:
    """Books that the agent's state, or the interval, begins."""
    t.times[t.agents[agent, c.AGENT_GROUP], t.centre[c.INTERVAL], t.agents[agent, c.AGENT_STATE]] -= now


@compiled
def become(t: Tables, agent: int, state: int) -> None:
    """The agent is in ``state`` from now on."""
    group, old = t.agents[agent, c.AGENT_GROUP], t.agents[agent, c.AGENT_STATE]
    leave_state(t, agent, t.centre[c.NOW])
    if t.has.records:
        book_agent(t, agent, old)
    t.agents[agent, c.AGENT_STATE] = state
    enter_state(t, agent, t.centre[c.NOW])
    if old >= c.READY:
        t.groups[c.GROUP_BUSY if old > c.READY else c.GROUP_READY, group] -= 1
    if state >= c.READY:
        t.groups[c.GROUP_BUSY if state > c.READY else c.GROUP_READY, group] += 1
    elif t.has.unstaffed and old >= c.READY:
        t.groups[c.GROUP_EMPTIED_AT, group] = t.centre[c.NOW]


@compiled
def get_ready(t: Tables, agent: int) -> None:
    """The agent waits for calls from now on."""
    become(t, agent, c.READY)
    line_up(t, agent)
    t.new[1, t.centre[c.NEW_AGENTS]] = agent
    t.centre[c.NEW_AGENTS] += 1


@compiled
def free(t: Tables, agent: int) -> None:
    """After an offer or a conversation: what the agent wished to be, or ready and in line."""
    wish = t.agents[agent, c.AGENT_WISH]
    t.agents[agent, c.AGENT_WISH] = c.NO_WISH
    t.agents[agent, c.AGENT_CALL] = -1
    if wish == c.NO_WISH:
        get_ready(t, agent)
    else:
        _rest(t, agent, wish)


@compiled
def end_conversation(t: Tables, agent: int) -> None:
    """Conversation and wrap-up are over."""
    t.agents[agent, c.AGENT_IDLE_SINCE] = t.centre[c.NOW]
    free(t, agent)


@compiled
def _rest(t: Tables, agent: int, state: int) -> None:
    if t.agents[agent, c.AGENT_STATE] != c.NOT_READY:
        t.agents[agent, c.AGENT_IDLE_MS] = t.centre[c.NOW] - t.agents[agent, c.AGENT_IDLE_SINCE]
    step_out(t, agent)
    become(t, agent, state)


@compiled
def come_on(t: Tables, agent: int) -> None:
    """The agent wants calls: now, or after the call in hand."""
    if t.agents[agent, c.AGENT_STATE] > c.READY:
        t.agents[agent, c.AGENT_WISH] = c.NO_WISH
    elif t.agents[agent, c.AGENT_STATE] == c.NOT_READY:
        t.agents[agent, c.AGENT_MISSES] = 0
        t.agents[agent, c.AGENT_IDLE_SINCE] = t.centre[c.NOW] - t.agents[agent, c.AGENT_IDLE_MS]
        get_ready(t, agent)


@compiled
def change_duty(t: Tables, agent: int, duty: int) -> None:
    """The agent is there for something else: ``duty`` is READY, NOT_READY (a break) or OUT."""
    before = t.agents[agent, c.AGENT_DUTY]
    if duty == before:
        return
    t.agents[agent, c.AGENT_DUTY] = duty
    if before == c.OUT:
        if t.agents[agent, c.AGENT_STATE] == c.OUT:
            t.agents[agent, c.AGENT_MISSES] = 0
            t.agents[agent, c.AGENT_IDLE_MS] = 0
            if t.has.records:
                begin_shift(t, agent)
            become(t, agent, c.NOT_READY)
        elif t.agents[agent, c.AGENT_WISH] == c.OUT:
            t.agents[agent, c.AGENT_WISH] = c.NOT_READY
        if t.agents[agent, c.AGENT_STATE] == c.WRAPS_UP:
            # Who comes to work closes a wrap-up that is still open.
            end_conversation(t, agent)
    state = t.agents[agent, c.AGENT_STATE]
    if duty == c.READY:
        come_on(t, agent)
    elif state > c.READY:
        t.agents[agent, c.AGENT_WISH] = duty
    elif state != c.OUT and state != duty:  # noqa: PLR1714 - a set of numbers is dear in compiled code
        _rest(t, agent, duty)
