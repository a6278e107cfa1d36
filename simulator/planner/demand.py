"""Who comes to which queue, when, with what needs: by the rates of the workload and the ways through the menu."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from acd.setup import AcdSetup
from config.arrivals import Factors, Piece, moments_traced, pieces
from config.population import offers_of
from config.population import wanting as share_wanting
from config.site import Site
from config.workload import LINES, Busyness, Callers, Workload
from ivr.flow import Flow
from simulator.planner.menu_probe import Stood
from simulator.planner.menu_ways import Way, ways_through
from simulator.planner.model import CallKind, Customers, Elsewhere, Leaving, Rate, Route
from simulator.planner.refusals import File, Refusal, not_run, refuse
from simulator.planner.stays import reached_from
from simulator.planner.ways_out import WayOut
from simulator.stage import DRAIN_MS


@dataclass
class _Calls:
    """When callers of a kind call: at these rates, or at these times."""

    kind: Callers
    rates: list[Rate] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)
    share: float = 1.0
    """Of the kind's calls, by which the rates are multiplied already."""

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
            self.share,
        )

    def thinned(self, share: float) -> _Calls:
        """As many of them. At times that are given nobody knows which they are: see :func:`not_drawn`."""
        return _Calls(self.kind, [replace(rate, per_ms=rate.per_ms * share) for rate in self.rates], [], share)


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

    Nothing is :func:`not_drawn` or :func:`~simulator.planner.menu_ways.not_walked`. Raises :class:`PlannerError` where
    a call would wait in one queue after the other.
    """
    found: dict[tuple[str, bool, Way], _Calls] = {}
    without_queue = 0.0
    every_day_alike = Factors(Busyness(), 0)
    one_by_one = workload.retry is None and not workload.transfers
    until_ms = end if one_by_one else end + DRAIN_MS
    ways: list[tuple[str, bool, int, Way]] = []
    for kind in workload.callers:
        calls = _Calls(kind)
        if workload.trace is not None:
            calls.arrivals += [at - begin for at in moments_traced(workload, kind.name, begin, end)]
        else:
            calls.rates += [_rate(piece, begin) for piece in pieces(workload, kind, begin, end, every_day_alike)]
        for family in _families(site, workload, kind, begin, until_ms):
            own = calls if family.share == 1 else calls.thinned(family.share)
            for start, until, way in family.ways:
                ways.append((kind.name, family.wants_callback, start - begin, way))
                part = own.between(start - begin, until - begin)
                if way.queue is None:
                    counted = part.between(warm_up_ms, end - begin)
                    arrivals = sum((rate.end_ms - rate.begin_ms) * rate.per_ms for rate in counted.rates)
                    without_queue += len(counted.arrivals) + arrivals
                elif part.arrivals or part.rates or not one_by_one:
                    known = found.setdefault((kind.name, family.wants_callback, way), _Calls(kind, share=family.share))
                    known.rates += part.rates
                    known.arrivals += part.arrivals
    refuse([refusal for *_, way in found for refusal in way.refusals], site)
    numbers = {key: number for number, key in enumerate(found)}
    backs: dict[tuple[str, Stood], int] = {}
    for name, _, way in found:
        if way.out is not None and way.out.back is not None:
            backs.setdefault((name, way.out.back), len(found) + len(backs))
    names: Counter[str] = Counter()
    kinds = []
    for (_, wants_callback, way), calls in found.items():
        assert way.queue is not None
        name = f"{calls.kind.name}{_CALLED_BACK if wants_callback else ''}/{way.queue}"
        names[name] += 1
        kinds.append(
            replace(
                _kind(site, workload, calls.kind, way.queue, f"{name}/{names[name]}"),
                rates=tuple(calls.rates),
                arrivals=tuple(calls.arrivals),
                callers=calls.kind.name,
                wants_callback=wants_callback,
                share=calls.share,
                needs=way.needs,
                priority=way.priority,
                menu_ms=way.menu_ms,
                key_delays=way.key_delays,
                leaving=None if way.out is None else _leaving(calls.kind, way.out, backs),
            )
        )
    callers = {kind.name: kind for kind in workload.callers}
    for (name, back), number in backs.items():
        plain = _kind(site, workload, callers[name], back.queue, f"{name}{_CALLED_BACK}/{number}")
        kinds.append(replace(plain, needs=back.needs, priority=back.priority, customers=_customers(workload)))
    routes = [
        Route(callers=name, wants_callback=wants_callback, at_ms=at, kind=numbers.get((name, wants_callback, way)))
        for name, wants_callback, at, way in ways
    ]
    return Demand(tuple(kinds), without_queue, () if one_by_one else tuple(routes))


_CALLED_BACK = ", called back"
"""Follows the name of callers who want that, in the names by which their random numbers go."""


@dataclass(frozen=True)
class _Family:
    """Those of a kind of callers who fare alike."""

    wants_callback: bool
    share: float
    """Of the kind."""
    ways: list[tuple[int, int, Way]]


def _families(site: Site, workload: Workload, kind: Callers, begin: int, end: int) -> list[_Family]:
    """Those who want to be called back are told apart where that makes a difference."""
    plain = list(ways_through(site, workload, kind, begin, end))
    wanting = share_wanting(workload) if offers_of([site.entry_flow]) else 0.0
    if wanting > 0:
        other = list(ways_through(site, workload, kind, begin, end, wants_callback=True))
        if other != plain:
            return [_Family(False, 1 - wanting, plain), _Family(True, wanting, other)]
    return [_Family(False, 1.0, plain)]


def _kind(site: Site, workload: Workload, kind: Callers, queue: str, name: str) -> CallKind:
    """What callers of ``kind`` and the agents who answer them in ``queue`` are like."""
    setups = {queue.id: queue for queue in site.acd.queues}
    return CallKind(
        name=name,
        queue=queue,
        patience=workload.patience_of(kind),
        talk=workload.talk_of(kind, queue),
        wrap_up=workload.wrap_up_of(kind),
        answer_delay=workload.answer_delay,
        unanswered=workload.unanswered,
        key_delay=workload.key_delay,
        pace=_pace(site, workload, queue),
        elsewhere={
            other: Elsewhere(
                talk=workload.talk_of(kind, other) if kind.talk is None else None,
                pace=_pace(site, workload, other),
            )
            for other in reached_from(queue, setups)
        },
    )


def _leaving(kind: Callers, out: WayOut, backs: Mapping[tuple[str, Stood], int]) -> Leaving:
    back = None if out.back is None else backs[kind.name, out.back]
    return Leaving(first=out.first, again=out.again, back=back, after=out.after)


def _customers(workload: Workload) -> Customers:
    callbacks = workload.callbacks
    return Customers(reached=callbacks.answered, answer_delay=callbacks.answer_delay or workload.answer_delay)


def _pace(site: Site, workload: Workload, queue: str) -> dict[str, float]:
    by_level = workload.handling_by_level.get(queue)
    return {} if by_level is None else {agent.id: by_level.factor(agent.skills) for agent in site.acd.agents}


def not_drawn(workload: Workload, setup: AcdSetup, flow: Flow) -> list[Refusal]:
    """What the workload asks for that only the twin plays, with the rules of ``setup`` and the menu ``flow``."""
    found = []
    if workload.lines != LINES:
        found.append(Refusal(File.WORKLOAD, ("lines",), not_run("the workload", "“lines”")))
    if workload.transfers and any(step.spill is not None for queue in setup.queues for step in queue.steps):
        # Who is sent on is drawn before it is known which queue answers.
        found.append(Refusal(File.WORKLOAD, ("transfers",), not_run("the workload", "“transfers” beside a “spill”")))
    if workload.trace is not None and offers_of([flow]) and share_wanting(workload) > 0:
        instead = "write “accepted: 0 %” for the plan"
        found.append(
            Refusal(File.WORKLOAD, ("callbacks",), not_run("the workload", "“callbacks” beside a “trace”", instead))
        )
    return found


def not_scaled(workload: Workload, factor: float) -> list[Refusal]:
    """Why there cannot be ``factor`` times as many calls."""
    if factor == 1 or workload.trace is None:
        return []
    message = (
        "the workload's “trace” says who calls when, so there cannot be more or fewer calls: leave --scale and "
        "--calls out, or write “calls_per_hour” instead of the trace"
    )
    return [Refusal(File.WORKLOAD, ("trace",), message)]


def scaled(kinds: tuple[CallKind, ...], factor: float) -> tuple[CallKind, ...]:
    """The same calls, ``factor`` times as many."""
    return tuple(
        replace(kind, rates=tuple(replace(rate, per_ms=rate.per_ms * factor) for rate in kind.rates)) for kind in kinds
    )
