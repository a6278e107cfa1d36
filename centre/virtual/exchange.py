"""The simulated exchange: carries calls, rings agents' phones, connects the two. One thread, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from acd.events import OfferFailure
from centre.events import (
    CallAdopted,
    CallArrived,
    ConversationFound,
    CustomerAnswered,
    CustomerFailed,
    DialFailure,
    LineSynchronised,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OwnCallBegan,
    OwnCallEnded,
)
from centre.orders import (
    Ask,
    CallOutside,
    DialCustomer,
    EndConversation,
    HangUp,
    Hold,
    Order,
    PickUp,
    Retrieve,
    Ring,
    Speak,
    StopDialling,
    StopRinging,
    TakeMessage,
    Wait,
)
from centre.virtual.call import VirtualCall, World
from centre.virtual.habits import AgentSide, CallerHabits
from centre.virtual.ports import Ear, Heard, Scheduler, Tell, Timer


class Customer(Protocol):
    """Whoever has a telephone number that the exchange dials."""

    @property
    def habits(self) -> CallerHabits:
        """What the customer brings along."""

    def answers_after(self) -> int | None:
        """Asked as the phone begins to ring: after how many milliseconds it is answered; None: never."""

    def answers(self, call: VirtualCall) -> None:
        """The phone is answered, and this is the customer's call."""

    def hear(self, heard: Heard) -> None:
        """The customer's end of the call, an :data:`~centre.virtual.ports.Ear`."""


