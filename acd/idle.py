"""The agents who may be offered a call, in their lines, one order for each kind of strategy in use.

They are called idle here; where agents may have several calls in hand, that is who has room for one more. Agents are
known by their index.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import heappop, heappush

from acd.lines import Key, Lines, bits
from acd.rules import (
    DRAWS_MOST,
    busier,
    holder_of,
    occupancy_drops_after,
    occupancy_percent,
    occupancy_rises_after,
    random_below,
)
from acd.setup import Strategy
from acd.state import AgentRecord

ORDER_OF = {
    Strategy.BEST_SKILL: Strategy.LONGEST_IDLE,  # within equal skill the longest idle, so the same lines serve
    Strategy.WORST_SKILL: Strategy.LONGEST_IDLE,
}
"""Strategies that choose by the lines of another one; all others have lines of their own."""

_COMING_MOST = 16
"""So many idle agents may still be to be taken in."""


class _Idle:
    """Idle agents, who are taken in when one is next chosen: who is idle for a moment only need not be, in any order
    but that of the queue that chose."""

    __slots__ = ("_agents", "_coming")

    def __init__(self, agents: list[AgentRecord]) -> None:
        self._agents = agents
        self._coming: dict[int, int] = {}
        """Who is still to be taken in, and since when they have stood here. Few, so that no choice takes long."""

    def add(self, agent: AgentRecord, at: int) -> None:
        """The agent can be chosen from now on."""
        self._coming[agent.index] = at
        if len(self._coming) > _COMING_MOST:
            self._take_in_next()

    def remove(self, agent: AgentRecord) -> None:
        """The agent, who could be chosen, no longer can."""
        if self._coming.pop(agent.index, None) is None:
            self._take_out(agent)

    def _take_in_all(self) -> None:
        while self._coming:
            self._take_in_next()

    def _take_in_next(self) -> None:
        index = next(iter(self._coming))
        self._take_in(self._agents[index], self._coming.pop(index))

    def _take_in(self, agent: AgentRecord, at: int) -> None:
        raise NotImplementedError

    def _take_out(self, agent: AgentRecord) -> None:
        raise NotImplementedError


class IdleAgents(_Idle):
    """The idle agents of every group, in line by one order."""

    __slots__ = ("_heap", "_keys", "_lines", "_order", "_turns")

    def __init__(self, order: Strategy, groups: int, agents: list[AgentRecord]) -> None:
        super().__init__(agents)
        self._order = order
        self._lines = Lines(groups)
        self._keys: dict[int, Key] = {}
        self._turns: dict[int, int] = {}
        """Agent to when the whole per cent of their occupancy is another (least occupied only)."""
        self._heap: list[tuple[int, int]] = []
        """The same as (when, agent), with entries that are no longer true among them."""

    def _take_in(self, agent: AgentRecord, at: int) -> None:
        if self._order is Strategy.LEAST_OCCUPIED:
            self._watch(agent, at)
        since = busier(agent.idle_since, len(agent.conversations))
        key = (rank_of(agent, self._order, at), since, agent.index)
        self._keys[agent.index] = key
        self._lines.add(agent.group, key)

    def _take_out(self, agent: AgentRecord) -> None:
        self._lines.remove(agent.group, self._keys.pop(agent.index))
        self._turns.pop(agent.index, None)

    def first(self, groups: int, at: int) -> int | None:
        """The index of the agent who goes first among the groups of the mask."""
        if self._coming:
            self._take_in_all()
        if self._heap:
            self._bring_up_to_date(at)
        key = self._lines.first(groups)
        return None if key is None else key[2]

    def count(self, groups: Iterable[int]) -> int:
        """How many agents of the groups stand in line."""
        self._take_in_all()
        return sum(self._lines.count(group) for group in groups)

    def _watch(self, agent: AgentRecord, at: int) -> None:
        """Notes when the rank of an agent who stands in line will be another: no key may change while it stands."""
        later = occupancy_rises_after if agent.conversations else occupancy_drops_after
        turns = later(agent.busy_by(at), agent.ready_by(at))
        if turns > 0:
            self._turns[agent.index] = at + turns
            heappush(self._heap, (at + turns, agent.index))
            if len(self._heap) > 2 * len(self._turns) + 64:
                self._heap = sorted((when, index) for index, when in self._turns.items())

    def _bring_up_to_date(self, at: int) -> None:
        """Brings the whole per cents of occupancy up to date."""
        while self._heap and self._heap[0][0] <= at:
            turns, index = heappop(self._heap)
            if self._turns.get(index) == turns:
                self._take_out(self._agents[index])
                self._take_in(self._agents[index], at)


def rank_of(agent: AgentRecord, order: Strategy, at: int) -> int:
    """What an order compares of an agent who is, or would be, idle."""
    match order:
        case Strategy.LONGEST_IDLE:  # what most centres use
            return 0
        case Strategy.ROUND_ROBIN:
            return agent.turn
        case Strategy.FEWEST_CALLS:
            return agent.answered
        case Strategy.LEAST_TALK_TIME:
            return agent.talked_ms
        case Strategy.COST:
            return agent.setup.cost_per_hour
        case Strategy.LINEAR:
            return agent.index
        case Strategy.LEAST_OCCUPIED:
            return occupancy_percent(agent.busy_by(at), agent.ready_by(at))
        case _:
            return 0


class Lots(_Idle):
    """The idle agents, of whom one is drawn: twice the weight, twice the chance.

    Which one depends on nothing but the seed, the number of the draw and who is idle, so a replay draws alike. An
    agent is drawn from all idle ones, by a tree of sums of weights (:func:`acd.rules.holder_of`), until one is
    allowed: each allowed agent is as likely as the weight says, and the price is that of (idle / allowed) draws. Where
    few are allowed, they are counted one by one instead.
    """

    __slots__ = ("_idle", "_occupied", "_seed", "_sums", "_total")

    def __init__(self, seed: int, groups: int, agents: list[AgentRecord]) -> None:
        super().__init__(agents)
        self._seed = seed
        self._sums = [0] * (len(agents) + 1)
        self._total = 0
        self._idle: list[list[int]] = [[] for _ in range(groups)]
        self._occupied = 0

    def _take_in(self, agent: AgentRecord, at: int) -> None:  # noqa: ARG002 - lots do not ask since when
        insort(self._idle[agent.group], agent.index)
        self._occupied |= 1 << agent.group
        self._weigh(agent.index, agent.setup.weight)

    def _take_out(self, agent: AgentRecord) -> None:
        idle = self._idle[agent.group]
        del idle[bisect_left(idle, agent.index)]
        if not idle:
            self._occupied ^= 1 << agent.group
        self._weigh(agent.index, -agent.setup.weight)

    def draw(self, groups: int, number: int) -> int | None:
        """Draw ``number``, by lot among the idle agents of the groups of the mask; None if there are none."""
        self._take_in_all()
        allowed = groups & self._occupied
        if not allowed:
            return None
        for attempt in range(DRAWS_MOST):
            index = holder_of(random_below(self._seed, number, attempt, self._total), self._sums, len(self._sums))
            if allowed >> self._agents[index].group & 1:
                return index
        candidates = sorted(index for group in bits(allowed) for index in self._idle[group])
        lot = random_below(self._seed, number, DRAWS_MOST, sum(self._agents[at].setup.weight for at in candidates))
        for index in candidates:
            lot -= self._agents[index].setup.weight
            if lot < 0:
                return index
        raise AssertionError("the lot is beyond the sum of all weights")

    def count(self, groups: Iterable[int]) -> int:
        """How many agents of the groups can be drawn."""
        self._take_in_all()
        return sum(len(self._idle[group]) for group in groups)

    def _weigh(self, index: int, weight: int) -> None:
        self._total += weight
        at = index + 1
        while at < len(self._sums):
            self._sums[at] += weight
            at += at & -at
