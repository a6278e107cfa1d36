"""How long a caller will still wait: a median, and a bound that holds for four callers in five.

The model looks at the agents who can serve the call, each with the state and how long it has lasted, and at the calls
that rank before it (:mod:`acd.foresight`). Of agents who also serve others only their share counts: a call ahead
takes one of ours as often as our agents are among those who may take it; a kind of call that ranks higher is expected
to keep coming. Relaxation steps to come are gone through in their order. Agents who asked for a break after this call
are counted out.

Every model is wrong somewhere, so both quantiles are corrected by what came true: a factor a queue and quantile goes
up a step when a wait turned out longer, and down when it did not, in the proportion that leaves it where it is when
the quantile is right (adaptive conformal inference, Gibbs and Candès, 2021). This keeps the bound honest however the
traffic changes, at the price of some lag.

All of it is fed by the effects of the core alone, so that a replay gives the same estimates.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import exp, inf

from acd.effects import (
    OWN_CALL,
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Effect,
    Handled,
    Offer,
    Queued,
    Released,
)
from acd.engine import Acd
from acd.foresight import BOUND, MEDIAN, bound_that_is_known
from acd.recent import RINGING, Quantile, RecentCalls, kind_of
from acd.setup import AcdSetup
from acd.situation import Situation, free_for_the_call
from acd.state import CallRecord

_AWAY = frozenset({AgentState.LOGGED_OUT, AgentState.NOT_READY})
_TRIALS_EVERY = 32
"""Waiting calls and queues per call that is not put to the test: bounds the cost per entering call."""
_TRIALS_APART_MS = 500
"""A call that has to wait is put to the test at most so often: it takes the time of a hundred decisions and more, which
others would have to wait for when calls come by the dozen a second. The model learns as much from a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEstimate:
    """What a waiting caller may be told. Milliseconds from now until an agent's audio."""

    position: int
    """The place among the waiting of the call's queue, from 1; 0 while an agent's phone rings for it."""
    median_ms: int
    """As many callers wait longer as shorter."""
    bound_ms: int
    """Four callers in five are answered within this time."""


@dataclass(slots=True)
class _Trial:
    """What a caller would have been told on entering, until it is known whether it came true."""

    number: int
    queue: str
    open: set[Quantile]
    """What has not been judged yet."""


