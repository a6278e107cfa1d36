"""The calls that wait: into a queue, from one queue to another, and what becomes of them there in time."""

from __future__ import annotations

from collections.abc import Mapping

from acd.admission import Admission
from acd.call_timers import CallTimers
from acd.callbacks import Callbacks
from acd.callers import Callers
from acd.departures import Departures
from acd.effects import Exit, Queued, Released
from acd.events import CallQueued
from acd.limits import Limits
from acd.offers import Offers
from acd.outcomes import Outcomes
from acd.queues import QueueRecord, Queues
from acd.roster import Roster
from acd.routing import Routing
from acd.setup import AcdSetup
from acd.state import CallRecord, Moment
from acd.steps import Steps
from acd.timers import Timers


class Calls:
    """The queues, the calls in them and the phones that ring for them, put together of their parts."""

    __slots__ = (
        "_admission",
        "_call_timers",
        "_callers",
        "_limits",
        "_moment",
        "_roster",
        "_steps",
        "_timers",
        "callbacks",
        "departures",
        "offers",
        "outcomes",
        "queues",
        "routing",
    )

    def __init__(self, setup: AcdSetup, roster: Roster, routing: Routing, timers: Timers, moment: Moment) -> None:
        self._roster = roster
        self._timers = timers
        self._moment = moment
        self.routing = routing
        self.queues = Queues(setup, routing.groups.delays)
        self.callbacks = Callbacks(routing, timers, moment)
        self._callers = Callers(setup)
        self._limits = Limits(roster, timers, moment)
        self._steps = Steps(roster, self._limits)
        self._admission = Admission(self._callers, self.callbacks, self._limits, self._steps, roster, routing, moment)
        self._call_timers = CallTimers(setup, self._limits, timers, moment)
        self.offers = Offers(setup, roster, routing, self._call_timers, timers, moment)
        self.departures = Departures(
            self.queues, self._callers, self.callbacks, self.offers, self._call_timers, roster, routing, moment
        )
        self.outcomes = Outcomes(
            self.queues, self.callbacks, self._limits, self.offers, self.departures, roster, routing
        )

    # -- coming ----------------------------------------------------------------------------------------------------

    def enter(self, event: CallQueued) -> None:
        """A call comes into a queue, from outside or from another queue; or somebody is to be called back."""
        old = self.queues.find_call(event.call)
        if self._roster.is_talking(event.call) or (old is not None and old.queue.setup.id == event.queue):
            return
        waiting_since = min(event.waiting_since, self._moment.now)
        if old is not None:
            waiting_since = old.waiting_since
            rang = bool(old.offers)
            self.departures.move_on(old)
            if rang:
                self.offers.match()
        queue = self.queues.find(event.queue)
        # Whoever sent it to no queue must hear of it, or the caller would wait where nobody looks.
        found = Exit.UNKNOWN_QUEUE if queue is None else self._admission.admit(event, queue, waiting_since, old)
        if isinstance(found, CallRecord):
            self._let_in(found, moved=old is not None)
        else:
            self._refuse(event, found, waiting_since, old)

    def _let_in(self, call: CallRecord, *, moved: bool) -> None:
        """The call is in its queue from now on; ``moved``: it comes from another one."""
        self.queues.add(call)
        self.callbacks.enter(call)
        if call.callback is None:
            held = self.callbacks.of(call.caller)
            if held is not None and held.is_absent:
                self.outcomes.set_aside(held)
            if not moved:
                self._callers.came_back(call.caller, call.queue.setup.id)
        self._call_timers.enter(call, moved=moved)
        self._moment.effects.append(
            Queued(
                call=call.id,
                queue=call.queue.setup.id,
                waiting_since=call.waiting_since,
                callback=call.callback is not None,
                skills=call.call_class.skills,
            )
        )
        self.callbacks.line_up(call)

    def _refuse(self, event: CallQueued, why: Exit, waiting_since: int, old: CallRecord | None) -> None:
        """Does not let a call in; ``old`` is the call in the queue that it comes from."""
        waited_ms = self._moment.now - waiting_since
        is_callback = event.callback if old is None else old.callback is not None
        self._moment.effects.append(
            Released(call=event.call, queue=event.queue, why=why, waited_ms=waited_ms, callback=is_callback)
        )
        if old is not None:
            self.departures.turned_away(old)

    # -- in the queue ----------------------------------------------------------------------------------------------

    def set_priority(self, call_id: str, priority: int) -> None:
        """Gives a call other points of its own."""
        call = self.queues.find_call(call_id)
        if call is None:
            return
        in_line = call.in_line
        self.routing.remove_call(call)
        call.priority = priority
        if in_line:
            self.routing.add_call(call)

    def step(self, call_id: str) -> None:
        """A relaxation step opens, the call has waited as long as some agents ask, or it is time to look whether it
        spills to another queue."""
        call = self.queues.find_call(call_id)
        if call is None:
            return
        now, in_line = self._moment.now, call.in_line
        steps, closed_to = self._steps.open(call, now, entering=False), call.queue.closed_to(now - call.waiting_since)
        if (steps, closed_to) != (call.steps, call.closed_to):
            self.routing.remove_call(call)
            call.steps, call.closed_to = steps, closed_to
            self.routing.classify(call)
            if in_line:
                self.routing.add_call(call)
            self._call_timers.step_opened(call)
        to = self._steps.spill(call, now, self.queues) if call.waiting else None
        if to is None:
            self._call_timers.look_for_spill_later(call)
        else:
            self._spill(call, to)

    def _spill(self, call: CallRecord, to: QueueRecord) -> None:
        always = call.kept_for if call.kept_always else None
        self.enter(
            CallQueued(
                call=call.id,
                queue=to.setup.id,
                waiting_since=call.waiting_since,
                needs=call.needs,
                priority=call.priority,
                caller=call.caller,
                preferred="" if always is None else self._roster.all()[always].setup.id,
                direct_ms=None if call.direct_until is None else max(0, call.direct_until - self._moment.now),
            )
        )

    def starve(self, call: CallRecord) -> None:
        """The call has waited beyond the starvation bound."""
        in_line = call.in_line
        self.routing.remove_call(call)
        call.starving = True
        if in_line:
            self.routing.add_call(call)

    def overstay(self, call: CallRecord, why: Exit) -> None:
        """The call has been in the queue as long as it may; phones that ring for it ring to their end, and no more."""
        if not call.offers:
            self.departures.release(call.id, why)
        else:
            call.overdue = why
            self.routing.remove_call(call)

    def settle(self) -> None:
        """The end of an instant: offers calls to agents as far as may be, and lets go whoever is transferred to an
        agent who has left."""
        self.offers.match()
        while left := self._roster.left:
            for call in self.routing.kept_for(left.pop(0)):
                if call.direct_until is not None and self._limits.agent_is_away(call):
                    self.departures.release(call.id, Exit.AGENT_AWAY)
            self.offers.match()

    def wait_no_more(self, call: CallRecord) -> None:
        """The call has waited as long as it may for a free hand of the agent to whom it is transferred."""
        if not call.offers:  # else it goes by what becomes of the phone that rings
            self.departures.release(call.id, Exit.AGENT_AWAY if self._limits.agent_is_away(call) else Exit.AGENT_BUSY)

    def look_for_staff(self, call: CallRecord) -> None:
        """It may be that nobody is at work who could take the call."""
        if self._limits.nobody_comes(call):
            self.departures.release(call.id, Exit.NOBODY_STAFFED)

    def ring_more(self, call: CallRecord) -> None:
        """It is time for one more phone to ring for the call."""
        self._call_timers.set_phone(call)
        self.offers.line_up(call)

    # -- another setup ---------------------------------------------------------------------------------------------

    def reconfigure(self, setup: AcdSetup, moved: Mapping[int, int]) -> None:
        """Puts the queues and the calls in them under another setup. The lines in which they stood are no more.

        ``moved``: the index that an agent had to the index that the agent has, where there is one.
        """
        now = self._moment.now
        self.offers.reconfigure(setup)
        self._call_timers.reconfigure(setup)
        self._callers.reconfigure(setup, moved, now)
        calls = sorted(self.queues.calls(), key=lambda call: call.number)
        in_line = {call.id for call in calls if call.in_line}
        for call in calls:
            call.queue.waiting -= call.waiting and call.callback is None
            call.in_line = False
        changed = self.queues.reconfigure(setup, self.routing.groups.delays)
        for call in calls:
            # The limits may be others: the timers that follow say it anew.
            call.overdue = call.agent_unanswered if call.offers else None
        lost = [call for call in calls if not self._move_agents(call, moved)]
        for call in self.queues.calls():
            call.steps = self._steps.open(call, now, entering=call.queue in changed)
            call.closed_to = call.queue.closed_to(now - call.waiting_since)
            self._call_timers.set_again(call)
            self.routing.classify(call)
        for call in calls:
            self.routing.share(call)
            if call.offers:
                self.offers.line_up(call)
            elif call.id in in_line:
                self.routing.add_call(call)
        # Last, for the callback of a caller who waits no more comes into line, by the new setup.
        for call in lost:
            self.departures.release(call.id, Exit.UNKNOWN_AGENT)
        for call in calls:
            waits = call.direct_until is not None and call.in_line
            if waits and not self.routing.is_open_to_its_agent(call):  # who may take it no more
                self.departures.release(call.id, Exit.AGENT_AWAY)

    def _move_agents(self, call: CallRecord, moved: Mapping[int, int]) -> bool:
        """Brings what the call knows of agents up to date. Whether it may stay: one that is for one agent only, who is
        gone, may not, unless a phone rings for it."""
        call.missed_by = {moved[index] for index in call.missed_by if index in moved}
        for index in call.passed_over.keys() - moved.keys():
            self._timers.cancel(call.passed_over[index])
        call.passed_over = {moved[index]: timer for index, timer in call.passed_over.items() if index in moved}
        if call.kept_for is None:
            return True
        call.kept_for = moved.get(call.kept_for)
        if call.kept_for is not None and not self._roster.all()[call.kept_for].gone:
            return True
        if not call.kept_always:
            call.kept_for = None
        elif not call.offers:
            return False
        else:  # a phone that rings for it rings to its end
            call.overdue = Exit.UNKNOWN_AGENT
        return True
