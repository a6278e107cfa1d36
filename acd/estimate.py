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

from bisect import bisect_left
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from math import exp, inf

from acd.effects import Abandoned, AgentChanged, AgentState, Answered, Effect, Handled, Offer, Queued, Released
from acd.engine import Acd
from acd.foresight import BOUND, MEDIAN, Busy, Pool, Talking, WrappingUp, time_until_served
from acd.lines import bits
from acd.recent import Quantile, RecentCalls
from acd.requirement import Requirement, both
from acd.state import AgentRecord, CallRecord

_AGENTS_LOOKED_AT = 64
"""Of more agents than that every second, third … stands for all."""
_CLAIMS_MOST = 32
"""Of more kinds of calls than that the rest is taken to claim all agents alike."""
_AWAY = frozenset({AgentState.LOGGED_OUT, AgentState.NOT_READY})
_TRIALS_EVERY = 128
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


_Claim = tuple[int, float, float]
"""Mask of groups, calls that come first for each agent in it, and more of those each millisecond."""


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
        self._figures = {
            # The guess of the spread is that of the exponential law: the mean square is twice the square of the mean.
            queue.id: RecentCalls(float(talk_ms), 2.0 * talk_ms * talk_ms, (queue.wrap_up_ms or 60_000) / 2)
            for queue in acd.setup.queues
        }
        self._members: dict[int, list[int]] = {}
        """Mask of groups to the agents in them."""
        self._trials: dict[str, _Trial] = {}
        self._deadlines: list[tuple[int, int, str, Quantile]] = []
        """A heap of (when a quantile is exceeded, number of the trial, call, quantile), with some of the past."""
        self._entered = 0
        self._next_trial = 0
        self._at_work: set[str] = set()
        self._staffed: dict[int, int] = {}
        """Mask of groups to the agents at work in them; emptied whenever anybody comes or goes."""
        self._rung_at: dict[str, int] = {}
        self._relaxed: dict[Requirement, int] = {}
        """Requirement to the groups that meet it."""

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
            case Offer():
                self._rung_at[effect.call] = at
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
                at_work = effect.state not in _AWAY
                if at_work != (effect.agent in self._at_work):
                    self._at_work ^= {effect.agent}
                    self._staffed.clear()
            case _:
                pass

    # -- answers --------------------------------------------------------------------------------------------------

    def of(self, call: str, at: int) -> WaitEstimate | None:
        """What the caller may be told at ``at``; None (“infinite”) if nobody who is at work can serve the call, now or
        by a relaxation step to come.

        A look at every occupied line of waiting calls: for announcements and pages. KeyError if the call neither
        waits nor is offered.
        """
        record = self._acd._calls.get(call)
        found = self._quantiles(record, at)
        if found is None:
            return None
        median_ms, bound_ms = found
        return WaitEstimate(position=self._acd.position(call), median_ms=median_ms, bound_ms=bound_ms)

    # -- trials ---------------------------------------------------------------------------------------------------

    def _try_out(self, call: str, at: int) -> None:
        """Notes what a caller would be told on entering."""
        self._entered += 1
        try:
            record = self._acd._calls.get(call)
        except KeyError:
            return  # gone again within the same instant
        lines = self._acd._calls.routing._waiting
        if self._entered % (1 + (lines.occupied.bit_count() + len(self._figures)) // _TRIALS_EVERY):
            return
        if record.waiting:
            if at < self._next_trial:
                return
            self._next_trial = at + _TRIALS_APART_MS
        found = self._quantiles(record, at)
        if found is None:
            return
        ringing = not record.waiting
        trial = _Trial(self._entered, record.queue.setup.id, {(ringing, MEDIAN), (ringing, BOUND)})
        self._trials[call] = trial
        for level, ms in zip((MEDIAN, BOUND), found, strict=True):
            heappush(self._deadlines, (at + ms, trial.number, call, (ringing, level)))

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

    def _quantiles(self, record: CallRecord, at: int) -> tuple[int, int] | None:
        """Median and bound, corrected."""
        figures = self._figures[record.queue.setup.id]
        ringing = not record.waiting
        found = []
        for level in (MEDIAN, BOUND):
            free_ms = 0.0 if ringing else self._free_for(record, at, level)
            if free_ms == inf:
                return None
            found.append((free_ms + figures.answer_ms) * exp(figures.corrections[ringing, level].log_factor))
        return round(found[0]), round(max(found))

    def _free_for(self, record: CallRecord, at: int, level: float) -> float:
        """The quantile of the time until an agent is free for the call, over the relaxation steps to come."""
        queue, waited = record.queue, at - record.waiting_since
        stages = [(0.0, record.call_class.groups)]
        # Relaxation steps, and agents who take calls of this queue only when these have waited for some time.
        for after_ms in sorted({ms for ms in (*queue.after_ms, *queue.delay_ms) if ms > waited}):
            needs = both(queue.needs[max(queue.steps_open(after_ms), record.steps)], record.needs)
            stages.append((float(after_ms - waited), self._meeting(needs) & ~queue.closed_to(after_ms)))
        left = 1.0
        for (opens, groups), (closes, _) in pairwise([*stages, (inf, 0)]):
            served_ms = left * self._served(record, groups, at, level)
            if opens + served_ms <= closes:
                return opens + served_ms
            # So much of the waiting is done when the next step opens.
            left *= 1 - (closes - opens) / served_ms
        return inf

    def _served(self, record: CallRecord, groups: int, at: int, level: float) -> float:
        """The quantile of the time until one of ``groups`` is free for the call, as if it needed just them."""
        acd = self._acd
        if groups != record.call_class.groups and acd._roster.ready_in(bits(groups)):
            return 0.0
        everywhere, claims = self._competition(record, groups, at)
        pools, weight = self._pools(record, groups, claims, at)
        own = self._figures[record.queue.setup.id]
        return time_until_served(pools, weight, everywhere, abandonment=own.abandoned / own.waited_ms, level=level)

    def _competition(self, record: CallRecord, groups: int, at: int) -> tuple[float, list[_Claim]]:
        """The calls that come before the call: how many of those may go to any of ``groups``, and the claims of those
        who may go to some of them, or will come later and rank higher."""
        everywhere = 0.0
        claims: list[_Claim] = []
        routing = self._acd._calls.routing
        for line in bits(routing._waiting.occupied):
            others = int.from_bytes(routing.groups.tables[line], "little")
            ahead = bisect_left(routing._waiting._lines[line], record.rank) if others & groups else 0
            if ahead and (others & groups == groups or len(claims) >= _CLAIMS_MOST):
                everywhere += ahead * self._share(others, groups)
            elif ahead and (agents := self._agents_in(others)):
                claims.append((others, ahead / agents, 0.0))
        points = record.queue.points[record.steps] + record.priority
        for queue in self._acd.setup.queues:
            others = self._acd._plain[queue.id].groups
            if queue.priority > points and others & groups and (agents := self._agents_in(others)):
                claims.append((others, 0.0, self._figures[queue.id].arrivals_per_ms(at) / agents))
        return everywhere, claims

    def _pools(self, record: CallRecord, groups: int, claims: list[_Claim], at: int) -> tuple[list[Pool], float]:
        """The agents of ``groups`` who are at work and will go on, by the claims on them, or every so many of those
        agents, and for how many each stands."""
        everybody = self._acd._roster.all()
        members = self._members.get(groups)
        if members is None:
            members = [agent.index for agent in everybody if groups >> agent.group & 1]
            self._members[groups] = members
        if record.kept_for is not None and record.kept_always:
            members = [index for index in members if index == record.kept_for]
        stride = 1 + len(members) // _AGENTS_LOOKED_AT
        by_group: dict[int, Pool] = {}
        pools: dict[tuple[float, float], Pool] = {}
        for index in members[::stride]:
            agent = everybody[index]
            prospect = self._prospect(agent, at)
            if prospect is None:
                continue
            pool = by_group.get(agent.group)
            if pool is None:
                on_them = [claim for claim in claims if claim[0] >> agent.group & 1]
                claimed, claiming = sum(claim[1] for claim in on_them), sum(claim[2] for claim in on_them)
                pool = pools.setdefault((claimed, claiming), Pool(claimed, claiming))
                by_group[agent.group] = pool
            pool.agents.append(prospect)
        return list(pools.values()), float(stride)

    def _prospect(self, agent: AgentRecord, at: int) -> Busy | None:
        """When the agent will be free; None for one who is not busy, or goes away afterwards."""
        talk = agent.conversation
        if agent.next is not None:
            return None
        if agent.offer is not None:
            habits = self._figures[agent.offer.call.queue.setup.id].habits()
            return Talking(habits, -habits.answer_ms)
        if talk is None:
            return None
        habits = self._figures[talk.queue.setup.id].habits()
        if agent.state is AgentState.WRAP_UP:
            return WrappingUp(habits, inf if agent.until is None else float(agent.until - at))
        return Talking(habits, talk.talk_ms + talk.hold_ms + at - agent.since)

    def _share(self, others: int, groups: int) -> float:
        """How often a call that the groups ``others`` may take goes to one of ``groups``."""
        common = others & groups
        if common == others:
            return 1.0
        return self._agents_in(common) / agents if common and (agents := self._agents_in(others)) else 0.0

    def _agents_in(self, groups: int) -> int:
        found = self._staffed.get(groups)
        if found is None:
            found = self._staffed[groups] = self._acd._roster.staffed_in(bits(groups))
        return found

    def _meeting(self, needs: Requirement) -> int:
        found = self._relaxed.get(needs)
        if found is None:
            found = self._relaxed[needs] = self._acd._calls.routing.groups._meeting(needs)
        return found
