"""What the menu makes of a caller: found out by sending one of each kind through it.

The menu is walked by the very centre, exchange and simulated caller of the twin, so the planner knows no node of a
flow. What a caller of one kind meets may change over the day (opening hours); where it does is found by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from acd.effects import Exit
from acd.requirement import ANYBODY, Requirement, both, parse
from acd.setup import QueueSetup
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
    Callback,
    Collect,
    Flow,
    HangUp,
    Hours,
    Menu,
    Node,
    Queue,
    Say,
    SetLanguage,
    Survey,
    Tag,
    Transfer,
    outcomes,
)
from ivr.logic import Branch, Fetch, Goto, Limit, LookUp, Pace, Set, Split
from ivr.reach import before_conversations, beside
from ivr.recordings import Record, Voicemail
from ivr.waiting import Music
from simulator.planner.laws import mean_ms
from simulator.planner.refusals import File, Refusal, not_run
from simulator.planner.stays import reached_from
from simulator.timers import SimpyTimers

_ORDERS = get_args(Order)
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
    goes_on: tuple[Refusal, ...] = ()
    """Where the flow goes on to another queue when this one does not take or keep the call."""


@dataclass
class _Probe:
    """One caller, in a centre where nobody works."""

    site: Site
    kind: Callers
    workload: Workload
    at: int
    setups: Mapping[str, QueueSetup]
    """The queues as they are set up: in ``site`` they stand open."""
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

    def _goes_on(self, centre: Centre, wait: Wait) -> Iterator[Refusal]:
        call = centre.call(wait.call)
        assert call is not None
        name = call.session.waiting_at
        node = self.site.entry_flow.nodes[name]
        assert isinstance(node, Queue)
        limits = [(wait.queue, why, key) for why, key in _limits(self.setups[wait.queue]).items()]
        for other in reached_from(wait.queue, self.setups):
            # Nothing spills to a queue that is full.
            limits += [(other, why, key) for why, key in _limits(self.setups[other]).items() if why is not Exit.FULL]
        for name_of, why, key in limits:
            queue = self._first_queue(node.exits.get(why, node.otherwise))
            if queue:
                message = not_run(
                    f"queue “{name_of}”",
                    f"a second wait, and whom “{key}” lets go is led on to queue “{queue}”",
                    f"let the flow end there, or leave “{key}” out for the plan",
                )
                setting = ("exits", why.value) if why in node.exits else ("otherwise",)
                yield Refusal(File.FLOW, (name, *setting), message)

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

    def _way(self, wait: Wait, menu_ms: int, goes_on: tuple[Refusal, ...]) -> Way:
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


_DO: Mapping[type[Node], str] = {
    Branch: "branch",
    Split: "split",
    Goto: "goto",
    Limit: "limit",
    Pace: "pace",
    Fetch: "http",
    LookUp: "lookup",
    Callback: "callback",
    Survey: "survey",
}
"""The others, as flows name them."""

_WITHOUT = "plan a copy of the site whose flow goes on without it"


def not_walked(flow: Flow) -> list[Refusal]:
    """The nodes of ``flow`` at which callers of a kind do not all fare alike."""

    def refused(name: str, feature: str, *setting: str) -> Refusal:
        return Refusal(File.FLOW, (name, *setting), not_run(f"node “{name}”", feature, _WITHOUT))

    # What follows a conversation takes no agent's time.
    nodes = ((name, flow.nodes[name]) for name in before_conversations(flow))
    found = [refused(name, f"“{_DO[type(node)]}”", "do") for name, node in nodes if not isinstance(node, _WALKED)]
    for name, node in flow.nodes.items():
        if not isinstance(node, Queue):
            continue
        if node.preferred is not None and node.direct_ms is None:
            found.append(refused(name, "“preferred”", "preferred"))
        elif node.preferred is not None:
            found.append(refused(name, "“transfer” to an agent", "agent"))
        if any(isinstance(flow.nodes[to], TAKES_THE_CALL) for to in beside(flow, name)):
            found.append(refused(name, "“waiting” that lets callers leave", "waiting"))
    return found


def _limits(queue: QueueSetup) -> dict[Exit, str]:
    """Why the queue may let a call go by itself, each with the key that makes it so."""
    keys = {
        Exit.TIMEOUT: (queue.max_wait_ms, "wait_limit"),
        Exit.FULL: (queue.max_waiting, "waiting_limit"),
        Exit.CLOSED: (queue.hours, "calendar"),
        Exit.NOBODY_STAFFED: (queue.unstaffed_ms, "unstaffed_limit"),
    }
    return {why: key for why, (value, key) in keys.items() if value is not None}


def ways_through(site: Site, workload: Workload, kind: Callers, begin: int, end: int) -> Iterator[tuple[int, int, Way]]:
    """The ways of a kind from ``begin`` to ``end`` (Unix milliseconds), each with when it begins and ends.

    Queues stand open for it: whether one is closed, or without staff, is seen when a call comes to it.
    """
    setups = {queue.id: queue for queue in site.acd.queues}
    queues = tuple(replace(queue, hours=None, unstaffed_ms=None) for queue in site.acd.queues)
    open_site = replace(site, acd=replace(site.acd, queues=queues))

    def way_at(at: int) -> Way:
        return _Probe(open_site, kind, workload, at, setups).walk()

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
