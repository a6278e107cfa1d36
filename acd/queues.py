"""The queues, and who is in them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import TYPE_CHECKING

from acd.requirement import Requirement
from acd.rules import steps_open
from acd.setup import AcdSetup, Order, QueueSetup, Spill

if TYPE_CHECKING:  # a call knows its queue, and a queue its calls
    from acd.state import CallRecord

INTERVAL_MS = 900_000
"""The interval of a queue's service level: the quarter of an hour by the clock."""


class QueueRecord:
    """A queue, its steps added up, and who is in it."""

    __slots__ = (
        "_ended",
        "_hours_until",
        "_interval",
        "_open",
        "_within",
        "after_ms",
        "callbacks",
        "calls",
        "closed",
        "delay_ms",
        "needs",
        "only_needs",
        "points",
        "points_per_minute",
        "setup",
        "spills",
        "waiting",
        "waiting_since",
    )

    def __init__(self, setup: QueueSetup, points_per_minute: int, delays: Mapping[int, int]) -> None:
        """Nobody is in it. What is said of it: see :meth:`govern`."""
        self.calls: dict[str, CallRecord] = {}
        """Waiting and offered calls, and callbacks."""
        self.callbacks = 0
        """How many of them are callbacks."""
        self.waiting = 0
        """How many of the others wait without a phone that rings for them."""
        self.waiting_since: list[tuple[int, int]] = []
        """Since when they wait, callbacks not among them, and their numbers: the oldest first."""
        self._interval = self._within = self._ended = 0
        self.govern(setup, points_per_minute, delays)

    def govern(self, setup: QueueSetup, points_per_minute: int, delays: Mapping[int, int]) -> None:
        """Puts the queue under these rules. To be called while nobody of it stands in a waiting line.

        ``delays``: how long a call must have waited to the mask of the groups that ask this of the queue's calls.
        """
        self.setup = setup
        self.points_per_minute = points_per_minute
        """What a minute of waiting is worth: 0 if the order is strict."""
        self.needs: list[Requirement] = [setup.needs]
        """What the queue needs, by the number of open relaxation steps."""
        self.points: list[int] = [setup.priority]
        """Its priority, likewise."""
        self.spills: list[Spill | None] = [None]
        """Where the newest of the open steps that spills sends a call, likewise."""
        self.only_needs: list[bool] = [True]
        """Whether the last of the open steps asks for something else and does nothing more, likewise."""
        self.after_ms: list[int] = []
        for step in sorted(setup.steps, key=lambda step: step.after_ms):
            self.after_ms.append(step.after_ms)
            self.needs.append(self.needs[-1] if step.needs is None else step.needs)
            self.points.append(self.points[-1] + step.add_priority)
            self.spills.append(step.spill or self.spills[-1])
            self.only_needs.append(step.needs is not None and step.add_priority == 0 and step.spill is None)
        self.delay_ms = sorted(delays)
        """The same waits, in order."""
        self.closed = [0]
        """The groups to which a call is not open yet, by the number of these waits that it has behind it."""
        for after_ms in reversed(self.delay_ms):
            self.closed.insert(0, self.closed[0] | delays[after_ms])
        self._open = True
        self._hours_until: int | None = None if setup.hours is None else 0
        """Up to when ``_open`` holds; None: for ever. Hours are worked out once a change, not once a call."""

    def is_open(self, now: int) -> bool:
        """Whether the queue takes calls by its opening hours."""
        hours = self.setup.hours
        if hours is not None and self._hours_until is not None and now >= self._hours_until:
            self._open, self._hours_until = hours.is_open(now), hours.next_change(now)
        return self._open

    def closes_at(self, now: int) -> int | None:
        """When the queue, which is open now, closes; None: never."""
        return self._hours_until if self.is_open(now) else now

    def steps_open(self, waited_ms: int) -> int:
        """How many relaxation steps are open for a call that has waited so long."""
        return steps_open(waited_ms, self.after_ms, 0, len(self.after_ms))

    def add(self, call: CallRecord) -> None:
        """The call is in this queue from now on."""
        self.calls[call.id] = call
        if call.callback is not None:
            self.callbacks += 1
        else:
            insort(self.waiting_since, (call.waiting_since, call.number))

    def remove(self, call: CallRecord) -> None:
        """The call, which is in this queue, no longer is."""
        del self.calls[call.id]
        if call.callback is not None:
            self.callbacks -= 1
        else:
            del self.waiting_since[bisect_left(self.waiting_since, (call.waiting_since, call.number))]

    def count(self, call: CallRecord, now: int, *, answered: bool) -> None:
        """The call was answered, or gave up. Callbacks are no part of the service level."""
        if call.callback is not None:
            return
        if now - now % INTERVAL_MS != self._interval:
            self._interval, self._within, self._ended = now - now % INTERVAL_MS, 0, 0
        if call.waiting_since >= self._interval:
            self._ended += 1
            self._within += answered and now - call.waiting_since <= self.setup.threshold_ms

    def interval(self, now: int) -> tuple[int, int]:
        """Of those who came in the present interval: how many were answered within the threshold, and how many were
        answered or gave up."""
        return (self._within, self._ended) if now - now % INTERVAL_MS == self._interval else (0, 0)

    def closed_to(self, waited_ms: int) -> int:
        """The groups to which a call that has waited so long is not open yet."""
        return self.closed[steps_open(waited_ms, self.delay_ms, 0, len(self.delay_ms))]


