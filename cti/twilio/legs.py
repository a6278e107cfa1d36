"""The phones that Twilio rings for us: agents, and customers who are called back. No I/O: what its word on a leg means.

A leg's news come by HTTP, so late, twice, or in another order than they happened (``SequenceNumber`` says in which).
What ends a leg counts whenever it comes; of the rest only what is newer than the latest.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from acd.events import OfferFailure
from centre.events import DialFailure


class News(StrEnum):
    """What happened to a leg."""

    RINGS = "rings"
    ANSWERED = "answered"
    ENDED = "ended"
    """It had been answered."""
    FAILED = "failed"
    """It had not."""


_FAILURES = {
    "busy": OfferFailure.BUSY,
    "no-answer": OfferFailure.NO_ANSWER,
    "failed": OfferFailure.UNREACHABLE,
    "canceled": OfferFailure.NO_ANSWER,
}
ENDED = frozenset({*_FAILURES, "completed"})
"""CallStatus of a call that is over."""
_DECLINED = "603"
_OCCUPIED = frozenset({"486", "600"})
"""Codes of RFC 3261: Decline; Busy Here, Busy Everywhere."""


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """One phone that is rung."""

    name: str
    """The offer's name, or :data:`~cti.twilio.addresses.CUSTOMER`: the participant's label."""
    phone: str
    """What Twilio dials."""
    sid: str = ""
    """Twilio's name of it, once known."""
    sequence: int = -1
    """Of the latest news."""
    rang: bool = False
    is_up: bool = False
    over: bool = False
    """It ended, or we do not want it any more: nothing more is said of it."""
    timer: asyncio.TimerHandle | None = None
    """Ends the ringing."""

    def take(self, status: str, sequence: str) -> list[News]:
        """What *status* (Twilio's CallStatus) with this SequenceNumber means, in the order in which it happened."""
        if self.over:
            return []
        if status in ENDED:
            self.over = True
            self.stop_timer()
            if status != "completed":
                return [News.ENDED if self.is_up else News.FAILED]
            answered = [] if self.is_up else [News.ANSWERED]  # its news were lost, or are behind
            self.is_up = True
            return [*answered, News.ENDED]
        number = (
            int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else self.sequence + 1
        )
        if number <= self.sequence:
            return []
        self.sequence = number
        if status == "in-progress" and not self.is_up:
            self.is_up = True
            self.stop_timer()
            return [News.ANSWERED]
        if status == "ringing" and not self.rang and not self.is_up:
            self.rang = True
            return [News.RINGS]
        return []

    def stop_timer(self) -> None:
        """The ringing needs no end any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def offer_failure(leg: Leg, status: str, sip_code: str) -> OfferFailure:
    """Why an agent's phone did not connect.

    *sip_code*: SipResponseCode, which Twilio sends for SIP phones. A browser or app says no by “busy”: it has no other
    way to be busy.
    """
    if sip_code == _DECLINED or (status == "busy" and leg.phone.startswith("client:")):
        return OfferFailure.DECLINED
    if sip_code in _OCCUPIED:
        return OfferFailure.BUSY
    why = _FAILURES.get(status, OfferFailure.UNREACHABLE)
    # A phone that never said it rings did not let it ring: it is off, or the network to it is.
    return OfferFailure.UNREACHABLE if why is OfferFailure.NO_ANSWER and not leg.rang else why


def dial_failure(status: str) -> DialFailure:
    """Why a customer is not on the line."""
    match status:
        case "busy":
            return DialFailure.BUSY
        case "no-answer" | "canceled":
            return DialFailure.NO_ANSWER
    return DialFailure.UNREACHABLE


def outside_failure(status: str) -> OfferFailure:
    """Why nobody outside is connected; *status* is Twilio's DialCallStatus."""
    return _FAILURES.get(status, OfferFailure.UNREACHABLE)
