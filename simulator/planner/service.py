"""Calls with agents: offers, rings in vain, answers, talks and wrap-ups."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.callbacks import cut_off, dial, expect_leaving, has_answered, is_callback, is_to_be_dialled
from simulator.planner.further_calls import expect, send_on
from simulator.planner.jitted import compiled, inlined, must_rest
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.lines import step_out
from simulator.planner.people import become, end_conversation, free
from simulator.planner.strategies import count_turn
from simulator.planner.tables import Tables
from simulator.planner.waiting import come_into_line, end_wait, line_up_again


@compiled
def offer(t: Tables, call: int, agent: int) -> bool:
    """``agent``'s phone rings with ``call``. Returns whether it is answered in the same millisecond."""
    step_out(t, agent)
    t.agents[agent, c.AGENT_CALL] = call
    t.agents[agent, c.AGENT_COMES_BACK_AT] = -1
    t.calls[call, c.CALL_AGENT] = agent
    if t.has.leaves:
        cut_off(t, call)
    if t.has.records:
        count_turn(t, agent)
    if t.has.rings:
        return not _ring(t, call, agent)
    return True


@compiled
def _ring(t: Tables, call: int, agent: int) -> bool:
    """Whether it rings longer than a moment."""
    now, queue = t.centre[c.NOW], t.kinds[t.calls[call, c.CALL_KIND], c.KIND_QUEUE]
    if t.has.callbacks and t.queues[queue, c.QUEUE_CUSTOMER_FIRST] != 0 and is_to_be_dialled(t, call):
        dial(t, queue, call)
    elif t.has.misses and t.calls[call, c.CALL_MISSES_TO_COME] > t.calls[call, c.CALL_MISSES]:
        h.put(t, now + t.queues[queue, c.QUEUE_RING_MS], h.WORLD, h.RINGS_OUT, call)
    elif t.calls[call, c.CALL_ANSWER_DELAY] > 0:
        h.put(t, now + t.calls[call, c.CALL_ANSWER_DELAY], h.WORLD, h.ACCEPT, call)
    elif t.has.callbacks and is_to_be_dialled(t, call):
        dial(t, queue, call)
    else:
        return False
    t.calls[call, c.CALL_FATE] = c.OFFERED
    become(t, agent, c.RINGS)
    return True


@compiled
def ring_out(t: Tables, queue: int, call: int) -> None:
    """Nobody took the offered call up: it waits again, or leaves if its time was over; the agent may have to rest."""
    now, agent = t.centre[c.NOW], t.calls[call, c.CALL_AGENT]
    miss = t.centre[c.MISSES]
    t.centre[c.MISSES] = miss + 1
    t.missed[miss, 0] = agent
    t.missed[miss, 1] = t.calls[call, c.CALL_LAST_MISS]
    t.calls[call, c.CALL_LAST_MISS] = miss
    t.calls[call, c.CALL_MISSES] += 1
    t.calls[call, c.CALL_AGENT] = -1
    t.counts[t.kinds[t.calls[call, c.CALL_KIND], c.KIND_TALLY], t.calls[call, c.CALL_INTERVAL], c.OFFERS_MISSED] += 1
    t.agents[agent, c.AGENT_IDLE_SINCE] = now
    t.agents[agent, c.AGENT_MISSES] += 1
    tired = must_rest(t.agents[agent, c.AGENT_MISSES], t.centre[c.MISSES_ALLOWED])
    if tired and t.agents[agent, c.AGENT_WISH] == c.NO_WISH:
        t.agents[agent, c.AGENT_WISH] = c.NOT_READY
        back_at = now + t.centre[c.COMES_BACK_MS]
        t.agents[agent, c.AGENT_COMES_BACK_AT] = back_at
        h.put(t, back_at, h.WORLD, h.COMES_BACK, agent)
    free(t, agent)
    if t.has.wait_limits and t.calls[call, c.CALL_OVERDUE] != 0:
        end_wait(t, queue, call, c.RELEASED)
    elif t.has.callbacks and is_to_be_dialled(t, call):
        come_into_line(t, queue, call, now)
    else:
        t.calls[call, c.CALL_FATE] = c.WAITING
        line_up_again(t, call)
        if t.has.leaves:
            expect_leaving(t, call)


@compiled
def pick_up(t: Tables, queue: int, call: int) -> int:
    """The agent whose phone rings for ``call`` picks it up. Returns the call that is answered with it; -1: none yet, as
    the customer is to be dialled first."""
    if t.has.callbacks and is_to_be_dialled(t, call):
        dial(t, queue, call)
        return -1
    return call


