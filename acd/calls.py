"""The calls that wait: into a queue, out of it, and the offers on the way to an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from acd.callbacks import Callbacks
from acd.callers import Callers
from acd.effects import (
    Abandoned,
    Answered,
    Effect,
    Exit,
    OfferEnd,
    Queued,
    Released,
)
from acd.events import CallQueued
from acd.limits import Limits
from acd.offers import Offers
from acd.roster import Roster
from acd.routing import Routing
from acd.setup import AcdSetup, CallbackOrder, Order, QueueSetup
from acd.state import AgentRecord, CallRecord, Conversation, Moment, QueueRecord
from acd.steps import Steps
from acd.timers import Due, Timer, Timers


class Calls:
    """The queues, the calls in them and the phones that ring for them."""

    __slots__ = (
        "_arrivals",
        "_by_id",
        "_callbacks",
        "_callers",
        "_limits",
        "_moment",
        "_offers",
        "_queues",
        "_roster",
        "_setup",
        "_steps",
        "_timers",
        "routing",
        "witness",
    )

    def __init__(self, setup: AcdSetup, roster: Roster, routing: Routing, timers: Timers, moment: Moment) -> None:
        self._setup = setup
        self._roster = roster
        self.routing = routing
        self._timers = timers
        self._moment = moment
        rate = setup.points_per_minute if setup.order is Order.SCORE else 0
        delays = routing.groups.delays
        self._queues = {queue.id: QueueRecord(queue, rate, delays.get(queue.id, {})) for queue in setup.queues}
        self._by_id: dict[str, CallRecord] = {}
        self._callers = Callers(setup)
        self._limits = Limits(roster, timers, moment)
        self._steps = Steps(roster, self._limits)
        self._callbacks = Callbacks(routing, timers, moment)
        self._offers = Offers(setup, roster, routing, timers, moment)
        self._arrivals = 0
        self.witness: Callable[[CallRecord, AgentRecord], None] | None = None
        """Told of each match before it is carried out (see :mod:`acd.explain`)."""

    # -- questions ------------------------------------------------------------------------------------------------

    def get(self, call: str) -> CallRecord:
        """One call; KeyError if it neither waits nor is offered."""
        return self._by_id[call]

    def queue(self, queue: str) -> QueueRecord:
        """One queue; KeyError if there is none of this id."""
        return self._queues[queue]

    # -- coming and going -----------------------------------------------------------------------------------------

    def enter(self, event: CallQueued) -> None:
        """A call comes into a queue, from outside or from another queue; or somebody is to be called back."""
        old = self._by_id.get(event.call)
        if self._roster.is_talking(event.call) or (old is not None and old.queue.setup.id == event.queue):
            return
        now = self._moment.now
        waiting_since = min(event.waiting_since, now)
        if old is not None:
            waiting_since = old.waiting_since
            rang = bool(old.offers)
            self._leave(old, None)
            if rang:
                self.match()
        queue = self._queues.get(event.queue)
        if queue is None:
            # Whoever sent it here must hear of it, or the caller would wait where nobody looks.
            self._refuse(event, Exit.UNKNOWN_QUEUE, waiting_since, old)
            return
        why = self._callbacks.refusal(event, queue) if event.callback and old is None else None
        if why is not None:
            self._refuse(event, why, waiting_since, old)
            return
        call = self._newcomer(event, queue, waiting_since, old)
        kept_until = self._keep(call, event)
        if call.kept_always and call.kept_for is None:
            self._refuse(event, Exit.UNKNOWN_AGENT, waiting_since, old)
            return
        self.routing.classify(call)
        refusal = self._limits.refusal(call, queue)
        if refusal is not None and not (refusal is Exit.FULL and self.routing.agent_for(call, now) is not None):
            self._refuse(event, refusal, waiting_since, old)
            return
        self._let_in(call, kept_until, moved=old is not None)

    def _newcomer(
        self, event: CallQueued, queue: QueueRecord, waiting_since: int, old: CallRecord | None
    ) -> CallRecord:
        """The call that comes into the queue, with its place; ``old`` is the same call in the queue it comes from."""
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

    def _let_in(self, call: CallRecord, kept_until: int | None, *, moved: bool) -> None:
        """The call is in its queue from now on; ``moved``: it comes from another one."""
        now, queue = self._moment.now, call.queue
        self._by_id[call.id] = call
        queue.add(call)
        self._callbacks.enter(call)
        if call.callback is None:
            held = self._callbacks.of(call.caller)
            if held is not None and held.is_absent:
                self._set_aside(held)
            if not moved:
                self._callers.came_back(call.caller, queue.setup.id)
        if kept_until is not None and call.kept_for is not None:
            call.kept_until = kept_until
            call.kept_timer = self._timers.set(kept_until, Timer(Due.KEPT, call.id))
        self._set_step_timer(call)
        if queue.spills[call.steps] is not None:
            # Who comes from another queue stays a while: a call must not run through a row of queues in no time.
            due = now + max(1, self._setup.spill_check_ms) if moved else now
            call.spill_timer = self._timers.set(due, Timer(Due.SPILL, call.id))
        self._set_starvation_timer(call)
        self._limits.watch(call)
        self._moment.effects.append(
            Queued(
                call=call.id,
                queue=queue.setup.id,
                waiting_since=call.waiting_since,
                callback=call.callback is not None,
                skills=call.call_class.skills,
            )
        )
        self._callbacks.line_up(call)

    def abandon(self, call_id: str) -> None:
        """The caller hung up."""
        call = self._by_id.get(call_id)
        if call is not None and not call.is_absent:
            self._callers.gave_up(call, self._moment.now)
            call.queue.count(call, self._moment.now, answered=False)
            self._leave(
                call,
                Abandoned(
                    call=call.id,
                    queue=call.queue.setup.id,
                    waited_ms=self._waited(call),
                    callback=call.callback is not None,
                ),
            )

    def release(self, call_id: str, why: Exit) -> None:
        """The call leaves the queue for ``why``."""
        call = self._by_id.get(call_id)
        if call is not None:
            self._leave(
                call,
                Released(
                    call=call.id,
                    queue=call.queue.setup.id,
                    why=why,
                    waited_ms=self._waited(call),
                    callback=call.callback is not None,
                ),
            )

    def set_priority(self, call_id: str, priority: int) -> None:
        """Gives a call other points of its own."""
        call = self._by_id.get(call_id)
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
        call = self._by_id.get(call_id)
        if call is None:
            return
        now, in_line = self._moment.now, call.in_line
        steps, closed_to = self._steps.open(call, now, entering=False), call.queue.closed_to(self._waited(call))
        if (steps, closed_to) != (call.steps, call.closed_to):
            self.routing.remove_call(call)
            call.steps, call.closed_to = steps, closed_to
            self.routing.classify(call)
            if in_line:
                self.routing.add_call(call)
            self._timers.cancel(call.step_timer)
            self._set_step_timer(call)
        to = self._steps.spill(call, now, self._queues) if call.waiting else None
        if to is not None:
            self._spill(call, to)
            return
        self._timers.cancel(call.spill_timer)
        if call.queue.spills[call.steps] is not None:
            due = now + max(1, self._setup.spill_check_ms)
            call.spill_timer = self._timers.set(due, Timer(Due.SPILL, call.id))

    def starve(self, call: CallRecord) -> None:
        """The call has waited beyond the starvation bound."""
        in_line = call.in_line
        self.routing.remove_call(call)
        call.starving = True
        if in_line:
            self.routing.add_call(call)

    def open_to_all(self, call: CallRecord) -> None:
        """The call was kept for one agent long enough."""
        self.routing.open_to_all(call)

    def overstay(self, call: CallRecord, why: Exit) -> None:
        """The call has been in the queue as long as it may; phones that ring for it ring to their end, and no more."""
        if not call.offers:
            self.release(call.id, why)
        else:
            call.overdue = why
            self.routing.remove_call(call)

    def look_for_staff(self, call: CallRecord) -> None:
        """It may be that nobody is at work who could take the call."""
        if self._limits.nobody_comes(call):
            self.release(call.id, Exit.NOBODY_STAFFED)

    def ring_more(self, call: CallRecord) -> None:
        """It is time for one more phone to ring for the call."""
        self._set_phone_timer(call)
        self._line_up(call)

    # -- another setup ---------------------------------------------------------------------------------------------

    def outliving(self, setup: AcdSetup) -> list[QueueSetup]:
        """The queues that are not in ``setup`` but still have calls."""
        staying = {queue.id for queue in setup.queues}
        queues = dict.fromkeys(call.queue for call in self._by_id.values())
        return [queue.setup for queue in queues if queue.setup.id not in staying]

    def reconfigure(self, setup: AcdSetup, routing: Routing, moved: Mapping[int, int]) -> None:
        """Puts the queues and the calls in them under another setup, with other lines to wait in.

        ``moved``: the index that an agent had to the index that the agent has, where there is one.
        """
        routing.offers = self.routing.offers
        self._setup, self.routing = setup, routing
        self._offers.reconfigure(setup, routing)
        self._callbacks.reconfigure(routing)
        self._callers.reconfigure(setup, moved, self._moment.now)
        calls = sorted(self._by_id.values(), key=lambda call: call.number)
        in_line = {call.id for call in calls if call.in_line}
        for call in calls:  # the lines in which they stood are no more
            call.queue.waiting -= call.waiting and call.callback is None
            call.in_line = False
        changed = self._reconfigure_queues(setup, calls)
        for call in calls:
            call.overdue = None  # the limits may be others: the timers that follow say it anew
            self._move_agents(call, moved)
        for call in list(self._by_id.values()):
            call.steps = self._steps.open(call, self._moment.now, entering=call.queue in changed)
            call.closed_to = call.queue.closed_to(self._waited(call))
            self._set_timers_again(call)
            routing.classify(call)
        for call in calls:
            if call.id in self._by_id:
                routing.share(call)
                if call.offers:
                    self._line_up(call)
                elif call.id in in_line:
                    routing.add_call(call)

    def _move_agents(self, call: CallRecord, moved: Mapping[int, int]) -> None:
        """Brings what the call knows of agents up to date; a call for one agent only who is gone is released."""
        call.missed_by = {moved[index] for index in call.missed_by if index in moved}
        for index in call.passed_over.keys() - moved.keys():
            self._timers.cancel(call.passed_over[index])
        call.passed_over = {moved[index]: timer for index, timer in call.passed_over.items() if index in moved}
        if call.kept_for is None:
            return
        call.kept_for = moved.get(call.kept_for)
        if call.kept_for is not None and not self._roster.all()[call.kept_for].gone:
            return
        if not call.kept_always:
            call.kept_for = None
        elif not call.offers:
            self.release(call.id, Exit.UNKNOWN_AGENT)
        else:  # a phone that rings for it rings to its end
            call.overdue = Exit.UNKNOWN_AGENT

    def _reconfigure_queues(self, setup: AcdSetup, calls: Iterable[CallRecord]) -> set[QueueRecord]:
        """The queues of the setup; those that are gone live on in their calls. Returns those whose needs or steps are
        others."""
        rate = setup.points_per_minute if setup.order is Order.SCORE else 0
        known = self._queues | {call.queue.setup.id: call.queue for call in calls}
        rules = {id_: queue.setup for id_, queue in known.items()} | {queue.id: queue for queue in setup.queues}
        changed = set()
        for id_, queue in rules.items():
            delays = self.routing.groups.delays.get(id_, {})
            record = known.setdefault(id_, QueueRecord(queue, rate, delays))
            if (record.setup.needs, record.setup.steps) != (queue.needs, queue.steps):
                changed.add(record)
            record.govern(queue, rate, delays)
        self._queues = {queue.id: known[queue.id] for queue in setup.queues}
        return changed

    def _set_timers_again(self, call: CallRecord) -> None:
        for timer in (call.step_timer, call.starvation_timer, call.spill_timer, call.phone_timer):
            self._timers.cancel(timer)
        self._set_phone_timer(call)
        self._set_step_timer(call)
        self._set_starvation_timer(call)
        self._limits.forget(call)
        self._limits.watch(call)
        if call.queue.spills[call.steps] is not None:
            due = self._moment.now + max(1, self._setup.spill_check_ms)
            call.spill_timer = self._timers.set(due, Timer(Due.SPILL, call.id))

    # -- offers ---------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Offers calls to agents until no free agent may take a call in line.

        It comes to an end: each offer gives a phone to a call that had none, or leaves one agent fewer idle.
        """
        while (found := self.routing.next_match(self._moment.now)) is not None:
            call, agent = found
            if agent.spare:
                self._call_off(agent)
            if self.witness is not None:
                self.witness(call, agent)
            self._offer(call, agent)

    def answered(self, offer_id: str) -> None:
        """The agent's audio is connected; to nobody yet, if it is a callback with the agent first."""
        offer = self._offers.find(offer_id)
        if offer is None or offer.dialling:
            return
        call, agent, now = offer.call, offer.agent, self._moment.now
        if call.callback is not None and not call.callback.reached:
            self._offers.dial(offer, call.callback)
            return
        call.queue.count(call, now, answered=True)
        self._callers.spoke(call.caller, agent.index, now)
        self.routing.remove_call(call)
        self._offers.forget(offer)
        self._leave(
            call,
            Answered(
                offer=offer.id,
                call=call.id,
                agent=agent.setup.id,
                queue=call.queue.setup.id,
                waited_ms=self._waited(call),
                callback=call.callback is not None,
            ),
        )
        self._roster.talk(agent, Conversation(call.id, call.queue))

    def failed(self, offer_id: str, how: OfferEnd) -> None:
        """The agent's side did not connect; the call, unless other phones ring for it, waits on at its old place."""
        offer = self._offers.find(offer_id)
        if offer is None:
            return
        call = offer.call
        self.routing.remove_call(call)
        self._offers.end(offer, how)
        self.routing.open_to_all(call)
        self._roster.free(offer.agent)
        self._wait_on(call)

    def expire(self, offer_id: str) -> None:
        """The line never said what became of the offer."""
        offer = self._offers.find(offer_id)
        assert offer is not None
        if offer.dialling:
            self.customer_failed(offer.call.id)
            return
        self._offers.stop(offer)
        self.failed(offer_id, OfferEnd.NO_ANSWER)

    def customer_answered(self, call_id: str) -> None:
        """A customer who was dialled is on the line."""
        call = self._by_id.get(call_id)
        if call is None or call.callback is None or call.offer is None or not call.offer.dialling:
            return
        call.callback.reached = True
        if call.callback.rules.order is CallbackOrder.CUSTOMER_FIRST:
            self._offers.ring(call.offer)
        else:
            call.offer.dialling = False
            self.answered(call.offer.id)

    def customer_failed(self, call_id: str) -> None:
        """A customer who was dialled is not on the line: the callback waits for its next attempt at its place."""
        call = self._by_id.get(call_id)
        if call is None or call.callback is None or call.offer is None or not call.offer.dialling:
            return
        offer = call.offer
        if call.callback.rules.order is CallbackOrder.AGENT_FIRST:
            self._offers.stop(offer)
        self._callbacks.delay(call)
        self.failed(offer.id, OfferEnd.NOT_REACHED)

    def line_up(self, call: CallRecord) -> None:
        """The customer may be dialled from now on."""
        self._callbacks.line_up(call)

    def pardon(self, call: CallRecord, agent: AgentRecord) -> None:
        """An agent who declined the call may be asked again."""
        self._offers.pardon(call, agent)
        self.routing.look_again(call)

    def _offer(self, call: CallRecord, agent: AgentRecord) -> None:
        self.routing.remove_call(call)
        self.routing.remove_agent(agent)
        self.routing.offers += 1
        self._offers.make(call, agent, self.routing.offers)
        if call.rung_since is None:
            call.rung_since = self._moment.now
            self._set_phone_timer(call)
        self._line_up(call)

    def _line_up(self, call: CallRecord) -> None:
        """Stands a call for which a phone rings in line if it is to have one more. A callback has one."""
        if call.in_line or not call.offers or call.overdue is not None or call.callback is not None:
            return
        assert call.rung_since is not None
        if len(call.offers) < call.queue.setup.phones.wanted(self._moment.now - call.rung_since):
            self.routing.add_call(call)

    def _call_off(self, agent: AgentRecord) -> None:
        """Frees a spare agent: the other phones ring on."""
        offer = agent.offer
        assert offer is not None
        self.routing.remove_call(offer.call)
        self._offers.withdraw(offer, is_turn=False)
        self._roster.free(agent)
        self._line_up(offer.call)

    def _wait_on(self, call: CallRecord) -> None:
        """An offer of the call came to nothing."""
        callback = call.callback
        if call.offers:
            self._line_up(call)
        elif call.overdue is not None:
            self.release(call.id, call.overdue)
        elif callback is not None and not callback.reached and callback.dials >= callback.rules.attempts:
            self.release(call.id, Exit.CALLBACK_FAILED)
        elif self._limits.is_stranded(call):
            self.release(call.id, Exit.NOBODY_STAFFED)
        else:
            self._callbacks.line_up(call)

    def _set_aside(self, held: CallRecord) -> None:
        """The caller who is to be called back waits in a queue: nobody must be dialled meanwhile."""
        offer = held.offer
        if offer is None:
            self._callbacks.set_aside(held)
            return
        self._offers.withdraw(offer, is_turn=True)
        self._roster.free(offer.agent)
        self._wait_on(held)

    def _went(self, call: CallRecord, *, answered: bool) -> None:
        """A caller is in a queue no more: who is still to be called back?"""
        held = self._callbacks.of(call.caller)
        if held is None or call.callback is not None or not held.is_absent:
            return
        if answered and held.queue is call.queue:
            self.release(held.id, Exit.GOT_THROUGH)
            return
        if answered:
            self._callbacks.delay(held)
        self._callbacks.line_up(held)

    def _leave(self, call: CallRecord, word: Effect | None) -> None:
        """Takes a call out, saying ``word``; the agents being rung for it are free at once."""
        self.routing.remove_call(call)
        offers = list(call.offers.values())
        for offer in offers:
            self._offers.withdraw(offer, is_turn=not isinstance(word, Answered))
        self._offers.pardon_all(call)
        self._timers.cancel(call.step_timer)
        self._timers.cancel(call.starvation_timer)
        self._timers.cancel(call.kept_timer)
        self._timers.cancel(call.spill_timer)
        self._timers.cancel(call.phone_timer)
        self._limits.forget(call)
        del self._by_id[call.id]
        call.queue.remove(call)
        self._callbacks.leave(call)
        if word is not None:
            self._moment.effects.append(word)
        for offer in offers:
            self._roster.free(offer.agent)
        if word is not None:
            self._went(call, answered=isinstance(word, Answered))

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
            )
        )

    def _keep(self, call: CallRecord, event: CallQueued) -> int | None:
        """Keeps the call for the agent who is to have it, if there is one; returns until when, None for ever."""
        queue, now = call.queue.setup, self._moment.now
        agent, keep_ms = self._roster.find(event.preferred), event.preferred_ms
        if event.preferred and keep_ms is None:
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

    def _refuse(self, event: CallQueued, why: Exit, waiting_since: int, old: CallRecord | None) -> None:
        """Does not let a call in; ``old`` is the call in the queue that it comes from."""
        waited_ms = self._moment.now - waiting_since
        is_callback = event.callback if old is None else old.callback is not None
        self._moment.effects.append(
            Released(call=event.call, queue=event.queue, why=why, waited_ms=waited_ms, callback=is_callback)
        )
        if old is not None:
            self._went(old, answered=False)

    def _waited(self, call: CallRecord) -> int:
        return self._moment.now - call.waiting_since

    def _set_step_timer(self, call: CallRecord) -> None:
        waited = self._waited(call)
        coming = call.queue.after_ms[call.steps : call.steps + 1]
        coming += [after_ms for after_ms in call.queue.delay_ms if after_ms > waited][:1]
        if coming:
            due = call.waiting_since + min(coming)
            call.step_timer = self._timers.set(due, Timer(Due.RELAXATION, call.id))

    def _set_starvation_timer(self, call: CallRecord) -> None:
        call.starving = False
        if self._setup.starvation_ms is None:
            return
        due = call.place_since + self._setup.starvation_ms
        call.starving = due <= self._moment.now
        if not call.starving:
            call.starvation_timer = self._timers.set(due, Timer(Due.STARVATION, call.id))

    def _set_phone_timer(self, call: CallRecord) -> None:
        phones, now = call.queue.setup.phones, self._moment.now
        if phones.add_every_ms is None or call.rung_since is None:
            return
        rung_ms = now - call.rung_since
        if phones.wanted(rung_ms) < phones.most:
            due = now + phones.add_every_ms - rung_ms % phones.add_every_ms
            call.phone_timer = self._timers.set(due, Timer(Due.PHONE, call.id))
