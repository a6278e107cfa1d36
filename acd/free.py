"""The agents who may be offered a call of one channel: in which lines they stand, and who of them gets a call."""

from __future__ import annotations

from collections.abc import Iterable

from acd.groups import Groups
from acd.idle import ORDER_OF, IdleAgents, Lots, rank_of
from acd.lines import Key, Lines
from acd.setup import QueueSetup, Strategy
from acd.state import AgentRecord, CallRecord

Standing = tuple[int, int, int, int]
"""How an agent ranks for a call: (rank by the strategy, calls in hand, idle since, order). The lowest goes first."""


class FreeAgents:
    """The idle agents of a channel (who has room for one more call, and no phone that rings), and the spare ones: whose
    phone rings beside others, so that a call for which none rings may have it."""

    __slots__ = ("_agents", "_everywhere", "_groups", "_idle", "_lots", "_spare")

    def __init__(self, queues: Iterable[QueueSetup], seed: int, agents: list[AgentRecord], groups: Groups) -> None:
        """``queues``: those of the channel; ``seed``: of the lots."""
        self._agents = agents
        self._groups = groups
        orders = dict.fromkeys(ORDER_OF.get(queue.strategy, queue.strategy) for queue in queues)
        self._idle: dict[Strategy, IdleAgents] = {
            order: IdleAgents(order, groups.size, agents) for order in orders if order is not Strategy.WEIGHTED_RANDOM
        }
        self._lots = Lots(seed, groups.size, agents) if Strategy.WEIGHTED_RANDOM in orders else None
        self._everywhere: list[IdleAgents | Lots] = list(self._idle.values())
        """All in which an idle agent stands."""
        if self._lots is not None:
            self._everywhere.append(self._lots)
        self._spare = Lines(groups.size)
        """The spare agents of every group, whose phone rings since last first."""

    def add(self, agent: AgentRecord, at: int) -> None:
        """The agent is idle from now on."""
        for lines in self._everywhere:
            lines.add(agent, at)

    def remove(self, agent: AgentRecord) -> None:
        """The agent, who is idle, no longer is."""
        for lines in self._everywhere:
            lines.remove(agent)

    def lend(self, agent: AgentRecord) -> None:
        """The agent is spare from now on."""
        self._spare.add(agent.group, _since_last(agent))

    def take_back(self, agent: AgentRecord) -> None:
        """The agent, who is spare, no longer is."""
        self._spare.remove(agent.group, _since_last(agent))

    def count(self, groups: Iterable[int]) -> int:
        """How many agents of the groups are idle; none where no queue asks for them."""
        return self._everywhere[0].count(groups) if self._everywhere else 0

    def first(self, call: CallRecord, at: int, draw: int) -> AgentRecord | None:
        """The idle agent who gets the call by the strategy of its queue; ``draw`` is the number of the lot."""
        strategy = call.queue.setup.strategy
        if strategy is Strategy.WEIGHTED_RANDOM:
            assert self._lots is not None
            drawn = self._lots.draw(call.call_class.groups, draw)
            return None if drawn is None else self._agents[drawn]
        lines = self._idle[ORDER_OF.get(strategy, strategy)]
        if strategy not in ORDER_OF:  # which is all that _tiers would say
            found = lines.first(call.call_class.groups, at)
            return None if found is None else self._agents[found]
        for _, groups in self._tiers(call):
            found = lines.first(groups, at)
            if found is not None:
                return self._agents[found]
        return None

    def first_spare(self, groups: int) -> AgentRecord | None:
        """The spare agent of the groups of the mask whose phone has rung for the shortest time."""
        key = self._spare.first(groups)
        return None if key is None else self._agents[key[2]]

    def standing(self, call: CallRecord, agent: AgentRecord, at: int) -> Standing:
        """How an idle agent who may take the call ranks for it; not by lot.

        For best skill the rank is the sum of levels, negated.
        """
        strategy = call.queue.setup.strategy
        rank = rank_of(agent, ORDER_OF.get(strategy, strategy), at)
        for level, groups in self._tiers(call):
            if groups >> agent.group & 1:
                rank += -level if strategy is Strategy.BEST_SKILL else level
        return (rank, len(agent.conversations), agent.idle_since, agent.index)

    def _tiers(self, call: CallRecord) -> tuple[tuple[int, int], ...]:
        """The groups that may take the call, best first as far as skill decides: (sum of levels, mask)."""
        match call.queue.setup.strategy:
            case Strategy.BEST_SKILL:
                return self._groups.by_level(call.call_class)
            case Strategy.WORST_SKILL:
                return self._groups.by_level(call.call_class)[::-1]
            case _:
                return ((0, call.call_class.groups),)


def _since_last(agent: AgentRecord) -> Key:
    """The place of a spare agent: the latest ring first."""
    return (0, -agent.turn, agent.index)