class Phone:
    """An agent's phone. It has one offer at most, which rings or is connected."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.busy = False
        """Off the hook for something that is no business of ours."""
        self.unreachable = False
        self.player: AgentSide | None = None
        """Set where the machine plays the agent."""
        self.offer: Ring | None = None
        self.call: VirtualCall | None = None
        """The call that the offer is for; None where its customer is to be called back."""
        self.connected = False
        self.timer: Timer | None = None


class Exchange:
    """A :class:`~cti.service.ports.Line` but for its life cycle: orders in, events out through ``tell``.

    Orders about a call that is gone are late and change nothing: that it went has been told already.
    """

    def __init__(
        self,
        *,
        line: str,
        first_call: str,
        scheduler: Scheduler,
        tell: Tell,
        spoken: Callable[[str, str, Mapping[str, str]], str],
        agent_name: Callable[[str], str],
        calls_most: int = 2_000,
    ) -> None:
        """``line`` is the line's id; call ids are ``<line>-<first_call>-<n>``, so ``first_call`` differs from one
        process to the next. ``calls_most`` lines are there; who calls when all are taken hears nothing."""
        self.line = line
        self.calls: dict[str, VirtualCall] = {}
        self._first_call = first_call
        self._placed = 0
        self._scheduler = scheduler
        self._tell = tell
        self._agent_name = agent_name
        self._calls_most = calls_most
        self.outside: dict[str, OfferFailure] = {}
        """Numbers outside, as the site names them, where nobody answers, and why; everybody else does."""
        self._world = World(scheduler=scheduler, tell=tell, spoken=spoken, outside=self.outside.get)
        self.customer: Callable[[str], Customer | None] | None = None
        """Who has a number that is dialled; set where anybody is to answer."""
        self._dialled: dict[str, Timer] = {}
        """Call to the timer that ends the ringing at its customer's."""
        self._phones: dict[str, Phone] = {}

    def phone(self, agent: str) -> Phone:
        """The phone of ``agent``."""
        phone = self._phones.get(agent)
        if phone is None:
            phone = self._phones[agent] = Phone(agent)
        return phone

    def own_call(self, agent: str, *, began: bool) -> None:
        """The agent makes a call that is no business of ours, or ends it."""
        self.phone(agent).busy = began
        self._tell(OwnCallBegan(agent=agent) if began else OwnCallEnded(agent=agent))

    def place_call(
        self,
        ear: Ear,
        *,
        number: str = "",
        name: str = "",
        habits: CallerHabits | None = None,
        arrival: CallArrived | CallAdopted | None = None,
    ) -> VirtualCall:
        """A caller dials; ``habits`` of one whom the machine plays. The call is over at once (by “line”) when all lines
        are taken. ``arrival``: what the centre is told, where that is known already, its call id included."""
        self._placed += 1
        if arrival is None:
            call_id = f"{self.line}-{self._first_call}-{self._placed}"
            arrival = CallArrived(call=call_id, line=self.line, number=number, name=name)
        call = VirtualCall(
            self._world,
            arrival.call,
            ear=ear,
            habits=habits,
            gone=self._gone,
        )
        if len(self.calls) >= self._calls_most:
            call.refuse()
            return call
        self.calls[call.id] = call
        self._tell(arrival)
        return call

    def turn_away(self, call: str) -> None:
        """The centre does not take in this call: it is over, as if all lines were taken."""
        refused = self.calls.pop(call, None)
        if refused is not None:
            refused.refuse()

    def list_calls(self) -> None:
        """Tells the centre of all calls, as a line does that was out of reach: of conversations first."""
        for phone in self._phones.values():
            if phone.connected and phone.call is not None and phone.offer is not None:
                self._tell(ConversationFound(call=phone.call.id, offer=phone.offer.offer, agent=phone.agent))
        self._tell(LineSynchronised(line=self.line, calls=tuple(self.calls)))

    def carry_out(self, order: Order) -> None:
        """Does what the centre wants."""
        call = self.calls.get(order.call)
        if call is None:
            self._call_back(order)
            return
        carries_out = _ORDERS.get(type(order))
        if carries_out is not None:
            carries_out(self, order, call)

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at the sensitive question with this step."""
        known = self.calls.get(call)
        return None if known is None else known.secret(step)

    def _call_back(self, order: Order) -> None:
        """Orders about a call that nobody is on the line for: the customer has to be dialled."""
        match order:
            case Ring(before_customer=True):
                self._ring(order, None)
            case PickUp():
                self._pick_up(order, None)
            case StopRinging():
                self._void(order, None)
            case DialCustomer():
                self._dial(order)
            case StopDialling():
                self._stop_dialling(order.call)
            case _:
                pass  # about a call that is gone

    def _dial(self, order: DialCustomer) -> None:
        customer = None if self.customer is None else self.customer(order.number)
        delay_ms = None if customer is None else customer.answers_after()
        if customer is not None and delay_ms is not None and delay_ms < order.ring_ms:
            found = customer
            timer = self._scheduler.after(delay_ms, lambda: self._customer_answers(order, found))
        else:
            timer = self._scheduler.after(order.ring_ms, lambda: self._nobody_at(order))
        self._dialled[order.call] = timer

    def _stop_dialling(self, call: str) -> None:
        timer = self._dialled.pop(call, None)
        if timer is not None:
            timer.cancel()

    def _nobody_at(self, order: DialCustomer) -> None:
        del self._dialled[order.call]
        self._tell(CustomerFailed(call=order.call, why=DialFailure.NO_ANSWER))

    def _customer_answers(self, order: DialCustomer, customer: Customer) -> None:
        del self._dialled[order.call]
        call = VirtualCall(self._world, order.call, ear=customer.hear, habits=customer.habits, gone=self._gone)
        customer.answers(call)
        self.calls[call.id] = call
        phone = self.phone(order.agent)
        listens = phone.connected and phone.offer is not None and phone.offer.offer == order.offer
        if listens:
            phone.call, call.agent = call, order.agent
        self._tell(CustomerAnswered(call=order.call))
        call.queue = order.queue
        if listens:
            self._connect(phone, call, order.queue)
        else:
            call.wait(Wait(call=call.id, queue=order.queue, waiting_since=order.waiting_since, language=order.language))

    def say_goodbye(self, call: VirtualCall) -> bool:
        """A caller leaves hanging up to the agent; False where nobody will, because a person sits at that phone."""
        player = None if call.agent is None else self.phone(call.agent).player
        if player is None:
            return False
        player.goodbye()
        return True

    def _ring(self, order: Ring, call: VirtualCall | None) -> None:
        phone = self.phone(order.agent)
        if phone.unreachable:
            self._tell(OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE))
            return
        if phone.busy or phone.offer is not None or (call is not None and call.agent is not None):
            self._tell(OfferFailed(offer=order.offer, why=OfferFailure.BUSY))
            return
        phone.offer, phone.call = order, call
        if call is not None:
            call.cut_off()
            call.ringing.append(order.agent)
        phone.timer = self._scheduler.after(order.ring_ms, lambda: self._nobody_answers(phone, order))
        self._tell(OfferRinging(offer=order.offer))
        if phone.player is not None:
            phone.player.rings(None if call is None else call.habits)

    def _pick_up(self, order: PickUp, call: VirtualCall | None) -> None:
        phone = self.phone(order.agent)
        offer = phone.offer
        if offer is None or offer.offer != order.offer or phone.connected:
            return
        if phone.timer is not None:
            phone.timer.cancel()
        phone.connected = True
        if call is not None:
            call.agent = order.agent
            call.ringing.remove(order.agent)
            self._stop_all(call)
        self._tell(OfferAnswered(offer=order.offer))
        if call is not None:
            self._connect(phone, call, offer.queue)

    def _connect(self, phone: Phone, call: VirtualCall, queue: str) -> None:
        call.queue = queue
        call.connect(self._agent_name(phone.agent))
        if phone.player is not None:
            phone.player.connected(queue, call.habits)

    def _end_conversation(self, order: EndConversation, call: VirtualCall) -> None:
        if call.agent == order.agent:
            call.part()
            self._put_down(self.phone(order.agent))

    def _void(self, order: StopRinging, call: VirtualCall | None) -> None:
        """The offer is over, also where the phone was picked up in the same moment: the caller waits on."""
        phone = self.phone(order.agent)
        if phone.offer is not None and phone.offer.offer == order.offer:
            was_connected = phone.connected
            self._put_down(phone)
            if was_connected and call is not None:
                call.disconnect()

    def _nobody_answers(self, phone: Phone, order: Ring) -> None:
        self._put_down(phone)
        self._tell(OfferFailed(offer=order.offer, why=OfferFailure.NO_ANSWER))

    def _gone(self, call: VirtualCall) -> None:
        """The call is over: no phone rings on for a caller who is gone, not even for a moment."""
        self.calls.pop(call.id, None)
        self._stop_all(call)
        if call.agent is not None:
            self._put_down(self.phone(call.agent))

    def _stop_all(self, call: VirtualCall) -> None:
        """No phone rings for the call any more."""
        for agent in tuple(call.ringing):
            self._put_down(self.phone(agent))

    def _put_down(self, phone: Phone) -> None:
        if phone.timer is not None:
            phone.timer.cancel()
            phone.timer = None
        was_connected, phone.connected = phone.connected and phone.call is not None, False
        if phone.call is not None and was_connected:
            phone.call.agent = None
        elif phone.call is not None:
            phone.call.ringing.remove(phone.agent)
        phone.offer, phone.call = None, None
        if phone.player is not None:
            if was_connected:
                phone.player.conversation_over()
            else:
                phone.player.stops()


_ORDERS: Mapping[type, Callable[[Exchange, Any, VirtualCall], None]] = {
    Speak: lambda _, order, call: call.speak(order),
    Ask: lambda _, order, call: call.ask(order),
    Wait: lambda _, order, call: call.wait(order),
    TakeMessage: lambda _, order, call: call.take_message(order),
    CallOutside: lambda _, order, call: call.call_outside(order),
    Ring: Exchange._ring,
    PickUp: Exchange._pick_up,
    StopRinging: Exchange._void,
    EndConversation: Exchange._end_conversation,
    Hold: lambda _, _order, call: call.hold(),
    Retrieve: lambda _, _order, call: call.retrieve(),
    HangUp: lambda _, order, call: call.let_go(order),
}
"""Orders about a call that somebody is on the line for."""
