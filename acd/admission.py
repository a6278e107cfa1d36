"""Who comes into a queue and who does not, with which place, and for whom the call is kept."""

from __future__ import annotations

from acd.callbacks import Callbacks
from acd.callers import Callers
from acd.effects import Exit
from acd.events import CallQueued
from acd.limits import Limits
from acd.queues import QueueRecord
from acd.roster import Roster
from acd.routing import Routing
from acd.state import CallRecord, Moment
from acd.steps import Steps


class Admission:
    """The door of the queues."""

    __slots__ = ("_arrivals", "_callbacks", "_callers", "_limits", "_moment", "_roster", "_routing", "_steps")

    def __init__(
        self,
        callers: Callers,
        callbacks: Callbacks,
        limits: Limits,
        steps: Steps,
        roster: Roster,
        routing: Routing,
        moment: Moment,
    ) -> None:
        self._callers = callers
        self._callbacks = callbacks
        self._limits = limits
        self._steps = steps
        self._roster = roster
        self._routing = routing
        self._moment = moment
        self._arrivals = 0

    def admit(
        self, event: CallQueued, queue: QueueRecord, waiting_since: int, old: CallRecord | None
    ) -> CallRecord | Exit:
        """The call that is to come into the queue, or why it may not; ``old`` is the same call in the queue it comes
        from."""
        refusal = self._callbacks.refusal(event, queue) if event.callback and old is None else None
        if refusal is not None:
            return refusal
        call = self._newcomer(event, queue, waiting_since, old)
        kept_until = self._keep(call, event)
        if call.kept_always and call.kept_for is None:
            return Exit.UNKNOWN_AGENT
        self._routing.classify(call)
        if call.kept_for is not None:
            call.kept_until = kept_until
        refusal = self._limits.refusal(call, queue)
        if event.direct_ms is not None and refusal in (None, Exit.FULL):
            refusal = self._unavailable(call, event.direct_ms) or refusal
        if refusal is Exit.FULL and self._routing.agent_for(call, self._moment.now) is not None:
            return call
        return call if refusal is None else refusal

    def _unavailable(self, call: CallRecord, wait_ms: int) -> Exit | None:
        """Why a transfer to an agent is over before it began; None: the agent can be rung, or is worth waiting for."""
        if self._limits.agent_is_away(call) or not self._routing.is_open_to_its_agent(call):
            return Exit.AGENT_AWAY
        busy = wait_ms <= 0 and self._routing.agent_for(call, self._moment.now) is None
        return Exit.AGENT_BUSY if busy else None

    def _newcomer(
        self, event: CallQueued, queue: QueueRecord, waiting_since: int, old: CallRecord | None
    ) -> CallRecord:
        now = self._moment.now
        callback = old.callback if old is not None else self._callbacks.asked(event, queue)
        if old is None and event.callback and event.not_before is not None:
            waiting_since = event.not_before
        call = CallRecord(
            id=event.call,
            queue=queue,
            needs=event.needs,
            priority=event.priority,
            waiting_since=waiting_since,
            entered_at=now,
            place_since=waiting_since,
            number=self._arrivals,
            caller=event.caller,
            callback=callback,
        )
        call.steps = self._steps.open(call, now, entering=waiting_since <= now)
        if queue.delay_ms:
            call.closed_to = queue.closed_to(now - waiting_since)
        self._arrivals += 1
        place = self._callers.place(event.caller, event.queue, queue.setup.keep_place_ms, now)
        if old is not None:
            call.place_since, call.number, call.missed_by = old.place_since, old.number, old.missed_by
            call.been = (*old.been, old.queue.setup.id)
        elif place is not None and callback is None:
            call.place_since, call.number = min(place.since, waiting_since), place.number
        held = self._callbacks.of(event.caller)
        if held is not None and held.queue is queue and callback is None:
            call.place_since = min(call.place_since, held.place_since)
        return call

    def _keep(self, call: CallRecord, event: CallQueued) -> int | None:
        """Keeps the call for the agent who is to have it, if there is one; returns until when, None for ever."""
        queue, now = call.queue.setup, self._moment.now
        agent, keep_ms = self._roster.find(event.preferred), event.preferred_ms
        if event.direct_ms is not None:
            call.direct_until = now + event.direct_ms
        if event.direct_ms is not None or (event.preferred and keep_ms is None):
            call.kept_always = True
            call.kept_for = None if agent is None else agent.index
            return None
        if not event.preferred and queue.last_agent_ms:
            index = self._callers.last_agent(call.caller, queue.last_agent_within_ms, now)
            agent, keep_ms = None if index is None else self._roster.all()[index], queue.last_agent_ms
        until = call.waiting_since + (keep_ms or 0)
        if agent is not None and until > now and self._roster.is_staffed(agent):
            call.kept_for = agent.index
        return until
