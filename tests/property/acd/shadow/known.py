"""What the shadow of the core knows: the setup, and where everybody and every call is."""

from __future__ import annotations

from collections.abc import Callable

from acd.engine import Acd
from acd.requirement import Every, Requirement, is_met
from acd.setup import AcdSetup, QueueSetup
from tests.property.acd.shadow.records import S, ShadowAgent, ShadowCall


class Known:
    """The centre as it is by what was said of it, and plain questions about it."""

    def __init__(self, setup: AcdSetup, acd: Acd, *, punctual: bool) -> None:
        self.setup = setup
        self.acd = acd
        """Asked for nothing but who leaves: wishes of agents, limits that calls have passed."""
        self.punctual = punctual
        """Whether time is told at every ``next_due``; if not, the order of late decisions is not checked."""
        self.agents = {agent.id: ShadowAgent(agent, index) for index, agent in enumerate(setup.agents)}
        self.queues = {queue.id: queue for queue in setup.queues}
        self.channels = {channel.id: channel for channel in setup.channels}
        self.calls: dict[str, ShadowCall] = {}
        self.talking: dict[str, str] = {}
        self.offers: dict[str, tuple[str, str]] = {}
        self.turns_before: dict[str, int] = {}
        """Offer to its agent's turn before it."""
        self.withdrawn: dict[str, dict[str, str]] = {}
        """Call to the offers that were withdrawn from it at this instant, with their agents."""
        self.turns = 0
        self.numbers = 0
        self.arrived = self.ended = 0
        self.at = 0
        self.steps_done = False
        self.steps_of: Callable[[str], int | None] | None = None
        """Asks the core how many steps are open, where time is told late and the order of what fell due is unknown; it
        says None of a call that has left meanwhile."""
        self.newcomers: set[str] = set()
        """The agents who came with the setup of now."""
        self.gone: list[tuple[str, int, int, bool]] = []
        """Queue, since when, until when, and whether answered within the threshold, of each call that is over."""
        self.last_agents: dict[str, tuple[str, int]] = {}
        self.places: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.changed: set[str] = set()
        """The queues whose needs or steps are others since this event."""

    def _reconfigure(self, setup: AcdSetup) -> None:
        self._forget_the_left()
        within = [queue.last_agent_within_ms for queue in self.setup.queues if queue.last_agent_ms]
        self.last_agents = {
            caller: (agent, at)
            for caller, (agent, at) in self.last_agents.items()
            if self.at - at <= max(within, default=-1)
        }
        keep = {queue.id: queue.keep_place_ms for queue in self.setup.queues}
        self.places = {
            key: place
            for key, place in self.places.items()
            if self.at - place[2] <= keep.get(key[0], -1)
            and any(queue.id == key[0] and queue.keep_place_ms for queue in setup.queues)
        }
        agents = {}
        self.newcomers = {one.id for one in setup.agents} - self.agents.keys()
        for one in setup.agents:
            new = ShadowAgent(one, 0, since=self.at)
            agents[one.id] = self.agents.pop(one.id, new)
        for agent, one in zip(agents.values(), setup.agents, strict=True):
            agent.setup, agent.gone = one, False
        for agent in self.agents.values():
            agent.gone = True
        self.agents = agents | self.agents
        for index, agent in enumerate(self.agents.values()):
            agent.index = index
        known = self.queues | {call.queue.id: call.queue for call in self.calls.values()}
        self.gone = [one for one in self.gone if one[0] in known]
        for queue in setup.queues:
            before = known.get(queue.id, queue)
            if (before.needs, before.steps) != (queue.needs, queue.steps):
                self.changed.add(queue.id)
        self.setup = setup
        self.queues = {queue.id: queue for queue in setup.queues}
        outliving = {call.queue.channel for call in self.calls.values() if call.queue.id not in self.queues}
        self.channels = {id_: channel for id_, channel in self.channels.items() if id_ in outliving}
        self.channels |= {channel.id: channel for channel in setup.channels}
        for call in self.calls.values():
            call.queue = self.queues.get(call.queue.id, call.queue)

    def _forget_the_left(self) -> None:
        self.agents = {
            id_: agent for id_, agent in self.agents.items() if not agent.gone or agent.state is not S.LOGGED_OUT
        }
        self.last_agents = {caller: known for caller, known in self.last_agents.items() if known[0] in self.agents}
        for call in self.calls.values():
            call.missed_by &= self.agents.keys()
            call.passed_over = {agent: at for agent, at in call.passed_over.items() if agent in self.agents}

    def _is_overdue(self, call: ShadowCall) -> bool:
        try:
            return self.acd.inside.call(call.id).overdue is not None
        except KeyError:
            return False

    def _wants_out(self, agent: ShadowAgent) -> bool:
        return self.acd.agent(agent.setup.id).next_state is not None

    def _in(self, queue: str) -> list[ShadowCall]:
        return [call for call in self.calls.values() if call.queue.id == queue]

    def _needs(self, call: ShadowCall) -> Requirement:
        return self._needs_after(call, call.steps)

    def _needs_after(self, call: ShadowCall, steps: int) -> Requirement:
        needs = call.queue.needs
        for step in call.queue.steps[:steps]:
            needs = needs if step.needs is None else step.needs
        return Every((needs, call.needs))

    def _capacity(self, agent: ShadowAgent, channel: str) -> int:
        known = self.channels.get(channel)
        return 0 if known is None else agent.setup.capacity.get(channel, known.capacity)

    def _able(self, needs: Requirement, agent: ShadowAgent, channel: str) -> bool:
        """Whether the agent could take a call of the channel with these needs, with nothing else in hand."""
        return self._capacity(agent, channel) > 0 and is_met(needs, agent.setup.skills)

    def _is_idle(self, agent: ShadowAgent, channel: str) -> bool:
        """Whether the agent can be offered a call of the channel."""
        away = (S.LOGGED_OUT, S.NOT_READY)
        return agent.offer is None and agent.state not in away and self._has_room(agent, channel)

    def _has_room(self, agent: ShadowAgent, channel: str) -> bool:
        """Whether the calls in hand, a ringing phone not counted, leave room for one of the channel."""
        in_hand = [talk.channel for talk in agent.talks.values()]
        together = all(
            other == channel or (other in self.channels and channel in self.channels[other].interrupted_by)
            for other in in_hand
        )
        room = together and set(in_hand) <= self.channels.keys()
        return (
            room
            and in_hand.count(channel) < self._capacity(agent, channel)
            and not (agent.own_call or self._wants_out(agent))
        )

    def _eligible(self, call: ShadowCall, steps: int) -> set[str]:
        """Who at work meets what the call needs after so many steps."""
        needs = self._needs_after(call, steps)
        return {
            agent.setup.id
            for agent in self.agents.values()
            if not agent.away and self._able(needs, agent, call.queue.channel)
        }

    def _unstaffed(self, queue: QueueSetup, needs: Requirement) -> bool:
        """Whether nobody at work could ever take a call with these needs, and for so long as the queue allows."""
        if queue.unstaffed_ms is None:
            return False
        wanted = [queue.needs, *(step.needs for step in queue.steps if step.needs is not None)]
        able = [
            agent
            for agent in self.agents.values()
            if self._able(needs, agent, queue.channel) and any(is_met(one, agent.setup.skills) for one in wanted)
        ]
        away = all(agent.away for agent in able)
        since = max((agent.left_at for agent in able), default=0)
        return away and self.at - since >= max(1, queue.unstaffed_ms)

    def _was_closed(self, queue: QueueSetup, since: int) -> bool:
        """Whether the queue is closed, or has been since then: a phone that rings at closing time rings to its end."""
        assert queue.hours is not None
        change = queue.hours.next_change(since)
        return not queue.hours.is_open(since) or (change is not None and change <= self.at)
