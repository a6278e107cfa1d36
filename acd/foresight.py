"""When agents who are busy will be free, and how long until one of them is free for a call with others ahead of it.

Pure arithmetic over probabilities; times are milliseconds from now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import erfc, exp, inf, log, pi, sqrt

MEDIAN, BOUND = 0.5, 0.8
_NORMAL = {MEDIAN: 0.0, BOUND: 0.8416212335729143}
"""Quantiles of the standard normal law."""

_BINOMIAL = {MEDIAN: 0.4, BOUND: 0.25}
"""How much less than Poisson's quantile that of a number without variance is; found by trying one to five agents."""

_WRAP_UPS = (0.182, 0.693, 1.792)
"""Wrap-up times that stand for all, in means: the middles of the thirds of the exponential law."""

_CLAIMED_LATER_MOST = 0.9
_ROUNDS_MOST = 40
_PRECISION = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How long calls of one queue keep an agent, as far as is known: means of milliseconds."""

    answer_ms: float
    talk_ms: float
    talk_deviation: float
    """Standard deviation over mean of the talk time, hold included."""
    wrap_up_ms: float

    @property
    def cycle_ms(self) -> float:
        """From ring to ring of an agent who is never idle."""
        return self.answer_ms + self.talk_ms + self.wrap_up_ms


class Talking:
    """An agent in conversation (or whose phone rings: ``age_ms`` 0 and before). Talk times are lognormal, as those of
    call centres are found to be (Brown et al., 2005), so that a long one lasts yet longer."""

    __slots__ = ("_age", "_deviation", "_location", "_survival", "_wrap_ups", "cycle_ms", "free_ms")

    def __init__(self, habits: Habits, age_ms: float) -> None:
        variance = log(1 + habits.talk_deviation**2)
        self._deviation = sqrt(2 * variance)
        self._location = log(habits.talk_ms) - variance / 2
        self._age = age_ms
        self._survival = max(self._longer_than(age_ms), 1e-6)
        self._wrap_ups = tuple(part * habits.wrap_up_ms for part in _WRAP_UPS)
        self.cycle_ms = habits.cycle_ms
        self.free_ms = max(habits.talk_ms - age_ms, habits.talk_ms / 2) + habits.wrap_up_ms
        """Roughly when the agent is free."""

    def free_by(self, ms: float) -> float:
        """The probability that conversation and wrap-up are over."""
        over, age = 0.0, self._age + ms
        location, deviation, survival = self._location, self._deviation, self._survival
        for wrap_up in self._wrap_ups:
            if ms > wrap_up:
                # The price of an estimate is that of this line, so it is written out here.
                longer = 1.0 if age <= wrap_up else 0.5 * erfc((log(age - wrap_up) - location) / deviation)
                over += 1 - longer / survival
        return over / len(_WRAP_UPS)

    def _longer_than(self, ms: float) -> float:
        return 1.0 if ms <= 0 else 0.5 * erfc((log(ms) - self._location) / self._deviation)


class WrappingUp:
    """An agent who wraps up: memoryless, until it ends by itself at the latest."""

    __slots__ = ("_end", "_mean", "cycle_ms", "free_ms")

    def __init__(self, habits: Habits, ends_ms: float) -> None:
        self._mean = max(habits.wrap_up_ms, 1.0)
        self._end = ends_ms
        self.cycle_ms = habits.cycle_ms
        self.free_ms = min(self._mean, ends_ms)

    def free_by(self, ms: float) -> float:
        """The probability that the wrap-up is over."""
        return 1.0 if ms >= self._end else 1 - exp(-ms / self._mean)


Busy = Talking | WrappingUp


@dataclass(slots=True)
class Pool:
    """Agents whom the same other kinds of calls claim."""

    claimed: float
    """Calls that rank first and go to these agents rather than to any who can serve the call, each agent's share."""
    claiming: float
    """More of them, each millisecond."""
    agents: list[Busy] = field(default_factory=list)
    _known: dict[tuple[float, float], tuple[float, float]] = field(default_factory=dict)

    def free_by(self, ms: float, weight: float) -> tuple[float, float]:
        """Mean and variance of how many agents, each standing for ``weight``, will have been free for the call.

        The search for each quantile begins with the same times, so what was worked out is kept.
        """
        found = self._known.get((ms, weight))
        if found is None:
            found = self._known[ms, weight] = self._free_by(ms, weight)
        return found

    def _free_by(self, ms: float, weight: float) -> tuple[float, float]:
        freed = variance = 0.0
        for agent in self.agents:
            free = agent.free_by(ms)
            # Who has been free takes the next call, and will be free again.
            again = free * max(ms - agent.free_ms, 0.0) / agent.cycle_ms
            freed += free + again
            variance += free * (1 - free) + again / 2
        # Recent arrivals that are more than the agents can serve will not be so for ever.
        later = min(len(self.agents) * self.claiming * ms, _CLAIMED_LATER_MOST * freed)
        left = _left_over(freed * weight, (len(self.agents) * self.claimed + later) * weight)
        return left, variance * weight + freed * weight - left


