"""The twin: one whole day of a centre, with callers and agents drawn from its workload."""

from __future__ import annotations

from collections import Counter
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from datetime import datetime, time, timedelta
from functools import partial

from centre.virtual.agent import PlayedAgent
from centre.virtual.arrivals import Arrivals
from centre.virtual.caller import Parting, SimulatedCaller, SimulatedCustomer
from config.arrivals import Factors, NextAfter, pieces, poisson, traced
from config.measured import YEARS
from config.players import agent_habits, pause_reason
from config.population import Person, Population
from config.site import Site
from config.streams import stream
from config.workload import Callers, Workload
from simulator.playable import SimulationError, require_voice
from simulator.staff import Plan, Roster
from simulator.stage import DRAIN_MS, Observer, Stage


def span_of(site: Site, date: Date, begin: time = time(), hours: float = 24.0) -> tuple[int, int]:
    """The start and the end of a day of ``site`` (Unix milliseconds). :class:`SimulationError`: it is out of reach."""
    if not YEARS[0] <= date.year <= YEARS[1]:
        raise SimulationError(f"{date} is too far away; choose a date from {YEARS[0]} to {YEARS[1]}")
    opening = datetime.combine(date, begin, site.time_zone)
    # Local arithmetic: a day is from midnight to midnight, be it 23, 24 or 25 hours long.
    closing = opening + timedelta(hours=hours)
    return int(opening.timestamp() * 1000), int(closing.timestamp() * 1000)


class Twin(Stage):
    """One simulated centre between ``start`` and ``end`` (Unix milliseconds). The same seed gives the same day, on any
    machine. Raises :class:`SimulationError` where a queue is of another channel than voice."""

    def __init__(
        self,
        site: Site,
        workload: Workload,
        *,
        seed: int,
        start: int,
        end: int,
        observer: Observer | None = None,
        estimates: bool = False,
    ) -> None:
        require_voice(site)
        super().__init__(
            site,
            name=str(seed),
            start=start,
            end=end,
            lines=workload.lines,
            observer=observer,
            estimates=estimates,
        )
        self.partings: Counter[Parting] = Counter()
        """How calls ended for their callers; who finds the lines busy is known nowhere else."""
        self._workload = workload
        self._seed = seed
        self._roster = Roster(Plan.by_shifts(workload, start, end + DRAIN_MS), workload.absence, seed)
        self._agents = [self._agent(site, agent.id) for agent in site.acd.agents]
        for moment in self._roster.changes():
            self._timers.after(moment - start, self._change_duties)
        self._population = Population(site, workload, seed)
        self._exchange.customer = self._customer
        factors = Factors(workload.busyness, seed)
        for kind in workload.callers:
            Arrivals(self._timers, self._arrivals(kind, start, end, factors), partial(self._call, kind))

    def _arrivals(self, kind: Callers, start: int, end: int, factors: Factors) -> NextAfter:
        if self._workload.trace is not None:
            return traced(self._workload, kind.name, start, end)
        rates = pieces(self._workload, kind, start, end, factors)
        return poisson(stream(self._seed, "arrivals", kind.name), rates)

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
            player.set_duty(self._roster.duty_at(player.agent, self._timers.now()))

    def _call(self, kind: Callers, _: int) -> None:
        self._dial(self._population.next(kind))

    def _dial(self, person: Person) -> None:
        SimulatedCaller(
            self._exchange,
            self._timers,
            person.habits,
            number=person.number,
            name="",
            parted=partial(self._parted, person),
        )

    def _customer(self, number: str) -> SimulatedCustomer | None:
        person = self._population.owner(number)
        if person is None:
            return None
        return SimulatedCustomer(self._exchange, self._timers, person.habits, person.answers_callback)

    def _dial_again(self, person: Person) -> None:
        self._to_come -= 1
        self._dial(person)

    def _parted(self, person: Person, how: Parting, queue: str) -> None:
        """Some call again, some are sent on by the agent and dial as somebody else."""
        self.partings[how] += 1
        retry = self._workload.retry
        if retry is not None and how in (Parting.GAVE_UP, Parting.BUSY) and person.tries < retry.most:
            rng = person.more("retry")
            if rng.random() < (retry.after_busy if how is Parting.BUSY else retry.after_abandon):
                person.tries += 1
                self._to_come += 1
                self._timers.after(retry.delay.sample(rng), partial(self._dial_again, person))
        if self._workload.transfers and how is Parting.SERVED:
            self._transfer(person, queue)

    def _transfer(self, person: Person, queue: str) -> None:
        transfers = [transfer for transfer in self._workload.transfers if transfer.queue == queue]
        left = person.more("transfer").random() if transfers else 1.0
        for transfer in transfers:
            if left < transfer.share:
                kind = next(kind for kind in self._workload.callers if kind.name == transfer.to)
                self._timers.after(0, partial(self._call, kind, 0))
                return
            left -= transfer.share
