"""What the planner runs: the live service's setup, who calls, and who is there when. Times in milliseconds from 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup
from centre.virtual.agent import Duty
from config.laws import Deterministic
from config.workload import Absence, Busyness, Retry, Transfer
from simulator.planner.laws import Law, Never
from simulator.staff import Plan

AT_ONCE = Deterministic(mean_ms=0)


class PlannerError(Exception):
    """The centre cannot be planned; the text says what stands in the way and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls a millisecond, ``begin`` to ``end``."""

    begin_ms: float
    end_ms: float
    per_ms: float
    day: date = date.min
    entry: tuple[date, int] = (date.min, 0)
    """What the factors of busyness go by, see :meth:`config.arrivals.Factors.of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """How calls of a kind fare in a queue to which they have spilled, where that is otherwise than in their own."""

    talk: Law | None = None
    """None: as they would have talked in the first queue."""
    pace: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """So many milliseconds, and so many of the caller's own pauses before a key."""

    ms: int
    keys: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How callers leave their queue by themselves, as its menu lets them."""

    first: Stretch
    """From entering the queue."""
    again: Stretch
    """From hearing the music again: after a phone has rung in vain, or nobody could be called back."""
    back: int | None = None
    """The position of the kind of the callbacks that come of it; None: of these none."""
    after: Stretch = field(default_factory=lambda: Stretch(ms=0))
    """From leaving to the end of the call, when the callback comes into its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """Calls that are callbacks."""

    reached: float
    """The share of attempts that are answered, 0 to 1, if that comes in time."""
    answer_delay: Law
    """From the ring to the customer's answer; what is not below the queue's own limit comes too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKind:
    """Calls that come to one queue with one need and behave alike."""

    name: str
    """Names its random numbers too: kinds of equal name are the same callers in every scenario."""
    queue: str
    rates: tuple[Rate, ...] = ()
    """Ascending, without overlap; Poisson arrivals. Empty where the calls are given."""
    arrivals: tuple[int, ...] = ()
    """When they call, where that is given: in every replication at these times, ascending."""
    callers: str = ""
    """The kind of callers in the workload: the factors of busyness go by it."""
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
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    """By queue."""
    wants_callback: bool = False
    """Whether they are those of their kind of callers who have themselves called back."""
    share: float = 1.0
    """Of all callers of the kind: so many are these, or the others."""
    leaving: Leaving | None = None
    """None: they wait until an agent answers, they give up, or the queue lets them go."""
    customers: Customers | None = None
    """Of callbacks, which come of calls of other kinds, and have neither rates nor arrivals."""

    def paces(self) -> list[Mapping[str, float]]:
        """The pace in each queue."""
        return [self.pace, *(one.pace for one in self.elsewhere.values())]

    def paced(self, change: Callable[[Mapping[str, float]], Mapping[str, float]]) -> CallKind:
        """The same calls, with another pace in each queue."""
        elsewhere = {queue: replace(one, pace=change(one.pace)) for queue, one in self.elsewhere.items()}
        return replace(self, pace=change(self.pace), elsewhere=elsewhere)

    def calls_between(self, begin_ms: float, end_ms: float) -> float:
        """How many calls come in that time, on average."""
        drawn = sum(
            max(0.0, min(end_ms, rate.end_ms) - max(begin_ms, rate.begin_ms)) * rate.per_ms for rate in self.rates
        )
        return drawn + sum(begin_ms <= at < end_ms for at in self.arrivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChange:
    """An agent, by position in the setup, is there for something else from now on."""

    at_ms: int
    agent: int
    duty: Duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What the menu makes of callers of a kind who dial from ``at_ms`` on."""

    callers: str
    wants_callback: bool = False
    at_ms: int
    kind: int | None
    """The position of the kind of calls; None: they come to no queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absences:
    """Agents who are not there against the plan: others in each replication."""

    plan: Plan
    absence: Absence
    agents: tuple[str, ...]
    """As the setup has them."""
    begin: int
    """Unix milliseconds of the model's 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A centre and its load over one replication: a day, or a stretch of one that never changes."""

    acd: AcdSetup
    kinds: tuple[CallKind, ...]
    duties: tuple[DutyChange, ...]
    """In order of time, as if everybody came and stayed."""
    absences: Absences | None = None
    """Who does not; None: everybody does."""
    begin: int = 0
    """Unix milliseconds of the model's 0, for opening hours."""
    counted_from_ms: int = 0
    """Calls and agents' time before that (the warm-up) are simulated, but not counted."""
    interval_ms: int
    intervals: int
    """So many intervals are counted; calls of the last one are served to the end."""
    retry: Retry | None = None
    """Who gave up may call again. There are lines enough, so nobody finds them busy."""
    transfers: tuple[Transfer, ...] = ()
    """Whom agents send on: they dial at once, as callers of another kind."""
    routes: tuple[Route, ...] = ()
    """With one of these two: for each kind of callers in order of time. The kinds of calls of one kind of callers stand
    together."""
    busyness: Busyness = field(default_factory=Busyness)
    """How much one replication differs from the next."""

    @property
    def end_ms(self) -> int:
        """The end of the last interval."""
        return self.counted_from_ms + self.intervals * self.interval_ms
