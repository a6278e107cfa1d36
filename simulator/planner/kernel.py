"""The loop: calls, duties and events in order of time, until the last caller is gone.

What happens to a call is that of :mod:`acd.calls`, what callers do that of :mod:`centre.virtual`. It is one long
function because a compiled function that takes twenty tables is dear to call; what needs few of them stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.bins import BINS, bin_of
from simulator.planner.cells import Book, Floats, Ints, Ints32, Rules
from simulator.planner.jitted import (
    DIGEST,
    compiled,
    entry,
    has_room,
    must_rest,
    next_that_adds,
    opens_by_time,
    steps_open,
)
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.lines import stand, step_out, withdraw
from simulator.planner.matching import CANDIDATES, agent_for, call_for, first_of, preferred
from simulator.planner.people import become, book_group, change_duty, come_on, end_conversation, free

_NEVER = 1 << 60

_Run = Callable[
    [
        Ints32, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Floats, Ints, Ints, Ints, Ints, Ints, Ints, Ints,
        Ints, Ints, Ints, Ints32,
    ],
    None,
]  # fmt: skip


@compiled
def _pass_time(groups: Ints, queues: Ints, centre: Ints, times: Ints, counts: Ints, now: int) -> None:
    """It is ``now``; intervals that have begun meanwhile begin."""
    while now >= centre[c.NEXT_INTERVAL_AT]:
        at = centre[c.NEXT_INTERVAL_AT]
        for group in range(groups.shape[1]):
            book_group(groups, times, centre, group, at)
        begun = centre[c.INTERVALS_BEGUN]
        centre[c.INTERVALS_BEGUN] = begun + 1
        centre[c.INTERVAL] = begun
        centre[c.NEXT_INTERVAL_AT] = at + centre[c.INTERVAL_MS] if begun < centre[c.INTERVALS] else _NEVER
        for queue in range(len(queues)):
            counts[queue, begun, c.MAX_PRESENT] = queues[queue, c.QUEUE_PRESENT]
    centre[c.NOW] = now


@compiled
def _at_work(rows: Ints, lists: Ints, ranks: Ints, groups: Ints, row: int, but_of_row: int) -> bool:
    """Whether somebody is at work who may take calls of ``row``, and not of ``but_of_row`` (-1: never mind)."""
    for at in range(rows[row, c.ROW_GROUPS_FROM], rows[row, c.ROW_GROUPS_TO]):
        group = lists[at]
        staffed = groups[c.GROUP_READY, group] + groups[c.GROUP_BUSY, group] > 0
        if staffed and (but_of_row < 0 or ranks[but_of_row, group] == c.NO_MEMBER):
            return True
    return False


@compiled
def _steps(
    rows: Ints, lists: Ints, ranks: Ints, groups: Ints, scratch: Ints, first: int, last: int, row: int, waited: int
) -> int:
    """How many of the steps ``lists[first:last]`` open for a call that has ``waited`` and is of ``row`` without any:
    see :class:`acd.steps.Steps`."""
    due = steps_open(waited, lists, first, last)
    adds = _at_work(rows, lists, ranks, groups, row + due, row + due - 1 if due > 0 else c.wide(-1))
    if opens_by_time(due, rows[row + due, c.ROW_ONLY_NEEDS] != 0, adds):
        return due
    later = scratch[CANDIDATES, : last - first + 1]
    for step in range(last - first + 1):
        later[step] = _at_work(rows, lists, ranks, groups, row + step, row + due)
    return next_that_adds(due, later)


@compiled
def _end_wait(
    calls: Ints32,
    queues: Ints,
    centre: Ints,
    counts: Ints,
    waits: Ints,
    waits_by_interval: Ints32,
    queue: int,
    call: int,
    fate: int,
) -> None:
    """The wait of ``call`` in ``queue`` is over, by ``fate``: TALKING, ABANDONED or RELEASED."""
    interval, waited = calls[call, c.CALL_INTERVAL], centre[c.NOW] - calls[call, c.CALL_AT]
    within = waited <= queues[queue, c.QUEUE_THRESHOLD_MS]
    calls[call, c.CALL_FATE] = fate
    calls[call, c.CALL_LEFT_AT] = centre[c.NOW]
    centre[c.ALL_PRESENT] -= 1
    queues[queue, c.QUEUE_PRESENT] -= 1
    if fate == c.RELEASED:
        counts[queue, interval, c.N_RELEASED] += 1
        counts[queue, interval, c.RELEASED_WAIT_MS] += waited
        return
    if fate == c.ABANDONED:
        counts[queue, interval, c.N_ABANDONED] += 1
        counts[queue, interval, c.ABANDONED_WITHIN] += within
        counts[queue, interval, c.SHORT_ABANDONED] += waited <= queues[queue, c.QUEUE_SHORT_ABANDON_MS]
        counts[queue, interval, c.ABANDONED_WAIT_MS] += waited
    else:
        counts[queue, interval, c.N_ANSWERED] += 1
        counts[queue, interval, c.ANSWERED_WITHIN] += within
        counts[queue, interval, c.ANSWERED_AT_ONCE] += waited == 0
        counts[queue, interval, c.ANSWERED_WAIT_MS] += waited
        at = bin_of(waited)
        waits_by_interval[queue, interval, at] += 1
        if interval < centre[c.INTERVALS]:
            waits[queue, at] += 1
    if waited > counts[queue, interval, c.MAX_WAIT_MS]:  # noqa: PLR1730 - one look less
        counts[queue, interval, c.MAX_WAIT_MS] = waited


def _entry(digest: str) -> _Run:  # noqa: PLR0915 - see the module
    @entry
    def run(  # noqa: PLR0912, PLR0915 - see the module
        calls: Ints32,
        rows: Ints,
        kinds: Ints,
        queues: Ints,
        groups: Ints,
        agents: Ints,
        ranks: Ints,
        group_ranks: Ints,
        lists: Ints,
        missed: Ints,
        pace: Floats,
        duties: Ints,
        centre: Ints,
        lines: Ints,
        scratch: Ints,
        new: Ints,
        keys: Ints,
        whats: Ints,
        counts: Ints,
        times: Ints,
        waits: Ints,
        waits_by_interval: Ints32,
    ) -> None:
        """From the first call to the last."""
        assert len(digest) > 0
        end = centre[c.COUNTED_FROM_MS] + centre[c.INTERVALS] * centre[c.INTERVAL_MS]
        centre[c.INTERVAL] = centre[c.INTERVALS]
        centre[c.NEXT_INTERVAL_AT] = centre[c.COUNTED_FROM_MS]
        starvation = centre[c.STARVATION_MS]
        coming, change = c.wide(0), c.wide(0)
        while True:
            call_at = c.wide(calls[coming, c.CALL_AT]) if coming < len(calls) else _NEVER
            duty_at = duties[change, c.DUTY_AT] if change < len(duties) else _NEVER
            event_at = h.next_time(keys, whats, centre)
            now = min(call_at, duty_at)
            if 0 <= event_at < now:
                now = event_at
            over = coming == len(calls) and centre[c.ALL_PRESENT] == 0 and now >= end
            if over or now > centre[c.STOP_MS]:
                break
            if now >= centre[c.NEXT_INTERVAL_AT]:
                _pass_time(groups, queues, centre, times, counts, now)
            centre[c.NOW] = now
            now = centre[c.NOW]
            offered, agent, answered = c.wide(-1), c.wide(-1), c.wide(-1)
            matching = True

            if duty_at == now:
                duty_of, duty = duties[change, c.DUTY_AGENT], duties[change, c.DUTY_IS]
                change_duty(agents, groups, times, centre, new, duty_of, duty)
                change += 1
            elif call_at == now:
                # A call enters its queue. Nobody who waits could be matched before, so only this call can be.
                matching = False
                call = coming
                coming += 1
                kind = calls[call, c.CALL_KIND]
                queue, row = kinds[kind, c.KIND_QUEUE], kinds[kind, c.KIND_ROW]
                first, last = queues[queue, c.QUEUE_STEPS_FROM], queues[queue, c.QUEUE_STEPS_TO]
                interval = centre[c.INTERVAL]
                calls[call, c.CALL_LINE] = calls[call, c.CALL_LAST_MISS] = calls[call, c.CALL_AGENT] = -1
                calls[call, c.CALL_INTERVAL] = interval
                calls[call, c.CALL_STARVING] = starvation == 0
                if first < last:
                    steps = _steps(rows, lists, ranks, groups, scratch, first, last, row, c.wide(0))
                    calls[call, c.CALL_STEPS] = steps
                    row += steps
                agent = agent_for(calls, agents, missed, rows, lists, ranks, groups, scratch, row, call)
                if agent < 0 and not has_room(queues[queue, c.QUEUE_WAITING], queues[queue, c.QUEUE_MAX_WAITING]):
                    calls[call, c.CALL_FATE] = c.REFUSED
                    calls[call, c.CALL_LEFT_AT] = now
                    counts[queue, interval, c.N_REFUSED] += 1
                    continue
                calls[call, c.CALL_FATE] = c.WAITING
                counts[queue, interval, c.QUEUED] += 1
                centre[c.ALL_PRESENT] += 1
                queues[queue, c.QUEUE_PRESENT] += 1
                if agent >= 0:
                    offered = call
                if agent < 0 or calls[call, c.CALL_MISSES_TO_COME] > 0 or calls[call, c.CALL_ANSWER_DELAY] > 0:
                    if queues[queue, c.QUEUE_PRESENT] > counts[queue, interval, c.MAX_PRESENT]:  # noqa: PLR1730 - one look less
                        counts[queue, interval, c.MAX_PRESENT] = queues[queue, c.QUEUE_PRESENT]
                    if calls[call, c.CALL_PATIENCE] < ENDLESS_MS:
                        due = now + calls[call, c.CALL_PATIENCE]
                        h.put(keys, whats, centre, due, h.WORLD, h.PATIENCE_OVER, call)
                    if calls[call, c.CALL_STEPS] < last - first:
                        due = now + lists[first + calls[call, c.CALL_STEPS]]
                        h.put(keys, whats, centre, due, h.STEP, h.STEP_DUE, call)
                    if starvation > 0:
                        h.put(keys, whats, centre, now + starvation, h.TIMER, h.STARVES, call)
                    if queues[queue, c.QUEUE_MAX_WAIT_MS] >= 0:
                        due = now + queues[queue, c.QUEUE_MAX_WAIT_MS]
                        h.put(keys, whats, centre, due, h.TIMER, h.MAX_WAIT, call)
                if agent < 0:
                    stand(calls, lines, rows, kinds, queues, centre, call)
                    continue
            else:
                timer = h.next_is_timer(keys, centre)
                what, whom = h.take(whats, centre)
                if what == h.TALK_OVER:
                    freed = c.wide(calls[whom, c.CALL_AGENT])
                    most = queues[kinds[calls[whom, c.CALL_KIND], c.KIND_QUEUE], c.QUEUE_WRAP_UP_MS]
                    wrap_up = round(calls[whom, c.CALL_WRAP_UP] * pace[calls[whom, c.CALL_KIND], freed])
                    calls[whom, c.CALL_FATE] = c.ANSWERED
                    if most == 0 or wrap_up == 0:
                        end_conversation(agents, groups, times, centre, new, freed)
                    else:
                        become(agents, groups, times, centre, freed, c.WRAPS_UP)
                        if 0 <= most <= wrap_up:
                            h.put(keys, whats, centre, now + most, h.TIMER, h.WRAPPED_UP, whom)
                        else:
                            h.put(keys, whats, centre, now + wrap_up, h.WORLD, h.WRAPPED_UP, whom)
                elif what == h.WRAPPED_UP:
                    freed = c.wide(calls[whom, c.CALL_AGENT])
                    if agents[freed, c.AGENT_CALL] == whom:
                        end_conversation(agents, groups, times, centre, new, freed)
                elif what == h.COMES_BACK:
                    if agents[whom, c.AGENT_COMES_BACK_AT] == now and agents[whom, c.AGENT_DUTY] == c.READY:
                        come_on(agents, groups, times, centre, new, whom)
                elif calls[whom, c.CALL_FATE] == c.WAITING or calls[whom, c.CALL_FATE] == c.OFFERED:
                    # What is about a call that no longer waits is late news.
                    waiting = calls[whom, c.CALL_FATE] == c.WAITING
                    queue = kinds[calls[whom, c.CALL_KIND], c.KIND_QUEUE]
                    freed = c.wide(calls[whom, c.CALL_AGENT])
                    if what == h.ACCEPT:
                        answered = whom
                    elif what == h.PATIENCE_OVER or (what == h.MAX_WAIT and waiting):
                        fate = c.ABANDONED if what == h.PATIENCE_OVER else c.RELEASED
                        withdraw(calls, lines, rows, kinds, queues, centre, whom)
                        _end_wait(calls, queues, centre, counts, waits, waits_by_interval, queue, whom, fate)
                        calls[whom, c.CALL_AGENT] = -1
                        if not waiting:
                            free(agents, groups, times, centre, new, freed)
                    elif what == h.MAX_WAIT:
                        calls[whom, c.CALL_OVERDUE] = 1
                    elif what == h.RINGS_OUT:
                        miss = centre[c.MISSES]
                        centre[c.MISSES] = miss + 1
                        missed[miss, 0] = freed
                        missed[miss, 1] = calls[whom, c.CALL_LAST_MISS]
                        calls[whom, c.CALL_LAST_MISS] = miss
                        calls[whom, c.CALL_MISSES] += 1
                        calls[whom, c.CALL_AGENT] = -1
                        counts[queue, calls[whom, c.CALL_INTERVAL], c.OFFERS_MISSED] += 1
                        agents[freed, c.AGENT_IDLE_SINCE] = now
                        agents[freed, c.AGENT_MISSES] += 1
                        tired = must_rest(agents[freed, c.AGENT_MISSES], centre[c.MISSES_ALLOWED])
                        if tired and agents[freed, c.AGENT_WISH] == c.NO_WISH:
                            agents[freed, c.AGENT_WISH] = c.NOT_READY
                            back_at = now + centre[c.COMES_BACK_MS]
                            agents[freed, c.AGENT_COMES_BACK_AT] = back_at
                            h.put(keys, whats, centre, back_at, h.WORLD, h.COMES_BACK, freed)
                        free(agents, groups, times, centre, new, freed)
                        if calls[whom, c.CALL_OVERDUE] != 0:
                            _end_wait(calls, queues, centre, counts, waits, waits_by_interval, queue, whom, c.RELEASED)
                        else:
                            calls[whom, c.CALL_FATE] = c.WAITING
                            stand(calls, lines, rows, kinds, queues, centre, whom)
                            new[0, centre[c.NEW_CALLS]] = whom
                            centre[c.NEW_CALLS] += 1
                    else:
                        withdraw(calls, lines, rows, kinds, queues, centre, whom)
                        if what == h.STARVES:
                            calls[whom, c.CALL_STARVING] = 1
                        else:
                            first, last = queues[queue, c.QUEUE_STEPS_FROM], queues[queue, c.QUEUE_STEPS_TO]
                            waited = now - calls[whom, c.CALL_AT]
                            if steps_open(waited, lists, first, last) > calls[whom, c.CALL_STEPS]:
                                row = kinds[calls[whom, c.CALL_KIND], c.KIND_ROW]
                                steps = _steps(rows, lists, ranks, groups, scratch, first, last, row, waited)
                                calls[whom, c.CALL_STEPS] = steps
                                if steps < last - first:
                                    due = calls[whom, c.CALL_AT] + lists[first + steps]
                                    h.put(keys, whats, centre, due, h.STEP, h.STEP_DUE, whom)
                        if waiting:
                            stand(calls, lines, rows, kinds, queues, centre, whom)
                            new[0, centre[c.NEW_CALLS]] = whom
                            centre[c.NEW_CALLS] += 1
                # All timers and steps of one instant happen before anybody is matched.
                matching = not (timer and h.next_time(keys, whats, centre) == now and h.next_is_timer(keys, centre))

            # Offers and answers, until no idle agent may take a waiting call.
            while True:
                if offered >= 0:
                    step_out(agents, groups, agent)
                    agents[agent, c.AGENT_CALL] = offered
                    agents[agent, c.AGENT_COMES_BACK_AT] = -1
                    calls[offered, c.CALL_AGENT] = agent
                    if calls[offered, c.CALL_MISSES_TO_COME] > calls[offered, c.CALL_MISSES]:
                        queue = kinds[calls[offered, c.CALL_KIND], c.KIND_QUEUE]
                        due = now + queues[queue, c.QUEUE_RING_MS]
                        h.put(keys, whats, centre, due, h.WORLD, h.RINGS_OUT, offered)
                    elif calls[offered, c.CALL_ANSWER_DELAY] > 0:
                        due = now + calls[offered, c.CALL_ANSWER_DELAY]
                        h.put(keys, whats, centre, due, h.WORLD, h.ACCEPT, offered)
                    else:
                        answered = offered
                    if answered < 0:
                        calls[offered, c.CALL_FATE] = c.OFFERED
                        become(agents, groups, times, centre, agent, c.RINGS)
                if answered >= 0:
                    kind, agent = c.wide(calls[answered, c.CALL_KIND]), c.wide(calls[answered, c.CALL_AGENT])
                    queue, interval = kinds[kind, c.KIND_QUEUE], calls[answered, c.CALL_INTERVAL]
                    _end_wait(calls, queues, centre, counts, waits, waits_by_interval, queue, answered, c.TALKING)
                    agents[agent, c.AGENT_MISSES] = 0
                    agents[agent, c.AGENT_IDLE_MS] = 0
                    become(agents, groups, times, centre, agent, c.TALKS)
                    times[agents[agent, c.AGENT_GROUP], interval, c.GROUP_ANSWERED] += 1
                    talk = round(calls[answered, c.CALL_TALK] * pace[kind, agent])
                    wrap_up = round(calls[answered, c.CALL_WRAP_UP] * pace[kind, agent])
                    most = queues[queue, c.QUEUE_WRAP_UP_MS]
                    counts[queue, interval, c.TALK_MS] += talk
                    counts[queue, interval, c.WRAP_UP_MS] += most if 0 <= most < wrap_up else wrap_up
                    h.put(keys, whats, centre, now + talk, h.WORLD, h.TALK_OVER, answered)
                    answered = -1
                offered = -1
                if not matching:
                    break
                if centre[c.NEW_CALLS] == 0 and centre[c.NEW_AGENTS] <= 1:
                    # The usual case: one agent is free, or nobody.
                    if centre[c.NEW_AGENTS] == 0 or centre[c.ALL_WAITING] == 0:
                        centre[c.NEW_AGENTS] = 0
                        break
                    centre[c.NEW_AGENTS] = 0
                    agent = new[1, 0]
                    if agents[agent, c.AGENT_IN_LINE] != 0:
                        offered = call_for(groups, lists, lines, scratch, agents[agent, c.AGENT_GROUP])
                else:
                    for at in range(centre[c.NEW_CALLS]):
                        call = new[0, at]
                        if calls[call, c.CALL_FATE] == c.WAITING:
                            row = kinds[calls[call, c.CALL_KIND], c.KIND_ROW] + calls[call, c.CALL_STEPS]
                            if agent_for(calls, agents, missed, rows, lists, ranks, groups, scratch, row, call) >= 0:
                                offered = first_of(calls, kinds, rows, centre, scratch, offered, call)
                    for at in range(centre[c.NEW_AGENTS]):
                        agent = new[1, at]
                        if agents[agent, c.AGENT_IN_LINE] != 0:
                            call = call_for(groups, lists, lines, scratch, agents[agent, c.AGENT_GROUP])
                            if call >= 0:
                                offered = first_of(calls, kinds, rows, centre, scratch, offered, call)
                    if offered >= 0:
                        row = kinds[calls[offered, c.CALL_KIND], c.KIND_ROW] + calls[offered, c.CALL_STEPS]
                        agent = agent_for(calls, agents, missed, rows, lists, ranks, groups, scratch, row, offered)
                    else:
                        centre[c.NEW_CALLS] = centre[c.NEW_AGENTS] = 0
                if offered < 0:
                    break
                group = agents[agent, c.AGENT_GROUP]
                if groups[c.GROUP_RANKS, group] != 0:
                    offered = preferred(
                        calls, missed, kinds, groups, group_ranks, lists, lines, scratch, group, offered, agent
                    )
                withdraw(calls, lines, rows, kinds, queues, centre, offered)
        _pass_time(groups, queues, centre, times, counts, max(end, centre[c.NOW]))

    return run


_run = _entry(DIGEST)


def simulate(rules: Rules, calls: Ints32) -> Book:
    """What becomes of ``calls`` (which the result holds, filled in)."""
    intervals, queues, groups = rules.centre[c.INTERVALS], len(rules.queues), rules.groups.shape[1]
    lines = np.full((c.LINE_CELLS, 2 * len(rules.rows)), -1, np.int64)
    misses = c.wide(calls[:, c.CALL_MISSES_TO_COME].sum(dtype=np.int64)) + 1
    room = 4 * len(calls) + len(rules.agents) + misses + 2
    book = Book(
        calls=calls,
        counts=np.zeros((queues, intervals + 1, c.COUNT_CELLS), np.int64),
        times=np.zeros((groups, intervals + 1, c.TIME_CELLS), np.int64),
        waits=np.zeros((queues, BINS), np.int64),
        waits_by_interval=np.zeros((queues, intervals + 1, BINS), np.int32),
    )
    _run(
        calls,
        rules.rows,
        rules.kinds,
        rules.queues.copy(),
        rules.groups.copy(),
        rules.agents.copy(),
        rules.ranks,
        rules.group_ranks,
        rules.lists,
        np.zeros((misses, 2), np.int64),
        rules.pace,
        rules.duties,
        rules.centre.copy(),
        lines,
        np.zeros((5, groups + len(lines[0]) + len(rules.agents) + 2), np.int64),
        np.zeros((2, len(calls) + len(rules.agents) + 1), np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        book.counts,
        book.times,
        book.waits,
        book.waits_by_interval,
    )
    return book
