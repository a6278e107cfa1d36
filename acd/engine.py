"""The routing core as one object: events and time in, effects out.

Late and repeated messages are the normal way of the world: an event that does not fit (an unknown call, agent or
offer, a second ``CallQueued`` for the same queue, “wrap-up done” while talking) changes nothing and has no effects.
A call sent to a queue that is not set up is released at once, “unknown-queue”, so that its flow can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from acd import events as ev
from acd.calls import Calls
from acd.channels import Channels
from acd.effects import AgentState, Effect, Exit, OfferEnd
from acd.groups import Groups
from acd.inside import Inside
from acd.reconfigure import reconfigure
from acd.roster import Roster
from acd.routing import Routing
from acd.setup import AcdSetup, QueueSetup
from acd.state import AgentRecord, AgentView, Moment, QueueView
from acd.timers import Due, Timer, Timers


class Acd:
    """Calls, agents, queues; who gets whom. All state is plain data: copy or pickle it anywhere, it goes on alike."""

    def __init__(self, setup: AcdSetup) -> None:
        """Everybody is logged out and nobody waits."""
        self.setup = setup
        groups = Groups(setup.agents, Channels(setup.channels))
        agents = [AgentRecord(agent, index, groups.group_of[index]) for index, agent in enumerate(setup.agents)]
        self._moment = Moment()
        self._timers = Timers()
        routing = Routing(setup.queues, setup.seed, agents, groups)
        self._roster = Roster(agents, routing, self._timers, self._moment)
        self._calls = Calls(setup, self._roster, routing, self._timers, self._moment)
        self.inside = Inside(self._calls, self._roster, self._moment)

    def apply(self, event: ev.Event, at: int) -> list[Effect]:
        """Lets ``event`` happen at ``at`` (Unix milliseconds) and says what follows, in order.

        What fell due before ``at`` happens first, what falls due at ``at`` itself after the event: the word of the
        world wins over a timer of the same instant. An ``at`` earlier than the last one is taken as the last one.
        All matches of an instant are made together: the call that ranks first chooses its agent first.
        """
        at = max(at, self._moment.now)
        self._moment.effects = []
        self._moment.events += 1
        timers = self._timers
        if timers.not_before < at:
            self._run_timers(at, at - 1)
        self._moment.now = at
        _HANDLERS[type(event)](self, event)
        self._calls.settle()
        if timers.not_before <= at:
            self._run_timers(at, at)
        timers.next_due()  # none that is cancelled stays in front, so whoever asks later changes nothing by it
        return self._moment.effects

    def next_due(self) -> int | None:
        """When ``apply(TimePassed(), at)`` must be called at the latest; None: when something happens."""
        return self._timers.next_due()

    def put_off(self, due: int, until: int) -> None:
        """What falls due up to ``due`` falls due at ``until`` instead (Unix milliseconds)."""
        self._timers.put_off(due, until)

    def agent(self, agent: str) -> AgentView:
        """One agent; KeyError if there is none of this id."""
        return self._roster.get(agent).view()

    def call_of(self, agent: str) -> str | None:
        """The call that the state of an agent is about, as in :class:`AgentView`; None if there is neither."""
        record = self._roster.find(agent)
        return None if record is None else record.call

    def offer_to(self, agent: str) -> str | None:
        """The offer for which the phone of an agent rings; None if there is neither."""
        record = self._roster.find(agent)
        return None if record is None or record.offer is None else record.offer.id

    def agents(self) -> list[AgentView]:
        """All agents in the order of the setup, then those who are in it no more but still have a call."""
        return [agent.view() for agent in self._roster.all() if not agent.left]

    def queue(self, queue: str) -> QueueView:
        """One queue, of :meth:`former_queues` too; KeyError if there is none of this id."""
        record = self._calls.queues.with_calls(queue)
        routing = self._calls.routing
        plain = routing.groups.class_of(record.setup.needs, record.setup)
        return QueueView(
            id=queue,
            waiting=record.waiting,
            offered=len(record.calls) - record.callbacks - record.waiting,
            longest_waiting_since=record.waiting_since[0][0] if record.waiting_since else None,
            callbacks=record.callbacks,
            ready=routing.idle_in(plain.members(), plain.channel),
            staffed=self._roster.staffing.agents_in(plain.members()),
        )

    def queues(self) -> list[QueueView]:
        """All queues in the order of the setup, then :meth:`former_queues`."""
        return [self.queue(queue.id) for queue in (*self.setup.queues, *self.former_queues())]

    def former_queues(self) -> list[QueueSetup]:
        """Those that are in the setup no more but still have calls, which are served by the rules of these."""
        return self._calls.queues.outliving(self.setup)

    def waiting(self, queue: str) -> list[str]:
        """The calls of ``queue`` for which no phone rings, in the order in which they would be served.

        Callbacks stand among them once they may be dialled.
        """
        calls = [call for call in self._calls.queues.with_calls(queue).calls.values() if call.waiting]
        return [call.id for call in sorted(calls, key=lambda call: call.rank)]

    def position(self, call: str) -> int:
        """The place of a call among the waiting of its queue, from 1; 0 while an agent's phone rings for it, and for a
        callback that may not be dialled yet.

        KeyError if it neither waits nor is offered.
        """
        record = self._calls.queues.call(call)
        if not record.waiting:
            return 0
        rank = record.rank
        return 1 + sum(other.waiting and other.rank < rank for other in record.queue.calls.values())

    def _reconfigure(self, setup: AcdSetup) -> None:
        self.setup = setup
        reconfigure(setup, self._roster, self._calls)

    def _engine_started(self) -> None:
        self._calls.routing.offers = max(self._calls.routing.offers, self._moment.now)

    def _run_timers(self, at: int, until: int) -> None:
        """Lets happen, at ``at``, what was due up to ``until``, matching after each instant.

        The loop ends because every timer set meanwhile is due after ``at``.
        """
        while (due := self._timers.next_due()) is not None and due <= until:
            self._moment.now = at
            steps: list[Timer] = []
            while (timer := self._timers.pop(due)) is not None:
                if timer.what in (Due.RELAXATION, Due.SPILL):
                    steps.append(timer)
                else:
                    self._ring(timer)
            # Steps ask who is at work and who waits, so they come after all else that happens at this instant; and once
            # for each call: one that spills to another queue must not at once go on from there.
            for call in dict.fromkeys(timer.whom for timer in steps):
                self._calls.step(call)
            self._calls.settle()

    def _ring(self, timer: Timer) -> None:
        calls, queues = self._calls, self._calls.queues
        match timer.what:
            case Due.STARVATION:
                calls.starve(queues.call(timer.whom))
            case Due.KEPT:
                calls.routing.open_to_all(queues.call(timer.whom))
            case Due.MAX_WAIT:
                calls.overstay(queues.call(timer.whom), Exit.TIMEOUT)
            case Due.CLOSING:
                calls.overstay(queues.call(timer.whom), Exit.CLOSED)
            case Due.STAFFING:
                calls.look_for_staff(queues.call(timer.whom))
            case Due.AGENT:
                calls.wait_no_more(queues.call(timer.whom))
            case Due.PHONE:
                calls.ring_more(queues.call(timer.whom))
            case Due.OFFER:
                calls.outcomes.expire(timer.whom)
            case Due.LOST_OFFER:
                calls.outcomes.lost(timer.whom)
            case Due.WRAP_UP:
                self._roster.end_conversation(self._roster.get(timer.agent), timer.whom)
            case Due.DECLINE_PAUSE:
                calls.outcomes.pardon(queues.call(timer.whom), self._roster.get(timer.agent))
            case Due.CALLBACK:
                calls.callbacks.line_up(queues.call(timer.whom))


_HANDLERS: Mapping[type, Callable[[Acd, Any], None]] = {
    ev.TimePassed: lambda *_: None,
    ev.CallQueued: lambda acd, e: acd._calls.enter(e),
    ev.CallAbandoned: lambda acd, e: acd._calls.departures.abandon(e.call),
    ev.CallLeft: lambda acd, e: acd._calls.departures.release(e.call, e.why),
    ev.CallPriorityChanged: lambda acd, e: acd._calls.set_priority(e.call, e.priority),
    ev.OfferAnswered: lambda acd, e: acd._calls.outcomes.answered(e.offer),
    ev.ConversationFound: lambda acd, e: acd._calls.outcomes.found_talking(e.offer, e.call, e.agent),
    ev.OfferFailed: lambda acd, e: acd._calls.outcomes.failed(e.offer, OfferEnd(e.why.value)),
    ev.CustomerAnswered: lambda acd, e: acd._calls.outcomes.customer_answered(e.call),
    ev.CustomerFailed: lambda acd, e: acd._calls.outcomes.customer_failed(e.call),
    ev.CallHeld: lambda acd, e: acd._roster.hold(e.call, held=True),
    ev.CallRetrieved: lambda acd, e: acd._roster.hold(e.call, held=False),
    ev.CallFinished: lambda acd, e: acd._roster.finish(e.call),
    ev.AgentSignedIn: lambda acd, e: acd._roster.sign_in(e.agent),
    ev.AgentSignedOut: lambda acd, e: acd._roster.wish(e.agent, AgentState.LOGGED_OUT),
    ev.AgentReady: lambda acd, e: acd._roster.ready(e.agent),
    ev.AgentNotReady: lambda acd, e: acd._roster.wish(e.agent, AgentState.NOT_READY, e.reason),
    ev.OwnCallBegan: lambda acd, e: acd._roster.own_call(e.agent, began=True),
    ev.OwnCallEnded: lambda acd, e: acd._roster.own_call(e.agent, began=False),
    ev.WrapUpDone: lambda acd, e: acd._roster.wrap_up_done(e.agent, e.call),
    ev.WrapUpExtended: lambda acd, e: acd._roster.extend_wrap_up(e.agent, e.extra_ms, e.call),
    ev.OffersLost: lambda acd, e: acd._calls.offers.give_back(e.offers),
    ev.EngineStarted: lambda acd, _: acd._engine_started(),
    ev.Reconfigured: lambda acd, e: acd._reconfigure(e.setup),
}
"""What each event does; of each the class alone counts, so that the many kinds cost one look."""
