"""What is known of the recent calls of a queue: the figures from which waits are estimated, and how good those were.

All of it is bounded and brought up to date call by call; the past is forgotten evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, sqrt

from acd.foresight import BOUND, MEDIAN, Habits

_CALLS_REMEMBERED = 150.0
"""The weight of the past, in calls, when a queue's handling times are averaged."""
_RINGS_REMEMBERED = 50.0
_PRIOR_CALLS = 4.0
"""How many calls the guess before the first call is worth."""
_RATE_MS = 900_000.0
"""Time constant of arrival rates."""
_WAIT_REMEMBERED_MS = 7_200_000.0
"""The weight of the past, in waiting time, when the rate of abandonment is taken."""
_PATIENCE_PRIOR_MS = 600_000.0
"""As if callers had waited so long before the first one, and nobody had given up."""
_FACTOR_MOST = log(20.0)

_STEPS = {MEDIAN: 0.01, BOUND: 0.03}
"""How far a correction goes at a time, once it has seen much. The bound has to be kept, so it follows fast; the error
of the median hardly changes about its best place, so there unrest would cost more than lag."""

RINGING = 0
"""The kind of wait of those for whom a phone rings already."""
_SHORT_MS = 15_000
_KINDS = 5

Quantile = tuple[int, float]
"""Of callers with one kind of wait (:func:`kind_of`), the share who wait no longer."""


def kind_of(ms: float) -> int:
    """The kind of a wait that is expected to last so long: up to 15 s, 30 s, 60 s or longer. A model may be wrong
    otherwise about long waits than about short ones, so each has corrections of its own."""
    return 1 + min(int(ms // _SHORT_MS).bit_length(), _KINDS - 2)


@dataclass(slots=True)
class Correction:
    """The factor of one quantile, as a logarithm, and how many waits it has seen."""

    level: float
    log_factor: float = 0.0
    seen: int = 0

    def learn(self, *, within: bool) -> None:
        """A wait ended within the quantile, or did not."""
        self.seen += 1
        step = _STEPS[self.level] + 0.3 / (self.seen + 3)
        self.log_factor += step * (self.level - within)
        self.log_factor = min(max(self.log_factor, -_FACTOR_MOST), _FACTOR_MOST)


@dataclass(slots=True)
class RecentCalls:
    """What is known of the recent calls of one queue."""

    talk_ms: float
    talk_square: float
    """Mean square of the talk times."""
    wrap_up_ms: float
    handled: float = _PRIOR_CALLS
    answer_ms: float = 5_000.0
    abandoned: float = 0.0
    waited_ms: float = _PATIENCE_PRIOR_MS
    rate_since: int = -1
    rate_at: int = 0
    rate: float = 0.0
    """Arrivals a millisecond as of ``rate_at``, before it is divided by what has been seen of the window."""
    corrections: dict[Quantile, Correction] = field(
        default_factory=lambda: {
            (kind, level): Correction(level) for kind in range(_KINDS) for level in (MEDIAN, BOUND)
        }
    )

    def came(self, at: int) -> None:
        """A call entered at ``at``."""
        if self.rate_since < 0:
            self.rate_since = self.rate_at = at
        self.rate = self.rate * exp(-(at - self.rate_at) / _RATE_MS) + 1 / _RATE_MS
        self.rate_at = at

    def arrivals_per_ms(self, at: int) -> float:
        """The smoothed arrival rate."""
        if self.rate_since < 0:
            return 0.0
        # A window that has not been watched for long counts as one of at least five minutes.
        seen = 1 - exp(-max(at - self.rate_since, 300_000) / _RATE_MS)
        return self.rate * exp(-(at - self.rate_at) / _RATE_MS) / seen

    def was_rung(self, ms: int) -> None:
        """From the ring to the agent's audio it took so long."""
        self.answer_ms += (ms - self.answer_ms) / _RINGS_REMEMBERED

    def was_handled(self, talk_ms: int, wrap_up_ms: int) -> None:
        """A conversation (hold included) and its wrap-up took so long."""
        self.handled = min(self.handled + 1, _CALLS_REMEMBERED)
        self.talk_ms += (talk_ms - self.talk_ms) / self.handled
        self.talk_square += (talk_ms * talk_ms - self.talk_square) / self.handled
        self.wrap_up_ms += (wrap_up_ms - self.wrap_up_ms) / self.handled

    def habits(self) -> Habits:
        """How long a call keeps an agent."""
        talk_ms = max(self.talk_ms, 1.0)
        variation = min(max(self.talk_square / talk_ms**2 - 1, 0.01), 25.0)
        return Habits(
            answer_ms=self.answer_ms,
            talk_ms=talk_ms,
            talk_deviation=sqrt(variation),
            wrap_up_ms=self.wrap_up_ms,
        )

    @property
    def abandonment(self) -> float:
        """How many of those who wait give up each millisecond."""
        return self.abandoned / self.waited_ms

    def was_waited(self, ms: int, *, abandoned: bool) -> None:
        """A wait ended after so long."""
        keep = max(1 - ms / _WAIT_REMEMBERED_MS, 0.0) if self.waited_ms > _WAIT_REMEMBERED_MS else 1.0
        self.waited_ms = self.waited_ms * keep + ms
        self.abandoned = self.abandoned * keep + abandoned
