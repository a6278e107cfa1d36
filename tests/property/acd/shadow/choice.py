"""Who should get whom, found by trying everybody."""

from __future__ import annotations

from acd.requirement import Either, Every, Requirement, Skill
from acd.setup import Order, Strategy
from tests.property.acd.shadow.known import Known
from tests.property.acd.shadow.records import ShadowAgent, ShadowCall, preference_of


class Choice(Known):
    """The order of calls and of agents, and the matches that follow from it."""

    def _in_line(self, *, over: bool = True) -> list[ShadowCall]:
        """The calls that are to have a phone, or one more. ``over``: what falls due at this instant has happened."""
        calls = [call for call in self.calls.values() if not call.leaving]
        return [call for call in calls if len(call.offers) < self._phones(call, over=over)]

    def _phones(self, call: ShadowCall, *, over: bool) -> int:
        """How many are to ring for the call."""
        phones = call.queue.phones
        if call.offers and over and self._is_overdue(call):
            return 0
        if phones.add_every_ms is None or call.rung_since is None:
            return phones.at_once
        return min(phones.most, phones.at_once + (self.at - call.rung_since) // phones.add_every_ms)

    def _rank(self, call: ShadowCall) -> tuple[int, bool, int, int, int]:
        age = self.at - call.place
        score = 60_000 * (call.queue.priority + call.priority)
        for step in call.queue.steps[: call.steps]:
            score += 60_000 * step.add_priority
        if self.setup.order is Order.SCORE:
            score += age * self.setup.points_per_minute
        starving = self.setup.starvation_ms is not None and age >= self.setup.starvation_ms
        return (len(call.offers), not starving, 0 if starving else -score, call.place, call.number)

    def _may_take(self, call: ShadowCall) -> list[ShadowAgent]:
        """The idle agents who may take the call and are asked for it."""
        agents = [agent for agent in self.agents.values() if self._is_idle(agent, call.queue.channel)]
        return [agent for agent in agents if self._is_asked(call, agent)]

    def _spare_for(self, call: ShadowCall) -> list[ShadowAgent]:
        """Agents who may take the call, and whose phone rings beside others."""
        if call.offers:
            return []
        spare = [id_ for other in self.calls.values() for id_ in [*other.offers.values()][1:]]
        agents = [self.agents[id_] for id_ in spare]
        return [agent for agent in agents if self._is_asked(call, agent) and self._has_room(agent, call.queue.channel)]

    def _free_for(self, call: ShadowCall) -> list[ShadowAgent]:
        return self._may_take(call) + self._spare_for(call)

    def _is_asked(self, call: ShadowCall, agent: ShadowAgent) -> bool:
        until = call.passed_over.get(agent.setup.id, 0)
        return (
            self._able(self._needs(call), agent, call.queue.channel)
            and self.at - call.since >= preference_of(call, agent).after_ms
            and call.kept_for in (None, agent.setup.id)
            and until is not None
            and self.at >= until
        )

    def _order(self, call: ShadowCall, agent: ShadowAgent) -> tuple[int, int, int, int]:
        agent.spend(self.at)
        rank = 0
        match call.queue.strategy:
            case Strategy.BEST_SKILL:
                rank = -_level(self._needs(call), agent)
            case Strategy.WORST_SKILL:
                rank = _level(self._needs(call), agent)
            case Strategy.FEWEST_CALLS:
                rank = agent.answered
            case Strategy.ROUND_ROBIN:
                rank = agent.turn
            case Strategy.LEAST_OCCUPIED:
                whole = agent.busy_ms + agent.ready_ms
                rank = 100 * agent.busy_ms // whole if whole else 0
            case Strategy.LEAST_TALK_TIME:
                rank = agent.talked_ms
            case Strategy.COST:
                rank = agent.setup.cost_per_hour
            case Strategy.LINEAR:
                rank = agent.index
            case Strategy.WEIGHTED_RANDOM:
                pass
            case Strategy.LONGEST_IDLE:
                pass
        return (rank, len(agent.talks), -agent.idle_ms, agent.index)

    def _chosen(self, call: ShadowCall) -> list[ShadowAgent]:
        """Whom the call chooses; several if a lot decides."""
        may_take = self._may_take(call)
        fresh = [agent for agent in may_take if agent.setup.id not in call.missed_by] or may_take
        if call.queue.strategy is Strategy.WEIGHTED_RANDOM:
            return fresh
        return [min(fresh, key=lambda agent: self._order(call, agent))]

    def _rather(self, agent: ShadowAgent, call: ShadowCall, *, over: bool) -> ShadowCall:
        """The call that the agent takes on being chosen by ``call``."""

        def preference(other: ShadowCall) -> tuple[int, int]:
            return (len(other.offers), preference_of(other, agent).rank)

        calls = [other for other in self._in_line(over=over) if agent in self._may_take(other)]
        wanted = min(calls, key=lambda other: (preference(other), self._rank(other)))
        worth_it = preference(wanted) < preference(call)
        return wanted if worth_it and agent.setup.id not in wanted.missed_by else call

    def _matches(self, *, over: bool) -> list[tuple[str, str]]:
        """What may be matched next: several if a lot decides."""
        calls = [call for call in self._in_line(over=over) if self._free_for(call)]
        if not calls:
            return []
        first = min(calls, key=self._rank)
        return [(self._rather(chosen, first, over=over).id, chosen.setup.id) for chosen in self._chosen(first)]


def _level(needs: Requirement, agent: ShadowAgent) -> int:
    return sum(agent.setup.skills.get(skill, 0) for skill in _helpful(needs))


def _helpful(needs: Requirement) -> set[str]:
    match needs:
        case Skill(name, least):
            return {name} if least > 0 else set()
        case Every(parts) | Either(parts):
            return set().union(*map(_helpful, parts))
        case _:
            return set()
