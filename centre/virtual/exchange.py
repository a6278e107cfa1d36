"""The simulated exchange: carries calls, rings agents' phones, connects the two. One thread, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable

from acd.events import OfferFailure
from centre.events import CallAdopted, CallArrived, OfferAnswered, OfferFailed, OfferRinging
from centre.orders import (
    Ask,
    CallOutside,
    HangUp,
    Hold,
    Order,
    PickUp,
    Retrieve,
    Ring,
    Speak,
    StopRinging,
    TakeMessage,
    Wait,
)
from centre.virtual.call import VirtualCall, World
from centre.virtual.habits import AgentSide, CallerHabits
from centre.virtual.ports import Ear, Scheduler, Tell, Timer


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
        """The call that the offer is for."""
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
        spoken: Callable[[str, str], str],
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
        """Numbers outside where nobody answers, and why; everybody else does."""
        self._world = World(scheduler=scheduler, tell=tell, spoken=spoken, outside=self.outside.get)
        self._phones: dict[str, Phone] = {}

    def phone(self, agent: str) -> Phone:
        """The phone of ``agent``."""
        return self._phones.setdefault(agent, Phone(agent))

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

    def carry_out(self, order: Order) -> None:
        """Does what the centre wants."""
        call = self.calls.get(order.call)
        if call is None:
            return
        match order:
            case Speak():
                call.speak(order)
            case Ask():
                call.ask(order)
            case Wait():
                call.wait(order)
            case TakeMessage():
                call.take_message(order)
            case CallOutside():
                call.call_outside(order)
            case Ring():
                self._ring(order, call)
            case PickUp():
                self._pick_up(order, call)
            case StopRinging():
                self._void(order, call)
            case Hold():
                call.hold()
            case Retrieve():
                call.retrieve()
            case HangUp():
                call.let_go(order)

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at the sensitive question with this step."""
        known = self.calls.get(call)
        return None if known is None else known.secret(step)

    def say_goodbye(self, call: VirtualCall) -> bool:
        """A caller leaves hanging up to the agent; False where nobody will, because a person sits at that phone."""
        player = None if call.agent is None else self.phone(call.agent).player
        if player is None:
            return False
        player.goodbye()
        return True

    def _ring(self, order: Ring, call: VirtualCall) -> None:
        phone = self.phone(order.agent)
        if phone.unreachable:
            self._tell(OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE))
            return
        if phone.busy or phone.offer is not None or call.agent is not None:
            self._tell(OfferFailed(offer=order.offer, why=OfferFailure.BUSY))
            return
        phone.offer, phone.call = order, call
        call.agent = order.agent
        phone.timer = self._scheduler.after(order.ring_ms, lambda: self._nobody_answers(phone, order))
        self._tell(OfferRinging(offer=order.offer))
        if phone.player is not None:
            phone.player.rings(call.habits)

    def _pick_up(self, order: PickUp, call: VirtualCall) -> None:
        phone = self.phone(order.agent)
        offer = phone.offer
        if offer is None or offer.offer != order.offer or phone.connected:
            return
        if phone.timer is not None:
            phone.timer.cancel()
        phone.connected = True
        call.queue = offer.queue
        self._tell(OfferAnswered(offer=order.offer))
        call.connect(self._agent_name(order.agent))
        if phone.player is not None:
            phone.player.connected(offer.queue, call.habits)

    def _void(self, order: StopRinging, call: VirtualCall) -> None:
        """The offer is over, also where the phone was picked up in the same moment: the caller waits on."""
        phone = self.phone(order.agent)
        if phone.offer is not None and phone.offer.offer == order.offer:
            was_connected = phone.connected
            self._put_down(phone)
            if was_connected:
                call.disconnect()

    def _nobody_answers(self, phone: Phone, order: Ring) -> None:
        self._put_down(phone)
        self._tell(OfferFailed(offer=order.offer, why=OfferFailure.NO_ANSWER))

    def _gone(self, call: VirtualCall) -> None:
        """The call is over: no phone rings on for a caller who is gone, not even for a moment."""
        self.calls.pop(call.id, None)
        if call.agent is not None:
            self._put_down(self.phone(call.agent))

    def _put_down(self, phone: Phone) -> None:
        if phone.timer is not None:
            phone.timer.cancel()
            phone.timer = None
        if phone.call is not None:
            phone.call.agent = None
        was_connected, phone.connected = phone.connected, False
        phone.offer, phone.call = None, None
        if phone.player is not None:
            if was_connected:
                phone.player.conversation_over()
            else:
                phone.player.stops()
