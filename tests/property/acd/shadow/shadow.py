"""A slow second opinion on the core: it follows events and effects and checks every promise by trying everybody."""

from __future__ import annotations

from collections.abc import Sequence

from acd import events as ev
from acd.effects import (
    OWN_CALL,
    Abandoned,
    AgentChanged,
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
from acd.requirement import ANYBODY
from tests.property.acd.shadow.records import NEXT, S, ShadowCall, ShadowTalk
from tests.property.acd.shadow.waiting import Waiting


class Shadow(Waiting):
    """Knows the setup and what has happened; asserts that each decision was the right one."""

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
            assert call.direct_until is None or not self.agents[call.kept_for or ""].away, "whom it is for has left"
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
            case Exit.AGENT_AWAY | Exit.AGENT_BUSY | Exit.AGENT_UNANSWERED:
                self._came_to_nothing(effect, event, None if refused else call)
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

    def _came_to_nothing(self, effect: Released, event: ev.Event, call: ShadowCall | None) -> None:
        """A transfer to an agent; *call*: None, if it was not let in."""
        if call is None:
            assert isinstance(event, ev.CallQueued)
            until = None if event.direct_ms is None else self.at + event.direct_ms
            agent = self.agents.get(event.preferred)
        else:
            until, agent = call.direct_until, self.agents.get(call.kept_for or "")
        assert until is not None, "only a transfer to an agent ends so"
        assert call is None or call.rung is (effect.why is Exit.AGENT_UNANSWERED)
        if effect.why is Exit.AGENT_UNANSWERED:
            return
        assert agent is not None
        if effect.why is Exit.AGENT_BUSY:
            assert not self.punctual or call is None or self.at == until, "no sooner and no later than it may wait"
            assert until <= self.at
            assert not agent.away
        elif call is not None:
            has_left = agent.away and agent.left_at == self.at
            may_not = not self._able(self._needs(call), agent, call.queue.channel) or self._is_too_early(call, agent)
            assert has_left or (may_not and isinstance(event, ev.Reconfigured)), "as soon as the agent is away"

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
        assert not (call.rung and call.direct_until is not None), "whom a transfer is for is rung once"
        call.rung = True
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
        if effect.how is OfferEnd.LOST:
            agent.turn = self.turns_before[effect.offer]
            if not call.offers:
                call.passed_over.clear()
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