@compiled
def reach(t: Tables, queue: int, call: int) -> int:
    """The phone of a customer has rung. Returns the same as :func:`pick_up`."""
    now, agent = t.centre[c.NOW], t.calls[call, c.CALL_AGENT]
    if has_answered(t, call):
        if t.queues[queue, c.QUEUE_CUSTOMER_FIRST] == 0:
            return call
        if t.calls[call, c.CALL_PATIENCE] < ENDLESS_MS:
            h.put(t, now + t.calls[call, c.CALL_PATIENCE], h.WORLD, h.PATIENCE_OVER, call)
        return -1 if _ring(t, call, agent) else call
    t.calls[call, c.CALL_AGENT] = -1
    free(t, agent)
    if t.has.wait_limits and t.calls[call, c.CALL_OVERDUE] != 0:
        end_wait(t, queue, call, c.RELEASED)
    elif t.backs[call, c.BACK_DIALS] == t.queues[queue, c.QUEUE_ATTEMPTS]:
        end_wait(t, queue, call, c.FAILED)
    else:
        come_into_line(t, queue, call, now + t.queues[queue, c.QUEUE_GAP_MS])
    return -1


@compiled
def answer(t: Tables, call: int) -> None:
    """The agent who has ``call`` talks to the caller from now on."""
    kind, agent = t.calls[call, c.CALL_KIND], t.calls[call, c.CALL_AGENT]
    queue, tally, interval = t.kinds[kind, c.KIND_QUEUE], t.kinds[kind, c.KIND_TALLY], t.calls[call, c.CALL_INTERVAL]
    end_wait(t, queue, call, c.TALKING)
    if t.has.misses:
        t.agents[agent, c.AGENT_MISSES] = 0
    t.agents[agent, c.AGENT_IDLE_MS] = 0
    become(t, agent, c.TALKS)
    t.times[t.agents[agent, c.AGENT_GROUP], t.centre[c.INTERVAL], c.GROUP_ANSWERED] += 1
    if t.has.records:
        t.records[agent, c.RECORD_ANSWERED] += 1
    talk = _at_pace(t, call, agent, t.calls[call, c.CALL_TALK])
    handled = not (t.has.callbacks and is_callback(t, call))  # callbacks are in no handling time
    t.counts[tally, interval, c.TALK_MS] += talk if handled else 0
    if t.has.wrap_up:
        wrap_up, most = _at_pace(t, call, agent, t.calls[call, c.CALL_WRAP_UP]), t.queues[queue, c.QUEUE_WRAP_UP_MS]
        if handled:
            t.counts[tally, interval, c.WRAP_UP_MS] += most if 0 <= most < wrap_up else wrap_up
    h.put(t, t.centre[c.NOW] + talk, h.WORLD, h.TALK_OVER, call)
    if t.has.further:
        expect(t, call)


@inlined
def _at_pace(t: Tables, call: int, agent: int, time_ms: int) -> int:
    """What ``agent`` makes of a time that ``call`` takes on average."""
    if t.has.pace:
        time_ms = round(time_ms * t.pace[t.calls[call, c.CALL_KIND], agent])
    return time_ms


@compiled
def end_talk(t: Tables, call: int) -> None:
    """They have talked; the agent wraps up, if there is anything to, for as long as the queue allows."""
    agent = t.calls[call, c.CALL_AGENT]
    t.calls[call, c.CALL_FATE] = c.ANSWERED
    if t.has.further:
        send_on(t, call)
    if t.has.records:
        t.records[agent, c.RECORD_TALKED_MS] += _at_pace(t, call, agent, t.calls[call, c.CALL_TALK])
    if t.has.wrap_up and _wrap_up(t, call, agent):
        return
    end_conversation(t, agent)


@compiled
def _wrap_up(t: Tables, call: int, agent: int) -> bool:
    """Whether there is anything to wrap up: the agent does now."""
    now, kind = t.centre[c.NOW], t.calls[call, c.CALL_KIND]
    most = t.queues[t.kinds[kind, c.KIND_QUEUE], c.QUEUE_WRAP_UP_MS]
    wrap_up = _at_pace(t, call, agent, t.calls[call, c.CALL_WRAP_UP])
    if most == 0 or wrap_up == 0:
        return False
    become(t, agent, c.WRAPS_UP)
    if 0 <= most <= wrap_up:
        h.put(t, now + most, h.TIMER, h.WRAPPED_UP, call)
    else:
        h.put(t, now + wrap_up, h.WORLD, h.WRAPPED_UP, call)
    return True


@compiled
def end_wrap_up(t: Tables, call: int) -> None:
    """The agent's wrap-up is over, unless something else ended it."""
    agent = t.calls[call, c.CALL_AGENT]
    if t.agents[agent, c.AGENT_CALL] == call:
        end_conversation(t, agent)