def _left_over(freed: float, claims: float) -> float:
    """The mean of what is left of ``freed`` after about ``claims`` were taken from it, never below none: the positive
    part of a normal variable with the variance of the claims."""
    if claims <= 0:
        return freed
    deviation = sqrt(claims)
    over = (freed - claims) / deviation
    positive = (freed - claims) * 0.5 * erfc(-over / sqrt(2)) + deviation * exp(-over * over / 2) / sqrt(2 * pi)
    return min(positive, freed)


def time_until_served(pools: Sequence[Pool], weight: float, ahead: float, *, abandonment: float, level: float) -> float:
    """The quantile ``level`` (MEDIAN or BOUND) of the time until an agent is free for a call.

    Each agent of ``pools`` stands for ``weight`` agents. ``ahead`` calls that any of them may serve come first; each
    gives up at the rate ``abandonment`` a millisecond. The call is served when more agents have become free than
    that: the number who have by a given time is a sum of many independent chances, taken as Poisson's with its
    variance put right, and the time is the one by which it is large enough with the probability ``level``. Infinite
    when that does not happen in a day.
    """

    def enough(ms: float) -> bool:
        freed = variance = 0.0
        for pool in pools:
            mean, spread = pool.free_by(ms, weight)
            freed, variance = freed + mean, variance + spread
        # Those ahead become fewer evenly, so that half of them are there to give up at any time.
        given_up = ahead * (1 - exp(-abandonment * ms / 2))
        dispersion = (variance + given_up) / max(freed + given_up, 1e-9)
        return freed + given_up >= _needed(ahead + 1, min(dispersion, 2.0), level)

    cycles = [agent.cycle_ms for pool in pools for agent in pool.agents]
    return _first(enough, cycles[0] / (weight * len(cycles))) if cycles else inf


def bound_that_is_known(median_ms: float, bound_ms: float, abandonment: float) -> float:
    """The bound that holds for four in five of the callers of whom it is known whether it did.

    ``bound_ms`` would, if nobody gave up. But who gives up before it, at the rate ``abandonment`` a millisecond, is not
    known of, and would have waited longer than others: of a gamma law with the spread of these two quantiles the
    answered ones have the same law shortened by 1 + rate * variance / mean (exponential tilting). Who waits beyond the
    bound is known of, answered or not, so only about half of that is right; found by trial on simulated days.
    """
    variance = ((bound_ms - median_ms) / _NORMAL[BOUND]) ** 2
    return bound_ms / (1 + abandonment * variance / max(median_ms, 1.0) / 2)


def _needed(count: float, spread: float, level: float) -> float:
    """The mean of a number that is ``count`` or more with the probability ``level``, if its variance is ``spread``
    times its mean: Wilson and Hilferty's cube root (1931) for Poisson's law (1), moved towards the binomial's."""
    ninth = 1 / (9 * count)
    return float(
        count * max(1 - ninth + _NORMAL[level] * sqrt(spread * ninth), 0.1) ** 3
        - _BINOMIAL[level] * max(1 - spread, 0.0)
    )


def _first(enough: Callable[[float], bool], guess: float) -> float:
    """The first time that is enough, to two per cent."""
    low, high = 0.0, guess
    for _ in range(_ROUNDS_MOST):
        if high > 86_400_000:
            return inf
        if enough(high):
            break
        low, high = high, 2 * high
    while high - low > max(_PRECISION * high, 50.0):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
