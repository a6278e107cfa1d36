"""The loop: calls, duties and events in order of time, until the last caller is gone.

What happens to a call is that of :mod:`acd.calls`, what callers do that of :mod:`centre.virtual`.
"""

from __future__ import annotations

import numpy as np

from simulator.planner import cells as c
from simulator.planner import heap as h
from simulator.planner.bins import BINS
from simulator.planner.further_calls import Calls
from simulator.planner.jitted import compiled, entry
from simulator.planner.lengths import book_length
from simulator.planner.lines import withdraw
from simulator.planner.matching import next_match
from simulator.planner.people import change_duty, come_on, enter_state, leave_state
from simulator.planner.service import answer, end_talk, end_wrap_up, offer, pick_up, reach, ring_out
from simulator.planner.tables import Book, Ints, Ints32, Rules, Tables, shallow
from simulator.planner.waiting import (
    change_line,
    come_into_line,
    enter,
    give_up,
    leave,
    look_for_staff,
    reach_limit,
)

_NEVER = 1 << 60
_ENTERS = -2
_EVENTS_MOST = 12
"""So many events of one stay in a queue may be due, besides those that come with each missed offer."""
_TURNS_MOST = 4
"""So often one call may be put into line in one instant before anybody is matched: as it starves, by a step, as more
agents take it, as its customer may be dialled."""


@compiled
def _pass_time(t: Tables, now: int) -> None:
    """It is ``now``; intervals that have begun meanwhile begin."""
    while now >= t.centre[c.NEXT_INTERVAL_AT]:
        at = t.centre[c.NEXT_INTERVAL_AT]
        for agent in range(len(t.agents)):
            leave_state(t, agent, at)
        for length in range(len(t.lengths)):
            book_length(t, length, at)
        begun = t.centre[c.INTERVALS_BEGUN]
        t.centre[c.INTERVALS_BEGUN] = begun + 1
        t.centre[c.INTERVAL] = begun
        for agent in range(len(t.agents)):
            enter_state(t, agent, at)
        t.centre[c.NEXT_INTERVAL_AT] = at + t.centre[c.INTERVAL_MS] if begun < t.centre[c.INTERVALS] else _NEVER
    t.centre[c.NOW] = now


@compiled
def _happen(t: Tables) -> int:
    """The next event happens. Returns the call that its agent answers with it; -1: none; ``_ENTERS`` or below: that the
    call so far below it enters its queue."""
    what, whom = h.take(t)
    if what == h.TALK_OVER:
        end_talk(t, whom)
    elif t.has.wrap_up and what == h.WRAPPED_UP:
        end_wrap_up(t, whom)
    elif t.has.late and what == h.ENTERS:
        t.centre[c.TO_ENTER] -= 1
        return _ENTERS - whom
    elif t.has.misses and what == h.COMES_BACK:
        if t.agents[whom, c.AGENT_COMES_BACK_AT] == t.centre[c.NOW] and t.agents[whom, c.AGENT_DUTY] == c.READY:
            come_on(t, whom)
    else:
        return _happen_to_call(t, what, whom)
    return -1


@compiled
def _happen_to_call(t: Tables, what: int, whom: int) -> int:
    """The same for what is about a call that has entered: of one that no longer waits, or is in another queue by now,
    it is late news."""
    if t.has.spills and h.is_of_stay(what):
        if not h.stays(t, whom):
            return -1
        whom = h.call_of(whom)
    fate = t.calls[whom, c.CALL_FATE]
    if fate == c.WAITING or fate == c.OFFERED or (t.has.callbacks and fate == c.ASIDE):  # noqa: PLR1714
        queue = t.kinds[t.calls[whom, c.CALL_KIND], c.KIND_QUEUE]
        if t.has.rings and what == h.ACCEPT:
            return pick_up(t, queue, whom)
        if what == h.PATIENCE_OVER:
            give_up(t, queue, whom)
        elif t.has.wait_limits and what == h.MAX_WAIT:
            reach_limit(t, queue, whom)
        elif t.has.unstaffed and what == h.LOOK_FOR_STAFF:
            look_for_staff(t, queue, whom)
        elif t.has.misses and what == h.RINGS_OUT:
            ring_out(t, queue, whom)
        elif t.has.leaves and what == h.LEAVES:
            leave(t, queue, whom)
        elif t.has.callbacks and what == h.BACK_DUE:
            come_into_line(t, queue, whom, t.centre[c.NOW])
        elif t.has.callbacks and what == h.DIALLED:
            return reach(t, queue, whom)
        elif t.has.starvation or t.has.steps or t.has.delays:  # and spills, which steps do
            change_line(t, queue, whom, what)
    return -1


@compiled
def _settle(t: Tables, offered: int, agent: int, answered: int, matching: bool) -> None:
    """The call ``offered`` to ``agent``, and the call ``answered`` (-1: none); then, if there is ``matching``, offers
    and answers until no idle agent may take a waiting call."""
    while True:
        if offered >= 0 and offer(t, offered, agent):
            answered = offered
        if answered >= 0:
            answer(t, answered)
            answered = -1
        if not matching:
            return
        offered, agent = next_match(t)
        if offered < 0:
            return
        withdraw(t, offered)


