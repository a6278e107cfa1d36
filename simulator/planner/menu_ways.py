"""What the menu makes of a caller: found out by sending one of each kind through it.

The menu is walked by the very centre, exchange and simulated caller of the twin, so the planner knows no node of a
flow. What a caller of one kind meets may change over the day (opening hours); where it does is found by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from acd.effects import Exit
from acd.requirement import ANYBODY, Requirement, both, parse
from centre.events import Event
from centre.machine import Centre
from centre.orders import Order, Wait
from centre.virtual.caller import SimulatedCaller
from centre.virtual.exchange import Exchange
from centre.virtual.habits import CallerHabits
from config.players import spoken
from config.site import Site
from config.workload import Callers, Workload
from ivr.flow import (
    TAKES_THE_CALL,
    Collect,
    Flow,
    HangUp,
    Hours,
    Menu,
    Queue,
    Say,
    SetLanguage,
    Tag,
    Transfer,
    outcomes,
)
from ivr.logic import Set
from ivr.reach import before_conversations, beside
from ivr.recordings import Record, Voicemail
from ivr.waiting import Music
from simulator.planner.laws import mean_ms
from simulator.planner.model import PlannerError
from simulator.timers import SimpyTimers

_ORDERS = get_args(Order)
_LIMITS = (Exit.TIMEOUT, Exit.FULL, Exit.CLOSED, Exit.NOBODY_STAFFED)
_STEP_MS = 900_000
_EDGE_MS = 1
"""Changes between two quarters of an hour are found to the millisecond; a change back within one quarter is not
seen."""
_LONGEST_MENU_MS = 3_600_000


@dataclass(frozen=True)
class Way:
    """What the menu makes of a caller."""

    queue: str | None
    """None: no queue is asked for."""
    needs: Requirement = ANYBODY
    priority: int = 0
    menu_ms: int = 0
    key_delays: int = 0
    goes_on: tuple[tuple[Exit, str], ...] = ()
    """The queues that the flow goes on to when this one does not take or keep the call, by why."""


@dataclass
class _Probe:
    """One caller, in a centre where nobody works."""

    site: Site
    kind: Callers
    workload: Workload
    at: int
    pauses: int = 0

    def walk(self) -> Way:
        timers, centre = SimpyTimers(self.at), Centre(self.site.centre, estimates=False)
        inbox: list[Event] = []

        def tell(event: Event) -> None:
            inbox.append(event)

        exchange = Exchange(
            line="probe",
            first_call="1",
            scheduler=timers,
            tell=tell,
            spoken=partial(spoken, self.site),
            agent_name=str,
        )
        pause = round(mean_ms(self.workload.key_delay))

        def key_delay() -> int:
            self.pauses += 1
            return pause

        habits = CallerHabits(
            wants=self.kind.wants,
            keys=self.kind.keys,
            key_delay=key_delay,
            patience_ms=_LONGEST_MENU_MS,
            talk=lambda _queue, _agent: 0,
            hangs_up_first=True,
            rings=lambda: None,
            wrap_up=lambda _queue, _agent: 0,
        )
        SimulatedCaller(exchange, timers, habits, number="", name="")
        while exchange.calls and timers.now() < self.at + _LONGEST_MENU_MS:
            while inbox:
                now = timers.now()
                for effect in centre.apply(inbox.pop(0), now):
                    if isinstance(effect, Wait):
                        return self._way(
                            effect, now - self.at - self.pauses * pause, tuple(self._goes_on(centre, effect))
                        )
                    if isinstance(effect, _ORDERS):
                        exchange.carry_out(effect)
            if exchange.calls:
                timers.environment.step()
        return Way(None)

    def _goes_on(self, centre: Centre, wait: Wait) -> Iterator[tuple[Exit, str]]:
        call = centre.call(wait.call)
        assert call is not None
        node = self.site.entry_flow.nodes[call.session.waiting_at]
        assert isinstance(node, Queue)
        for why in _LIMITS:
            queue = self._first_queue(node.exits.get(why, node.otherwise))
            if queue:
                yield why, queue

    def _first_queue(self, start: str) -> str:
        """The first queue to which the flow may lead a call from node ``start`` on; empty: none."""
        ahead, seen = [start], set[str]()
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                after = self.site.entry_flow.nodes[name]
                if isinstance(after, Queue):
                    return after.queue
                ahead += [to for _, to in outcomes(after)]
        return ""

    def _way(self, wait: Wait, menu_ms: int, goes_on: tuple[tuple[Exit, str], ...]) -> Way:
        needs: Requirement = ANYBODY
        for text in wait.needs:
            needs = both(needs, parse(text))
        return Way(
            queue=wait.queue,
            needs=needs,
            priority=wait.priority,
            menu_ms=menu_ms,
            key_delays=self.pauses,
            goes_on=goes_on,
        )


_WALKED = (Say, Menu, Collect, SetLanguage, Tag, Hours, Queue, Voicemail, Record, Transfer, HangUp, Set, Music)
"""Nodes at which all callers of a kind fare alike. One that is not named here may ask the customer records, the lot or
the state of the centre."""


def refuse_what_cannot_be_walked(flow: Flow) -> None:
    """Raises :class:`PlannerError` where callers of a kind do not all fare alike in ``flow``."""
    nodes = {name: flow.nodes[name] for name in before_conversations(flow)}  # what follows takes no agent's time
    found = [f"“{name}” ({type(node).__name__})" for name, node in nodes.items() if not isinstance(node, _WALKED)]
    found += [
        f"“{name}” ({'preferred' if node.direct_ms is None else 'transfer to an agent'})"
        for name, node in flow.nodes.items()
        if isinstance(node, Queue) and node.preferred is not None
    ]
    found += [
        f"“{name}” (waiting, which lets callers leave)"
        for name, node in flow.nodes.items()
        if isinstance(node, Queue) and any(isinstance(flow.nodes[to], TAKES_THE_CALL) for to in beside(flow, name))
    ]
    if found:
        raise PlannerError(
            f"the planner cannot run these nodes of the flow: {', '.join(found)}. Simulate single days instead "
            "(holdless simulate --day), or plan without them"
        )


def ways_through(site: Site, workload: Workload, kind: Callers, begin: int, end: int) -> Iterator[tuple[int, int, Way]]:
    """The ways of a kind from ``begin`` to ``end`` (Unix milliseconds), each with when it begins and ends.

    Queues stand open for it: whether one is closed, or without staff, is seen when a call comes to it.
    """
    queues = tuple(replace(queue, hours=None, unstaffed_ms=None) for queue in site.acd.queues)
    open_site = replace(site, acd=replace(site.acd, queues=queues))

    def way_at(at: int) -> Way:
        return _Probe(open_site, kind, workload, at).walk()

    start, way = begin, way_at(begin)
    before = begin
    while before < end:
        after = min(before + _STEP_MS, end)
        later = way_at(after) if after < end else way
        if later != way:
            same, other = before, after
            while other - same > _EDGE_MS:
                middle = (same + other) // 2
                if way_at(middle) == way:
                    same = middle
                else:
                    other = middle
            yield start, other, way
            start, way = other, way_at(other)
            before = other
            continue
        before = after
    yield start, end, way
