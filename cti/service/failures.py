"""What the centre is told of an order that could not be carried out, for a fault of ours: every call ends somewhere."""

from __future__ import annotations

from acd.events import OfferFailure
from centre import events
from centre.effects import Ask, CallOutside, DialCustomer, Order, Ring, Speak, TakeMessage
from centre.events import DialFailure, Event
from ivr.messages import EntryEnd


def failure_of(order: Order) -> Event | None:
    """The answer that lets the call go on: an agent who cannot be rung is unreachable, a prompt that cannot be spoken
    is over, a question that cannot be asked has no answer. None for an order that nobody answers."""
    match order:
        case Ring():
            return events.OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE)
        case DialCustomer():
            return events.CustomerFailed(call=order.call, why=DialFailure.UNREACHABLE)
        case CallOutside():
            return events.TransferFailed(call=order.call, why=OfferFailure.UNREACHABLE)
        case Speak():
            return events.PromptEnded(call=order.call, step=order.step)
        case Ask():
            return events.KeysEntered(call=order.call, step=order.step, keys="", end=EntryEnd.NO_INPUT)
        case TakeMessage():
            return events.MessageTaken(call=order.call, step=order.step, length_ms=0)
        case _:
            return None
