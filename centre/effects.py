"""What a centre wants done (orders to the line a call is on), and what others may have to know or answer (notices)."""

from __future__ import annotations

from msgspec import Struct

from acd.effects import Abandoned, AgentChanged, Answered, Handled, OfferEnded, Queued, Released
from centre.calls import CallRecord
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
    SendReply,
    Speak,
    StopDialling,
    StopRinging,
    TakeMessage,
    Wait,
)
from centre.requests import FetchData, LookUpCustomer

__all__ = [
    "Abandoned",
    "AgentChanged",
    "Answered",
    "Ask",
    "CallChanged",
    "CallEnded",
    "CallOutside",
    "DialCustomer",
    "Effect",
    "EndConversation",
    "FetchData",
    "FindCustomer",
    "Handled",
    "HangUp",
    "Hold",
    "LookUpCustomer",
    "Notice",
    "OfferEnded",
    "Order",
    "PickUp",
    "Queued",
    "Released",
    "Retrieve",
    "Ring",
    "SendReply",
    "Speak",
    "StopDialling",
    "StopRinging",
    "TakeMessage",
    "Wait",
    "WrapUpClosed",
]


class FindCustomer(Struct, frozen=True, kw_only=True):
    """Somebody calls from ``number``: whoever keeps customer records may answer with ``CustomerFound``."""

    call: str
    number: str


class CallChanged(Struct, frozen=True, kw_only=True):
    """The call is in another phase, or its card says something new."""

    call: str


class CallEnded(Struct, frozen=True, kw_only=True):
    """The call is over for the caller: its record, complete but for the wrap-up."""

    record: CallRecord


class WrapUpClosed(Struct, frozen=True, kw_only=True):
    """The agent's part is over too: talk, hold, wrap-up, disposition and note are final."""

    record: CallRecord


Notice = (
    FindCustomer
    | FetchData
    | LookUpCustomer
    | CallChanged
    | CallEnded
    | WrapUpClosed
    | Queued
    | OfferEnded
    | Answered
    | Abandoned
    | Released
    | Handled
    | AgentChanged
)

Effect = Order | Notice
