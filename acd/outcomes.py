"""What becomes of an offer: the agent answers or does not, the customer who is dialled answers or does not."""

from __future__ import annotations

from acd.callbacks import Callbacks
from acd.departures import Departures
from acd.effects import Exit, OfferEnd
from acd.limits import Limits
from acd.offers import Offers
from acd.queues import Queues
from acd.roster import Roster
from acd.routing import Routing
from acd.setup import CallbackOrder
from acd.state import AgentRecord, CallRecord


class Outcomes:
    """Ends offers, and says where the call goes from there."""

    __slots__ = ("_callbacks", "_departures", "_limits", "_offers", "_queues", "_roster", "_routing")

    def __init__(
        self,
        queues: Queues,
        callbacks: Callbacks,
        limits: Limits,
        offers: Offers,
        departures: Departures,
        roster: Roster,
        routing: Routing,
    ) -> None:
        self._queues = queues
        self._callbacks = callbacks
        self._limits = limits
        self._offers = offers
        self._departures = departures
        self._roster = roster
        self._routing = routing

    def answered(self, offer_id: str) -> None:
        """The agent's audio is connected; to nobody yet, if it is a callback with the agent first."""
        offer = self._offers.find(offer_id)
        if offer is None or offer.dialling:
            return
        callback = offer.call.callback
        if callback is not None and not callback.reached:
            self._offers.dial(offer, callback)
        else:
            self._departures.answer(offer)

    def found_talking(self, offer_id: str, call_id: str, agent_id: str) -> None:
        """The two are connected by an offer that is over to the core: see :class:`acd.events.ConversationFound`."""
        call, agent = self._queues.find_call(call_id), self._roster.find(agent_id)
        if call is None or call.is_absent or agent is None:
            return
        if not self._roster.make_room(agent, call.call_class.channel):
            return
        other = agent.offer
        if other is not None:  # for this caller once more, or for somebody else: the phone is in use
            self._routing.remove_call(other.call)
            self._offers.withdraw(other, is_turn=False)
            self._roster.free(agent)
            if other.call is not call:
                self._wait_on(other.call)
        self._roster.engage(agent)
        self._departures.connect(offer_id, call, agent)

    def failed(self, offer_id: str, how: OfferEnd) -> None:
        """The agent's side did not connect; the call, unless other phones ring for it, waits on at its old place."""
        offer = self._offers.find(offer_id)
        if offer is None:
            return
        call = offer.call
        self._routing.remove_call(call)
        self._offers.end(offer, how)
        self._routing.open_to_all(call)
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

    def lost(self, offer_id: str) -> None:
        """No phone was rung for the offer; the order to do so may still be on its way to the line."""
        offer = self._offers.find(offer_id)
        assert offer is not None
        self._offers.stop(offer)
        self._routing.remove_call(offer.call)
        self._offers.end(offer, OfferEnd.LOST)
        offer.agent.turn = offer.turn_before
        self._roster.free(offer.agent)
        self._wait_on(offer.call)

    def customer_answered(self, call_id: str) -> None:
        """A customer who was dialled is on the line: unless the callback is under way, by an engine that could not keep
        what it did, and then the customer waits like any caller."""
        call = self._queues.find_call(call_id)
        if call is None or call.callback is None:
            return
        if not call.offers and not call.callback.reached:
            self._callbacks.set_aside(call)
            call.callback.reached = True
            self._callbacks.line_up(call)
            return
        if call.offer is None or not call.offer.dialling:
            return
        call.callback.reached = True
        if call.callback.rules.order is CallbackOrder.CUSTOMER_FIRST:
            self._offers.ring(call.offer)
        else:
            call.offer.dialling = False
            self.answered(call.offer.id)

    def customer_failed(self, call_id: str) -> None:
        """A customer who was dialled is not on the line: the callback waits for its next attempt at its place."""
        call = self._queues.find_call(call_id)
        if call is None or call.callback is None or call.offer is None or not call.offer.dialling:
            return
        offer = call.offer
        if call.callback.rules.order is CallbackOrder.AGENT_FIRST:
            self._offers.stop(offer)
        self._callbacks.delay(call)
        self.failed(offer.id, OfferEnd.NOT_REACHED)

    def set_aside(self, held: CallRecord) -> None:
        """The caller who is to be called back waits in a queue: nobody must be dialled meanwhile."""
        offer = held.offer
        if offer is None:
            self._callbacks.set_aside(held)
            return
        self._offers.withdraw(offer, is_turn=True)
        self._roster.free(offer.agent)
        self._wait_on(held)

    def pardon(self, call: CallRecord, agent: AgentRecord) -> None:
        """An agent who declined the call may be asked again."""
        self._offers.pardon(call, agent)
        self._routing.look_again(call)

    def _wait_on(self, call: CallRecord) -> None:
        """An offer of the call came to nothing."""
        callback = call.callback
        if call.offers:
            self._offers.line_up(call)
        elif call.overdue is not None:
            self._departures.release(call.id, call.overdue)
        elif callback is not None and not callback.reached and callback.dials >= callback.rules.attempts:
            self._departures.release(call.id, Exit.CALLBACK_FAILED)
        elif self._limits.is_stranded(call):
            self._departures.release(call.id, Exit.NOBODY_STAFFED)
        else:
            self._callbacks.line_up(call)