class Estimates:
    """Estimated waits of the calls of one core, learnt from its effects. Plain data: copy or pickle it anywhere."""

    def __init__(self, acd: Acd, *, talk_ms: int = 180_000) -> None:
        """``talk_ms`` is the guess of the mean talk time of a queue before its first calls."""
        if talk_ms <= 0:
            raise ValueError("a conversation takes at least one millisecond")
        self._acd = acd
        self._talk_ms = talk_ms
        self._figures: dict[str, RecentCalls] = {}
        self._situation = Situation(acd.inside, self._figures)
        self.reconfigure(acd.setup)
        self._trials: dict[str, _Trial] = {}
        self._deadlines: list[tuple[int, int, str, Quantile]] = []
        """A heap of (when a quantile is exceeded, number of the trial, call, quantile), with some of the past."""
        self._entered = 0
        self._next_trial = 0
        self._at_work: set[str] = set()
        self._latest: tuple[tuple[str, int, int], tuple[int, int, int] | None] | None = None
        """The last answer, to what: the call, the time and how many events the core had taken. Whoever has just come is
        mostly told at once."""
        self._rung_at: dict[str, int] = {}

    def reconfigure(self, setup: AcdSetup) -> None:
        """The core goes by this setup; to be called before the effects of its change are noted. What is known of queues
        stays known."""
        for queue in setup.queues:
            # The guess of the spread is that of the exponential law: the mean square is twice the square of the mean.
            new = RecentCalls(float(self._talk_ms), 2.0 * self._talk_ms**2, (queue.wrap_up_ms or 60_000) / 2)
            self._figures.setdefault(queue.id, new)
        self._situation.reconfigure(setup.queues)

    # -- learning -------------------------------------------------------------------------------------------------

    def note(self, effect: Effect, at: int) -> None:
        """Learns from one effect that happened at ``at`` (Unix milliseconds), once the core has done all of it."""
        while self._deadlines and self._deadlines[0][0] < at:
            _, number, call, quantile = heappop(self._deadlines)
            trial = self._trials.get(call)
            if trial is not None and trial.number == number:
                self._judge(trial, quantile, within=False)
        match effect:
            case Queued():
                self._trials.pop(effect.call, None)
                self._figures[effect.queue].came(at)
                self._try_out(effect.call, at)
            case Offer(phone=1):
                self._rung_at[effect.call] = at
            case Answered(callback=True) | Abandoned(callback=True) | Released(callback=True):
                # Nobody was on the line for all that time: it says nothing of what callers bear.
                self._rung_at.pop(effect.call, None)
            case Answered():
                figures = self._figures[effect.queue]
                figures.was_waited(effect.waited_ms, abandoned=False)
                figures.was_rung(at - self._rung_at.pop(effect.call, at))
                self._close(effect.call, answered=True)
            case Abandoned() | Released():
                self._rung_at.pop(effect.call, None)
                if effect.queue in self._figures:
                    self._figures[effect.queue].was_waited(effect.waited_ms, abandoned=isinstance(effect, Abandoned))
                self._close(effect.call, answered=False)
            case Handled():
                self._figures[effect.queue].was_handled(effect.talk_ms + effect.hold_ms, effect.wrap_up_ms)
            case AgentChanged():
                at_work = effect.state not in _AWAY or effect.reason == OWN_CALL
                if at_work != (effect.agent in self._at_work):
                    self._at_work ^= {effect.agent}
                    self._situation.staffing_changed()
            case _:
                pass

    # -- answers --------------------------------------------------------------------------------------------------

    def of(self, call: str, at: int) -> WaitEstimate | None:
        """What the caller may be told at ``at``; None (“infinite”) if nobody who is at work can serve the call, now or
        by a relaxation step to come.

        A look at every occupied line of waiting calls: for announcements and pages. KeyError if the call neither
        waits nor is offered.
        """
        found = self._quantiles(self._acd.inside.call(call), at)
        if found is None:
            return None
        _, median_ms, bound_ms = found
        return WaitEstimate(position=self._acd.position(call), median_ms=median_ms, bound_ms=bound_ms)

    # -- trials ---------------------------------------------------------------------------------------------------

    def _try_out(self, call: str, at: int) -> None:
        """Notes what a caller would be told on entering."""
        self._entered += 1
        try:
            record = self._acd.inside.call(call)
        except KeyError:
            return  # gone again within the same instant
        if record.callback is not None:
            return  # nobody is told how long until a call back
        if self._entered % (1 + (self._acd.inside.lines + len(self._figures)) // _TRIALS_EVERY):
            return
        if record.waiting:
            if at < self._next_trial:
                return
            self._next_trial = at + _TRIALS_APART_MS
        found = self._quantiles(record, at)
        if found is None:
            return
        kind, *quantiles = found
        trial = _Trial(self._entered, record.queue.setup.id, {(kind, MEDIAN), (kind, BOUND)})
        self._trials[call] = trial
        for level, ms in zip((MEDIAN, BOUND), quantiles, strict=True):
            heappush(self._deadlines, (at + ms, trial.number, call, (kind, level)))

    def _close(self, call: str, *, answered: bool) -> None:
        """The wait is over. Who gave up before a quantile says nothing about it."""
        trial = self._trials.pop(call, None)
        if trial is not None and answered:
            for quantile in sorted(trial.open):
                self._judge(trial, quantile, within=True)

    def _judge(self, trial: _Trial, quantile: Quantile, *, within: bool) -> None:
        if quantile in trial.open:
            trial.open.remove(quantile)
            self._figures[trial.queue].corrections[quantile].learn(within=within)

    # -- the model ------------------------------------------------------------------------------------------------

    def _quantiles(self, record: CallRecord, at: int) -> tuple[int, int, int] | None:
        """The kind of the wait, and median and bound, corrected."""
        asked = (record.id, at, self._acd.inside.events)
        if self._latest is None or self._latest[0] != asked:
            self._latest = asked, self._estimated(record, at)
        return self._latest[1]

    def _estimated(self, record: CallRecord, at: int) -> tuple[int, int, int] | None:
        figures = self._figures[record.queue.setup.id]
        stages = self._situation.stages(record, at) if record.waiting else []
        free_ms = [free_for_the_call(stages, level) if record.waiting else 0.0 for level in (MEDIAN, BOUND)]
        if inf in free_ms:
            return None
        kind = kind_of(free_ms[0] + figures.answer_ms) if record.waiting else RINGING
        median_ms, bound_ms = (ms + figures.answer_ms for ms in free_ms)
        if record.waiting:
            bound_ms = bound_that_is_known(median_ms, bound_ms, figures.abandonment)
        median_ms *= exp(figures.corrections[kind, MEDIAN].log_factor)
        bound_ms *= exp(figures.corrections[kind, BOUND].log_factor)
        return kind, round(median_ms), round(max(median_ms, bound_ms))
