"""The routing core as one object: events and time in, effects out.

Late and repeated messages are the normal way of the world: an event that does not fit (an unknown call, agent or
offer, a second ``CallQueued`` for the same queue, “wrap-up done” while talking) changes nothing and has no effects.
Only a setup that contradicts itself is an error, when the core is built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from acd import events as ev
from acd.effects import (
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Effect,
    Handled,
    Offer,
    OfferEnd,
    OfferEnded,
    Queued,
    Released,
    Withdraw,
)
from acd.groups import Groups
from acd.routing import Routing
from acd.setup import AcdSetup
from acd.state import (
    AgentRecord,
    AgentView,
    CallRecord,
    Conversation,
    OfferRecord,
    QueueRecord,
    QueueView,
)
from acd.timers import Due, Timer, Timers

_AT_WORK = frozenset(
    {AgentState.OFFERED, AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP},
)
_FREE = frozenset({AgentState.READY, AgentState.NOT_READY})


class Acd:
    """Calls, agents, queues; who gets whom. All state is plain data: copy or pickle it anywhere, it goes on alike."""

    def __init__(self, setup: AcdSetup) -> None:
        """Everybody is logged out and nobody waits. Raises ValueError if an id stands for two queues or agents."""
        for kind, ids in (
            ("queue", [queue.id for queue in setup.queues]),
            ("agent", [agent.id for agent in setup.agents]),
        ):
            for id_, times in Counter(ids).items():
                if times > 1:
                    raise ValueError(f"{kind} “{id_}” is set up twice; give each {kind} an id of its own")
        self.setup = setup
        groups = Groups(setup.agents)
        self._order = [AgentRecord(agent, index, groups.group_of[index]) for index, agent in enumerate(setup.agents)]
        self._agents = {agent.setup.id: agent for agent in self._order}
        self._queues = {queue.id: QueueRecord(queue) for queue in setup.queues}
        for queue in setup.queues:
            groups.class_of(queue.needs)
        self._routing = Routing(setup, self._order, groups)
        self._calls: dict[str, CallRecord] = {}
        self._offers: dict[str, OfferRecord] = {}
        self._talking: dict[str, AgentRecord] = {}
        """Call, in conversation, to its agent."""
        self._timers = Timers()
        self._arrivals = 0
        self._turns = 0
        self._ready = [0] * groups.size
        self._staffed = [0] * groups.size
        self._now = 0
        self._effects: list[Effect] = []

    # -- in and out -----------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event, at: int) -> list[Effect]:
        """Lets ``event`` happen at ``at`` (Unix milliseconds) and says what follows, in order.

        What fell due before ``at`` happens first, what falls due at ``at`` itself after the event: the word of the
        world wins over a timer of the same instant. An ``at`` earlier than the last one is taken as the last one.
        """
        at = max(at, self._now)
        self._effects = []
        self._run_timers(at, at - 1)
        self._now = at
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event)
        self._run_timers(at, at)
        return self._effects

    def next_due(self) -> int | None:
        """When ``apply(TimePassed(), at)`` must be called at the latest; None: when something happens."""
        return self._timers.next_due()

    # -- views ----------------------------------------------------------------------------------------------------

    def agent(self, agent: str) -> AgentView:
        """One agent; KeyError if there is none of this id."""
        return self._agents[agent].view()

    def agents(self) -> list[AgentView]:
        """All agents in the order of the setup."""
        return [agent.view() for agent in self._order]

    def queue(self, queue: str) -> QueueView:
        """One queue; KeyError if there is none of this id."""
        record = self._queues[queue]
        plain = self._routing.groups.class_of(record.setup.needs).members()
        return QueueView(
            id=queue,
            waiting=record.waiting,
            offered=len(record.calls) - record.waiting,
            longest_waiting_since=min((call.waiting_since for call in record.calls.values()), default=None),
            ready=sum(self._ready[group] for group in plain),
            staffed=sum(self._staffed[group] for group in plain),
        )

    def queues(self) -> list[QueueView]:
        """All queues in the order of the setup."""
        return [self.queue(queue) for queue in self._queues]

    def waiting(self, queue: str) -> list[str]:
        """The calls of ``queue`` for which no phone rings, in the order in which they would be served."""
        calls = [call for call in self._queues[queue].calls.values() if call.waiting]
        return [call.id for call in sorted(calls, key=lambda call: call.rank)]

    def position(self, call: str) -> int:
        """The place of a call among the waiting of its queue, from 1; 0 while an agent's phone rings for it.

        KeyError if it neither waits nor is offered.
        """
        record = self._calls[call]
        if not record.waiting:
            return 0
        rank = record.rank
        return 1 + sum(other.waiting and other.rank < rank for other in record.queue.calls.values())

    # -- calls ----------------------------------------------------------------------------------------------------

    def _call_queued(self, event: ev.CallQueued) -> None:
        old = self._calls.get(event.call)
        if event.call in self._talking or (old is not None and old.queue.setup.id == event.queue):
            return
        if old is not None:
            self._leave(old, None)
            waiting_since = old.waiting_since
        else:
            waiting_since = min(event.waiting_since, self._now)
        queue = self._queues.get(event.queue)
        if queue is None:
            # Whoever sent it here must hear of it, or the caller would wait where nobody looks.
            self._release(event.call, event.queue, "unknown-queue", waiting_since)
            return
        call = CallRecord(event.call, queue, event.needs, event.priority, waiting_since, self._arrivals)
        self._arrivals += 1
        if old is not None:
            call.number, call.missed_by = old.number, old.missed_by
        self._enter(call)

    def _enter(self, call: CallRecord) -> None:
        queue, now = call.queue, self._now
        call.steps = queue.steps_open(now - call.waiting_since)
        self._routing.classify(call)
        agent = self._routing.agent_for(call, now)
        limit = queue.setup.max_waiting
        if agent is None and limit is not None and queue.waiting >= limit:
            self._release(call.id, queue.setup.id, "full", call.waiting_since)
            return
        self._calls[call.id] = queue.calls[call.id] = call
        self._set_step_timer(call)
        if queue.setup.max_wait_ms is not None:
            call.limit_timer = self._timers.set(now + queue.setup.max_wait_ms, Timer(Due.MAX_WAIT, call.id))
        self._effects.append(Queued(call=call.id, queue=queue.setup.id, waiting_since=call.waiting_since))
        if agent is None:
            self._routing.add_call(call)
        else:
            self._offer(call, agent)

    def _call_abandoned(self, event: ev.CallAbandoned) -> None:
        call = self._calls.get(event.call)
        if call is not None:
            self._leave(
                call,
                Abandoned(call=call.id, queue=call.queue.setup.id, waited_ms=self._now - call.waiting_since),
            )

    def _call_left(self, event: ev.CallLeft) -> None:
        call = self._calls.get(event.call)
        if call is not None:
            self._leave(call, self._released(call.id, call.queue.setup.id, event.why, call.waiting_since))

    def _priority_changed(self, event: ev.CallPriorityChanged) -> None:
        call = self._calls.get(event.call)
        if call is None:
            return
        waiting = call.waiting
        self._routing.remove_call(call)
        call.priority = event.priority
        if waiting:
            self._routing.add_call(call)

    def _leave(self, call: CallRecord, word: Effect | None) -> None:
        """Takes a call out, saying ``word``; an agent being rung for it is free at once."""
        offer = call.offer
        if offer is not None:
            self._withdraw(offer)
            self._end_offer(offer, OfferEnd.WITHDRAWN)
        self._routing.remove_call(call)
        self._pardon_all(call)
        self._timers.cancel(call.step_timer)
        self._timers.cancel(call.limit_timer)
        del self._calls[call.id]
        del call.queue.calls[call.id]
        if word is not None:
            self._effects.append(word)
        if offer is not None:
            self._free(offer.agent)
            self._seek(offer.agent)

    def _released(self, call: str, queue: str, why: str, waiting_since: int) -> Released:
        return Released(call=call, queue=queue, why=why, waited_ms=self._now - waiting_since)

    def _release(self, call: str, queue: str, why: str, waiting_since: int) -> None:
        self._effects.append(self._released(call, queue, why, waiting_since))

    # -- offers ---------------------------------------------------------------------------------------------------

    def _offer(self, call: CallRecord, agent: AgentRecord) -> None:
        self._routing.remove_call(call)
        self._routing.remove_agent(agent)
        self._pardon_all(call)
        self._turns += 1
        agent.turn = self._turns
        queue = call.queue.setup
        id_ = f"{call.id}-{self._turns}"
        due = self._now + max(1, queue.ring_ms + self.setup.offer_grace_ms)
        offer = OfferRecord(id_, call, agent, self._timers.set(due, Timer(Due.OFFER, id_)))
        self._offers[id_] = call.offer = agent.offer = offer
        self._effects.append(
            Offer(offer=id_, call=call.id, agent=agent.setup.id, queue=queue.id, ring_ms=queue.ring_ms)
        )
        self._change(agent, AgentState.OFFERED, call=call.id, until=self._now + queue.ring_ms)

    def _offer_answered(self, event: ev.OfferAnswered) -> None:
        offer = self._offers.get(event.offer)
        if offer is None:
            return
        call, agent = offer.call, offer.agent
        self._timers.cancel(offer.timer)
        del self._offers[offer.id]
        call.offer = agent.offer = None
        self._leave(call, None)
        self._effects.append(
            Answered(
                offer=offer.id,
                call=call.id,
                agent=agent.setup.id,
                queue=call.queue.setup.id,
                waited_ms=self._now - call.waiting_since,
            )
        )
        agent.misses = 0
        agent.answered += 1
        agent.idle_ms = 0
        agent.conversation = Conversation(call.id, call.queue)
        self._talking[call.id] = agent
        self._change(agent, AgentState.TALKING, call=call.id)

    def _offer_failed(self, event: ev.OfferFailed) -> None:
        offer = self._offers.get(event.offer)
        if offer is not None:
            self._fail(offer, OfferEnd(event.why.value))

    def _fail(self, offer: OfferRecord, how: OfferEnd) -> None:
        call, agent = offer.call, offer.agent
        self._end_offer(offer, how)
        if how is OfferEnd.DECLINED:
            pause = Timer(Due.DECLINE_PAUSE, call.id, agent.setup.id)
            call.declined_by[agent.index] = self._timers.set(self._now + self.setup.decline_pause_ms, pause)
            agent.declined[call.number] = call
        else:
            # A busy or unreachable phone counts as a miss too: its agent says “ready” and is not, and would
            # otherwise be rung for one caller after the other in no time.
            call.missed_by.add(agent.index)
            agent.idle_since = self._now
            agent.misses += 1
            if agent.misses >= self.setup.misses_allowed and agent.next is None:
                agent.next = (AgentState.NOT_READY, "missed-calls")
        self._free(agent)
        if call.overdue:
            self._leave(call, self._released(call.id, call.queue.setup.id, "timeout", call.waiting_since))
        else:
            self._place(call)
        self._seek(agent)

    def _place(self, call: CallRecord) -> None:
        """Offers a call that is in no line, or puts it in line."""
        agent = self._routing.agent_for(call, self._now)
        if agent is None:
            self._routing.add_call(call)
        else:
            self._offer(call, agent)

    def _withdraw(self, offer: OfferRecord) -> None:
        self._effects.append(Withdraw(offer=offer.id, call=offer.call.id, agent=offer.agent.setup.id))

    def _end_offer(self, offer: OfferRecord, how: OfferEnd) -> None:
        self._timers.cancel(offer.timer)
        del self._offers[offer.id]
        offer.call.offer = offer.agent.offer = None
        self._effects.append(
            OfferEnded(
                offer=offer.id,
                call=offer.call.id,
                agent=offer.agent.setup.id,
                queue=offer.call.queue.setup.id,
                how=how,
            )
        )

    def _pardon_all(self, call: CallRecord) -> None:
        """Lets everybody who declined the call be asked again."""
        for index, timer in call.declined_by.items():
            self._timers.cancel(timer)
            del self._order[index].declined[call.number]
        call.declined_by.clear()

    # -- conversations --------------------------------------------------------------------------------------------

    def _call_held(self, event: ev.CallHeld) -> None:
        agent = self._talking.get(event.call)
        if agent is not None and agent.state is AgentState.TALKING:
            self._change(agent, AgentState.HOLD, call=event.call)

    def _call_retrieved(self, event: ev.CallRetrieved) -> None:
        agent = self._talking.get(event.call)
        if agent is not None and agent.state is AgentState.HOLD:
            self._change(agent, AgentState.TALKING, call=event.call)

    def _call_finished(self, event: ev.CallFinished) -> None:
        agent = self._talking.pop(event.call, None)
        if agent is None:
            return
        assert agent.conversation is not None
        wrap_up_ms = agent.conversation.queue.setup.wrap_up_ms
        if wrap_up_ms == 0:
            self._end_conversation(agent)
            return
        until = None if wrap_up_ms is None else self._now + wrap_up_ms
        if until is not None:
            agent.wrap_up_timer = self._timers.set(until, Timer(Due.WRAP_UP, agent.setup.id))
        self._change(agent, AgentState.WRAP_UP, call=event.call, until=until)

    def _wrap_up_done(self, event: ev.WrapUpDone) -> None:
        agent = self._agents.get(event.agent)
        if agent is not None and agent.state is AgentState.WRAP_UP:
            self._end_conversation(agent)

    def _wrap_up_extended(self, event: ev.WrapUpExtended) -> None:
        agent = self._agents.get(event.agent)
        if agent is None or agent.state is not AgentState.WRAP_UP or agent.until is None:
            return
        self._timers.cancel(agent.wrap_up_timer)
        agent.until = max(self._now, agent.until + event.extra_ms)
        agent.wrap_up_timer = self._timers.set(agent.until, Timer(Due.WRAP_UP, agent.setup.id))
        assert agent.conversation is not None
        self._effects.append(
            AgentChanged(agent=agent.setup.id, state=agent.state, call=agent.conversation.call, until=agent.until)
        )

    def _end_conversation(self, agent: AgentRecord) -> None:
        self._timers.cancel(agent.wrap_up_timer)
        agent.wrap_up_timer = None
        talk = agent.conversation
        assert talk is not None
        self._spend(agent)
        agent.conversation = None
        self._effects.append(
            Handled(
                call=talk.call,
                agent=agent.setup.id,
                queue=talk.queue.setup.id,
                talk_ms=talk.talk_ms,
                hold_ms=talk.hold_ms,
                wrap_up_ms=talk.wrap_up_ms,
            )
        )
        self._free(agent)
        self._seek(agent)

    # -- agents ---------------------------------------------------------------------------------------------------

    def _signed_in(self, event: ev.AgentSignedIn) -> None:
        agent = self._agents.get(event.agent)
        if agent is None:
            return
        if agent.state is AgentState.LOGGED_OUT:
            agent.misses = agent.answered = agent.busy_ms = agent.ready_ms = agent.idle_ms = 0
            self._change(agent, AgentState.NOT_READY, reason="signed-in")
        elif agent.next == (AgentState.LOGGED_OUT, ""):
            agent.next = (AgentState.NOT_READY, "signed-in")

    def _signed_out(self, event: ev.AgentSignedOut) -> None:
        self._wish(event.agent, AgentState.LOGGED_OUT, "")

    def _not_ready(self, event: ev.AgentNotReady) -> None:
        self._wish(event.agent, AgentState.NOT_READY, event.reason)

    def _wish(self, agent_id: str, state: AgentState, reason: str) -> None:
        """Takes an agent out of the lines now, or after the call in hand."""
        agent = self._agents.get(agent_id)
        if agent is None:
            return
        if agent.state in _AT_WORK:
            agent.next = (state, reason)
        elif agent.state in _FREE and (agent.state, agent.reason) != (state, reason):
            self._pause(agent, state, reason)

    def _agent_ready(self, event: ev.AgentReady) -> None:
        agent = self._agents.get(event.agent)
        if agent is None:
            return
        if agent.state in _AT_WORK:
            agent.next = None
        elif agent.state is AgentState.NOT_READY:
            agent.misses = 0
            agent.idle_since = self._now - agent.idle_ms
            self._change(agent, AgentState.READY)
            self._seek(agent)

    def _pause(self, agent: AgentRecord, state: AgentState, reason: str) -> None:
        if agent.state in (AgentState.READY, AgentState.OFFERED):
            agent.idle_ms = self._now - agent.idle_since
        self._routing.remove_agent(agent)
        self._change(agent, state, reason=reason)

    def _free(self, agent: AgentRecord) -> None:
        """After an offer or a conversation: the next state. A ready agent is in no line yet."""
        wish, agent.next = agent.next, None
        if wish is not None:
            self._pause(agent, *wish)
            return
        if agent.state is not AgentState.OFFERED:
            agent.idle_since = self._now
        self._change(agent, AgentState.READY)

    def _seek(self, agent: AgentRecord) -> None:
        """Finds a ready agent, who is in no line, a call, or puts them in line."""
        if agent.state is not AgentState.READY:
            return
        call = self._routing.call_for(agent)
        if call is None:
            self._routing.add_agent(agent, self._now)
        else:
            self._offer(call, agent)

    def _change(
        self,
        agent: AgentRecord,
        state: AgentState,
        *,
        reason: str = "",
        call: str | None = None,
        until: int | None = None,
    ) -> None:
        self._spend(agent)
        for counts, states in ((self._ready, _COUNT_AS_READY), (self._staffed, _COUNT_AS_STAFFED)):
            counts[agent.group] += (state in states) - (agent.state in states)
        agent.state, agent.reason, agent.until = state, reason, until
        self._effects.append(AgentChanged(agent=agent.setup.id, state=state, reason=reason, call=call, until=until))

    def _spend(self, agent: AgentRecord) -> None:
        """Books the time since the last change on what it was spent on."""
        spent = self._now - agent.since
        agent.since = self._now
        talk = agent.conversation
        match agent.state:
            case AgentState.READY:
                agent.ready_ms += spent
            case AgentState.OFFERED:
                agent.busy_ms += spent
            case AgentState.TALKING if talk is not None:
                agent.busy_ms += spent
                talk.talk_ms += spent
            case AgentState.HOLD if talk is not None:
                agent.busy_ms += spent
                talk.hold_ms += spent
            case AgentState.WRAP_UP if talk is not None:
                agent.busy_ms += spent
                talk.wrap_up_ms += spent
            case _:
                pass

    # -- time -----------------------------------------------------------------------------------------------------

    def _set_step_timer(self, call: CallRecord) -> None:
        after_ms = call.queue.after_ms
        if call.steps < len(after_ms):
            due = call.waiting_since + after_ms[call.steps]
            call.step_timer = self._timers.set(due, Timer(Due.RELAXATION, call.id))

    def _run_timers(self, at: int, until: int) -> None:
        """Lets happen, at ``at``, what was due up to ``until``. Every timer set meanwhile is due after ``at``,
        except the end of a decline's pause of no length, which comes once a decline."""
        while (timer := self._timers.pop(until)) is not None:
            self._now = at
            match timer.what:
                case Due.RELAXATION:
                    self._relax(self._calls[timer.whom])
                case Due.MAX_WAIT:
                    self._time_out(self._calls[timer.whom])
                case Due.OFFER:
                    offer = self._offers[timer.whom]
                    self._withdraw(offer)
                    self._fail(offer, OfferEnd.NO_ANSWER)
                case Due.WRAP_UP:
                    self._end_conversation(self._agents[timer.whom])
                case Due.DECLINE_PAUSE:
                    self._pardon(self._calls[timer.whom], self._agents[timer.agent])

    def _relax(self, call: CallRecord) -> None:
        waiting = call.waiting
        self._routing.remove_call(call)
        call.steps = call.queue.steps_open(self._now - call.waiting_since)
        self._routing.classify(call)
        self._set_step_timer(call)
        if waiting:
            self._place(call)

    def _time_out(self, call: CallRecord) -> None:
        if call.offer is not None:
            call.overdue = True
        else:
            self._leave(call, self._released(call.id, call.queue.setup.id, "timeout", call.waiting_since))

    def _pardon(self, call: CallRecord, agent: AgentRecord) -> None:
        del call.declined_by[agent.index]
        del agent.declined[call.number]
        if call.waiting and agent.idle:
            self._routing.remove_call(call)
            self._place(call)


_COUNT_AS_READY = frozenset({AgentState.READY})
_COUNT_AS_STAFFED = frozenset({AgentState.READY, *_AT_WORK})

_HANDLERS: dict[type, Callable[[Acd, Any], None]] = {
    ev.CallQueued: Acd._call_queued,
    ev.CallAbandoned: Acd._call_abandoned,
    ev.CallLeft: Acd._call_left,
    ev.CallPriorityChanged: Acd._priority_changed,
    ev.OfferAnswered: Acd._offer_answered,
    ev.OfferFailed: Acd._offer_failed,
    ev.CallHeld: Acd._call_held,
    ev.CallRetrieved: Acd._call_retrieved,
    ev.CallFinished: Acd._call_finished,
    ev.AgentSignedIn: Acd._signed_in,
    ev.AgentSignedOut: Acd._signed_out,
    ev.AgentReady: Acd._agent_ready,
    ev.AgentNotReady: Acd._not_ready,
    ev.WrapUpDone: Acd._wrap_up_done,
    ev.WrapUpExtended: Acd._wrap_up_extended,
}
