"""Who gets whom: the idle agents and the waiting calls in their lines, and the choice from either side."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from acd.free import FreeAgents, Standing
from acd.groups import Groups
from acd.lines import Key, Lines, bits
from acd.rules import behind, would_rather
from acd.setup import QueueSetup, Strategy
from acd.state import AgentRecord, CallRecord

_Hidden = tuple[AgentRecord, int, int]
"""An agent, with the channels for which idle, and those for which spare."""


class _OfChannels(dict[int, list[FreeAgents]]):
    """A mask of channels to their free agents: there are few such masks, and each agent is asked about at every
    change."""

    def __init__(self, free: list[FreeAgents]) -> None:
        self._free = free

    def __missing__(self, channels: int) -> list[FreeAgents]:
        found = self[channels] = [self._free[channel] for channel in bits(channels)]
        return found


class Routing:
    """The lines of idle agents and waiting calls, and the matches between them.

    Whoever comes into a line is new there; :meth:`next_match` matches the new ones until nobody stands in line who
    could be matched with the other side.

    Idle agents stand in lines of their own for each channel: in those of the channels of which there is room for one
    more call. So nobody who chooses has to look at how many calls an agent has in hand.

    A call that is to have more phones than ring for it stands in line with the others, behind all for which fewer
    ring. So a phone beside others never takes an idle agent from a call that has none; and such a call that finds
    nobody idle may have an agent whose phone rings *beside* others: these agents stand in lines of their own, the
    spare ones. The phone that has rung longest for a call is not spare: every call keeps one.
    """

    __slots__ = (
        "_agents",
        "_calls",
        "_free",
        "_free_of",
        "_kept",
        "_new_agents",
        "_new_calls",
        "_open",
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
        of_channel: list[list[QueueSetup]] = [[] for _ in range(len(groups.channels))]
        for queue in queues:
            of_channel[groups.channels.number(queue.channel)].append(queue)
        self._free = [FreeAgents(of_it, seed, agents, groups) for of_it in of_channel]
        """By channel."""
        self._free_of = _OfChannels(self._free)
        self.waiting = Lines()
        self._kept: dict[int, list[Key]] = {}
        """The waiting calls that are kept for an agent who meets their needs, first in rank first."""
        self._calls: dict[int, CallRecord] = {}
        """Calls in line by number."""
        self._new_agents: list[AgentRecord] = []
        self._new_calls: list[CallRecord] = []
        self._open: list[tuple[Key, int]] = []
        """A heap of calls in line, by rank, that may find an agent, each with the agent who asked for it or -1."""

    def room(self, agent: AgentRecord) -> int:
        """The channels of which the agent could be offered one more call, but for a phone that rings."""
        return 0 if agent.next is not None or agent.own_call else self._room(agent)

    def holds_more(self, agent: AgentRecord, channel: int) -> bool:
        """Whether the calls in hand leave room for one of the channel, be it wanted or not."""
        return bool(self._room(agent) >> channel & 1)

    def _room(self, agent: AgentRecord) -> int:
        if not agent.conversations:
            return self.groups.takes[agent.group]
        if not self.groups.several:
            return 0
        in_hand = (talk.channel for talk in agent.conversations.values())
        return self.groups.channels.room(agent.setup, in_hand)

    def add_agent(self, agent: AgentRecord, at: int) -> None:
        """The agent is idle from now on for the channels for which there is room, and for no others."""
        self.remove_agent(agent)
        room = self.room(agent)
        if room:
            self._line_up(agent, room, at)
            self._new_agents.append(agent)

    def remove_agent(self, agent: AgentRecord) -> None:
        """The agent, if in line, is no longer idle."""
        if agent.idle:
            for free in self._free_of[agent.idle]:
                free.remove(agent)
            agent.idle = 0

    def idle_in(self, groups: Iterable[int], channel: int) -> int:
        """How many agents of the groups have room for one more call of the channel, and are not rung."""
        return self._free[channel].count(groups)

    def share(self, call: CallRecord) -> None:
        """Sorts out which of the phones that ring for the call are spare: those of agents who have room for the calls
        of a channel, apart from this one."""
        for position, offer in enumerate(call.offers.values()):
            spare = self.room(offer.agent) if position > 0 else 0
            if spare != offer.agent.spare:
                self.take_back(offer.agent)
                if spare:
                    self._lend(offer.agent, spare)
                    self._new_agents.append(offer.agent)

    def take_back(self, agent: AgentRecord) -> None:
        """The agent, if spare, no longer is."""
        if agent.spare:
            for free in self._free_of[agent.spare]:
                free.take_back(agent)
            agent.spare = 0

    def has_spare(self, groups: int, channel: int) -> bool:
        """Whether an agent of the groups of the mask is spare for calls of the channel."""
        return self._free[channel].first_spare(groups) is not None

    def classify(self, call: CallRecord) -> None:
        """Puts a call that is in no line into the class of what it needs now.

        A call that was kept for a set time for an agent who does not meet the needs is open to everybody from now on.
        """
        call.call_class = self.groups.class_of(call.all_needs, call.queue.setup, call.closed_to)
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
        for call in self.kept_for(agent):
            self.open_to_all(call)

    def kept_for(self, agent: AgentRecord) -> list[CallRecord]:
        """The calls in line that are kept for the agent, first in rank first."""
        return [self._calls[number] for _, _, number in self._kept.get(agent.index, ())]

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
        if not (self._new_calls or self._new_agents or self._open):
            return None
        for call in self._new_calls:
            if call.in_line:
                heappush(self._open, (call.key, -1))
        if self._calls:
            for agent in self._new_agents:
                self._ask_for(agent)
        self._new_calls.clear()
        self._new_agents.clear()
        while self._open:
            rank, asking = heappop(self._open)
            waiting = self._calls.get(rank[2])
            # Who has had a phone meanwhile stands further behind now, and is looked at when it is their turn there.
            found = self.agent_for(waiting, at) if waiting is not None and waiting.key == rank else None
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
            free = agent.idle | (0 if call.offers else agent.spare)
            may_take = free >> call.call_class.channel & 1 and self._kept_in_line(call)
            return agent if may_take and agent.index not in call.passed_over else None
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

    def standing(self, call: CallRecord, agent: AgentRecord, at: int) -> Standing:
        """How an idle agent who may take ``call`` ranks for it. By lot the rank is 0 for whom the lot has drawn and 1
        for all others."""
        if call.queue.setup.strategy is Strategy.WEIGHTED_RANDOM:
            drawn = self.agent_for(call, at) is agent
            return (int(not drawn), len(agent.conversations), agent.idle_since, agent.index)
        return self._free[call.call_class.channel].standing(call, agent, at)

    def calls_for(self, agent: AgentRecord) -> list[CallRecord]:
        """All waiting calls that ``agent`` may take, the one the agent wants first: for explanations. Who is neither
        idle nor spare is taken to have no call in hand."""
        channels = agent.idle or agent.spare or self.groups.takes[agent.group]
        found = [
            call
            for call in self._calls.values()
            if call.waiting
            and call.call_class.groups >> agent.group & 1
            and channels >> call.call_class.channel & 1
            and call.kept_for in (None, agent.index)
        ]
        return sorted(found, key=lambda call: (self._rank_of(call, agent), call.rank))

    def calls(self) -> Iterable[CallRecord]:
        """All calls in line."""
        return self._calls.values()

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
        channels = agent.idle | agent.spare
        key = self.waiting.first(self.groups.lines_open_to(agent.group, channels))
        kept = self._kept_open(agent, channels)
        if kept and (key is None or kept[0] < key):
            return kept[0]
        return key

    def _favourite(self, agent: AgentRecord) -> Key | None:
        channels = agent.idle | agent.spare
        ranks, open_lines = self.groups.ranks[agent.group], self.groups.lines_open_to(agent.group, channels)
        found = [(self._rank_of(self._calls[key[2]], agent), key) for key in self._kept_open(agent, channels)]
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

    def _kept_open(self, agent: AgentRecord, channels: int) -> Sequence[Key]:
        """The calls in line that are kept for the agent and are of one of the channels, first in rank first."""
        kept = self._kept.get(agent.index, ())
        if self.groups.takes[agent.group] & ~channels:
            return [key for key in kept if channels >> self._calls[key[2]].call_class.channel & 1]
        return kept

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

    def is_open_to_its_agent(self, call: CallRecord) -> bool:
        """Whether the agent for whom the call is kept may take it, by its needs and the agent's own preferences."""
        return call.kept_for is not None and self._kept_in_line(call)

    def _kept_in_line(self, call: CallRecord) -> bool:
        """Whether the agent for whom the call is kept meets its needs; if not, the call is in no line."""
        assert call.kept_for is not None
        return bool(call.call_class.groups >> self._agents[call.kept_for].group & 1)

    def _stand(self, call: CallRecord) -> None:
        call.key = call.rank
        if call.kept_for is None:
            self.waiting.add(call.call_class.index, call.key)
        elif self._kept_in_line(call):
            insort(self._kept.setdefault(call.kept_for, []), call.key)

    def _withdraw(self, call: CallRecord) -> None:
        if call.kept_for is None:
            self.waiting.remove(call.call_class.index, call.key)
        elif self._kept_in_line(call):
            kept = self._kept[call.kept_for]
            del kept[bisect_left(kept, call.key)]
            if not kept:
                del self._kept[call.kept_for]

    def _line_up(self, agent: AgentRecord, channels: int, at: int) -> None:
        agent.idle = channels
        for free in self._free_of[channels]:
            free.add(agent, at)

    def _lend(self, agent: AgentRecord, channels: int) -> None:
        agent.spare = channels
        for free in self._free_of[channels]:
            free.lend(agent)

    def _hide(self, indices: list[int]) -> list[_Hidden]:
        agents = map(self._agents.__getitem__, indices)
        hidden = [(agent, agent.idle, agent.spare) for agent in agents if agent.idle or agent.spare]
        for agent, _, _ in hidden:
            self.remove_agent(agent)
            self.take_back(agent)
        return hidden

    def _show(self, hidden: list[_Hidden], at: int) -> None:
        for agent, idle, spare in hidden:
            self._line_up(agent, idle, at)
            self._lend(agent, spare)

    def _first(self, call: CallRecord, at: int) -> AgentRecord | None:
        free = self._free[call.call_class.channel]
        found = free.first(call, at, self.offers)
        return free.first_spare(call.call_class.groups) if found is None and not call.offers else found
