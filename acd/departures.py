"""The ways out of a queue: the caller hangs up, the queue lets the call go, an agent has it, it moves on."""

from __future__ import annotations

from acd.call_timers import CallTimers
from acd.callbacks import Callbacks
from acd.callers import Callers
from acd.effects import Abandoned, Answered, Effect, Exit, Released
from acd.offers import Offers
from acd.queues import Queues
from acd.roster import Roster
from acd.routing import Routing
from acd.state import AgentRecord, CallRecord, Moment, OfferRecord


class Departures:
    """Takes calls out of their queues."""

    __slots__ = ("_call_timers", "_callbacks", "_callers", "_moment", "_offers", "_queues", "_roster", "_routing")

    def __init__(
        self,
        queues: Queues,
        callers: Callers,
        callbacks: Callbacks,
        offers: Offers,
        call_timers: CallTimers,
        roster: Roster,
        routing: Routing,
        moment: Moment,
    ) -> None:
        self._queues = queues
        self._callers = callers
        self._callbacks = callbacks
        self._offers = offers
        self._call_timers = call_timers
        self._roster = roster
        self._routing = routing
        self._moment = moment

    def abandon(self, call_id: str) -> None:
        """The caller hung up."""
        call = self._queues.find_call(call_id)
        if call is None or call.is_absent:
            return
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
        self._went(call, answered=False)

    def release(self, call_id: str, why: Exit) -> None:
        """The call leaves the queue for ``why``."""
        call = self._queues.find_call(call_id)
        if call is None:
            return
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
        self._went(call, answered=False)

    def answer(self, offer: OfferRecord) -> None:
        """The agent's audio is connected to the caller's."""
        self._routing.remove_call(offer.call)
        self._offers.forget(offer)
        self.connect(offer.id, offer.call, offer.agent)

    def connect(self, offer_id: str, call: CallRecord, agent: AgentRecord) -> None:
        """The call has this agent, who is in no line and whose phone rings for nobody; other phones stop."""
        now = self._moment.now
        call.queue.count(call, now, answered=True)
        self._callers.spoke(call.caller, agent.index, now)
        self._leave(
            call,
            Answered(
                offer=offer_id,
                call=call.id,
                agent=agent.setup.id,
                queue=call.queue.setup.id,
                waited_ms=self._waited(call),
                callback=call.callback is not None,
            ),
        )
        self._went(call, answered=True)
        self._roster.talk(agent, call.id, call.queue)

    def move_on(self, call: CallRecord) -> None:
        """The call goes on to another queue, or is refused there: see :meth:`turned_away`."""
        self._leave(call, None)

    def turned_away(self, call: CallRecord) -> None:
        """The call, which has moved on, was not let in where it came."""
        self._went(call, answered=False)

    def _leave(self, call: CallRecord, word: Effect | None) -> None:
        """Takes a call out, saying ``word``; the agents being rung for it are free at once."""
        self._routing.remove_call(call)
        offers = list(call.offers.values())
        for offer in offers:
            self._offers.withdraw(offer, is_turn=not isinstance(word, Answered))
        self._offers.pardon_all(call)
        self._call_timers.forget(call)
        self._queues.remove(call)
        self._callbacks.leave(call)
        if word is not None:
            self._moment.effects.append(word)
        for offer in offers:
            self._roster.free(offer.agent)

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

    def _waited(self, call: CallRecord) -> int:
        return self._moment.now - call.waiting_since
