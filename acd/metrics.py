"""The counters of :mod:`acd.counters` by intervals, derived from the effects of the core alone.

A call's figures belong to the interval in which it *entered its first queue*, whenever it was answered or gave up:
so the service level of 10:00–10:15 is about the callers of 10:00–10:15. Conversations (:class:`Handled`) and the
time of agents belong to the interval in which they happened; a state that spans a boundary is cut there. A queue's
figures are about the calls that ended in it; a call that overflowed counts where it came (``moved_on``) and where it
went (``queued``).

Callbacks have figures of their own and are in no other but those of conversations: who does not have to wait on the
line has no part in a service level. One that is booked belongs to the interval for which it is booked.

A skill has the same figures as a queue, over the calls that asked for it on coming into their queue, whichever that
was; and those of agents, over all who hold it now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acd.counters import AgentCounters, QueueCounters, add_up, by_length
from acd.effects import (
    OWN_CALL,
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Effect,
    Exit,
    Handled,
    OfferEnd,
    OfferEnded,
    Queued,
    Released,
)
from acd.setup import AgentSetup, QueueSetup

_SPENT_ON = {
    AgentState.NOT_READY: "not_ready_ms",
    AgentState.READY: "ready_ms",
    AgentState.OFFERED: "offered_ms",
    AgentState.TALKING: "talk_ms",
    AgentState.HOLD: "hold_ms",
    AgentState.WRAP_UP: "wrap_up_ms",
}

_MISSES = frozenset({OfferEnd.NO_ANSWER, OfferEnd.BUSY, OfferEnd.UNREACHABLE})


class Metrics:
    """Counters by interval. Intervals begin at whole multiples of ``interval_ms`` since the Unix epoch."""

    def __init__(
        self, interval_ms: int = 900_000, queues: Iterable[QueueSetup] = (), agents: Iterable[AgentSetup] = ()
    ) -> None:
        """``queues`` give the thresholds of service level and short abandon; those of an unknown queue are the
        defaults of :class:`QueueSetup`. ``agents`` say who holds which skill."""
        if interval_ms <= 0:
            raise ValueError("an interval lasts at least one millisecond")
        self.interval_ms = interval_ms
        self._setups = {queue.id: queue for queue in queues}
        self._holders: dict[str, list[str]] = {}
        self._queues: dict[str, dict[int, QueueCounters]] = {}
        self._skills: dict[str, dict[int, QueueCounters]] = {}
        self._agents: dict[str, dict[int, AgentCounters]] = {}
        self._where: dict[str, tuple[str, int]] = {}
        """Waiting call to its queue and interval."""
        self._callbacks: dict[str, QueueCounters] = {}
        """Open callback to the counters of its queue and interval."""
        self._asked: dict[str, tuple[str, ...]] = {}
        """Call, until the end of its wrap-up, to the skills that it asked for."""
        self._states: dict[str, tuple[AgentState, str, int]] = {}
        """Agent to state, reason and the time up to which it is booked."""
        self._hold(agents)

    def note(self, effect: Effect, at: int) -> None:
        """Counts one effect that happened at ``at`` (Unix milliseconds). Effects come in the order of the core."""
        counted = _COUNTED.get(type(effect))
        if counted is not None:
            counted(self, effect, at)

    def _note_agent(self, effect: AgentChanged, at: int) -> None:
        self._book(effect.agent, at)
        self._states[effect.agent] = (effect.state, effect.reason, at)

    def _note_queued(self, effect: Queued, at: int) -> None:
        if effect.callback:
            self._note_callback(effect, at)
            return
        interval = self._interval(effect.waiting_since)
        if effect.call in self._where:
            self._move_on(effect.call)
        self._where[effect.call] = (effect.queue, interval)
        self._asked[effect.call] = effect.skills
        for counters in self._of(effect.call, effect.queue, interval):
            counters.queued += 1

    def _note_handled(self, effect: Handled, at: int) -> None:
        interval = self._interval(at)
        for counters in self._of(effect.call, effect.queue, interval):
            counters.handled += 1
            counters.talk_ms += effect.talk_ms
            counters.hold_ms += effect.hold_ms
            counters.wrap_up_ms += effect.wrap_up_ms
        self._asked.pop(effect.call, None)
        self._agent(effect.agent, interval).handled += 1

    def _note_offer_ended(self, effect: OfferEnded, at: int) -> None:
        agent = self._agent(effect.agent, self._interval(at))
        agent.missed += effect.how in _MISSES
        agent.declined += effect.how is OfferEnd.DECLINED

    def reconfigure(self, queues: Iterable[QueueSetup], agents: Iterable[AgentSetup]) -> None:
        """From now on these are the thresholds, and these the holders of skills; what was counted stays so."""
        self._setups |= {queue.id: queue for queue in queues}
        self._holders.clear()
        self._hold(agents)

    def book_until(self, at: int) -> None:
        """Books the agents' present states up to ``at``; without it they count when they end."""
        for agent in self._states:
            self._book(agent, at)

    def queue(self, queue: str, start: int, end: int | None = None) -> QueueCounters:
        """The sum over the intervals of ``queue`` that begin at or after ``start`` and before ``end``.

        For “today”, ``start`` is the site's last midnight; it should be a boundary of intervals.
        """
        return add_up(QueueCounters(), self._queues.get(queue, {}), start, end)

    def agent(self, agent: str, start: int, end: int | None = None) -> AgentCounters:
        """The sum over the intervals of ``agent`` that begin at or after ``start`` and before ``end``."""
        return add_up(AgentCounters(), self._agents.get(agent, {}), start, end)

    def skill(self, skill: str, start: int, end: int | None = None) -> QueueCounters:
        """The calls that asked for ``skill``, likewise."""
        return add_up(QueueCounters(), self._skills.get(skill, {}), start, end)

    def holders(self, skill: str, start: int, end: int | None = None) -> AgentCounters:
        """The agents who hold ``skill`` at any level, all their work taken together, likewise."""
        total = AgentCounters()
        for agent in self._holders.get(skill, ()):
            add_up(total, self._agents.get(agent, {}), start, end)
        return total

    def queue_intervals(self, queue: str, intervals: int = 1) -> list[tuple[int, QueueCounters]]:
        """The figures of ``queue`` by so many intervals at a time (2: half hours, where one is a quarter), with their
        beginnings, in order of time; those in which nothing was counted are left out."""
        return by_length(QueueCounters, self._queues.get(queue, {}), intervals * self.interval_ms)

    def agent_intervals(self, agent: str, intervals: int = 1) -> list[tuple[int, AgentCounters]]:
        """The work of ``agent``, likewise."""
        return by_length(AgentCounters, self._agents.get(agent, {}), intervals * self.interval_ms)

    def forget(self, before: int) -> None:
        """Drops the intervals that begin before ``before``."""
        tables: tuple[dict[int, Any], ...] = (*self._queues.values(), *self._skills.values(), *self._agents.values())
        for table in tables:
            for start in [start for start in table if start < before]:
                del table[start]

    def _note_ended(self, effect: Answered | Abandoned, at: int) -> None:
        if effect.callback:
            self._note_callback(effect, at)
            return
        self._where.pop(effect.call, None)
        answered, waited_ms, setup = isinstance(effect, Answered), effect.waited_ms, self._setup(effect.queue)
        for counters in self._of(effect.call, effect.queue, self._interval(at - waited_ms)):
            counters.max_wait_ms = max(counters.max_wait_ms, waited_ms)
            if answered:
                counters.answered += 1
                counters.answered_wait_ms += waited_ms
                counters.answered_within += waited_ms <= setup.threshold_ms
            else:
                counters.abandoned += 1
                counters.abandoned_within += waited_ms <= setup.threshold_ms
                counters.short_abandoned += waited_ms <= setup.short_abandon_ms
        if isinstance(effect, Answered):
            self._agent(effect.agent, self._interval(at)).answered += 1
        else:
            self._asked.pop(effect.call, None)

    def _note_callback(self, effect: Queued | Answered | Abandoned | Released, at: int) -> None:
        counters = self._callbacks.pop(effect.call, None)
        if not isinstance(effect, Answered):
            self._asked.pop(effect.call, None)
        match effect:
            case Queued():
                if counters is not None:
                    counters.callbacks_dropped += 1
                self._asked[effect.call] = effect.skills
                counters = _counters_in(self._queues, effect.queue, self._interval(effect.waiting_since))
                counters.callbacks += 1
                self._callbacks[effect.call] = counters
            case Answered() if counters is not None:
                counters.callbacks_connected += 1
                counters.callback_wait_ms += effect.waited_ms
                self._agent(effect.agent, self._interval(at)).answered += 1
            case Abandoned() if counters is not None:
                counters.callbacks_dropped += 1
            case Released() if counters is not None:
                failed = effect.why in (Exit.CALLBACK_FAILED, Exit.TIMEOUT)
                counters.callbacks_failed += failed
                counters.callbacks_dropped += not failed
            case _:
                pass  # refused on entering: it never was a callback

    def _note_released(self, effect: Released, at: int) -> None:
        if effect.callback:
            self._note_callback(effect, at)
            return
        interval = self._interval(at - effect.waited_ms)
        waited = self._where.get(effect.call, ("",))[0] == effect.queue
        if waited:
            del self._where[effect.call]
        else:
            self._move_on(effect.call)
            self._asked.pop(effect.call, None)
        for counters in self._of(effect.call, effect.queue, interval):
            counters.released += waited
            counters.refused += not waited
            counters.exits[effect.why] = counters.exits.get(effect.why, 0) + 1
        self._asked.pop(effect.call, None)

    def _move_on(self, call: str) -> None:
        where = self._where.pop(call, None)
        if where is not None:
            for counters in self._of(call, *where):
                counters.moved_on += 1

    def _of(self, call: str, queue: str, interval: int) -> list[QueueCounters]:
        """The counters that a call in ``queue`` counts for: those of the queue and of the skills it asked for."""
        found = [_counters_in(self._queues, queue, interval)]
        for skill in self._asked.get(call, ()):
            found.append(_counters_in(self._skills, skill, interval))  # noqa: PERF401 - several times a call
        return found

    def _hold(self, agents: Iterable[AgentSetup]) -> None:
        for agent in agents:
            for skill, level in agent.skills.items():
                if level > 0:
                    self._holders.setdefault(skill, []).append(agent.id)

    def _book(self, agent: str, at: int) -> None:
        known = self._states.get(agent)
        if known is None:
            return
        state, reason, since = known
        name = _SPENT_ON.get(state)
        if name is not None:
            while since < at:
                interval = since - since % self.interval_ms
                until = min(at, interval + self.interval_ms)
                counters = self._agent(agent, interval)
                setattr(counters, name, getattr(counters, name) + until - since)
                if reason == OWN_CALL:
                    counters.own_call_ms += until - since
                since = until
        self._states[agent] = (state, reason, max(since, at))

    def _interval(self, at: int) -> int:
        return at - at % self.interval_ms

    def _setup(self, queue: str) -> QueueSetup:
        if queue not in self._setups:
            self._setups[queue] = QueueSetup(id=queue)
        return self._setups[queue]

    def _agent(self, agent: str, interval: int) -> AgentCounters:
        table = self._agents.get(agent)
        if table is None:
            table = self._agents[agent] = {}
        counters = table.get(interval)
        if counters is None:
            counters = table[interval] = AgentCounters()
        return counters


def _counters_in(tables: dict[str, dict[int, QueueCounters]], name: str, interval: int) -> QueueCounters:
    """Those of a queue or skill in an interval, made where there are none."""
    table = tables.get(name)
    if table is None:
        table = tables[name] = {}
    counters = table.get(interval)
    if counters is None:
        counters = table[interval] = QueueCounters()
    return counters


_COUNTED: Mapping[type, Callable[[Metrics, Any, int], None]] = {
    AgentChanged: Metrics._note_agent,
    Queued: Metrics._note_queued,
    Answered: Metrics._note_ended,
    Abandoned: Metrics._note_ended,
    Released: Metrics._note_released,
    Handled: Metrics._note_handled,
    OfferEnded: Metrics._note_offer_ended,
}
