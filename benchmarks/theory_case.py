"""One centre whose exact answer is known, as every engine of ours can be asked about it.

Rates and times are in minutes, as tables have them; a simulation lasts so many of :data:`MINUTE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from acd.setup import AcdSetup, AgentSetup, QueueSetup
from config.laws import Exponential, Law
from simulator.planner.laws import Never
from simulator.planner.model import CallKind

MINUTE = 30_000
"""A minute of the tables, in milliseconds of the simulation: fewer, and rounding shows; more, and slow rows do not
fit."""
WARM_UP, COUNTED = 8, 20
"""How long a run warms up and counts, in times that the centre takes to forget its state."""

Measures = Mapping[str, str | float]
"""Measure to value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One centre, and what is known of it exactly."""

    name: str
    acd: AcdSetup
    calls: Sequence[tuple[CallKind, float]]
    """Each kind, and how many of it come a minute."""
    settles: float
    """How many minutes the centre takes to forget its state."""
    exactly: Sequence[Measures]
    """By queue."""
    groups: Sequence[Measures] = ()
    """By group of agents who are alike, in the order of the setup: its ``occupancy`` and its ``share taken`` of all
    calls that were not turned away."""

    @property
    def rate(self) -> float:
        """Calls a minute."""
        return sum(rate for _, rate in self.calls)

    @property
    def costs(self) -> float:
        """How many calls a run takes at the least."""
        return (WARM_UP + COUNTED) * self.rate * self.settles


def exponential(rate: float) -> Exponential:
    """The law of what happens ``rate`` times a minute."""
    return Exponential(mean_ms=round(MINUTE / rate))


def settling(agents: int, rate: float, service: float) -> float:
    """Relaxation time of M/M/n below its capacity: 1 / (√(n mu) - √lambda)^2, about."""
    return 1 / (sqrt(agents * service) - sqrt(rate)) ** 2 + 1 / service


def one_queue(
    name: str,
    exactly: Measures,
    *,
    agents: int,
    rate: float,
    talk: Law,
    settles: float,
    patience: Law | None = None,
    within: float = 0.0,
    most: int | None = None,
) -> Case:
    """A single queue with so many agents; ``within`` is its threshold, ``most`` how many may wait."""
    acd = AcdSetup(
        queues=(QueueSetup(id="q0", wrap_up_ms=0, threshold_ms=round(within * MINUTE), max_waiting=most),),
        agents=tuple(AgentSetup(id=f"a{number}") for number in range(agents)),
    )
    kind = CallKind(name=name, queue="q0", talk=talk, patience=Never() if patience is None else patience)
    return Case(name=name, acd=acd, calls=[(kind, rate)], settles=settles, exactly=[exactly])


def is_telling(measure: str, exactly: float) -> bool:
    """Whether a measure can be judged by its scatter: what happens next to never, or next to always, or waits that next
    to nobody has, depend on a few rushes; a run that missed them would seem sure of itself, and far off."""
    return exactly > 0.02 if measure in ("asa", "mean_wait") else 0.02 < exactly < 0.98
