"""A slow second opinion on the core: it follows events and effects and checks every promise by trying everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from acd import events as ev
from acd.effects import (
    OWN_CALL,
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Effect,
    Exit,
    Handled,
    Offer,
    OfferEnd,
    OfferEnded,
    Queued,
    Released,
    Withdraw,
)
from acd.engine import Acd
from acd.requirement import ANYBODY, Either, Every, Requirement, Skill, is_met
from acd.setup import AcdSetup, AgentSetup, Order, Preference, QueueSetup, Strategy

S = AgentState
NEXT = {
    S.LOGGED_OUT: {S.NOT_READY},
    S.NOT_READY: {S.NOT_READY, S.READY, S.LOGGED_OUT},
    S.READY: {S.OFFERED, S.NOT_READY, S.LOGGED_OUT},
    S.OFFERED: {S.TALKING, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.TALKING: {S.HOLD, S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.HOLD: {S.TALKING, S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
    S.WRAP_UP: {S.WRAP_UP, S.READY, S.NOT_READY, S.LOGGED_OUT},
}


@dataclass
class ShadowTalk:
    """A call in hand that was answered."""

    channel: str
    answered_at: int
    state: AgentState = S.TALKING


@dataclass
class ShadowAgent:
    setup: AgentSetup
    index: int
    state: AgentState = S.LOGGED_OUT
    since: int = 0
    offer: str | None = None
    call: str | None = None
    talks: dict[str, ShadowTalk] = field(default_factory=dict)
    idle_ms: int = 0
    busy_ms: int = 0
    ready_ms: int = 0
    talked_ms: int = 0
    answered: int = 0
    turn: int = 0
    own_call: bool = False
    reason: str = ""
    left_at: int = 0
    """Since when not at work, where that is so."""
    gone: bool = False

    @property
    def away(self) -> bool:
        """Not at work; a call of one's own is work, and over at some time."""
        return self.state is S.LOGGED_OUT or (self.state is S.NOT_READY and self.reason != OWN_CALL)

    def spend(self, at: int) -> None:
        spent, self.since = at - self.since, at
        if self.state not in (S.NOT_READY, S.LOGGED_OUT):
            self.idle_ms += spent
        if self.state is S.READY:
            self.ready_ms += spent
        elif self.state in (S.OFFERED, S.TALKING, S.HOLD, S.WRAP_UP):
            self.busy_ms += spent

    def in_hand(self) -> tuple[AgentState, str] | None:
        """The state of an agent with calls in hand, and the call that it is about."""
        if self.offer is not None:
            assert self.call is not None
            return S.OFFERED, self.call
        for state in (S.TALKING, S.HOLD, S.WRAP_UP):
            for call, talk in self.talks.items():
                if talk.state is state:
                    return state, call
        return None


@dataclass
class ShadowCall:
    id: str
    queue: QueueSetup
    needs: Requirement
    priority: int
    since: int
    number: int
    steps: int = 0
    been: tuple[str, ...] = ()
    place: int = 0
    caller: str = ""
    kept_for: str | None = None
    kept_until: int | None = None
    rung_since: int | None = None
    offers: dict[str, str] = field(default_factory=dict)
    """Offer to agent, the phone that has rung longest first."""
    missed_by: set[str] = field(default_factory=set)
    passed_over: dict[str, int | None] = field(default_factory=dict)
    """Agents who are not asked, until when; None: until no phone rings any more."""
    leaving: bool = False
    """All its offers were withdrawn: it is about to end, or to be queued elsewhere."""


