"""Calls in their queues: they enter, wait, open relaxation steps, starve, give up. What happens to a call is that of
:mod:`acd.calls`."""

from __future__ import annotations

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.bins import bin_of
from simulator.planner.callbacks import (
    count_callback,
    dialled_from,
    end_callback,
    expect_callback,
    expect_leaving,
    is_callback,
    stand_aside,
    takes_callback,
)
from simulator.planner.further_calls import call_again
from simulator.planner.jitted import compiled
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.lengths import change_lengths
from simulator.planner.limits import expect_limits, is_refused, nobody_comes, takes_one_more
from simulator.planner.lines import row_of, stand, withdraw
from simulator.planner.matching import agent_for
from simulator.planner.people import free
from simulator.planner.spill import count_for_spills, is_stepped, look_for_spill, spills_by
from simulator.planner.steps import expect_steps, first_steps, open_up, relax
from simulator.planner.tables import Tables


@compiled
def enter(t: Tables, call: int) -> int:
    """A call enters its queue. Returns the agent who gets it at once; -1: nobody does, it waits or is refused.

    Nobody who waits could be matched before, so only this call can be.
    """
    interval, kind = t.centre[c.INTERVAL], t.calls[call, c.CALL_KIND]
    queue = t.kinds[kind, c.KIND_QUEUE]
    t.calls[call, c.CALL_LINE] = t.calls[call, c.CALL_LAST_MISS] = t.calls[call, c.CALL_AGENT] = -1
    if t.has.callbacks and is_callback(t, call):
        return _enter_callback(t, queue, call)
    t.calls[call, c.CALL_INTERVAL] = interval
    if is_refused(t, kind):
        _refuse(t, kind, call)
        return -1
    if t.has.starvation:
        t.calls[call, c.CALL_STARVING] = t.centre[c.STARVATION_MS] == 0
    if t.has.steps or t.has.delays:
        first_steps(t, queue, call)
    agent = agent_for(t, row_of(t, call), call)
    if t.has.waiting_limits and agent < 0 and not takes_one_more(t, queue):
        _refuse(t, kind, call)
        return agent
    t.calls[call, c.CALL_FATE] = c.AT_ONCE
    t.counts[t.kinds[kind, c.KIND_TALLY], interval, c.QUEUED] += 1
    t.centre[c.ALL_PRESENT] += 1
    at_once = agent >= 0
    if t.has.rings and at_once:
        at_once = t.calls[call, c.CALL_MISSES_TO_COME] == 0 and t.calls[call, c.CALL_ANSWER_DELAY] == 0
    if not at_once:
        t.calls[call, c.CALL_FATE] = c.WAITING
        change_lengths(t, kind, 1)
        _expect(t, queue, call)
    if agent < 0:
        stand(t, call)
    return agent


@compiled
def _enter_callback(t: Tables, queue: int, call: int) -> int:
    """A callback comes into its queue: the same of it. It stands where the caller stood."""
    now, kind = t.centre[c.NOW], t.calls[call, c.CALL_KIND]
    if not takes_callback(t, kind):
        t.calls[call, c.CALL_FATE] = c.REFUSED
        t.calls[call, c.CALL_LEFT_AT] = now
        return -1
    count_callback(t, call, c.N_CALLBACKS, 1)
    t.centre[c.ALL_PRESENT] += 1
    t.queues[queue, c.QUEUE_CALLBACKS] += 1
    if t.has.starvation and t.centre[c.STARVATION_MS] >= 0:
        starves_at = t.calls[call, c.CALL_AT] + t.centre[c.STARVATION_MS]
        t.calls[call, c.CALL_STARVING] = starves_at <= now
        if starves_at > now:
            h.put(t, starves_at, h.TIMER, h.STARVES, call)
    if t.has.steps or t.has.delays:
        first_steps(t, queue, call)
        expect_steps(t, queue, call)
    if t.has.wait_limits and t.queues[queue, c.QUEUE_CALLBACK_WAIT_MS] >= 0:
        h.put(t, now + t.queues[queue, c.QUEUE_CALLBACK_WAIT_MS], h.TIMER, h.MAX_WAIT, call)
    at = dialled_from(t, queue, now)
    if at > now:
        stand_aside(t, call, at)
        return -1
    t.calls[call, c.CALL_FATE] = c.WAITING
    agent = agent_for(t, row_of(t, call), call)
    if agent < 0:
        stand(t, call)
    return agent


