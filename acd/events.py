"""What happens to calls and agents, as the routing core is told. Times come with ``apply(event, at)``."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from acd.effects import Exit
from acd.requirement import ANYBODY, Requirement
from acd.setup import AcdSetup


class OfferFailure(StrEnum):
    """Why an offer did not become a conversation (the caller's own hanging up is :class:`CallAbandoned`)."""

    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"


class CallQueued(Struct, frozen=True, kw_only=True):
    """A call enters a queue, or moves to another one and keeps its place in time."""

    call: str
    queue: str
    waiting_since: int
    """Unix milliseconds of entering the *first* queue; may lie in the past (overflow, adoption, credit)."""
    needs: Requirement = ANYBODY
    """What this call needs on top of what the queue needs (its language, say)."""
    priority: int = 0
    """Points on top of the queue's."""
    caller: str = ""
    """Who calls, as far as is known (the number): the same text, the same caller. Empty: unknown."""
    preferred: str = ""
    """An agent who is to have the call; everybody else must leave it alone for ``preferred_ms``. Empty: the last
    agent of this caller, if the queue wants that."""
    preferred_ms: int | None = None
    """So long after ``waiting_since``; None: as long as the call waits, it is for this agent only.

    For a set time only an agent who is at work, meets the needs and takes the queue's calls so early has the call kept,
    and not after declining or missing it; else it is open to everybody at once.
    """
    direct_ms: int | None = None
    """A transfer to ``preferred``, who alone may take it, whose phone rings once: so long, from entering, the call
    waits for an agent who has no hand free. It is released, “unknown-agent”, “agent-away”, “agent-busy” or
    “agent-unanswered”, where nothing comes of it. ``preferred_ms`` has no meaning then. None: no such call."""
    callback: bool = False
    """Nobody is on the line: when the call's place comes up, ``caller`` is to be called back by the queue's rules."""
    not_before: int | None = None
    """Unix milliseconds: the time for which the callback is booked, from which on it waits."""


class CallAbandoned(Struct, frozen=True, kw_only=True):
    """The caller hung up while waiting or while an agent's phone rang."""

    call: str


class CallLeft(Struct, frozen=True, kw_only=True):
    """The call left the queue without an agent and without hanging up (exit key, taken out, lost by the line)."""

    call: str
    why: Exit


class CallPriorityChanged(Struct, frozen=True, kw_only=True):
    """The points a call has on top of its queue's are set anew."""

    call: str
    priority: int


class OfferAnswered(Struct, frozen=True, kw_only=True):
    """The agent's audio is connected: waiting ends here, and other phones that ring for the call stop."""

    offer: str


class ConversationFound(Struct, frozen=True, kw_only=True):
    """The agent answered ``offer`` unseen and talks to the caller, although the offer is over to the core: whatever
    was decided of the two meanwhile is void. The conversation counts from now on, for nobody saw when it began.

    Afterwards the agent is what the agent was before; who was not ready for missed calls is ready. A wrap-up of the
    agent's is over, as its end must have gone unheard; one who is known to talk to somebody else is left there.
    """

    offer: str
    call: str
    agent: str


class OfferFailed(Struct, frozen=True, kw_only=True):
    """The agent's side did not connect."""

    offer: str
    why: OfferFailure


class CustomerAnswered(Struct, frozen=True, kw_only=True):
    """The customer of a callback, who was dialled, is on the line (agent first: connected to the agent)."""

    call: str


class CustomerFailed(Struct, frozen=True, kw_only=True):
    """The customer of a callback, who was dialled, did not answer, was busy or could not be reached."""

    call: str


class CallHeld(Struct, frozen=True, kw_only=True):
    """The caller of a conversation was put on hold."""

    call: str


class CallRetrieved(Struct, frozen=True, kw_only=True):
    """The caller was taken off hold."""

    call: str


class CallFinished(Struct, frozen=True, kw_only=True):
    """A conversation ended; the agent's wrap-up begins."""

    call: str


class AgentSignedIn(Struct, frozen=True, kw_only=True):
    """The agent logs in and is not-ready with the reason “signed-in”."""

    agent: str


class AgentSignedOut(Struct, frozen=True, kw_only=True):
    """The agent logs out; in a conversation it takes effect when wrap-up ends."""

    agent: str


class AgentReady(Struct, frozen=True, kw_only=True):
    """The agent wants calls. During a conversation or wrap-up: the next state."""

    agent: str


class AgentNotReady(Struct, frozen=True, kw_only=True):
    """The agent wants no calls, for ``reason``. During an offer or a conversation: the next state."""

    agent: str
    reason: str


class OwnCallBegan(Struct, frozen=True, kw_only=True):
    """The agent's phone is busy with a call that is none of ours: an agent who is ready, or becomes it meanwhile, is
    not-ready with the reason :data:`acd.effects.OWN_CALL`."""

    agent: str


class OwnCallEnded(Struct, frozen=True, kw_only=True):
    """The agent's phone is free again: who was kept from being ready by it alone is ready."""

    agent: str


class WrapUpDone(Struct, frozen=True, kw_only=True):
    """The agent finished wrapping up."""

    agent: str
    call: str = ""
    """Which call; empty: of several the one that was answered first."""


class WrapUpExtended(Struct, frozen=True, kw_only=True):
    """The agent needs ``extra_ms`` more to wrap up."""

    agent: str
    extra_ms: int
    call: str = ""
    """Which call; empty: of several the one that was answered first."""


class EngineStarted(Struct, frozen=True, kw_only=True):
    """The process that decides is a new one, and may not know what the one before it decided last: offers are numbered
    on from the time, so that no two that ever were have the same name."""


class OffersLost(Struct, frozen=True, kw_only=True):
    """The line has no order to ring for these offers: they went down with the process that gave them, and no phone ever
    rang, so nobody has missed anything; or they are on the way still. As soon as time goes on, the calls are back at
    their places and the agents free, unless other news says something else until then; the line is to ring for them no
    more, should it still."""

    offers: tuple[str, ...]


class Reconfigured(Struct, frozen=True, kw_only=True):
    """The centre is another one from now on; whoever is in it stays where they are.

    Calls keep their place and their time. What a queue wants holds for those who wait in it too, its limit of waiting
    counted from when they came; how many steps are open for them is found anew if its steps are others. A queue that
    is gone takes nobody in any more, and goes on by its old rules until the last one is out of it; a call for one agent
    only who is gone is released, “unknown-agent”. Agents keep their state and their figures. One who is gone is logged
    out, if at work after the call in hand. Phones that ring, conversations and wrap-ups go on as they began.
    """

    setup: AcdSetup


class TimePassed(Struct, frozen=True, kw_only=True):
    """Nothing but time: whatever fell due up to ``at`` happens now."""


Event = (
    CallQueued
    | CallAbandoned
    | CallLeft
    | CallPriorityChanged
    | OfferAnswered
    | ConversationFound
    | OfferFailed
    | CustomerAnswered
    | CustomerFailed
    | CallHeld
    | CallRetrieved
    | CallFinished
    | AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentNotReady
    | OwnCallBegan
    | OwnCallEnded
    | WrapUpDone
    | WrapUpExtended
    | EngineStarted
    | OffersLost
    | Reconfigured
    | TimePassed
)
