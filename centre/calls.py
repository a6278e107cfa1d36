"""One call, from arrival to the end of wrap-up: its phase while it lives, its record when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from centre.orders import Ask, Speak
from ivr.messages import Entry, MenuStep
from ivr.session import Session


class Phase(StrEnum):
    """Where a call is. Every call that arrived is in exactly one of these, or has ended."""

    MENU = "menu"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    """The caller is gone, the agent is not done."""


class Outcome(StrEnum):
    """How a call ended, for the caller."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """Hung up while waiting or ringing."""
    LEFT_IN_MENU = "left-in-menu"
    """Hung up before asking for a queue."""
    SELF_SERVED = "self-served"
    """The flow came to its end without a queue."""
    RELEASED = "released"
    """Taken out of the queue (full, waited too long, nobody there) and the flow came to its end."""
    LOST = "lost"
    """The line lost it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRecord:
    """One ring of one agent. Times in Unix milliseconds."""

    offer: str
    agent: str
    offered_at: int
    ringing_at: int | None = None
    ended_at: int | None = None
    how: str = ""
    """“answered”, or one of ``acd.effects.OfferEnd``; empty while it rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What is kept of a call. Times in Unix milliseconds, None where it did not come to that."""

    call: str
    line: str
    number: str
    name: str
    dialled: str
    language: str
    path: tuple[MenuStep, ...]
    entries: tuple[Entry, ...]
    attributes: Mapping[str, str]
    customer: Mapping[str, str]
    arrived_at: int
    queue: str | None = None
    queued_at: int | None = None
    """Entering the first queue: waiting starts."""
    offers: tuple[OfferRecord, ...] = ()
    answered_at: int | None = None
    agent: str | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    ended_by: str = ""
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_up_ms: int | None = None
    disposition: str = ""
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Call:
    """A living call. Only this package changes it."""

    record: CallRecord
    session: Session
    phase: Phase = Phase.MENU
    offer: str | None = None
    held_since: int | None = None
    asked: Speak | Ask | None = None
    """The menu's order that the line has not answered yet: given again when the line has lost its place."""

    @property
    def held(self) -> bool:
        """Whether the caller hears hold music."""
        return self.held_since is not None
