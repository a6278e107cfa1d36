"""The line itself: start, orders, health, end; callers played by people; callers and agents played by the machine."""

from __future__ import annotations

import asyncio
import csv
import logging
import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from centre.capabilities import CAPABILITIES
from centre.events import LineSynchronised
from centre.line_kind import LineKind
from centre.orders import Order
from centre.virtual.agent import Duty, PlayedAgent
from centre.virtual.arrivals import Arrivals
from centre.virtual.caller import SimulatedCaller, SimulatedCustomer
from centre.virtual.exchange import Exchange, Phone
from config.arrivals import steady
from config.players import agent_habits, pause_reason, spoken
from config.population import Population
from config.site import Site
from config.streams import stream
from config.workload import Workload
from cti.service.clock import ServiceClock
from cti.service.ports import Clock, LineError, Tell
from cti.virtual.caller import VirtualCaller
from cti.virtual.timers import LoopTimers

_log = logging.getLogger(__name__)

NUMBER_MOST = 40
NAME_MOST = 200


class VirtualLine:
    """A :class:`~cti.service.ports.Line`. Its callers end with it: no process, no exchange."""

    capabilities = CAPABILITIES[LineKind.VIRTUAL]

    def __init__(self, site: Site, *, seed: int | None = None, clock: Clock | None = None) -> None:
        """``seed`` fixes what simulated callers and agents do; one is chosen, and logged, where none is given."""
        self._site = site
        self._seed = secrets.randbits(32) if seed is None else seed
        self._clock = ServiceClock() if clock is None else clock
        self._timers: LoopTimers | None = None
        self._exchange: Exchange | None = None
        self._arrivals: Arrivals | None = None
        self._played: dict[str, PlayedAgent] = {}
        self._known: Sequence[str] = ()

    @property
    def id(self) -> str:
        """“virtual”."""
        return "virtual"

    async def start(self, tell: Tell) -> None:
        """Begins to carry calls, and to play callers and agents as the site says."""
        self._known = await asyncio.to_thread(_numbers, self._site.customers)
        self._timers = LoopTimers(self._clock)
        self._exchange = Exchange(
            line=self.id,
            first_call=f"{self._clock.now():x}",
            scheduler=self._timers,
            tell=tell,
            spoken=lambda *prompt: spoken(self._site, *prompt),
            agent_name=lambda agent: self._site.agents[agent].name,
        )
        # Whoever called through an earlier process is gone.
        tell(LineSynchronised(line=self.id, calls=()))
        if self._site.workload is not None:
            self._play(self._site.workload, self._exchange, self._timers, tell)

    def reconfigure(self, site: Site) -> None:
        """Prompts and names as ``site`` says. Whom the machine plays is settled at the start."""
        self._site = site

    def carry_out(self, order: Order) -> None:
        """Does what the centre wants."""
        if self._exchange is not None:
            self._exchange.carry_out(order)

    def turn_away(self, call: str) -> None:
        """The caller hears that all lines are taken: there is nothing here but the engine."""
        if self._exchange is not None:
            self._exchange.turn_away(call)

    def look_again(self) -> None:
        """Tells which calls there are."""
        if self._exchange is not None:
            self._exchange.list_calls()

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at a sensitive question."""
        return None if self._exchange is None else self._exchange.secret(call, step)

    def health(self) -> Mapping[str, str]:
        """Up or down, and how many calls there are."""
        if self._exchange is None:
            return {"state": "down"}
        return {"state": "up", "calls": str(len(self._exchange.calls))}

    async def close(self) -> None:
        """Ends; nothing of the line runs on."""
        if self._timers is not None:
            self._timers.close()
        self._exchange, self._timers, self._arrivals = None, None, None
        self._played.clear()

    # People.

    def place_call(self, number: str, name: str) -> VirtualCaller:
        """A person dials. The texts are anybody's: kept short, and kept as text. :class:`LineError` before the start
        and after the end."""
        caller = VirtualCaller()
        number, name = _text(number, NUMBER_MOST), _text(name, NAME_MOST)
        caller.dialled(self.exchange.place_call(caller.hear, number=number, name=name))
        return caller

    def take_over(self, agent: str) -> None:
        """A person signed in at the desk as ``agent``: the machine plays this agent no longer."""
        player = self._played.get(agent)
        if player is not None:
            player.step_aside()
            self.phone(agent).player = None

    def give_back(self, agent: str) -> None:
        """That person signed out: the machine plays on, if it played this agent before."""
        player = self._played.get(agent)
        if player is not None:
            self.phone(agent).player = player
            player.set_duty(Duty.ON)

    def phone(self, agent: str) -> Phone:
        """The phone of ``agent``: can be set busy or unreachable."""
        return self.exchange.phone(agent)

    @property
    def exchange(self) -> Exchange:
        """What carries the calls. :class:`LineError` before the start and after the end."""
        if self._exchange is None:
            raise LineError("the virtual line is not running; start the service first")
        return self._exchange

    # The machine.

    def _play(self, workload: Workload, exchange: Exchange, timers: LoopTimers, tell: Tell) -> None:
        virtual = self._site.virtual
        if virtual.played or virtual.calls_per_hour:
            _log.info("the virtual line plays with seed %d", self._seed)
        for agent in virtual.played:
            habits = agent_habits(
                workload,
                stream(self._seed, "agent", agent),
                dispositions=tuple(self._site.dispositions),
                takes_breaks=True,
            )
            player = PlayedAgent(
                agent, scheduler=timers, tell=tell, habits=habits, pause_reason=pause_reason(self._site)
            )
            self._played[agent] = exchange.phone(agent).player = player
            player.set_duty(Duty.ON)
        population = Population(self._site, workload, self._seed, self._known)
        exchange.customer = partial(_customer, population, exchange, timers)
        self._arrivals = Arrivals(
            timers,
            steady(stream(self._seed, "arrivals"), virtual.calls_per_hour),
            partial(_simulated_call, population, exchange, timers),
        )


def _simulated_call(population: Population, exchange: Exchange, timers: LoopTimers, _: int) -> None:
    person = population.next(population.draw_kind())
    SimulatedCaller(exchange, timers, person.habits, number=person.number, name="")


def _customer(population: Population, exchange: Exchange, timers: LoopTimers, number: str) -> SimulatedCustomer | None:
    person = population.owner(number)
    if person is None:
        return None
    return SimulatedCustomer(exchange, timers, person.habits, person.answers_callback)


def _text(text: str, most: int) -> str:
    """No longer than ``most``, and nothing that UTF-8 cannot carry."""
    return text[:most].encode("utf-8", "replace").decode("utf-8")


def _numbers(customers: Path | None) -> Sequence[str]:
    """The numbers in the customer records, for simulated callers to call from."""
    if customers is None:
        return ()
    with customers.open(encoding="utf-8-sig", newline="") as file:
        return tuple(row["number"] for row in csv.DictReader(file) if row.get("number"))