class Shadow:
    """Knows the setup and what has happened; asserts that each decision was the right one."""

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

    def follow(self, event: ev.Event, at: int, effects: Sequence[Effect]) -> None:
        """Checks the effects of one ``apply``."""
        self.at = at
        if isinstance(event, ev.CallPriorityChanged) and event.call in self.calls:
            self.calls[event.call].priority = event.priority
        self.steps_done = False
        self.withdrawn.clear()
        if isinstance(event, ev.Reconfigured):
            self._reconfigure(event.setup)
        if isinstance(event, ev.OwnCallBegan | ev.OwnCallEnded) and event.agent in self.agents:
            self.agents[event.agent].own_call = isinstance(event, ev.OwnCallBegan)
        if isinstance(event, ev.CallHeld | ev.CallRetrieved | ev.CallFinished) and event.call in self.talking:
            self._talks_on(event)
        for place, effect in enumerate(effects):
            spilled = isinstance(effect, Queued) and not isinstance(event, ev.CallQueued)
            if isinstance(effect, Offer) or spilled:
                self._open_steps()
            if isinstance(effect, Offer):
                self._called_off(effect, effects[max(place - 3, 0) : place])
            self._effect(effect, event)
        self._open_steps()
        self.changed.clear()
        for call in self._in_line():
            assert not self._free_for(call), f"{call.id} wants a phone while somebody who may take it is free"
        for call in self._in_line():
            if call.offers:
                continue
            setup = call.queue
            own_agent_only = call.kept_for is not None and call.kept_until is None
            assert own_agent_only or not self._unstaffed(setup, call.needs), "nobody will come"
            assert setup.serves_after_closing or setup.hours is None or setup.hours.is_open(at), "closed"
        for agent in self.agents.values():
            assert agent.own_call or agent.reason != OWN_CALL, "who would be ready is, once the phone is free"
        talks = [talk for agent in self.agents.values() for talk in agent.talks.values()]
        talking = sum(talk.state is not S.WRAP_UP for talk in talks)
        assert talking == len(self.talking)
        assert self.arrived == len(self.calls) + talking + self.ended

    def compare(self, acd: Acd) -> None:
        """Checks what the core shows against what it said."""
        for agent in self.agents.values():
            view = acd.agent(agent.setup.id)
            assert (view.state, view.offer, view.call) == (agent.state, agent.offer, agent.call)
            assert view.calls == ((agent.call, *agent.talks) if agent.offer else tuple(agent.talks))
        for queue in self.queues.values():
            calls = [call for call in self.calls.values() if call.queue is queue]
            waiting = sorted((call for call in calls if not call.offers), key=self._rank)
            assert acd.waiting(queue.id) == [call.id for call in waiting]
            for place, call in enumerate(waiting, 1):
                assert acd.position(call.id) == place
            able = [agent for agent in self.agents.values() if self._able(queue.needs, agent, queue.channel)]
            shown = acd.queue(queue.id)
            assert shown.waiting == len(waiting)
            assert shown.offered == len(calls) - len(waiting)
            assert shown.longest_waiting_since == min((call.since for call in calls), default=None)
            assert shown.ready == sum(self._is_idle(agent, queue.channel) for agent in able)
            assert shown.staffed == sum(not agent.away for agent in able)

    def _talks_on(self, event: ev.CallHeld | ev.CallRetrieved | ev.CallFinished) -> None:
        agent = self.agents[self.talking[event.call]]
        talk = agent.talks[event.call]
        match event:
            case ev.CallHeld():
                talk.state = S.HOLD
            case ev.CallRetrieved():
                talk.state = S.TALKING
            case ev.CallFinished():
                talk.state = S.WRAP_UP
                agent.talked_ms += self.at - talk.answered_at
                del self.talking[event.call]
                self.ended += 1

    # -- another setup ----------------------------------------------------------------------------------------------

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

    # -- what a decision rests on -----------------------------------------------------------------------------------

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

    def _is_overdue(self, call: ShadowCall) -> bool:
        try:
            return self.acd.inside.call(call.id).overdue is not None
        except KeyError:
            return False

    def _wants_out(self, agent: ShadowAgent) -> bool:
        return self.acd.agent(agent.setup.id).next_state is not None

    def _rank(self, call: ShadowCall) -> tuple[int, bool, int, int, int]:
        age = self.at - call.place
        score = 60_000 * (call.queue.priority + call.priority)
        for step in call.queue.steps[: call.steps]:
            score += 60_000 * step.add_priority
        if self.setup.order is Order.SCORE:
            score += age * self.setup.points_per_minute
        starving = self.setup.starvation_ms is not None and age >= self.setup.starvation_ms
        return (len(call.offers), not starving, 0 if starving else -score, call.place, call.number)

    def _needs(self, call: ShadowCall) -> Requirement:
        return self._needs_after(call, call.steps)

    def _needs_after(self, call: ShadowCall, steps: int) -> Requirement:
        needs = call.queue.needs
        for step in call.queue.steps[:steps]:
            needs = needs if step.needs is None else step.needs
        return Every((needs, call.needs))

    def _eligible(self, call: ShadowCall, steps: int) -> set[str]:
        """Who at work meets what the call needs after so many steps."""
        needs = self._needs_after(call, steps)
        return {
            agent.setup.id
            for agent in self.agents.values()
            if not agent.away and self._able(needs, agent, call.queue.channel)
        }

    def _open_steps(self) -> None:
        """Steps that are due, once an event: after all else that happens at the instant, before anybody is matched."""
        if self.steps_done:
            return
        self.steps_done = True
        for call in self.calls.values():
            if self.steps_of is not None:
                steps = self.steps_of(call.id)
                call.steps = call.steps if steps is None else steps
                continue
            due = sum(step.after_ms <= self.at - call.since for step in call.queue.steps)
            if due > call.steps or call.queue.id in self.changed:
                call.steps = self._steps(call, due)
        self._open_kept()

    def _steps(self, call: ShadowCall, due: int) -> int:
        """How many steps are open when ``due`` are by time: more, if the last of them helps nobody."""
        able = self._eligible(call, due)
        before = set[str]()
        if due:
            last = call.queue.steps[due - 1]
            if last.needs is None or last.add_priority or last.spill:
                return due
            before = self._eligible(call, due - 1)
        if able - before:
            return due
        more = range(due + 1, len(call.queue.steps) + 1)
        return next((steps for steps in more if self._eligible(call, steps) - able), due)

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

    def _is_asked(self, call: ShadowCall, agent: ShadowAgent) -> bool:
        until = call.passed_over.get(agent.setup.id, 0)
        return (
            self._able(self._needs(call), agent, call.queue.channel)
            and self.at - call.since >= _preference(call, agent).after_ms
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
            return (len(other.offers), _preference(other, agent).rank)

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

    # -- one effect after the other ---------------------------------------------------------------------------------

    def _effect(self, effect: Effect, event: ev.Event) -> None:
        match effect:
            case Queued():
                self._queued(effect, event)
            case Offer():
                self._offered(effect)
            case Withdraw():
                assert self.offers[effect.offer] == (effect.call, effect.agent)
            case OfferEnded():
                self._offer_ended(effect)
            case Answered():
                call = self.calls.pop(effect.call)
                found = isinstance(event, ev.ConversationFound)
                assert self.offers.pop(effect.offer, None) == (None if found else (effect.call, effect.agent))
                assert list(call.offers) == ([] if found else [effect.offer]), "somebody else is still being rung"
                if found:
                    self._taken_from_others(effect.agent)
                assert effect.waited_ms == self.at - call.since
                for offer, loser in self.withdrawn.get(effect.call, {}).items():
                    self.agents[loser].turn = self.turns_before[offer]
                self.gone.append((call.queue.id, call.since, self.at, effect.waited_ms <= call.queue.threshold_ms))
                agent = self.agents[effect.agent]
                agent.spend(self.at)
                agent.idle_ms = 0
                agent.answered += 1
                agent.offer = None
                agent.talks[call.id] = ShadowTalk(call.queue.channel, self.at)
                if call.caller and any(queue.last_agent_ms for queue in self.setup.queues):
                    self.last_agents[call.caller] = (effect.agent, self.at)
                self.talking[effect.call] = effect.agent
            case Abandoned():
                call = self.calls.pop(effect.call)
                self.gone.append((call.queue.id, call.since, self.at, False))
                if call.caller:
                    self.places[call.queue.id, call.caller] = (call.place, call.number, self.at)
                assert (call.offers, effect.waited_ms) == ({}, self.at - call.since)
                self.ended += 1
            case Released():
                self._released(effect, event)
            case Handled():
                agent = self.agents[effect.agent]
                assert agent.talks.pop(effect.call).state is S.WRAP_UP
                agent.spend(self.at)
                agent.idle_ms = 0
            case AgentChanged():
                self._changed(effect)

    def _taken_from_others(self, agent: str) -> None:
        """An agent who is found talking is not rung any more: the call for which the phone was to ring waits on."""
        for call, offers in self.withdrawn.items():
            for offer in [offer for offer, rung in offers.items() if rung == agent]:
                self.agents[agent].turn = self.turns_before[offer]
            if call in self.calls:
                self.calls[call].leaving = False

    def _released(self, effect: Released, event: ev.Event) -> None:
        call = self.calls.pop(effect.call, None)
        queue = self.queues.get(effect.queue)
        if call is not None and call.queue.id == effect.queue:
            queue = call.queue  # it may be a queue that is gone
        refused = call is None or call.queue is not queue
        needs = event.needs if isinstance(event, ev.CallQueued) else ANYBODY
        if call is not None:
            assert not call.offers
            self.ended += 1
            needs = needs if refused else call.needs
        if effect.why is Exit.UNKNOWN_QUEUE:
            assert queue is None
            return
        assert queue is not None
        match effect.why:
            case Exit.UNKNOWN_AGENT:
                gone = call is not None and (agent := self.agents.get(call.kept_for or "")) is not None and agent.gone
                # Who has left and comes again is somebody new: a call that was kept all along was for the one before.
                known = self.agents.keys() - self.newcomers
                assert refused or gone or (call is not None and call.kept_for not in known)
            case Exit.FULL:
                assert refused
                assert queue.max_waiting is not None
                assert queue.max_waiting <= sum(not other.offers for other in self._in(queue.id))
            case Exit.TIMEOUT:
                assert queue.max_wait_ms is not None
            case Exit.CLOSED:
                since = call.rung_since if call is not None and not refused else None
                assert not self.punctual or self._was_closed(queue, self.at if since is None else since)
                assert refused or not queue.serves_after_closing
            case Exit.NOBODY_STAFFED:
                assert self._unstaffed(queue, needs)
            case _:
                assert isinstance(event, ev.CallLeft)

    def _was_closed(self, queue: QueueSetup, since: int) -> bool:
        """Whether the queue is closed, or has been since then: a phone that rings at closing time rings to its end."""
        assert queue.hours is not None
        change = queue.hours.next_change(since)
        return not queue.hours.is_open(since) or (change is not None and change <= self.at)

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

    def _queued(self, effect: Queued, event: ev.Event) -> None:
        old = self.calls.get(effect.call)
        if not isinstance(event, ev.CallQueued) or effect.queue != event.queue:
            assert old is not None
            event = self._spilled(old, effect.queue)
        assert effect.call == event.call
        call = ShadowCall(
            id=effect.call,
            queue=self.queues[effect.queue],
            needs=event.needs,
            priority=event.priority,
            since=old.since if old else min(event.waiting_since, self.at),
            number=old.number if old else self.numbers,
            missed_by=old.missed_by if old else set(),
            been=(*old.been, old.queue.id) if old else (),
        )
        self.arrived += old is None
        self.numbers += 1
        call.caller = event.caller
        call.place = old.place if old else call.since
        if old is None:
            since, number, left_at = self.places.pop((call.queue.id, call.caller), (0, 0, 0))
            if left_at and self.at - left_at <= call.queue.keep_place_ms and call.queue.keep_place_ms:
                call.place, call.number = min(since, call.since), number
        assert effect.waiting_since == call.since
        assert old is None or not old.offers
        self.calls[call.id] = call
        due = sum(step.after_ms <= self.at - call.since for step in call.queue.steps)
        call.steps = self._steps(call, due)
        self._keep(call, event)

    def _spilled(self, call: ShadowCall, to: str) -> ev.CallQueued:
        """Checks that a step of the queue sends the call there; the event that would do the same."""
        assert not call.offers
        assert to not in (call.queue.id, *call.been)
        limit = self.queues[to].max_waiting
        assert limit is None or sum(not other.offers for other in self._in(to)) < limit
        if self.punctual:
            self._has_reason_to_spill(call, to)
        else:  # how many steps were open when it went is unknown
            assert to in {step.spill.queue for step in call.queue.steps if step.spill is not None}
        return ev.CallQueued(
            call=call.id,
            queue=to,
            waiting_since=call.since,
            needs=call.needs,
            priority=call.priority,
            caller=call.caller,
            preferred=call.kept_for or "" if call.kept_until is None else "",
        )

    def _has_reason_to_spill(self, call: ShadowCall, to: str) -> None:
        spill = [step.spill for step in call.queue.steps[: call.steps] if step.spill is not None][-1]
        assert spill.queue == to
        conditions = [
            spill.nobody_staffed and not self._eligible(call, call.steps),
            spill.longest_wait_ms is not None
            and any(self.at - other.since >= spill.longest_wait_ms for other in self._in(call.queue.id)),
            spill.service_level_below is not None and self._level_is_below(call.queue, spill.service_level_below),
            not spill.nobody_staffed and spill.longest_wait_ms is None and spill.service_level_below is None,
        ]
        assert any(conditions)

    def _in(self, queue: str) -> list[ShadowCall]:
        return [call for call in self.calls.values() if call.queue.id == queue]

    def _level_is_below(self, queue: QueueSetup, per_mille: int) -> bool:
        start = self.at - self.at % 900_000
        ended = [how for id_, since, at, how in self.gone if id_ == queue.id and since >= start and at >= start]
        return 1_000 * sum(ended) < per_mille * len(ended)

    def _keep(self, call: ShadowCall, event: ev.CallQueued) -> None:
        agent, keep_ms = event.preferred, event.preferred_ms
        if agent and keep_ms is None:
            call.kept_for = agent
            return
        if not agent and call.queue.last_agent_ms:
            agent, spoken_at = self.last_agents.get(call.caller, ("", 0))
            keep_ms = call.queue.last_agent_ms if self.at - spoken_at <= call.queue.last_agent_within_ms else 0
        if agent in self.agents:
            call.kept_for, call.kept_until = agent, call.since + (keep_ms or 0)
            self._open_kept()

    def _open_kept(self) -> None:
        """Calls whose agent does not come to have them are open to everybody."""
        for call in self.calls.values():
            if call.kept_for is None or call.kept_until is None:
                continue
            agent = self.agents.get(call.kept_for)
            if agent is None or agent.gone:
                call.kept_for = None
                continue
            closed = self.at - call.since < _preference(call, agent).after_ms
            if (
                self.at >= call.kept_until
                or agent.away
                or closed
                or not self._able(self._needs(call), agent, call.queue.channel)
            ):
                call.kept_for = None

    def _offered(self, effect: Offer) -> None:
        call, agent = self.calls[effect.call], self.agents[effect.agent]
        assert call in self._in_line(over=False), "more phones than the queue wants"
        assert agent.offer is None, "two offers to one agent"
        assert self._has_room(agent, call.queue.channel), "more calls than the agent can have in hand"
        assert effect.offer not in self.offers
        if self.punctual:
            assert (call.id, agent.setup.id) in self._matches(over=False) + self._matches(over=True)
        self.turns_before[effect.offer] = agent.turn
        self.turns += 1
        agent.turn = self.turns
        call.offers[effect.offer] = agent.setup.id
        agent.offer = effect.offer
        agent.call = call.id
        if call.rung_since is None:
            call.rung_since = self.at
        assert effect.phone == len(call.offers)
        self.offers[effect.offer] = (call.id, agent.setup.id)

    def _offer_ended(self, effect: OfferEnded) -> None:
        assert self.offers.pop(effect.offer) == (effect.call, effect.agent)
        call, agent = self.calls[effect.call], self.agents[effect.agent]
        agent.offer = agent.call = None
        del call.offers[effect.offer]
        if effect.how is OfferEnd.WITHDRAWN:
            self.withdrawn.setdefault(effect.call, {})[effect.offer] = effect.agent
            call.leaving = not call.offers
            return
        if call.kept_until is not None:
            call.kept_for = None
        if not call.offers:
            call.passed_over.clear()
        if effect.how is OfferEnd.DECLINED:
            call.passed_over[effect.agent] = self.at + max(1, self.setup.decline_pause_ms)
        else:
            call.missed_by.add(effect.agent)
            if call.offers:
                call.passed_over[effect.agent] = None
            agent.spend(self.at)
            agent.idle_ms = 0

    def _called_off(self, offer: Offer, before: Sequence[Effect]) -> None:
        """Checks an offer to an agent whose phone stopped ringing for another call just to ring for this one."""
        match before:
            case [
                Withdraw(),
                OfferEnded(agent=offer.agent, how=OfferEnd.WITHDRAWN) as ended,
                AgentChanged(agent=offer.agent),
            ]:
                call, agent = self.calls[offer.call], self.agents[offer.agent]
                if ended.call not in self.calls or self.calls[ended.call].leaving:
                    return
                assert self.calls[ended.call].offers, "the last phone of a call is nobody else's"
                assert not call.offers
                missed = agent.setup.id in call.missed_by
                for other in self._may_take(call):
                    assert other is agent or (other.setup.id in call.missed_by and not missed), "somebody was idle"
                for other in self._spare_for(call):
                    assert (other.setup.id in call.missed_by, -other.turn) > (missed, -agent.turn)
                agent.turn = self.turns_before[ended.offer]

    def _changed(self, effect: AgentChanged) -> None:
        agent = self.agents[effect.agent]
        agent.spend(self.at)
        assert effect.state in NEXT[agent.state] or agent.talks
        if agent.state is S.LOGGED_OUT:
            agent.idle_ms = agent.busy_ms = agent.ready_ms = agent.answered = agent.talked_ms = 0
        if effect.state in (S.READY, S.NOT_READY, S.LOGGED_OUT):
            assert (agent.in_hand(), effect.call) == (None, None)
        else:
            assert agent.in_hand() == (effect.state, effect.call)
        assert not (effect.state is S.READY and agent.own_call), "whose phone is busy is not ready"
        was_away = agent.away
        agent.state, agent.call, agent.reason = effect.state, effect.call, effect.reason
        if agent.away and not was_away:
            agent.left_at = self.at
        self._open_kept()


def _preference(call: ShadowCall, agent: ShadowAgent) -> Preference:
    return agent.setup.queues.get(call.queue.id, Preference())


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
