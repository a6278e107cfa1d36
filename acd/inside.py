"""What the core shows of its inside, to be read only: estimates and explanations are views of exactly what the choice
is made of. Everybody else asks :class:`acd.engine.Acd` itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence

from acd.calls import Calls
from acd.free import Standing
from acd.groups import Groups, ones
from acd.idle import ORDER_OF, rank_of
from acd.lines import Key
from acd.roster import Roster
from acd.setup import Strategy
from acd.state import AgentRecord, CallRecord, Moment

Witness = Callable[[CallRecord, AgentRecord], None]


class Inside:
    """The records of one core as they are now. Sets of groups are masks: bit n is group n."""

    __slots__ = ("_calls", "_moment", "_roster")

    def __init__(self, calls: Calls, roster: Roster, moment: Moment) -> None:
        self._calls = calls
        self._roster = roster
        self._moment = moment

    @property
    def now(self) -> int:
        """The time of the last event, Unix milliseconds."""
        return self._moment.now

    @property
    def events(self) -> int:
        """How many events there were so far: as long as there is no other, nothing here changes."""
        return self._moment.events

    @property
    def groups(self) -> Groups:
        """Who could take what."""
        return self._calls.routing.groups

    # -- agents ---------------------------------------------------------------------------------------------------

    @property
    def agents(self) -> Sequence[AgentRecord]:
        """Everybody, in the order of the setup."""
        return self._roster.all()

    def idle_in(self, groups: int, channel: int) -> int:
        """How many agents of the groups have room for one more call of the channel, and are not rung."""
        return self._calls.routing.idle_in(ones(groups), channel)

    def has_spare(self, groups: int, channel: int) -> bool:
        """Whether some agent's phone rings beside others, so that a call of the channel for which none rings may have
        it."""
        return self._calls.routing.has_spare(groups, channel)

    def staffed_in(self, groups: int) -> int:
        """How many agents of the groups are ready or will be after their present call."""
        return self._roster.staffing.agents_in(ones(groups))

    def standing(self, call: CallRecord, agent: AgentRecord) -> Standing:
        """How an idle agent who may take ``call`` ranks for it: see :meth:`acd.routing.Routing.standing`."""
        return self._calls.routing.standing(call, agent, self.now)

    def rank(self, agent: AgentRecord, strategy: Strategy) -> int:
        """What a strategy compares of an idle agent; of another one what it would, with all calls in hand over now."""
        order = ORDER_OF.get(strategy, strategy)
        if order is Strategy.LEAST_TALK_TIME and not agent.idle:
            return agent.talked_by(self.now)
        return rank_of(agent, order, self.now)

    # -- calls ----------------------------------------------------------------------------------------------------

    def call(self, call: str) -> CallRecord:
        """One call; KeyError if it neither waits nor is offered."""
        return self._calls.queues.call(call)

    @property
    def waiting(self) -> list[CallRecord]:
        """All calls in line, first in rank first."""
        return sorted(self._calls.routing.calls(), key=lambda call: call.rank)

    @property
    def lines(self) -> int:
        """In how many lines calls wait."""
        return self._calls.routing.waiting.occupied.bit_count()

    def lines_before(self, rank: Key, channel: int) -> Iterator[tuple[int, int]]:
        """The lines in which calls of the channel stand that rank before ``rank``: who may take them (a mask), and how
        many they are. Calls that are kept for one agent stand in none."""
        routing = self._calls.routing
        for line in ones(routing.waiting.occupied & routing.groups.lines_in[channel]):
            before = routing.waiting.before(line, rank)
            if before:
                yield routing.groups.classes[line].groups, before

    def calls_for(self, agent: AgentRecord) -> list[CallRecord]:
        """All waiting calls that ``agent`` may take, the one the agent wants first."""
        return self._calls.routing.calls_for(agent)

    def plain(self, queue: str) -> int:
        """The groups that may take a plain call of a queue: no needs of its own, no relaxation."""
        setup = self._calls.queues.get(queue).setup
        return self.groups.class_of(setup.needs, setup).groups

    # -- decisions ------------------------------------------------------------------------------------------------

    def agent_for(self, call: CallRecord) -> AgentRecord | None:
        """The idle agent whom a waiting call would choose now."""
        return self._calls.routing.agent_for(call, self.now)

    def rather(self, agent: AgentRecord, call: CallRecord) -> CallRecord | None:
        """The waiting call that an idle agent, chosen by ``call``, would rather have."""
        return self._calls.routing.rather(agent, call)

    def watch(self, witness: Witness) -> None:
        """From now on tells ``witness`` of each match before it is carried out."""
        self._calls.offers.witness = witness

    def snapshot(self) -> bytes:
        """All of it, pickled, as :class:`acd.whatif.WhatIf` takes it. Whoever watches is not in it."""
        witness, self._calls.offers.witness = self._calls.offers.witness, None
        try:
            return pickle.dumps((self._calls, self._roster, self._moment), pickle.HIGHEST_PROTOCOL)
        finally:
            self._calls.offers.witness = witness
