"""What the routing core decides and notes.

``Offer`` and ``Withdraw`` are orders to the line; all of them are facts.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class AgentState(StrEnum):
    """The states of the field; exactly one at a time."""

    LOGGED_OUT = "logged-out"
    NOT_READY = "not-ready"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap-up"


OWN_CALL = "own-call"
"""The reason of an agent who would be ready, but for a call of the agent's own."""

MISSED_CALLS = "missed-calls"
"""The reason of an agent who let as many offers in a row go by as the centre allows."""


class OfferEnd(StrEnum):
    """How an offer ended without a conversation."""

    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    NOT_REACHED = "customer-not-reached"
    """The customer of a callback did not answer: nothing that the agent could help."""
    LOST = "lost"
    """No phone ever rang: the order to ring went down with the process that gave it."""


class Exit(StrEnum):
    """Why a call is out of its queue without an agent, though its caller did not hang up."""

    TIMEOUT = "timeout"
    """It waited as long as a call may in this queue."""
    FULL = "full"
    """It was not let in: as many as may were waiting."""
    CLOSED = "closed"
    """By the queue's opening hours: not let in, or sent away at closing time."""
    NOBODY_STAFFED = "nobody-staffed"
    """Nobody who could ever take it is at work, nor was for a set time."""
    KEY = "exit-key"
    """The caller pressed a key that leaves the queue."""
    WITHDRAWN = "withdrawn"
    """A supervisor took it out."""
    LOST = "lost"
    """The line lost it."""
    UNKNOWN_QUEUE = "unknown-queue"
    UNKNOWN_AGENT = "unknown-agent"
    """It was for one agent only, whom nobody knows."""
    AGENT_AWAY = "agent-away"
    """This and the next two: it was to be transferred to one agent (see ``direct_ms`` of
    :class:`acd.events.CallQueued`), who is not at work, or has left meanwhile, or may not take it."""
    AGENT_BUSY = "agent-busy"
    """The agent had no hand free, for as long as the call was to wait for that."""
    AGENT_UNANSWERED = "agent-unanswered"
    """The agent's phone rang, and was not answered, or could not be rung."""
    CALLBACK_FAILED = "callback-failed"
    """The last attempt did not reach the customer either."""
    GOT_THROUGH = "got-through"
    """The customer who was to be called back called in meanwhile, and was answered in this queue."""
    NO_CALLBACKS = "no-callbacks"
    """Nobody is called back from this queue."""
    CALLBACK_OPEN = "callback-open"
    """This customer is to be called back already."""


class Queued(Struct, frozen=True, kw_only=True):
    """A call began (or, moved from another queue, went on) to wait in ``queue``."""

    call: str
    queue: str
    waiting_since: int
    """Later than now for a callback at a booked time."""
    callback: bool = False
    skills: tuple[str, ...] = ()
    """Those that it asks of an agent here, on coming in: the queue's and its own, in the order of the text."""


class Offer(Struct, frozen=True, kw_only=True):
    """Ring ``agent`` for ``call``, at most ``ring_ms``."""

    offer: str
    call: str
    agent: str
    queue: str
    ring_ms: int
    phone: int = 1
    """1 for the first phone; 2 for one that rings beside another for the same call, and so on."""


class Dial(Struct, frozen=True, kw_only=True):
    """Dial the customer of a callback and let the phone ring at most ``ring_ms``; ``agent`` is kept free meanwhile, or
    listens. Customer first, it begins the offer, and an ``Offer`` of the same id follows; agent first, it follows one.
    """

    offer: str
    call: str
    agent: str
    queue: str
    ring_ms: int


class Withdraw(Struct, frozen=True, kw_only=True):
    """Stop ringing: the caller is gone, somebody else answered, or another call, for which no phone rings, needs the
    agent."""

    offer: str
    call: str
    agent: str


class OfferEnded(Struct, frozen=True, kw_only=True):
    """An offer ended without a conversation; the call, if still there and no other phone rings for it, waits on at its
    old place."""

    offer: str
    call: str
    agent: str
    queue: str
    how: OfferEnd


class Answered(Struct, frozen=True, kw_only=True):
    """The call and the agent are connected."""

    offer: str
    call: str
    agent: str
    queue: str
    waited_ms: int
    callback: bool = False


class Abandoned(Struct, frozen=True, kw_only=True):
    """The caller gave up before an agent answered."""

    call: str
    queue: str
    waited_ms: int
    callback: bool = False
    """The customer was called back, answered, and hung up before an agent did."""


class Released(Struct, frozen=True, kw_only=True):
    """The call is out of the queue without an agent: the flow goes on.

    A call that was refused on entering (always when full, unknown-queue or unknown-agent; closed, nobody-staffed,
    agent-away or agent-busy where it was so already) was never ``Queued`` in ``queue``.

    A callback ends by callback-failed, got-through, timeout or withdrawn, and is refused by no-callbacks, callback-open
    or full.
    """

    call: str
    queue: str
    why: Exit
    waited_ms: int
    """Negative for a callback that was cancelled before its booked time."""
    callback: bool = False


class Handled(Struct, frozen=True, kw_only=True):
    """A conversation and its wrap-up are over: the figures of AHT."""

    call: str
    agent: str
    queue: str
    talk_ms: int
    hold_ms: int
    wrap_up_ms: int


class AgentChanged(Struct, frozen=True, kw_only=True):
    """The agent is in a new state since ``at`` of this event.

    The same state again, for the same reason, says only that ``until`` has moved (an extended wrap-up), or that of
    several calls in hand it is about another one: the state began when it began.
    """

    agent: str
    state: AgentState
    reason: str = ""
    """The reason code while not-ready, else empty."""
    call: str | None = None
    until: int | None = None
    """When the state ends by itself (ring time, fixed wrap-up), Unix milliseconds."""


Effect = Queued | Offer | Dial | Withdraw | OfferEnded | Answered | Abandoned | Released | Handled | AgentChanged