class Queues:
    """The queues of the setup, and the calls that are in these or still in queues that are gone."""

    __slots__ = ("_by_id", "_calls")

    def __init__(self, setup: AcdSetup, delays: Mapping[str, Mapping[int, int]]) -> None:
        """``delays``: queue to how long a call must have waited to the mask of the groups that ask this."""
        self._by_id: dict[str, QueueRecord] = {}
        self._calls: dict[str, CallRecord] = {}
        self.reconfigure(setup, delays)

    def get(self, queue: str) -> QueueRecord:
        """One queue; KeyError if there is none of this id."""
        return self._by_id[queue]

    def with_calls(self, queue: str) -> QueueRecord:
        """One queue, of those that are gone too as long as they have calls; KeyError if there is none of this id."""
        if queue not in self._by_id:
            for call in self._calls.values():
                if call.queue.setup.id == queue:
                    return call.queue
        return self.get(queue)

    def find(self, queue: str) -> QueueRecord | None:
        """One queue; None if there is none of this id."""
        return self._by_id.get(queue)

    def call(self, call: str) -> CallRecord:
        """One call; KeyError if it is in no queue."""
        return self._calls[call]

    def find_call(self, call: str) -> CallRecord | None:
        """One call; None if it is in no queue."""
        return self._calls.get(call)

    def calls(self) -> list[CallRecord]:
        """All calls that are in a queue, in the order in which they came into it."""
        return list(self._calls.values())

    def add(self, call: CallRecord) -> None:
        """The call is in its queue from now on."""
        self._calls[call.id] = call
        call.queue.add(call)

    def remove(self, call: CallRecord) -> None:
        """The call is in its queue no more."""
        del self._calls[call.id]
        call.queue.remove(call)

    def outliving(self, setup: AcdSetup) -> list[QueueSetup]:
        """The queues that are not in ``setup`` but still have calls."""
        staying = {queue.id for queue in setup.queues}
        queues = dict.fromkeys(call.queue for call in self._calls.values())
        return [queue.setup for queue in queues if queue.setup.id not in staying]

    def reconfigure(self, setup: AcdSetup, delays: Mapping[str, Mapping[int, int]]) -> set[QueueRecord]:
        """Puts the queues under another setup; those that are gone live on in their calls. Returns those whose needs or
        steps are others. To be called while nobody stands in a waiting line."""
        rate = setup.points_per_minute if setup.order is Order.SCORE else 0
        known = self._by_id | {call.queue.setup.id: call.queue for call in self._calls.values()}
        rules = {id_: queue.setup for id_, queue in known.items()} | {queue.id: queue for queue in setup.queues}
        changed = set()
        for id_, queue in rules.items():
            record = known.setdefault(id_, QueueRecord(queue, rate, delays.get(id_, {})))
            if (record.setup.needs, record.setup.steps) != (queue.needs, queue.steps):
                changed.add(record)
            record.govern(queue, rate, delays.get(id_, {}))
        self._by_id = {queue.id: known[queue.id] for queue in setup.queues}
        return changed
