"""The twin: the centre itself, one whole day, in simulated time.

The very machine that serves callers (:class:`centre.machine.Centre`), on the very exchange of the virtual line
(:mod:`centre.virtual`), with SimPy for a clock. Nothing of the rules is written here a second time.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from datetime import datetime, time, timedelta
from functools import partial
from typing import get_args

from acd.effects import Answered
from centre.calls import Outcome
from centre.effects import CallEnded, Effect
from centre.events import Event, TimePassed
from centre.machine import Centre
from centre.orders import Order
from centre.virtual.agent import PlayedAgent
from centre.virtual.arrivals import Arrivals
from centre.virtual.caller import SimulatedCaller
from centre.virtual.exchange import Exchange
from centre.virtual.ports import Timer
from config.players import agent_habits, caller_habits, caller_number, next_arrival, pause_reason, spoken, stream
from config.site import Site
from config.workload import Workload
from simulator.day import DayResult, summed_up
from simulator.staff import duty_at, duty_changes
from simulator.timers import SimpyTimers

_ORDERS = get_args(Order)

DRAIN_MS = 12 * 3_600_000
"""How long after the day the last callers may take; far above any patience."""

YEARS = (1971, 2999)

Observer = Callable[[Effect, int], None]
"""Sees every effect with its time (Unix milliseconds)."""


class SimulationError(Exception):
    """The site cannot be simulated; the text says why and what to do."""


def simulate_day(
    site: Site, *, seed: int, date: Date, begin: time = time(), hours: float = 24.0, observer: Observer | None = None
) -> DayResult:
    """One day of ``site`` from ``begin`` (local time of the site) on; ``hours`` 24 means until the next midnight,
    also on the days when the clocks change. The same seed gives the same day, on any machine.

    Raises :class:`SimulationError` where the site has no workload, or the date is out of reach.
    """
    if not YEARS[0] <= date.year <= YEARS[1]:
        raise SimulationError(f"{date} is too far away; choose a date from {YEARS[0]} to {YEARS[1]}")
    if site.workload is None:
        raise SimulationError(f"{site.folder / 'site.yaml'} names no workload; add “workload: workload.yaml”")
    opening = datetime.combine(date, begin, site.time_zone)
    # Local arithmetic: a day is from midnight to midnight, be it 23, 24 or 25 hours long.
    closing = opening + timedelta(hours=hours)
    start, end = (int(moment.timestamp() * 1000) for moment in (opening, closing))
    twin = Twin(site, site.workload, seed=seed, start=start, end=end, observer=observer)
    twin.run()
    return summed_up(
        site,
        twin.centre,
        seed=seed,
        date=date,
        start=start,
        end=end,
        outcomes=twin.outcomes,
        answered_waits=twin.answered_waits,
    )


class Twin:
    """One simulated centre between ``start`` and ``end`` (Unix milliseconds)."""

    def __init__(
        self, site: Site, workload: Workload, *, seed: int, start: int, end: int, observer: Observer | None = None
    ) -> None:
        self.centre = Centre(site.centre)
        self.outcomes: Counter[Outcome] = Counter()
        self.answered_waits: dict[str, list[int]] = {queue.id: [] for queue in site.acd.queues}
        self._workload = workload
        self._seed = seed
        self._end = end
        self._observer = observer
        self._timers = SimpyTimers(start)
        self._inbox: deque[Event] = deque()
        self._busy = False
        self._due: int | None = None
        self._alarm: Timer | None = None
        self._exchange = Exchange(
            line="twin",
            first_call=str(seed),
            scheduler=self._timers,
            tell=self.tell,
            spoken=partial(spoken, site),
            agent_name=str,
        )
        self._agents = [self._agent(site, agent.id) for agent in site.acd.agents]
        for moment in duty_changes(workload, start, end + DRAIN_MS):
            self._timers.after(moment - start, self._change_duties)
        self._arrivals = Arrivals(
            self._timers,
            partial(
                next_arrival,
                stream(seed, "arrivals"),
                rate=workload.calls_per_hour,
                busiest=workload.busiest_calls_per_hour(),
                until=end,
            ),
            self._caller,
        )

    def run(self) -> None:
        """Until the day is over and its last caller gone."""
        environment = self._timers.environment
        environment.run(until=self._end)
        while self._exchange.calls and environment.now < self._end + DRAIN_MS:
            environment.step()

    def tell(self, event: Event) -> None:
        """Takes in one event; what it leads to has been ordered when this returns, unless an order led to it."""
        self._inbox.append(event)
        if self._busy:
            return
        self._busy = True
        while self._inbox:
            self._take(self._inbox.popleft())
        self._busy = False
        self._arm()

    def _take(self, event: Event) -> None:
        at = self._timers.now()
        for effect in self.centre.apply(event, at):
            if isinstance(effect, _ORDERS):
                self._exchange.carry_out(effect)
            elif isinstance(effect, CallEnded):
                assert effect.record.outcome is not None
                self.outcomes[effect.record.outcome] += 1
            elif isinstance(effect, Answered):
                self.answered_waits[effect.queue].append(effect.waited_ms)
            if self._observer is not None:
                self._observer(effect, at)

    def _arm(self) -> None:
        due = self.centre.next_due()
        if due == self._due:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._due = due
        self._alarm = None
        if due is not None:
            self._alarm = self._timers.after(max(due - self._timers.now(), 0), self._time_passed)

    def _time_passed(self) -> None:
        self._due = None
        self.tell(TimePassed())

    def _agent(self, site: Site, agent: str) -> PlayedAgent:
        player = PlayedAgent(
            agent,
            scheduler=self._timers,
            tell=self.tell,
            habits=agent_habits(self._workload, stream(self._seed, "agent", agent)),
            pause_reason=pause_reason(site),
        )
        self._exchange.phone(agent).player = player
        return player

    def _change_duties(self) -> None:
        for player in self._agents:
            player.set_duty(duty_at(self._workload, player.agent, self._timers.now()))

    def _caller(self, count: int) -> None:
        rng = stream(self._seed, "caller", count)
        habits = caller_habits(self._workload, rng)
        SimulatedCaller(self._exchange, self._timers, habits, number=caller_number(rng, ()), name="")
