"""Who calls when, what they want and how long everything takes: the load of a simulated day, ready to be drawn from."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from ivr.hours import Span, wall_clock

# Laws of durations. Each draws from the random generator it is given, and nowhere else.


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """Memoryless, with a mean in milliseconds."""

    mean_ms: int

    def sample(self, rng: random.Random) -> int:
        """One duration in milliseconds, 0 or more."""
        return round(rng.expovariate(1.0) * self.mean_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Lognormal, by the mean and the standard deviation of the duration itself, in milliseconds."""

    mean_ms: int
    sd_ms: int

    def sample(self, rng: random.Random) -> int:
        """One duration in milliseconds, 0 or more.

        From mean m and deviation s: σ² = ln(1 + s²/m²), μ = ln m - σ²/2.
        """
        variance = math.log1p((self.sd_ms / self.mean_ms) ** 2)
        return round(rng.lognormvariate(math.log(self.mean_ms) - variance / 2, math.sqrt(variance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deterministic:
    """Always the same, in milliseconds."""

    mean_ms: int

    def sample(self, rng: random.Random) -> int:  # noqa: ARG002 - one signature for every law
        """The duration in milliseconds."""
        return self.mean_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Erlang:
    """The sum of ``shape`` exponential phases, with the mean of the whole in milliseconds."""

    mean_ms: int
    shape: int

    def sample(self, rng: random.Random) -> int:
        """One duration in milliseconds, 0 or more."""
        return round(rng.gammavariate(self.shape, self.mean_ms / self.shape))


Law = Exponential | Lognormal | Deterministic | Erlang


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Callers of one kind."""

    share: float
    """Weight among all kinds; they need not add up to 1."""
    wants: str | None
    """The queue they are after; None: nothing."""
    keys: Mapping[str, str]
    """What they press, by the node of the flow that asks; at other nodes they press nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Agents who are logged in every day from the start of ``hours`` to its end, except in their breaks."""

    agents: tuple[str, ...]
    hours: Span
    breaks: tuple[Span, ...] = ()

    def works_at(self, wall: time) -> bool:
        """Whether the agents take calls when the clock on the wall shows ``wall``."""
        return self.hours.holds(wall) and not any(pause.holds(wall) for pause in self.breaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The load of a day, the same every day, by the clock on the wall in ``zone``."""

    zone: ZoneInfo
    rates: tuple[tuple[time, float], ...]
    """Calls per hour from a time of day on, in order; before the first one holds the last."""
    callers: tuple[Callers, ...]
    patience: Law
    """From entering the queue to giving up."""
    key_delay: Law
    """From the end of a prompt to a key."""
    talk: Mapping[str, Law]
    """By queue; every queue has one."""
    wrap_up: Law
    answer_delay: Law
    """From the ring to the agent's accept."""
    unanswered: float
    """The share of offers that the agent lets ring, 0 to 1."""
    staff: tuple[Shift, ...]

    def calls_per_hour(self, at: int) -> float:
        """The arrival rate at ``at`` (Unix milliseconds)."""
        wall = wall_clock(at, self.zone).time()
        return self.rates[bisect_right(self.rates, wall, key=lambda rate: rate[0]) - 1][1]

    def busiest_calls_per_hour(self) -> float:
        """The highest arrival rate of the day: the bound for thinning."""
        return max(rate for _, rate in self.rates)

    def draw_callers(self, rng: random.Random) -> Callers:
        """A kind of caller, by the shares."""
        return rng.choices(self.callers, weights=[kind.share for kind in self.callers])[0]