@compiled
def come_into_line(t: Tables, queue: int, call: int, not_before: int) -> None:
    """A callback that is in no line, whose customer is not to be dialled before that time, comes into it when the
    customer may be."""
    at = dialled_from(t, queue, not_before)
    if at > t.centre[c.NOW]:
        stand_aside(t, call, at)
    else:
        t.calls[call, c.CALL_FATE] = c.WAITING
        line_up_again(t, call)


@compiled
def leave(t: Tables, queue: int, call: int) -> None:
    """The caller, if no phone rings, leaves the queue, unless it was in vain: as many as may be are to be called back
    already."""
    if t.backs[call, c.BACK_LEAVES_AT] != t.centre[c.NOW]:
        return
    back = t.backs[call, c.BACK_ROW]
    if t.has.callbacks and back >= 0 and not takes_callback(t, t.calls[back, c.CALL_KIND]):
        expect_leaving(t, call)
        return
    withdraw(t, call)
    end_wait(t, queue, call, c.RELEASED)
    if t.has.callbacks and back >= 0:
        expect_callback(t, call)


@compiled
def _expect(t: Tables, queue: int, call: int) -> None:
    """What comes for a call that enters and is not answered in the same millisecond."""
    now = t.centre[c.NOW]
    if t.calls[call, c.CALL_PATIENCE] < ENDLESS_MS:
        h.put(t, now + t.calls[call, c.CALL_PATIENCE], h.WORLD, h.PATIENCE_OVER, call)
    if t.has.steps or t.has.delays:
        expect_steps(t, queue, call)
    if t.has.spills:
        t.spilled[call, c.SPILLED_STEPPED_AT] = -1
        look_for_spill(t, call, now)
    if t.has.starvation and t.centre[c.STARVATION_MS] > 0:
        h.put(t, now + t.centre[c.STARVATION_MS], h.TIMER, h.STARVES, call)
    if t.has.wait_limits:
        expect_limits(t, queue, call)
    if t.has.leaves:
        expect_leaving(t, call)


@compiled
def give_up(t: Tables, queue: int, call: int) -> None:
    """The caller's patience is over; an agent whose phone rang is free again."""
    offered, agent = t.calls[call, c.CALL_FATE] == c.OFFERED, t.calls[call, c.CALL_AGENT]
    withdraw(t, call)
    end_wait(t, queue, call, c.ABANDONED)
    if t.has.further:
        call_again(t, call)
    t.calls[call, c.CALL_AGENT] = -1
    if t.has.rings and offered:
        free(t, agent)


@compiled
def reach_limit(t: Tables, queue: int, call: int) -> None:
    """The call has waited as long as its queue allows; while a phone rings it may still be answered."""
    if t.calls[call, c.CALL_FATE] == c.OFFERED:
        t.calls[call, c.CALL_OVERDUE] = 1
    else:
        withdraw(t, call)
        end_wait(t, queue, call, c.RELEASED)


@compiled
def look_for_staff(t: Tables, queue: int, call: int) -> None:
    """It may be that nobody is at work who could take the call."""
    if nobody_comes(t, queue, call):
        withdraw(t, call)
        end_wait(t, queue, call, c.RELEASED)


@compiled
def change_line(t: Tables, queue: int, call: int, what: int) -> None:
    """The call starves, a relaxation step may be due, or more agents take it: whether it waits or rings, it stands
    elsewhere from now on."""
    if t.has.spills and what != h.STARVES and is_stepped(t, call, what):
        return
    waiting = t.calls[call, c.CALL_FATE] == c.WAITING
    withdraw(t, call)
    if t.has.starvation and what == h.STARVES:
        t.calls[call, c.CALL_STARVING] = 1
    else:
        if t.has.steps:
            relax(t, queue, call)
        if t.has.delays:
            open_up(t, queue, call)
        if t.has.spills:
            _spill(t, call)
    if waiting:
        line_up_again(t, call)


