"""Who gets whom: the idle agents and the waiting calls in their lines, and the choice from either side."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import heappop, heappush

from acd.groups import Groups
from acd.idle import ORDER_OF, IdleAgents, Lots
from acd.lines import Key, Lines
from acd.rules import behind, would_rather
from acd.setup import QueueSetup, Strategy
from acd.state import AgentRecord, CallRecord


class Routing:
    """The lines of idle agents and waiting calls, and the matches between them.

    Whoever comes into a line is new there; :meth:`next_match` matches the new ones until nobody stands in line who
    could be matched with the other side.

    A call that is to have more phones than ring for it stands in line with the others, behind all for which fewer
    ring. So a phone beside others never takes an idle agent from a call that has none; and such a call that finds
    nobody idle may have an agent whose phone rings *beside* others: these agents stand in lines of their own, the
    spare ones. The phone that has rung longest for a call is not spare: every call keeps one.
    """

    __slots__ = (
        "_agents",
        "_calls",
        "_idle",
        "_kept",
        "_lots",
        "_new_agents",
        "_new_calls",
        "_open",
        "_spare",
        "groups",
        "offers",
        "waiting",
    )

    def __init__(self, queues: Iterable[QueueSetup], seed: int, agents: list[AgentRecord], groups: Groups) -> None:
        """See :meth:`reconfigure`."""
        self.offers = 0
        """How many offers were made so far: the number of the next draw."""
        self.reconfigure(queues, seed, agents, groups)

    def reconfigure(self, queues: Iterable[QueueSetup], seed: int, agents: list[AgentRecord], groups: Groups) -> None:
        """From now on these are the agents, and nobody stands in line. ``queues``: all in which a call may wait;
        ``seed``: of the lots."""
        self.groups = groups
        self._agents = agents
        orders = dict.fromkeys(ORDER_OF.get(queue.strategy, queue.strategy) for queue in queues)
        self._idle: dict[Strategy, IdleAgents] = {
            order: IdleAgents(order, groups.size, agents) for order in orders if order is not Strategy.WEIGHTED_RANDOM
        }
        self._lots = Lots(seed, groups.size, agents) if Strategy.WEIGHTED_RANDOM in orders else None
        self._spare = Lines(groups.size)
        """The spare agents of every group, whose phone rings since last first."""
        self.waiting = Lines()
        self._kept: dict[int, list[Key]] = {}
        """The waiting calls that are kept for an agent who meets their needs, first in rank first."""
        self._calls: dict[int, CallRecord] = {}
        """Calls in line by number."""
        self._new_agents: list[AgentRecord] = []
        self._new_calls: list[CallRecord] = []
        self._open: list[tuple[Key, int]] = []
        """A heap of calls in line, by rank, that may find an agent, each with the agent who asked for it or -1."""

    def add_agent(self, agent: AgentRecord, at: int) -> None:
        """The agent is idle from now on."""
        self._line_up(agent, at)
        self._new_agents.append(agent)

    def remove_agent(self, agent: AgentRecord) -> None:
        """The agent, if in line, is no longer idle."""
        if agent.idle:
            agent.idle = False
            for lines in self._idle.values():
                lines.remove(agent)
            if self._lots is not None:
                self._lots.remove(agent)

    def share(self, call: CallRecord) -> None:
        """Sorts out which of the phones that ring for the call are spare. Not one whose agent, once it stops, would not
        be ready: who wants no more calls, or has one of their own."""
        for position, offer in enumerate(call.offers.values()):
            agent = offer.agent
            if (position > 0 and agent.next is None and not agent.own_call) is not agent.spare:
                if agent.spare:
                    self.take_back(agent)
                else:
                    self._lend(agent)
                    self._new_agents.append(agent)

    def take_back(self, agent: AgentRecord) -> None:
        """The agent, if spare, no longer is."""
        if agent.spare:
            agent.spare = False
            self._spare.remove(agent.group, _since_last(agent))

    def has_spare(self, groups: int) -> bool:
        """Whether an agent of the groups of the mask is spare."""
        return self._spare.first(groups) is not None

    def classify(self, call: CallRecord) -> None:
        """Puts a call that is in no line into the class of what it needs now.

        A call that was kept for a set time for an agent who does not meet the needs is open to everybody from now on.
        """
        call.call_class = self.groups.class_of(call.all_needs, call.queue.setup.id, call.closed_to)
        self.waiting.grow(len(self.groups.classes))
        if call.kept_for is not None and not call.kept_always and not self._kept_in_line(call):
            call.kept_for = None

    def add_call(self, call: CallRecord) -> None:
        """The call, classified, wants a phone, or one more, from now on."""
        call.in_line = True
        call.queue.waiting += call.waiting and call.callback is None
        self._calls[call.number] = call
        self._stand(call)
        self._new_calls.append(call)

    def remove_call(self, call: CallRecord) -> None:
        """The call, if in line, is so no longer. To be called before anything that changes its rank or class."""
        if call.in_line:
            call.queue.waiting -= call.waiting and call.callback is None
            call.in_line = False
            del self._calls[call.number]
            self._withdraw(call)

    def open_kept(self, agent: AgentRecord) -> None:
        """The agent goes: calls that were kept for a set time are open to everybody from now on."""
        for _, _, number in list(self._kept.get(agent.index, ())):
            self.open_to_all(self._calls[number])

    def open_to_all(self, call: CallRecord) -> None:
        """The call, unless it is for one agent only, is no longer kept for anybody."""
        if call.kept_for is None or call.kept_always:
            return
        in_line = call.in_line
        self.remove_call(call)
        call.kept_for = None
        if in_line:
            self.add_call(call)

    def look_again(self, call: CallRecord) -> None:
        """More agents may take the call, if it waits, than could before."""
        self._new_calls.append(call)

    def next_match(self, at: int) -> tuple[CallRecord, AgentRecord] | None:
        """The first in rank of all calls in line that a free agent may take, and that agent; None if there is none.

        Free is who is idle and, for a call for which no phone rings, who is spare. If that agent ranks queues and
        would rather have another such call, it is that call.

        Both are to be taken out of line before the next question, and questions asked until the answer is None.
        """
        for call in self._new_calls:
            if call.in_line:
                heappush(self._open, (call.rank, -1))
        for agent in self._new_agents:
            self._ask_for(agent)
        self._new_calls.clear()
        self._new_agents.clear()
        while self._open:
            rank, asking = heappop(self._open)
            waiting = self._calls.get(rank[2])
            # Who has had a phone meanwhile stands further behind now, and is looked at when it is their turn there.
            found = self.agent_for(waiting, at) if waiting is not None and waiting.rank == rank else None
            if waiting is not None and found is not None:
                rather = self.rather(found, waiting)
                if rather is not None:
                    heappush(self._open, (rank, asking))
                    return rather, found
                if asking >= 0 and found.index != asking:
                    self._new_agents.append(self._agents[asking])
                return waiting, found
            if asking >= 0:
                self._ask_for(self._agents[asking])
        return None

    def agent_for(self, call: CallRecord, at: int) -> AgentRecord | None:
        """The agent who gets ``call``: an idle one, by the strategy of its queue; if there is none and no phone rings
        for it, the spare one whose phone has rung for the shortest time.

        A call that is kept for an agent goes to that agent. Some agents are passed over for the time being (see
        :class:`acd.state.CallRecord`); those who missed it are asked again only if there is nobody else.
        """
        if call.kept_for is not None:
            agent = self._agents[call.kept_for]
            free = agent.idle or (agent.spare and not call.offers)
            may_take = free and self._kept_in_line(call) and agent.index not in call.passed_over
            return agent if may_take else None
        if not call.missed_by and not call.passed_over:
            return self._first(call, at)
        passed_over = self._hide(list(call.passed_over))
        missed = self._hide(sorted(call.missed_by))
        found = self._first(call, at)
        self._show(missed, at)
        if found is None and missed:
            found = self._first(call, at)
        self._show(passed_over, at)
        return found

    def standing(self, call: CallRecord, agent: AgentRecord, at: int) -> Key:
        """How an idle agent who may take ``call`` ranks for it: (rank by the strategy, idle since, order).

        The lowest goes first; for best skill the rank is the sum of levels, negated, for weighted random 0 for whom
        the lot has drawn and 1 for all others.
        """
        strategy = call.queue.setup.strategy
        if strategy is Strategy.WEIGHTED_RANDOM:
            return (int(self.agent_for(call, at) is not agent), agent.idle_since, agent.index)
        lines = self._idle[ORDER_OF.get(strategy, strategy)]
        rank, since, order = lines.standing(agent.index, at)
        for level, groups in self._tiers(call):
            if groups >> agent.group & 1:
                rank += -level if strategy is Strategy.BEST_SKILL else level
        return (rank, since, order)

    def calls_for(self, agent: AgentRecord) -> list[CallRecord]:
        """All waiting calls that ``agent`` may take, the one the agent wants first: for explanations."""
        found = [
            call
            for call in self._calls.values()
            if call.waiting and call.call_class.groups >> agent.group & 1 and call.kept_for in (None, agent.index)
        ]
        return sorted(found, key=lambda call: (self._rank_of(call, agent), call.rank))

    def calls(self) -> Iterable[CallRecord]:
        """All calls in line."""
        return self._calls.values()

    def rank(self, agent: AgentRecord, strategy: Strategy, at: int) -> int:
        """What a strategy of some queue would compare of an agent if the agent were idle at ``at``."""
        return self._idle[ORDER_OF.get(strategy, strategy)].rank(agent, at)

    def _ask_for(self, agent: AgentRecord) -> None:
        """Notes the first in rank of the calls in line that a free agent may take and is asked for."""
        key = self._first_for(agent, by_preference=False) if agent.idle or agent.spare else None
        if key is not None and (agent.idle or self._calls[key[2]].waiting):
            heappush(self._open, (key, agent.index))

    def _first_for(self, agent: AgentRecord, *, by_preference: bool) -> Key | None:
        """The first of the calls in line that the agent may take and is asked for: in rank, or by the agent's own
        ranks of queues and then in rank."""
        passed_over_by = [call for call in agent.passed_over_by.values() if call.in_line]
        for call in passed_over_by:
            self._withdraw(call)
        key = self._favourite(agent) if by_preference else self._foremost(agent)
        for call in passed_over_by:
            self._stand(call)
        return key

    def _foremost(self, agent: AgentRecord) -> Key | None:
        key = self.waiting.first(self.groups.lines_open_to(agent.group))
        kept = self._kept.get(agent.index)
        if kept and (key is None or kept[0] < key):
            return kept[0]
        return key

    def _favourite(self, agent: AgentRecord) -> Key | None:
        ranks, open_lines = self.groups.ranks[agent.group], self.groups.lines_open_to(agent.group)
        kept = self._kept.get(agent.index, ())
        found = [(self._rank_of(self._calls[key[2]], agent), key) for key in kept]
        ranked = 0
        for queue in ranks:
            lines = self.groups.lines_of[queue]
            ranked |= lines
            key = self.waiting.first(lines & open_lines)
            if key is not None:
                found.append((self._rank_of(self._calls[key[2]], agent), key))
        key = self.waiting.first(open_lines & ~ranked)
        if key is not None:
            found.append((self._rank_of(self._calls[key[2]], agent), key))
        return min(found)[1] if found else None

    def rather(self, agent: AgentRecord, call: CallRecord) -> CallRecord | None:
        """The waiting call that an agent, whom ``call`` has chosen, would rather have; none that the agent missed."""
        ranks = self.groups.ranks[agent.group]
        key = self._first_for(agent, by_preference=True) if ranks else None
        if key is None:
            return None
        other = self._calls[key[2]]
        missed = agent.index in other.missed_by
        return other if would_rather(self._rank_of(other, agent), self._rank_of(call, agent), missed) else None

    def _rank_of(self, call: CallRecord, agent: AgentRecord) -> int:
        """How an agent ranks a call: by the queue, and behind all for which fewer phones ring."""
        return behind(self.groups.ranks[agent.group].get(call.queue.setup.id, 0), len(call.offers))

    def _kept_in_line(self, call: CallRecord) -> bool:
        """Whether the agent for whom the call is kept meets its needs; if not, the call is in no line."""
        assert call.kept_for is not None
        return bool(call.call_class.groups >> self._agents[call.kept_for].group & 1)

    def _stand(self, call: CallRecord) -> None:
        if call.kept_for is None:
            self.waiting.add(call.call_class.index, call.rank)
        elif self._kept_in_line(call):
            insort(self._kept.setdefault(call.kept_for, []), call.rank)

    def _withdraw(self, call: CallRecord) -> None:
        if call.kept_for is None:
            self.waiting.remove(call.call_class.index, call.rank)
        elif self._kept_in_line(call):
            kept = self._kept[call.kept_for]
            del kept[bisect_left(kept, call.rank)]
            if not kept:
                del self._kept[call.kept_for]

    def _line_up(self, agent: AgentRecord, at: int) -> None:
        agent.idle = True
        for lines in self._idle.values():
            lines.add(agent, at)
        if self._lots is not None:
            self._lots.add(agent, at)

    def _lend(self, agent: AgentRecord) -> None:
        agent.spare = True
        self._spare.add(agent.group, _since_last(agent))

    def _hide(self, indices: list[int]) -> list[AgentRecord]:
        hidden = [agent for agent in map(self._agents.__getitem__, indices) if agent.idle or agent.spare]
        for agent in hidden:
            self.remove_agent(agent)
            self.take_back(agent)
        return hidden

    def _show(self, hidden: list[AgentRecord], at: int) -> None:
        for agent in hidden:
            if agent.offer is None:
                self._line_up(agent, at)
            else:
                self._lend(agent)

    def _first(self, call: CallRecord, at: int) -> AgentRecord | None:
        found = self._first_idle(call, at)
        key = self._spare.first(call.call_class.groups) if found is None and not call.offers else None
        return found if key is None else self._agents[key[2]]

    def _first_idle(self, call: CallRecord, at: int) -> AgentRecord | None:
        strategy = call.queue.setup.strategy
        if strategy is Strategy.WEIGHTED_RANDOM:
            assert self._lots is not None
            drawn = self._lots.draw(call.call_class.groups, self.offers)
            return None if drawn is None else self._agents[drawn]
        lines = self._idle[ORDER_OF.get(strategy, strategy)]
        for _, groups in self._tiers(call):
            found = lines.first(groups, at)
            if found is not None:
                return self._agents[found]
        return None

    def _tiers(self, call: CallRecord) -> tuple[tuple[int, int], ...]:
        """The groups that may take the call, best first as far as skill decides: (sum of levels, mask)."""
        match call.queue.setup.strategy:
            case Strategy.BEST_SKILL:
                return self.groups.by_level(call.call_class)
            case Strategy.WORST_SKILL:
                return self.groups.by_level(call.call_class)[::-1]
            case _:
                return ((0, call.call_class.groups),)


def _since_last(agent: AgentRecord) -> Key:
    """The place of a spare agent: the latest ring first."""
    return (0, -agent.turn, agent.index)
