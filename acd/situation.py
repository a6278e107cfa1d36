"""What a waiting call has before it: the agents who can serve it, the calls that come first, and the claims of others.

Where agents have several calls in hand, each of these is counted as one who will be free by itself; calls of other
channels claim nobody. The corrections of :mod:`acd.estimate` learn what that leaves out.

Reads the core's state as it is; the cost is a look at every occupied line of waiting calls and at some agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from math import inf

from acd.effects import OWN_CALL, AgentState
from acd.foresight import Busy, Pool, Talking, WrappingUp, time_until_served
from acd.inside import Inside
from acd.recent import RecentCalls
from acd.requirement import Requirement, both
from acd.setup import QueueSetup
from acd.state import AgentRecord, CallRecord

_AGENTS_LOOKED_AT = 64
"""Of more agents than that every second, third … stands for all."""
_CLAIMS_MOST = 32
"""Of more kinds of calls than that the rest is taken to claim all agents alike."""

_Claim = tuple[int, float, float]
"""Mask of groups, calls that come first for each agent in it, and more of those each millisecond."""


@dataclass(slots=True)
class Stage:
    """Who may take a call from ``opens_ms`` (milliseconds from now) on, and what comes before it."""

    opens_ms: float
    pools: list[Pool] = field(default_factory=list)
    weight: float = 1.0
    ahead: float = 0.0
    abandonment: float = 0.0
    idle: bool = False
    """Somebody who is idle now, or whose phone rings beside others, may take it then."""

    def served_ms(self, level: float) -> float:
        """The quantile of the time until an agent is free for the call, as if all of this were so from now on."""
        if self.idle:
            return 0.0
        return time_until_served(self.pools, self.weight, self.ahead, abandonment=self.abandonment, level=level)


def free_for_the_call(stages: list[Stage], level: float) -> float:
    """The quantile of the time until an agent is free, over stages of which each replaces the one before."""
    left = 1.0
    for stage, after in zip_longest(stages, stages[1:]):
        closes = inf if after is None else after.opens_ms
        served_ms = left * stage.served_ms(level)
        if stage.opens_ms + served_ms <= closes:
            return stage.opens_ms + served_ms
        # So much of the waiting is done when the next stage begins.
        left *= 1 - (closes - stage.opens_ms) / served_ms
    return inf


class Situation:
    """What is to be known of one core, with what changes seldom kept at hand."""

    def __init__(self, inside: Inside, figures: Mapping[str, RecentCalls]) -> None:
        self._queues: tuple[QueueSetup, ...] = ()
        self._inside = inside
        self._figures = figures
        self._members: dict[int, list[int]] = {}
        """Mask of groups to the agents in them."""
        self._staffed: dict[int, int] = {}
        """Mask of groups to how many agents are at work in them."""
        self._relaxed: dict[Requirement, int] = {}
        """Requirement to the groups that meet it."""

    def reconfigure(self, queues: tuple[QueueSetup, ...]) -> None:
        """These are the queues, and the groups may be others."""
        self._queues = queues
        self._members.clear()
        self._staffed.clear()
        self._relaxed.clear()

    def staffing_changed(self) -> None:
        """An agent came to work or left it."""
        self._staffed.clear()

    def stages(self, record: CallRecord, at: int) -> list[Stage]:
        """Who may take the call, now and from each moment on at which that changes."""
        queue, waited = record.queue, at - record.waiting_since
        stages = [self._stage(record, 0.0, record.call_class.groups, at)]
        # Relaxation steps, and agents who take calls of this queue only when these have waited for some time.
        for after_ms in sorted({ms for ms in (*queue.after_ms, *queue.delay_ms) if ms > waited}):
            needs = both(queue.needs[max(queue.steps_open(after_ms), record.steps)], record.needs)
            takers = self._inside.groups.takers[record.call_class.channel]
            groups = self._meeting(needs) & takers & ~queue.closed_to(after_ms)
            stages.append(self._stage(record, float(after_ms - waited), groups, at))
        return stages

    def _stage(self, record: CallRecord, opens_ms: float, groups: int, at: int) -> Stage:
        inside, channel = self._inside, record.call_class.channel
        newly = groups != record.call_class.groups
        if newly and (inside.idle_in(groups, channel) or inside.has_spare(groups, channel)):
            return Stage(opens_ms, idle=True)
        ahead, claims = self._competition(record, groups, at)
        pools, weight = self._pools(record, groups, claims, at)
        return Stage(opens_ms, pools, weight, ahead, self._figures[record.queue.setup.id].abandonment)

    def _competition(self, record: CallRecord, groups: int, at: int) -> tuple[float, list[_Claim]]:
        """The calls that come before the call: how many of those may go to any of ``groups``, and the claims of those
        who may go to some of them, or will come later and rank higher."""
        everywhere = 0.0
        claims: list[_Claim] = []
        for others, calls in self._inside.lines_before(record.rank, record.call_class.channel):
            common = others & groups
            if common == groups or (common and len(claims) >= _CLAIMS_MOST):
                everywhere += calls * self._share(others, groups)
            elif common and (agents := self._agents_in(others)):
                claims.append((others, calls / agents, 0.0))
        points = record.queue.points[record.steps] + record.priority
        for queue in self._queues:
            if queue.priority > points and queue.channel == record.queue.setup.channel:
                others = self._inside.plain(queue.id)
                if others & groups and (agents := self._agents_in(others)):
                    claims.append((others, 0.0, self._figures[queue.id].arrivals_per_ms(at) / agents))
        return everywhere, claims

    def _pools(self, record: CallRecord, groups: int, claims: list[_Claim], at: int) -> tuple[list[Pool], float]:
        """The agents of ``groups`` who are at work and will go on, by the claims on them, or every so many of those
        agents, and for how many each stands."""
        everybody = self._inside.agents
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
            prospects = self._prospects(agent, record.queue.setup.id, at)
            if not prospects:
                continue
            pool = by_group.get(agent.group)
            if pool is None:
                on_them = [claim for claim in claims if claim[0] >> agent.group & 1]
                claimed, claiming = sum(claim[1] for claim in on_them), sum(claim[2] for claim in on_them)
                pool = pools.setdefault((claimed, claiming), Pool(claimed, claiming))
                by_group[agent.group] = pool
            pool.agents += prospects
        return list(pools.values()), float(stride)

    def _prospects(self, agent: AgentRecord, queue: str, at: int) -> list[Busy]:
        """When the agent will be done with each of the calls in hand; none of one who goes away afterwards.

        Of several phones that ring for a call only the first is taken to be answered: one of them will be. A call of
        the agent's own is taken to last as long as those of ``queue``.
        """
        if agent.next is not None:
            return []
        found: list[Busy] = []
        if agent.reason == OWN_CALL:
            found.append(Talking(self._figures[queue].habits(), float(at - agent.since)))
        if agent.offer is not None and not agent.spare:
            habits = self._figures[agent.offer.call.queue.setup.id].habits()
            found.append(Talking(habits, -habits.answer_ms))
        for talk in agent.conversations.values():
            habits = self._figures[talk.queue.setup.id].habits()
            if talk.state is AgentState.WRAP_UP:
                found.append(WrappingUp(habits, inf if talk.until is None else float(talk.until - at)))
            else:
                found.append(Talking(habits, talk.with_caller_by(at)))
        return found

    def _share(self, others: int, groups: int) -> float:
        """How often a call that the groups ``others`` may take goes to one of ``groups``."""
        common = others & groups
        if common == others:
            return 1.0
        return self._agents_in(common) / agents if common and (agents := self._agents_in(others)) else 0.0

    def _agents_in(self, groups: int) -> int:
        found = self._staffed.get(groups)
        if found is None:
            found = self._staffed[groups] = self._inside.staffed_in(groups)
        return found

    def _meeting(self, needs: Requirement) -> int:
        found = self._relaxed.get(needs)
        if found is None:
            found = self._relaxed[needs] = self._inside.groups.meeting(needs)
        return found