@compiled
def _spill(t: Tables, call: int) -> None:
    """The call, which is in no line, goes on to another queue, if it spills now and no phone rings for it."""
    now, spill = t.centre[c.NOW], -1
    if t.calls[call, c.CALL_FATE] == c.WAITING:
        spill = spills_by(t, call)
    if spill >= 0:
        kind = t.spills[spill, c.SPILL_KIND]
        to = t.kinds[kind, c.KIND_QUEUE]
        t.moves[t.spills[spill, c.SPILL_MOVE], t.calls[call, c.CALL_INTERVAL]] += 1
        change_lengths(t, t.calls[call, c.CALL_KIND], -1)
        change_lengths(t, kind, 1)
        t.calls[call, c.CALL_KIND] = kind
        if t.kinds[kind, c.KIND_TALK] >= 0:
            t.calls[call, c.CALL_TALK] = t.spilled[call, t.kinds[kind, c.KIND_TALK]]
        t.spilled[call, c.SPILLED_TIMES] += 1
        first_steps(t, to, call)
        expect_steps(t, to, call)
        if t.has.wait_limits:
            expect_limits(t, to, call)
    look_for_spill(t, call, now + t.centre[c.SPILL_CHECK_MS])


@compiled
def line_up_again(t: Tables, call: int) -> None:
    """The call waits (again, or elsewhere): the next match looks at it."""
    stand(t, call)
    t.new[0, t.centre[c.NEW_CALLS]] = call
    t.centre[c.NEW_CALLS] += 1


@compiled
def _refuse(t: Tables, kind: int, call: int) -> None:
    t.calls[call, c.CALL_FATE] = c.REFUSED
    t.calls[call, c.CALL_LEFT_AT] = t.centre[c.NOW]
    t.counts[t.kinds[kind, c.KIND_TALLY], t.calls[call, c.CALL_INTERVAL], c.N_REFUSED] += 1


@compiled
def end_wait(t: Tables, queue: int, call: int, fate: int) -> None:
    """The wait of ``call`` in ``queue`` is over, by ``fate``: TALKING, ABANDONED or RELEASED."""
    if t.has.callbacks and is_callback(t, call):
        end_callback(t, queue, call, fate)
        return
    interval, waited = t.calls[call, c.CALL_INTERVAL], t.centre[c.NOW] - t.calls[call, c.CALL_AT]
    kind = t.calls[call, c.CALL_KIND]
    tally, within = t.kinds[kind, c.KIND_TALLY], waited <= t.queues[queue, c.QUEUE_THRESHOLD_MS]
    if t.calls[call, c.CALL_FATE] != c.AT_ONCE:
        change_lengths(t, kind, -1)
    t.calls[call, c.CALL_FATE] = fate
    t.calls[call, c.CALL_LEFT_AT] = t.centre[c.NOW]
    t.centre[c.ALL_PRESENT] -= 1
    if t.has.releases and fate == c.RELEASED:
        t.counts[tally, interval, c.N_RELEASED] += 1
        t.counts[tally, interval, c.RELEASED_WAIT_MS] += waited
        return
    if t.has.spills:
        count_for_spills(t, queue, call, within, fate != c.ABANDONED)
    if fate == c.ABANDONED:
        t.counts[tally, interval, c.N_ABANDONED] += 1
        t.counts[tally, interval, c.ABANDONED_WITHIN] += within
        t.counts[tally, interval, c.SHORT_ABANDONED] += waited <= t.queues[queue, c.QUEUE_SHORT_ABANDON_MS]
        t.counts[tally, interval, c.ABANDONED_WAIT_MS] += waited
    else:
        t.counts[tally, interval, c.N_ANSWERED] += 1
        t.counts[tally, interval, c.ANSWERED_WITHIN] += within
        t.counts[tally, interval, c.ANSWERED_AT_ONCE] += waited == 0
        t.counts[tally, interval, c.ANSWERED_WAIT_MS] += waited
        at = bin_of(waited)
        t.waits_by_interval[tally, interval, at] += 1
        if interval < t.centre[c.INTERVALS]:
            t.waits[tally, at] += 1
    if waited > t.counts[tally, interval, c.MAX_WAIT_MS]:  # noqa: PLR1730 - one look less
        t.counts[tally, interval, c.MAX_WAIT_MS] = waited
