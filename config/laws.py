"""Laws of durations. Each draws from the random generator it is given, and nowhere else."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Empirical:
    """What was measured, in milliseconds: each value as likely as any other."""

    values_ms: tuple[int, ...]

    def sample(self, rng: random.Random) -> int:
        """One of the durations in milliseconds."""
        return rng.choice(self.values_ms)

    @property
    def mean_ms(self) -> float:
        """The mean of the values, milliseconds."""
        return sum(self.values_ms) / len(self.values_ms)


Law = Exponential | Lognormal | Deterministic | Erlang | Empirical
