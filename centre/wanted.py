"""Whether an order is still what the centre wants, where it comes to be carried out late.

An order names the call and the offer or step that it is for, and both are used once only, so what it was given for
can be looked up at any time.
"""

from __future__ import annotations

from centre.calls import Phase
from centre.orders import (
    Ask,
    CallOutside,
    DialCustomer,
    Hold,
    Order,
    PickUp,
    Retrieve,
    Ring,
    Speak,
    TakeMessage,
)
from centre.state import State


def is_wanted(state: State, order: Order) -> bool:
    """False where the time of ``order`` is over: a phone that is to ring no more, a question to a caller who is gone or
    in the midst of something else. What ends something (stop ringing, hang up) and where a caller waits is always
    wanted: done late or twice, it does nothing."""
    match order:
        case Ring() | PickUp():
            return state.offered(order.offer) is not None
        case DialCustomer():
            call = state.calls.get(order.call)
            return call is not None and call.phase is Phase.DIALLING
        case Speak() | Ask() | TakeMessage() | CallOutside():
            call = state.calls.get(order.call)
            return call is not None and call.session.step == order.step
        case Hold() | Retrieve():
            call = state.calls.get(order.call)
            return call is not None and call.phase is Phase.TALKING
        case _:
            return True
