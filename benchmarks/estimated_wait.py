"""How good the estimated waits are, in several shapes of traffic, beside the rule of Asterisk's app_queue.

Run as ``python -m benchmarks.estimated_wait``; each simulated day takes about ten seconds. The figures are those of all
seeds taken together, and in brackets the lowest and the highest of a single one. The twin simulates the example bank,
enlarged, with its own menus, skills, languages, relaxation, rings that are missed and callers who give
up. Every caller who has to wait is told an estimate on entering the queue. Callers to whom a phone rings at once are
told nothing and do not count.

- within bound: of those of whom it is known, the share who were answered within the 80 % bound. Who was answered later,
  or gave up after the bound had passed, was told wrong; of who gave up earlier nobody knows.
- error: the mean distance between the median and the wait that came true, over answered callers.
- app_queue: the same for what app_queue would announce to the same callers on the same trace. Its hold time is an
  exponential average of the waits of answered callers of the queue, (3 · old + new) / 4 (``recalc_holdtime``); a caller
  who just came is told it as it is (``say_position``), rounded to minutes, which is left out here in its favour.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from acd.effects import Abandoned, Answered, Queued, Released
from acd.estimate import WaitEstimate
from acd.setup import AgentSetup
from centre.effects import Effect
from centre.machine import Centre
from config.loader import load_site
from config.site import AgentText, Site
from config.workload import Shift
from ivr.hours import Span
from simulator.twin import Twin

BANK = Path(__file__).parents[1] / "config" / "examples" / "bank"
MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - local time of whichever site
BEGIN, HOURS = 6, 14.0
"""The part of the day that is simulated."""
TIMES_THE_BANK = 4
"""The bank is twelve agents; estimates are told where there are more."""
FULL_LOAD = 165.0 * TIMES_THE_BANK
"""Calls an hour that keep the whole staff about busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Calls an hour by the time of day as a share of full load, and when one agent in ``away_every`` is away."""

    rates: tuple[tuple[int, float], ...]
    away: Span | None = None
    away_every: int = 4


SHAPES = {
    "steady": Shape(rates=((0, 1.0),)),
    "morning peak": Shape(rates=((0, 0.5), (8, 0.9), (9, 1.2), (10, 1.35), (11, 1.0), (12, 0.8), (15, 0.9))),
    "staff drop": Shape(rates=((0, 0.9),), away=Span(time(10), time(12))),
    "half away": Shape(rates=((0, 0.7), (14, 0.6)), away=Span(time(12), time(13)), away_every=2),
    "overload": Shape(rates=((0, 1.4),)),
}
"""The last one is beyond what a centre would let happen: callers are served only because others give up."""


def enlarged(site: Site, shape: Shape) -> Site:
    """The bank with :data:`TIMES_THE_BANK` times its agents, all on duty all day, and the traffic of ``shape``."""
    agents = tuple(
        AgentSetup(id=f"{agent.id}-{copy}", skills=agent.skills)
        for copy in range(TIMES_THE_BANK)
        for agent in site.acd.agents
    )
    assert site.workload is not None
    whole_day = Span(time(0), time(0))
    steady = [agent.id for number, agent in enumerate(agents) if shape.away is None or number % shape.away_every]
    others = [agent.id for agent in agents if agent.id not in steady]
    shifts = [Shift(agents=tuple(steady), hours=whole_day)]
    if others:
        assert shape.away is not None
        shifts.append(Shift(agents=tuple(others), hours=Span(shape.away.end, shape.away.start)))
    workload = replace(
        site.workload,
        rates=tuple((time(hour), share * FULL_LOAD) for hour, share in shape.rates),
        staff=tuple(shifts),
    )
    texts = {agent.id: AgentText(id=agent.id, name=agent.id, phone="") for agent in agents}
    return replace(site, acd=replace(site.acd, agents=agents), agents=texts, workload=workload)


@dataclass(slots=True)
class Told:
    """A caller who was told something, and what came of it."""

    at: int
    estimate: WaitEstimate
    app_queue_ms: float


@dataclass(slots=True)
class Judge:
    """Follows a trace."""

    centre: Centre | None = None
    told: dict[str, Told] = field(default_factory=dict)
    hold_ms: dict[str, float] = field(default_factory=dict)
    kept: int = 0
    broken: int = 0
    unknown: int = 0
    errors: list[float] = field(default_factory=list)
    app_queue_errors: list[float] = field(default_factory=list)

    def see(self, effect: Effect, at: int) -> None:
        """One effect of the centre."""
        match effect:
            case Queued():
                assert self.centre is not None
                estimate = self.centre.estimated_wait(effect.call)
                if estimate is not None and estimate.position:
                    self.told[effect.call] = Told(at, estimate, self.hold_ms.get(effect.queue, 0.0))
            case Answered():
                old = self.hold_ms.get(effect.queue, 0.0)
                self.hold_ms[effect.queue] = (3 * old + effect.waited_ms) / 4
                told = self.told.pop(effect.call, None)
                if told is not None:
                    waited = at - told.at
                    within = waited <= told.estimate.bound_ms
                    self.kept += within
                    self.broken += not within
                    self.errors.append(abs(told.estimate.median_ms - waited))
                    self.app_queue_errors.append(abs(told.app_queue_ms - waited))
            case Abandoned() | Released():
                told = self.told.pop(effect.call, None)
                if told is not None:
                    late = at - told.at > told.estimate.bound_ms
                    self.broken += late
                    self.unknown += not late
            case _:
                pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of one shape, with one seed or with several taken together."""

    told: int
    kept: int
    """Bounds that came true."""
    broken: int
    """Bounds that did not."""
    answered: int
    """Callers who were told something and were answered."""
    error_ms: float
    """The sum of their errors."""
    app_queue_error_ms: float

    @property
    def within_bound(self) -> float:
        """The share of bounds that came true, of those of which it is known."""
        return self.kept / (self.kept + self.broken)

    @property
    def error_s(self) -> float:
        """The mean error."""
        return self.error_ms / self.answered / 1000

    @property
    def app_queue_error_s(self) -> float:
        """The mean error of app_queue's rule."""
        return self.app_queue_error_ms / self.answered / 1000

    @property
    def better_by(self) -> float:
        """How much smaller the error is than app_queue's, 0 to 1."""
        return 1 - self.error_ms / self.app_queue_error_ms


