"""Who comes to which queue, when, with what needs: found out by sending one caller of each kind through the menu.

The menu is walked by the very centre, exchange and simulated caller of the twin, so the planner knows no node of a
flow. What a caller of one kind meets may change over the day (opening hours); where it does is found by bisection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
from config.arrivals import Factors, Piece, moments_traced, pieces
from config.players import spoken
from config.site import Site
from config.workload import LINES, Busyness, Callers, Workload
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
from simulator.planner.model import CallKind, PlannerError, Rate, Route
from simulator.stage import DRAIN_MS
from simulator.timers import SimpyTimers

_ORDERS = get_args(Order)
_LIMITS = (Exit.TIMEOUT, Exit.FULL)
_STEP_MS = 900_000
_EDGE_MS = 1_000
"""Changes between two quarters of an hour are found to the second; a change back within one quarter is not seen."""
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
    goes_on_to: str = ""
    """The queue that the flow goes on to when this one lets the call go."""


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
                        return self._way(effect, now - self.at - self.pauses * pause, self._flow_after(centre, effect))
                    if isinstance(effect, _ORDERS):
                        exchange.carry_out(effect)
            if exchange.calls:
                timers.environment.step()
        return Way(None)

    def _flow_after(self, centre: Centre, wait: Wait) -> str:
        """The first queue to which the flow may lead a call that this one did not take or keep; empty: none."""
        flow, call = self.site.entry_flow, centre.call(wait.call)
        assert call is not None
        node = flow.nodes[call.session.waiting_at]
        assert isinstance(node, Queue)
        ahead, seen = [node.exits.get(why, node.otherwise) for why in _LIMITS], set[str]()
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                after = flow.nodes[name]
                if isinstance(after, Queue):
                    return after.queue
                ahead += [to for _, to in outcomes(after)]
        return ""

    def _way(self, wait: Wait, menu_ms: int, goes_on_to: str) -> Way:
        needs: Requirement = ANYBODY
        for text in wait.needs:
            needs = both(needs, parse(text))
        return Way(
            queue=wait.queue,
            needs=needs,
            priority=wait.priority,
            menu_ms=menu_ms,
            key_delays=self.pauses,
            goes_on_to=goes_on_to,
        )


@dataclass
class _Calls:
    """When callers of a kind call: at these rates, or at these times."""

    kind: Callers
    rates: list[Rate] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)

    def between(self, begin: int, end: int) -> _Calls:
        """Those from ``begin`` up to ``end``."""
        rates = (
            replace(rate, begin_ms=max(begin, rate.begin_ms), end_ms=min(end, rate.end_ms))
            for rate in self.rates
            if rate.per_ms > 0
        )
        return _Calls(
            self.kind,
            [rate for rate in rates if rate.begin_ms < rate.end_ms],
            [at for at in self.arrivals if begin <= at < end],
        )


def _rate(piece: Piece, begin: int) -> Rate:
    return Rate(
        begin_ms=piece.start - begin,
        end_ms=piece.end - begin,
        per_ms=piece.calls_per_hour / 3_600_000,
        day=piece.day,
        entry=piece.entry,
    )


@dataclass(frozen=True)
class Demand:
    """The calls of a day."""

    kinds: tuple[CallKind, ...]
    without_queue: float
    """How many callers a day ask for no queue, on average."""
    routes: tuple[Route, ...]
    """Where calls come of others: what the menu makes of who dials."""


def demand_of(site: Site, workload: Workload, begin: int, end: int, warm_up_ms: int = 0) -> Demand:
    """The calls that arrive from ``begin`` to ``end`` (Unix milliseconds), at times from ``begin`` on; of which those
    of the first ``warm_up_ms`` are not counted.

    Raises :class:`PlannerError` where a call would wait in one queue after the other, and for what the planner does
    not draw.
    """
    refuse_what_cannot_be_drawn(workload)
    _refuse_what_cannot_be_walked(site.entry_flow)
    found: dict[tuple[str, Way], _Calls] = {}
    without_queue = 0.0
    every_day_alike = Factors(Busyness(), 0)
    one_by_one = workload.retry is None and not workload.transfers
    ways: list[tuple[str, int, Way]] = []
    for kind in workload.callers:
        calls = _Calls(kind)
        if workload.trace is not None:
            calls.arrivals += [at - begin for at in moments_traced(workload, kind.name, begin, end)]
        else:
            calls.rates += [_rate(piece, begin) for piece in pieces(workload, kind, begin, end, every_day_alike)]
        for start, until, way in _ways(site, workload, kind, begin, end if one_by_one else end + DRAIN_MS):
            ways.append((kind.name, start - begin, way))
            part = calls.between(start - begin, until - begin)
            if way.queue is None:
                counted = part.between(warm_up_ms, end - begin)
                without_queue += len(counted.arrivals) + sum((r.end_ms - r.begin_ms) * r.per_ms for r in counted.rates)
            elif part.arrivals or part.rates or not one_by_one:
                known = found.setdefault((kind.name, way), _Calls(kind))
                known.rates += part.rates
                known.arrivals += part.arrivals
    setups = {queue.id: queue for queue in site.acd.queues}
    kinds = []
    names: Counter[str] = Counter()
    for (_, way), calls in found.items():
        kind = calls.kind
        assert way.queue is not None
        setup = setups[way.queue]
        for limit in ("max_wait_ms", "max_waiting"):
            if getattr(setup, limit) is not None and way.goes_on_to:
                key = {"max_wait_ms": "wait_limit", "max_waiting": "waiting_limit"}[limit]
                raise PlannerError(
                    f"the planner cannot run queue “{way.queue}”: “{key}”, because the flow then sends the call on to "
                    f"queue “{way.goes_on_to}”. Simulate single days instead (holdless simulate --day), or let the "
                    "flow end there"
                )
        name = f"{kind.name}/{way.queue}"
        names[name] += 1
        by_level = workload.handling_by_level.get(way.queue)
        pace = {agent.id: by_level.factor(agent.skills) for agent in site.acd.agents} if by_level is not None else {}
        kinds.append(
            CallKind(
                name=f"{name}/{names[name]}",
                queue=way.queue,
                rates=tuple(calls.rates),
                arrivals=tuple(calls.arrivals),
                callers=kind.name,
                needs=way.needs,
                priority=way.priority,
                patience=workload.patience_of(kind),
                talk=workload.talk_of(kind, way.queue),
                wrap_up=workload.wrap_up_of(kind),
                answer_delay=workload.answer_delay,
                unanswered=workload.unanswered,
                menu_ms=way.menu_ms,
                key_delays=way.key_delays,
                key_delay=workload.key_delay,
                pace=pace,
            )
        )
    numbers = {key: number for number, key in enumerate(found)}
    routes = [Route(callers=name, at_ms=at, kind=numbers.get((name, way))) for name, at, way in ways]
    return Demand(tuple(kinds), without_queue, () if one_by_one else tuple(routes))


def refuse_what_cannot_be_drawn(workload: Workload) -> None:
    """Raises :class:`PlannerError` where the workload asks for what only the twin plays."""
    if workload.lines != LINES:
        raise PlannerError(
            "the planner cannot run the workload's “lines”. Simulate single days instead (holdless simulate --day), or "
            "plan without"
        )


_WALKED = (Say, Menu, Collect, SetLanguage, Tag, Hours, Queue, Voicemail, Record, Transfer, HangUp, Set, Music)
"""Nodes at which all callers of a kind fare alike. One that is not named here may ask the customer records, the lot or
the state of the centre."""


def _refuse_what_cannot_be_walked(flow: Flow) -> None:
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


def scaled(kinds: tuple[CallKind, ...], factor: float) -> tuple[CallKind, ...]:
    """The same calls, ``factor`` times as many. Raises :class:`PlannerError` where it is known who calls."""
    if factor != 1 and any(kind.arrivals for kind in kinds):
        raise PlannerError(
            "the workload's “trace” says who calls when, so there cannot be more or fewer calls: leave --scale and "
            "--calls out, or write “calls_per_hour” instead of the trace"
        )
    return tuple(
        replace(kind, rates=tuple(replace(rate, per_ms=rate.per_ms * factor) for rate in kind.rates)) for kind in kinds
    )


def _ways(site: Site, workload: Workload, kind: Callers, begin: int, end: int) -> Iterator[tuple[int, int, Way]]:
    """The ways of a kind from ``begin`` to ``end``, each with when it begins and ends."""

    def way_at(at: int) -> Way:
        return _Probe(site, kind, workload, at).walk()

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
