"""The stage: the centre itself on a simulated exchange, with SimPy for a clock.

The very machine that serves callers (:class:`centre.machine.Centre`), on the very exchange of the virtual line
(:mod:`centre.virtual`). Nothing of the rules is written here a second time. Who calls and who works is up to whoever
uses the stage: the twin draws them from a workload, the replay takes them from a recorded day.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, get_args

from acd.effects import AgentState
from centre.calls import Outcome
from centre.effects import CallEnded, Effect, FetchData, LookUpCustomer
from centre.events import Event, TimePassed
from centre.machine import Centre
from centre.orders import Order
from centre.virtual.exchange import Exchange
from centre.virtual.ports import Timer
from config.players import simulated_answer, spoken
from config.site import Site
from config.workload import LINES
from simulator.timers import SimpyTimers

DRAIN_MS = 12 * 3_600_000
"""How long after the end the last callers may take; far above any patience."""

Observer = Mapping[type, Callable[[Any, int], None]]
"""By kind of effect, who sees it, with its time (Unix milliseconds). Nobody else is asked: most effects are nothing to
most observers."""

Witness = Callable[[Event, int, list[Effect]], None]
"""Sees every event with its time (Unix milliseconds) and what came of it, as a journal would."""


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Looks for garbage in circles a hundred times as seldom. A call leaves some, but little of what a run makes is
    garbage of that kind, and to look for it after every 700 objects, as Python does, takes a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(70_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Stage:
    """One simulated centre between ``start`` and ``end`` (Unix milliseconds)."""

    def __init__(
        self,
        site: Site,
        *,
        name: str,
        start: int,
        end: int,
        lines: int = LINES,
        observer: Observer | None = None,
        estimates: bool = False,
    ) -> None:
        """``name`` tells the calls of one run from those of another; they are called twin-<name>-<n>. ``estimates``:
        the observer asks the centre what to expect of waits."""
        self.centre = Centre(site.centre, estimates=estimates)
        self.witness: Witness | None = None
        self.outcomes: Counter[Outcome] = Counter()
        self._answers_by = site.workload
        self._name = name
        self._end = end
        self._does = self._done_with(observer or {})
        self._timers = SimpyTimers(start)
        self._inbox: deque[Event] = deque()
        self._busy = False
        self._to_come = 0
        """Callers who will dial, besides those who come by themselves."""
        self._due: int | None = None
        self._alarm: Timer | None = None
        self._exchange = Exchange(
            line="twin",
            first_call=name,
            scheduler=self._timers,
            tell=self.tell,
            spoken=partial(spoken, site),
            agent_name=str,
            calls_most=lines,
        )

    def run(self) -> None:
        """Until the end has come, the last caller is gone and the last conversation is wrapped up, as far as anything
        happens at all: callbacks may wait for agents who never come."""
        environment = self._timers.environment
        with _seldom_collecting():
            environment.run(until=self._end)
            while (
                self._exchange.calls or self._to_come or self._callbacks_open() or self._wrapping_up()
            ) and environment.peek() < self._end + DRAIN_MS:
                environment.step()

    def _callbacks_open(self) -> bool:
        return any(self.centre.acd.queue(queue.id).callbacks for queue in self.centre.setup.acd.queues)

    def _wrapping_up(self) -> bool:
        return any(agent.state is AgentState.WRAP_UP for agent in self.centre.acd.agents())

    def tell(self, event: Event) -> None:
        """Takes in one event; what it leads to has been ordered when this returns, unless an order led to it."""
        if self._busy:
            self._inbox.append(event)
            return
        self._busy = True
        self._take(event)
        while self._inbox:
            self._take(self._inbox.popleft())
        self._busy = False
        self._arm()

    def carry_out(self, order: Order) -> None:
        """Does what the centre wants."""
        self._exchange.carry_out(order)

    def fetch(self, request: FetchData | LookUpCustomer) -> None:
        """Answers, later, what a flow asks of another system."""
        after_ms, answer = simulated_answer(self._answers_by, self._name, request)
        self._timers.after(after_ms, partial(self.tell, answer))

    def _take(self, event: Event) -> None:
        at = self._timers.now()
        effects = self.centre.apply(event, at)
        if self.witness is not None:
            self.witness(event, at, effects)
        does = self._does
        for effect in effects:
            for do in does.get(type(effect), ()):
                do(effect, at)

    def _done_with(self, observer: Observer) -> Mapping[type, tuple[Callable[[Any, int], None], ...]]:
        """What is done with an effect of each kind: what it means for the stage, and the observer's part."""
        means: dict[type, Callable[[Any, int], None]] = {
            **dict.fromkeys(get_args(Order), lambda order, _: self.carry_out(order)),
            FetchData: lambda request, _: self.fetch(request),
            LookUpCustomer: lambda request, _: self.fetch(request),
            CallEnded: self._count_outcome,
        }
        kinds = {**means, **observer}
        return {kind: tuple(each[kind] for each in (means, observer) if kind in each) for kind in kinds}

    def _count_outcome(self, ended: CallEnded, _: int) -> None:
        assert ended.record.outcome is not None
        self.outcomes[ended.record.outcome] += 1

    def _arm(self) -> None:
        """Sets the alarm for what falls due next. One that rings too early is let ring: most timers, those of phones
        that are answered, never fall due."""
        due = self.centre.next_due()
        if due is None or (self._due is not None and self._due <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._due = due
        # The word of the world wins over a timer of the same instant.
        self._alarm = self._timers.after_all_else(max(due - self._timers.now(), 0), self._time_passed)

    def _time_passed(self) -> None:
        self._due = self._alarm = None
        due = self.centre.next_due()
        if due is not None and due <= self._timers.now():
            self.tell(TimePassed())
        else:
            self._arm()
