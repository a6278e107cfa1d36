"""Who comes to which queue, when, with what needs: by the rates of the workload and the ways through the menu."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from acd.setup import AcdSetup
from config.arrivals import Factors, Piece, moments_traced, pieces
from config.site import Site
from config.workload import LINES, Busyness, Callers, Workload
from simulator.planner.menu_ways import Way, ways_through
from simulator.planner.model import CallKind, Elsewhere, Rate, Route
from simulator.planner.refusals import File, Refusal, not_run, refuse
from simulator.planner.stays import reached_from
from simulator.stage import DRAIN_MS


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

    Nothing is :func:`not_drawn` or :func:`~simulator.planner.menu_ways.not_walked`. Raises :class:`PlannerError` where
    a call would wait in one queue after the other.
    """
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
        for start, until, way in ways_through(site, workload, kind, begin, end if one_by_one else end + DRAIN_MS):
            ways.append((kind.name, start - begin, way))
            part = calls.between(start - begin, until - begin)
            if way.queue is None:
                counted = part.between(warm_up_ms, end - begin)
                without_queue += len(counted.arrivals) + sum((r.end_ms - r.begin_ms) * r.per_ms for r in counted.rates)
            elif part.arrivals or part.rates or not one_by_one:
                known = found.setdefault((kind.name, way), _Calls(kind))
                known.rates += part.rates
                known.arrivals += part.arrivals
    refuse([refusal for _, way in found for refusal in way.goes_on], site)
    kinds = []
    names: Counter[str] = Counter()
    setups = {queue.id: queue for queue in site.acd.queues}
    for (_, way), calls in found.items():
        kind = calls.kind
        assert way.queue is not None
        name = f"{kind.name}/{way.queue}"
        names[name] += 1
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
                pace=_pace(site, workload, way.queue),
                elsewhere={
                    queue: Elsewhere(
                        talk=workload.talk_of(kind, queue) if kind.talk is None else None,
                        pace=_pace(site, workload, queue),
                    )
                    for queue in reached_from(way.queue, setups)
                },
            )
        )
    numbers = {key: number for number, key in enumerate(found)}
    routes = [Route(callers=name, at_ms=at, kind=numbers.get((name, way))) for name, at, way in ways]
    return Demand(tuple(kinds), without_queue, () if one_by_one else tuple(routes))


def _pace(site: Site, workload: Workload, queue: str) -> dict[str, float]:
    by_level = workload.handling_by_level.get(queue)
    return {} if by_level is None else {agent.id: by_level.factor(agent.skills) for agent in site.acd.agents}


def not_drawn(workload: Workload, setup: AcdSetup) -> list[Refusal]:
    """What the workload asks for that only the twin plays, with the rules of ``setup``."""
    found = []
    if workload.lines != LINES:
        found.append(Refusal(File.WORKLOAD, ("lines",), not_run("the workload", "“lines”")))
    if workload.transfers and any(step.spill is not None for queue in setup.queues for step in queue.steps):
        # Who is sent on is drawn before it is known which queue answers.
        found.append(Refusal(File.WORKLOAD, ("transfers",), not_run("the workload", "“transfers” beside a “spill”")))
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
