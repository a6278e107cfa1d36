"""Counts what happens in one simulated day, effect by effect; what is counted is in :mod:`simulator.sums`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from acd.counters import AgentCounters
from acd.effects import Exit
from acd.groups import wanted
from acd.metrics import Metrics
from acd.requirement import is_met, parse
from acd.setup import QueueSetup
from centre.effects import Abandoned, Answered, Effect, Handled, Queued, Released, Wait
from config.site import Site
from simulator.sums import COUNTED, DAY, Figures, Key, Sums, groups_of

METRICS_INTERVAL_MS = 900_000
"""Agents' time is counted by the centre itself, in these intervals; ours are multiples of them."""


class _Level:
    """How many callers wait for something, over time."""

    __slots__ = ("since", "value")

    def __init__(self, at: int) -> None:
        self.value = 0
        self.since = at


class Tally:
    """Sees every effect of a day between ``start`` and ``end`` (Unix milliseconds)."""

    def __init__(self, site: Site, start: int, end: int, interval_ms: int) -> None:
        """``interval_ms`` is a multiple of a quarter of an hour. What was before ``start`` only warms up."""
        assert interval_ms % METRICS_INTERVAL_MS == 0
        self._queues = {queue.id: queue for queue in site.acd.queues}
        self._agents = site.acd.agents
        self._start = start
        self._end = end
        self._interval_ms = interval_ms
        self._sums: dict[Key, Sums] = {}
        self._levels: dict[tuple[str, str], _Level] = {}
        self._needs: dict[str, tuple[str, ...]] = {}
        self._skills: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, str], ...]] = {}
        self._waiting: dict[str, tuple[int, tuple[tuple[str, str], ...]]] = {}
        """Call to the time it waits since, and what it counts for."""
        self._talking: dict[str, list[Sums]] = {}
        """Call to what its conversation counts for."""
        for queue in self._queues:
            for kind, name in self._keys(queue, ()):
                self._sums[Key(kind, name)] = Sums()

    def see(self, effect: Effect, at: int) -> None:
        """One effect at ``at`` (Unix milliseconds); only those of the kinds in :data:`SEEN` count."""
        seen = SEEN.get(type(effect))
        if seen is not None:
            seen(self, effect, at)

    def figures(self, metrics: Metrics) -> Figures:
        """All figures, with the agents' time from the centre's own counters."""
        for (kind, name), level in self._levels.items():
            self._spend(kind, name, level, self._end)
        for key, sums in self._sums.items():
            sums.span_ms = self._span(key.interval)
        group_of = {agent: group for group, agents in groups_of(self._agents).items() for agent in agents}
        skills = [name for kind, name in dict.fromkeys((key.kind, key.name) for key in self._sums) if kind == "skill"]
        for agent in self._agents:
            queues = (queue.id for queue in self._queues.values() if is_met(queue.needs, agent.skills))
            held = (skill for skill in skills if agent.skills.get(skill, 0) > 0)
            able = [("all", ""), *(("queue", queue) for queue in queues), *(("skill", skill) for skill in held)]
            self._work(agent.id, group_of[agent.id], able, metrics)
        return {
            key: (tuple(getattr(sums, name) for name in COUNTED), np.array(sums.waits, np.int32))
            for key, sums in self._sums.items()
        }

    def _span(self, interval: int) -> int:
        whole = self._end - self._start
        return whole if interval == DAY else min(self._interval_ms, whole - interval)

    def _queue(self, queue: str) -> QueueSetup:
        return self._queues[queue]

    def _answer(self, effect: Answered, at: int) -> None:
        if effect.callback:
            self._call_back(effect, at)
            return
        threshold_ms = self._queue(effect.queue).threshold_ms
        self._talking[effect.call] = self._leave(effect.call, effect.waited_ms, at)
        for sums in self._talking[effect.call]:
            sums.answered += 1
            sums.answered_within += effect.waited_ms <= threshold_ms
            sums.answered_wait_ms += effect.waited_ms
            sums.max_wait_ms = max(sums.max_wait_ms, effect.waited_ms)
            sums.waits.append(effect.waited_ms)

    def _handle(self, effect: Handled, _: int) -> None:
        for sums in self._talking.pop(effect.call, ()):
            sums.handled += 1
            sums.handling_ms += effect.talk_ms + effect.hold_ms + effect.wrap_up_ms

    def _abandon(self, effect: Abandoned, at: int) -> None:
        if effect.callback:
            return  # the customer was reached, and did not wait for the agent
        queue = self._queue(effect.queue)
        for sums in self._leave(effect.call, effect.waited_ms, at):
            sums.abandoned += 1
            sums.max_wait_ms = max(sums.max_wait_ms, effect.waited_ms)
            sums.abandoned_within += effect.waited_ms <= queue.threshold_ms
            sums.short_abandoned += effect.waited_ms <= queue.short_abandon_ms

    def _release(self, effect: Released, at: int) -> None:
        if effect.callback:
            self._call_back(effect, at)
            return
        if effect.call in self._waiting:
            for sums in self._leave(effect.call, effect.waited_ms, at):
                sums.released += 1
            return
        needs = self._needs.pop(effect.call, ())
        for kind, name in self._keys(effect.queue, needs) if effect.queue in self._queues else ():
            for sums in self._of(kind, name, at - effect.waited_ms):
                sums.refused += 1

    def _call_back(self, effect: Queued | Answered | Released, at: int) -> None:
        since = effect.waiting_since if isinstance(effect, Queued) else at - effect.waited_ms
        for kind, name in self._keys(effect.queue, ()) if effect.queue in self._queues else ():
            for sums in self._of(kind, name, since):
                if isinstance(effect, Queued):
                    sums.callbacks += 1
                elif isinstance(effect, Answered):
                    sums.callbacks_connected += 1
                    sums.callback_wait_ms += effect.waited_ms
                else:
                    sums.callbacks_failed += effect.why is Exit.CALLBACK_FAILED

    def _wait(self, effect: Wait, at: int) -> None:
        """What the call needs is known now: mostly before it is in its queue; where callers hear music at once, after
        that, in the same instant."""
        self._needs[effect.call] = effect.needs
        if effect.call in self._waiting:
            self._enter(effect, at)

    def _come(self, effect: Queued, at: int) -> None:
        if effect.callback:
            self._call_back(effect, at)
        else:
            self._enter(effect, at)

    def _enter(self, effect: Queued | Wait, at: int) -> None:
        keys = self._keys(effect.queue, self._needs.get(effect.call, ()))
        _, before = self._waiting.pop(effect.call, (0, ()))
        for kind, name in before:
            if (kind, name) not in keys:
                self._change(kind, name, at, -1)
                for sums in self._of(kind, name, effect.waiting_since):
                    sums.moved_on += 1
        for kind, name in keys:
            if (kind, name) not in before:
                self._change(kind, name, at, 1)
                for sums in self._of(kind, name, effect.waiting_since):
                    sums.queued += 1
        self._waiting[effect.call] = (effect.waiting_since, keys)

    def _leave(self, call: str, waited_ms: int, at: int) -> list[Sums]:
        """Everything that the call counts for, now that it waits no longer; nothing for one that never was queued."""
        self._needs.pop(call, None)
        since, keys = self._waiting.pop(call, (0, ()))
        found: list[Sums] = []
        for kind, name in keys:
            self._change(kind, name, at, -1)
            found += self._of(kind, name, since)
        for sums in found:
            sums.waited_ms += waited_ms
        return found

    def _keys(self, queue: str, needs: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        if (queue, needs) not in self._skills:
            asked = [self._queues[queue].needs, *map(parse, needs)]
            skills = sorted({skill for one in asked for skill in wanted(one)})
            self._skills[queue, needs] = (("all", ""), ("queue", queue), *(("skill", skill) for skill in skills))
        return self._skills[queue, needs]

    def _of(self, kind: str, name: str, since: int) -> list[Sums]:
        """The day and the interval of a call that began to wait at ``since``; neither, if that was in the warm-up."""
        if not self._start <= since < self._end:
            return []
        offset = since - self._start
        return [self._sum(Key(kind, name)), self._sum(Key(kind, name, offset - offset % self._interval_ms))]

    def _sum(self, key: Key) -> Sums:
        if key not in self._sums:
            self._sums[key] = Sums()
        return self._sums[key]

    def _change(self, kind: str, name: str, at: int, by: int) -> None:
        level = self._levels.get((kind, name))
        if level is None:
            level = self._levels[kind, name] = _Level(self._start)
        self._spend(kind, name, level, at)
        level.value += by

    def _spend(self, kind: str, name: str, level: _Level, until: int) -> None:
        """Books the length of a queue from its last change on, cut at the borders of intervals."""
        until = min(until, self._end)
        since = max(level.since, self._start)
        while level.value and since < until:
            offset = since - self._start
            begin = offset - offset % self._interval_ms
            border = min(self._start + begin + self._interval_ms, until)
            for key in (Key(kind, name), Key(kind, name, begin)):
                sums = self._sum(key)
                sums.queue_ms += level.value * (border - since)
                sums.max_queue = max(sums.max_queue, level.value)
            since = border
        level.since = max(level.since, until)

    def _work(self, agent: str, group: str, able: Iterable[tuple[str, str]], metrics: Metrics) -> None:
        """``able``: the calls that the agent may take."""
        for begin in range(0, self._end - self._start, self._interval_ms):
            start = self._start + begin
            counted = metrics.agent(agent, start, min(start + self._interval_ms, self._end))
            busy = counted.offered_ms + counted.talk_ms + counted.hold_ms + counted.wrap_up_ms
            for kind, name in (("group", group), *able):
                for key in (Key(kind, name), Key(kind, name, begin)):
                    sums = self._sum(key)
                    sums.busy_ms += busy
                    sums.staffed_ms += busy + counted.ready_ms
                    if kind in ("group", "all"):
                        _add_states(sums, counted)
                    if kind == "group":
                        sums.answered += counted.answered


def _add_states(sums: Sums, counted: AgentCounters) -> None:
    sums.ringing_ms += counted.offered_ms
    sums.talking_ms += counted.talk_ms + counted.hold_ms
    sums.wrap_up_ms += counted.wrap_up_ms
    sums.ready_ms += counted.ready_ms
    sums.away_ms += counted.not_ready_ms


SEEN: Mapping[type, Callable[[Tally, Any, int], None]] = {
    Wait: Tally._wait,
    Queued: Tally._come,
    Answered: Tally._answer,
    Handled: Tally._handle,
    Abandoned: Tally._abandon,
    Released: Tally._release,
}
"""The kinds of effects that count, and how."""