@entry
def _run(t: Tables) -> None:  # noqa: PLR0912 - one loop over all that happens
    """From the first call to the last."""
    end = t.centre[c.COUNTED_FROM_MS] + t.centre[c.INTERVALS] * t.centre[c.INTERVAL_MS]
    t.centre[c.INTERVAL] = t.centre[c.INTERVALS]
    t.centre[c.NEXT_INTERVAL_AT] = t.centre[c.COUNTED_FROM_MS]
    coming, change, drawn = 0, 0, t.centre[c.DRAWN]
    while True:
        call_at = t.calls[coming, c.CALL_AT] if coming < drawn else _NEVER
        duty_at = t.duties[change, c.DUTY_AT] if change < len(t.duties) else _NEVER
        event_at = h.next_time(t)
        now = call_at
        if duty_at < now:  # noqa: PLR1730 - numba compiles “min” and “max” apart, which takes as long as a module
            now = duty_at
        if 0 <= event_at < now:
            now = event_at
        over = coming == drawn and t.centre[c.ALL_PRESENT] + t.centre[c.TO_ENTER] == 0 and now >= end
        if over or now > t.centre[c.STOP_MS]:
            break
        if now >= t.centre[c.NEXT_INTERVAL_AT]:
            _pass_time(t, now)
        t.centre[c.NOW] = now
        offered, agent, answered, entering = -1, -1, -1, -1
        matching = True
        if duty_at == now:
            change_duty(t, t.duties[change, c.DUTY_AGENT], t.duties[change, c.DUTY_IS])
            change += 1
        elif call_at == now:
            entering = coming
            coming += 1
        else:
            timer = t.has.timers and h.next_is_timer(t)
            answered = _happen(t)
            if t.has.late and answered <= _ENTERS:
                entering, answered = _ENTERS - answered, -1
            # All timers and steps of one instant happen before anybody is matched.
            if t.has.timers:
                matching = not (timer and h.next_time(t) == now and h.next_is_timer(t))
        if entering >= 0:
            agent = enter(t, entering)
            offered = entering
            if agent < 0:
                continue
            matching = False
        _settle(t, offered, agent, answered, matching)
    if t.centre[c.NOW] > end:  # noqa: PLR1730
        end = t.centre[c.NOW]
    _pass_time(t, end)


def _spilled(rules: Rules, given: Calls) -> Ints:
    """Where calls spill: nothing has yet, and how long they would talk elsewhere."""
    talks = given.talks
    if not rules.has.spills:
        return np.zeros((0, c.SPILLED_TALKS), np.int64)
    table = np.zeros((len(given.table), c.SPILLED_TALKS + talks.shape[1]), np.int64)
    table[: len(talks), c.SPILLED_TALKS :] = talks
    return table


def _backs(rules: Rules, given: Calls) -> Ints:
    """Who leaves a queue alone, and is called back."""
    if len(given.backs) or not (rules.has.leaves or rules.has.callbacks):
        return given.backs.copy()
    return np.zeros((len(given.table), c.BACK_DRAWN), np.int64)


def _later_misses(rules: Rules, given: Calls) -> int:
    """How many agents let ring in vain before the second attempt to reach a customer, and the later ones."""
    if not len(given.backs):
        return 0
    is_back = rules.kinds[given.table[:, c.CALL_KIND], c.KIND_CALLBACK] != 0
    from_second = c.BACK_DRAWN + c.OF_AN_ATTEMPT + c.ATTEMPT_MISSES
    return int(given.backs[is_back, from_second :: c.OF_AN_ATTEMPT].sum())


def no_waits(rules: Rules) -> Ints32:
    """A table in which the waits of many replications can be counted: [tally, interval, bin]."""
    return np.zeros((len(rules.subjects.tallies), rules.centre[c.INTERVALS] + 1, BINS), np.int32)


def simulate(rules: Rules, given: Calls, waits_by_interval: Ints32 | None = None) -> Book:
    """What becomes of the calls (which the result holds, filled in). Adds to ``waits_by_interval``, if there is one."""
    calls, intervals, groups = given.table, rules.centre[c.INTERVALS], len(rules.groups[0])
    tallies, lengths = len(rules.subjects.tallies), rules.subjects.lengths
    misses = calls[:, c.CALL_MISSES_TO_COME].sum(dtype=np.int64) + _later_misses(rules, given) + 1
    lines, agents = 2 * len(rules.rows), len(rules.agents)
    # As much as there may ever be, for what is never used costs nothing.
    room = _EVENTS_MOST * (1 + len(rules.spills)) * len(calls) + agents + misses + 2
    t = Tables(
        **(shallow(rules) | {name: table.copy() for name, table in rules.tables()}),
        calls=calls,
        later=given.later if len(given.later) or not rules.has.further else np.full((len(calls), 3), -1, np.int64),
        spilled=_spilled(rules, given),
        backs=_backs(rules, given),
        missed=np.zeros((misses, 2), np.int64),
        lines=np.full((c.LINE_CELLS, lines), -1, np.int64),
        lots=np.zeros(agents + 1, np.int64),
        scratch=np.zeros((5, groups + lines + agents + 2), np.int64),
        new=np.empty((2, _TURNS_MOST * len(calls) + agents + 1), np.int64),
        keys=np.empty(room, np.int64),
        whats=np.empty(room, np.int64),
        counts=np.zeros((tallies, intervals + 1, c.COUNT_CELLS), np.int64),
        times=np.zeros((groups, intervals + 1, c.TIME_CELLS), np.int64),
        waits=np.zeros((tallies, BINS), np.int64),
        lengths=np.zeros((lengths, c.LENGTH_CELLS), np.int64),
        crowds=np.zeros((lengths, intervals + 1, c.CROWD_CELLS), np.int64),
        moves=np.zeros((len(rules.subjects.moves), intervals + 1), np.int64),
        waits_by_interval=no_waits(rules) if waits_by_interval is None else waits_by_interval,
    )
    t.centre[c.DRAWN] = given.drawn
    _run(t)
    return t
