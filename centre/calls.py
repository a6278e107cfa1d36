"""One call, from arrival to the end of wrap-up: its phase while it lives, its record when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from centre.orders import Ask, CallOutside, Speak, TakeMessage, Wait
from centre.requests import FetchData, LookUpCustomer
from ivr.messages import Entry, MenuStep, Score
from ivr.session import Session


class Phase(StrEnum):
    """Where a call is. Every call that arrived is in exactly one of these, or has ended."""

    MENU = "menu"
    WAITING = "waiting"
    CALLBACK = "callback"
    """Nobody is on the line: the customer is to be called back when the turn comes."""
    DIALLING = "dialling"
    """The customer is being called back; an agent is kept for the call, or listens already."""
    OFFERED = "offered"
    TALKING = "talking"
    AFTER = "after"
    """The agent has hung up, and the flow goes on with the caller; the agent may have work left to do for the call."""
    OUTSIDE = "outside"
    """Connected with a number outside: the centre has no part in it any more but to note its end."""
    WRAP_UP = "wrap-up"
    """The caller is gone, the agent is not done."""


NODES_FIRST, NODES_LAST = 150, 50
"""Nodes of a call's way through its menu that a record keeps: a caller may press “repeat” all day, or wait so long."""
LEFT_OUT = ""
"""Stands in that way for the nodes between the first and the last ones."""


class Outcome(StrEnum):
    """How a call ended, for the caller."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """Hung up while waiting or ringing."""
    LEFT_IN_MENU = "left-in-menu"
    """Hung up in the menu, before anything came of it."""
    SELF_SERVED = "self-served"
    """The flow came to its end without a queue."""
    TIMEOUT = "timeout"
    """This and the next five: the call left its last queue without an agent, for this reason (see
    :class:`acd.effects.Exit`), and nothing but the flow's end or the caller's hanging up followed."""
    FULL = "full"
    CLOSED = "closed"
    NOBODY_STAFFED = "nobody-staffed"
    EXIT_KEY = "exit-key"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    """The same, for any other reason."""
    VOICEMAIL = "voicemail"
    """The caller left a message."""
    TRANSFERRED = "transferred"
    """Connected with a number outside."""
    TRANSFER_FAILED = "transfer-failed"
    """Nobody answered outside, or the agent wanted was not to be had, and nothing else came of it."""
    LOST = "lost"
    """The line lost it."""
    CALLBACK = "callback"
    """Asked to be called back instead of waiting: ``CallRecord.callback`` names the call that does."""
    CALLBACK_FAILED = "callback-failed"
    """The customer was not reached."""
    CALLBACK_DROPPED = "callback-dropped"
    """The customer got through by calling in, or a supervisor cancelled the callback."""


class OfferRecord(Struct, frozen=True, kw_only=True):
    """One ring of one agent. Times in Unix milliseconds."""

    offer: str
    agent: str
    offered_at: int
    ringing_at: int | None = None
    ended_at: int | None = None
    how: str = ""
    """“answered”, or one of ``acd.effects.OfferEnd``; empty while it rings."""


class QueueExit(Struct, frozen=True, kw_only=True):
    """A queue that the call left without an agent, and when (Unix milliseconds)."""

    queue: str
    why: str
    """One of :class:`acd.effects.Exit`, or “overflow”: a step of the queue sent the call to the next one."""
    at: int


class Message(Struct, frozen=True, kw_only=True):
    """A message that the caller left, or a statement that the flow asked for."""

    message: str
    """Its name: the line keeps the recording by it, if it can record."""
    at: int
    """When it ended, Unix milliseconds."""
    length_ms: int
    into: str = ""
    """What the flow calls the statement; empty: a message."""


class TransferRecord(Struct, frozen=True, kw_only=True):
    """A number outside that was rung for the caller."""

    number: str
    at: int
    """When it was to be rung, Unix milliseconds."""
    how: str = ""
    """“answered”, or one of :class:`acd.events.OfferFailure`; empty where the call ended before."""


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """One time that the customer of a callback was dialled. Times in Unix milliseconds."""

    dialled_at: int
    ended_at: int | None = None
    how: str = ""
    """“answered”, one of :class:`centre.events.DialFailure`, or “stopped” by us; empty while it rings."""


class Wish(Struct, frozen=True, kw_only=True):
    """What a caller who asked to be called back will get once the call is over."""

    number: str
    """E.164."""
    queue: str
    not_before: int | None
    """The booked time, Unix milliseconds."""


class CallRecord(Struct, frozen=True, kw_only=True):
    """What is kept of a call. Times in Unix milliseconds, None where it did not come to that."""

    call: str
    line: str
    number: str
    name: str
    dialled: str
    language: str
    path: tuple[MenuStep, ...] = ()
    entries: tuple[Entry, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    customer: Mapping[str, str] = field(default_factory=dict)
    arrived_at: int
    queue: str | None = None
    queued_at: int | None = None
    """Entering the first queue: waiting starts. Of a callback at a booked time: that time."""
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
    exits: tuple[QueueExit, ...] = ()
    """The queues that it left without an agent, in order."""
    messages: tuple[Message, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()
    callback: str = ""
    """The call by which this caller is called back, if that was asked for."""
    asked_by: str = ""
    """Of a callback: the call in which it was asked for."""
    booked_at: int | None = None
    """Of a callback: the time for which it was booked."""
    attempts: tuple[AttemptRecord, ...] = ()
    """Of a callback: when the customer was dialled."""
    flow: str = ""
    """The menu that it came to, by name; none of a callback."""
    nodes: tuple[str, ...] = ()
    """The nodes of it that the call came to, in order (:func:`further`)."""
    scores: tuple[Score, ...] = ()
    """What the caller said of the conversation afterwards."""
    recording: str = ""
    """The name by which the line keeps a recording of the conversation; empty: it was not recorded."""

    @property
    def parted_at(self) -> int | None:
        """When the conversation was over, Unix milliseconds: the call may have gone on for the caller."""
        over = self.answered_at is not None and self.outcome is Outcome.ANSWERED
        return (self.answered_at or 0) + self.talk_ms + self.hold_ms if over else self.ended_at


def further(nodes: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    """The way through a menu with more nodes: the first and the last of them where they are too many."""
    nodes = (*nodes, *more)
    if len(nodes) <= NODES_FIRST + NODES_LAST:
        return nodes
    return (*nodes[:NODES_FIRST], LEFT_OUT, *nodes[-NODES_LAST:])


class Call(Struct, kw_only=True, eq=False):
    """A living call. Only this package changes it; so it is equal to nothing but itself."""

    record: CallRecord
    session: Session
    phase: Phase = Phase.MENU
    offers: list[str] = field(default_factory=list)
    """Those for which a phone rings now, the one that has rung longest first."""
    held_since: int | None = None
    ending: Outcome = Outcome.SELF_SERVED
    """What the outcome is if the flow ends now."""
    caller_there: bool = True
    """Whether the caller is on the line; not so in a callback before the customer has answered."""
    wish: Wish | None = None
    waits: Wait | None = None
    """How its line lets it wait, once it has come to that."""
    asked: Speak | Ask | TakeMessage | CallOutside | FetchData | LookUpCustomer | None = None
    """What the flow waits for: asked again when the line has lost its place."""
    in_wrap_up: bool = False
    """The agent is not done with it."""
    cut_off: bool = False
    """What the caller heard while waiting was cut off, and has not gone on yet."""

    @property
    def held(self) -> bool:
        """Whether the caller hears hold music."""
        return self.held_since is not None