def together(runs: Sequence[Figures]) -> Figures:
    """All callers of all runs."""
    return Figures(**{count.name: sum(getattr(run, count.name) for run in runs) for count in fields(Figures)})


def measured(site: Site, shape: Shape, *, seed: int, begin_hour: int = BEGIN, hours: float = HOURS) -> Figures:
    """Simulates so many hours from ``begin_hour`` o'clock on; the same seed gives the same figures."""
    big = enlarged(site, shape)
    assert big.workload is not None
    begin = MONDAY.replace(hour=begin_hour, tzinfo=site.time_zone)
    start, end = (int(moment.timestamp() * 1000) for moment in (begin, begin + timedelta(hours=hours)))
    judge = Judge()
    seen: tuple[type, ...] = (Queued, Answered, Abandoned, Released)
    observer = dict.fromkeys(seen, judge.see)
    twin = Twin(big, big.workload, seed=seed, start=start, end=end, observer=observer, estimates=True)
    judge.centre = twin.centre
    twin.run()
    return Figures(
        told=judge.kept + judge.broken + judge.unknown,
        kept=judge.kept,
        broken=judge.broken,
        answered=len(judge.errors),
        error_ms=sum(judge.errors),
        app_queue_error_ms=sum(judge.app_queue_errors),
    )


def main() -> None:
    """Measures every shape and prints the figures with their spread over the seeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hours", type=float, default=HOURS)
    options = parser.parse_args()
    site = load_site(BANK)
    seeds = range(1, options.seeds + 1)
    print(f"{options.seeds} seeds, {options.hours:g} simulated hours each\n")
    print(f"{'shape':14} {'told':>6}  {'within bound':>22}  {'error':>8}  {'app_queue':>9}  {'smaller by':>20}")
    for name, shape in SHAPES.items():
        runs = [measured(site, shape, seed=seed, hours=options.hours) for seed in seeds]
        all_runs = together(runs)
        print(
            f"{name:14} {all_runs.told:6}"
            f"  {_spread(all_runs.within_bound, [run.within_bound for run in runs], 1):>22}"
            f"  {all_runs.error_s:6.1f} s  {all_runs.app_queue_error_s:7.1f} s"
            f"  {_spread(all_runs.better_by, [run.better_by for run in runs], 0):>20}",
            flush=True,
        )


def _spread(share: float, single: Sequence[float], digits: int) -> str:
    return f"{share:.{digits}%} ({min(single):.{digits}%} to {max(single):.{digits}%})"


if __name__ == "__main__":
    main()
