"""What the planner runs: the live service's setup, who calls, and who is there when. Times in milliseconds from 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup
from centre.virtual.agent import Duty
from config.laws import Deterministic
from simulator.planner.laws import Law, Never

AT_ONCE = Deterministic(mean_ms=0)


class PlannerError(Exception):
    """The centre cannot be planned; the text says what stands in the way and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls a millisecond, ``begin`` to ``end``."""

    begin_ms: float
    end_ms: float
    per_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKind:
    """Calls that come to one queue with one need and behave alike."""

    name: str
    """Names its random numbers too: kinds of equal name are the same callers in every scenario."""
    queue: str
    rates: tuple[Rate, ...] = ()
    """Ascending, without overlap; Poisson arrivals. Empty where the calls are given."""
    needs: Requirement = ANYBODY
    """The call's own, on top of the queue's."""
    priority: int = 0
    patience: Law = field(default_factory=Never)
    """From entering the queue to giving up."""
    talk: Law
    wrap_up: Law = AT_ONCE
    """The agent's, cut off by the queue's own limit."""
    answer_delay: Law = AT_ONCE
    """From the ring to the agent's accept; what is not below the queue's ring time is a missed offer."""
    unanswered: float = 0.0
    """The share of offers that agents let ring, 0 to 1."""
    menu_ms: int = 0
    """From arrival to the queue, without the caller's own pauses."""
    key_delays: int = 0
    """So many pauses before a key come on top."""
    key_delay: Law = AT_ONCE
    pace: Mapping[str, float] = field(default_factory=dict)
    """Agent to a factor on talk and wrap-up with such callers; 1 for those not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChange:
    """An agent, by position in the setup, is there for something else from now on."""

    at_ms: int
    agent: int
    duty: Duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A centre and its load over one replication: a day, or a stretch of one that never changes."""

    acd: AcdSetup
    kinds: tuple[CallKind, ...]
    duties: tuple[DutyChange, ...]
    """In order of time."""
    counted_from_ms: int = 0
    """Calls and agents' time before that (the warm-up) are simulated, but not counted."""
    interval_ms: int
    intervals: int
    """So many intervals are counted; calls of the last one are served to the end."""
    busyness_cv: float = 0.0
    """Of the Gamma factor, mean 1, by which all rates of a replication are multiplied; 0: every day is alike."""

    @property
    def end_ms(self) -> int:
        """The end of the last interval."""
        return self.counted_from_ms + self.intervals * self.interval_ms
