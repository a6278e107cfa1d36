"""What the world tells a centre: its lines (callers, agents' phones), desks, customer records, clock.

Each is plain data, so that a journal of them can be written, read back and replayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from acd.events import OfferFailure
from ivr.messages import EntryEnd

# From a line: the caller's side.


class CallArrived(Struct, frozen=True, kw_only=True):
    """A caller is on the line and was answered. ``call`` is unique for ever; no ``number`` when withheld.

    A line that has lost its place tells it again of a call that the centre knows, and is told again what the centre
    wants of it. Of one that talked it means that the agent is not there any more.
    """

    call: str
    line: str
    number: str = ""
    name: str = ""
    """What the network says the caller is called: untrusted text."""
    dialled: str = ""
    arrived_at: int | None = None
    """Unix milliseconds by the line's own clock, if it knows better than the time of this event."""


class PromptEnded(Struct, frozen=True, kw_only=True):
    """The prompts of the order with this ``step`` were spoken."""

    call: str
    step: int


class KeysEntered(Struct, frozen=True, kw_only=True):
    """The keys that the order with this ``step`` gathered."""

    call: str
    step: int
    keys: str
    end: EntryEnd


class CallerHungUp(Struct, frozen=True, kw_only=True):
    """The caller is gone, whatever was going on."""

    call: str


class CallerPressedExit(Struct, frozen=True, kw_only=True):
    """A caller who hears music in a queue pressed one of the keys of the :class:`~centre.orders.Wait`."""

    call: str
    key: str = ""


class MessageTaken(Struct, frozen=True, kw_only=True):
    """The message of the order with this ``step`` is over: ``length_ms`` were recorded, 0 if nothing was.

    ``hung_up``: it ended by the caller's hanging up, which will be told next.
    """

    call: str
    step: int
    length_ms: int
    hung_up: bool = False


class TransferAnswered(Struct, frozen=True, kw_only=True):
    """The number outside answered and hears the caller."""

    call: str


class TransferFailed(Struct, frozen=True, kw_only=True):
    """Nobody answered outside; the caller is still there."""

    call: str
    why: OfferFailure


class CallAdopted(Struct, frozen=True, kw_only=True):
    """A line found a caller whom this process does not know: the line's own memory of the call.

    With a ``queue`` the caller goes on waiting, since ``waiting_since``; without one the flow begins again.
    """

    call: str
    line: str
    number: str
    name: str
    arrived_at: int
    language: str = ""
    queue: str = ""
    waiting_since: int = 0
    needs: tuple[str, ...] = ()
    priority: int = 0


class LineSynchronised(Struct, frozen=True, kw_only=True):
    """A line's whole list of calls, after it was out of reach: calls of that line that are not in it have ended."""

    line: str
    calls: tuple[str, ...]
    exchange: str = ""
    """Which life of the exchange this is: where it is the one of the last time, no call was lost with it, and who is
    gone has hung up. Empty: not known."""


class ReplyReady(Struct, frozen=True, kw_only=True):
    """How a line is about to answer a web request that concerns the call. It does so by ``SendReply``, when this is
    kept: a request that comes again, be it to another engine, gets the same answer."""

    call: str
    request: str
    """The same for the repetitions of a request, and for nothing else. Says nothing of what stood in it."""
    reply: str


# From a line: the agent's side.


class OfferRinging(Struct, frozen=True, kw_only=True):
    """The agent's phone rings."""

    offer: str


class OfferAnswered(Struct, frozen=True, kw_only=True):
    """The agent's audio is connected to the caller's."""

    offer: str


class ConversationFound(Struct, frozen=True, kw_only=True):
    """A line that was out of reach found the caller and the agent of this offer connected. The offer may be over to the
    centre, which had no word of the phone for too long; or it may be one of which nothing is known any more, as the end
    of the journal was lost: then ``agent`` counts."""

    call: str
    offer: str
    agent: str = ""
    """Whose phone it is, where the line can tell."""
    adopted: CallAdopted | None = None
    """The line's own memory of the call, for a centre that knows nothing of it, or not that it waited."""


class OffersFound(Struct, frozen=True, kw_only=True):
    """All offers that a line, which was or is out of reach, knows of: phones ring for them, have rung, or are about to.
    Of any other offer to somebody who waits there it was never told: the process that ordered it was killed first, or
    it could not be reached for as long as the phone was to ring."""

    line: str
    offers: tuple[str, ...]


class OfferFailed(Struct, frozen=True, kw_only=True):
    """The agent's phone did not connect."""

    offer: str
    why: OfferFailure


class ConversationEnded(Struct, frozen=True, kw_only=True):
    """Agent and caller are disconnected. ``by``: who hung up first, “caller”, “agent” or “line”.

    ``caller_there``: not the caller, who is on the line still, or was a moment ago: what is ordered now is carried out
    if the caller is there, and ``CallerHungUp`` follows if not.
    """

    call: str
    by: str
    caller_there: bool = False


class CallHeld(Struct, frozen=True, kw_only=True):
    """The caller hears hold music (asked for at the desk, or on the phone itself)."""

    call: str


class CallRetrieved(Struct, frozen=True, kw_only=True):
    """The caller hears the agent again."""

    call: str


# From a line: a customer who is called back.


class DialFailure(StrEnum):
    """Why a customer who was dialled is not on the line."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    UNREACHABLE = "unreachable"


class CustomerAnswered(Struct, frozen=True, kw_only=True):
    """The customer answered the call back, and waits with music; or hears the agent who was there first."""

    call: str


class CustomerFailed(Struct, frozen=True, kw_only=True):
    """The customer did not answer the call back, and rings no more."""

    call: str
    why: DialFailure


class OwnCallBegan(Struct, frozen=True, kw_only=True):
    """The agent's phone is busy with a call that is none of ours."""

    agent: str


class OwnCallEnded(Struct, frozen=True, kw_only=True):
    """The agent's phone is free again."""

    agent: str


# From a desk. Each is a wish of an agent; what is not possible now changes nothing.


class AgentSignedIn(Struct, frozen=True, kw_only=True):
    """The agent logs in."""

    agent: str


class AgentSignedOut(Struct, frozen=True, kw_only=True):
    """The agent logs out (after the call, if there is one)."""

    agent: str


class AgentReady(Struct, frozen=True, kw_only=True):
    """The agent wants calls (after the call, if there is one)."""

    agent: str


class AgentNotReady(Struct, frozen=True, kw_only=True):
    """The agent wants no calls, for ``reason`` (after the call, if there is one)."""

    agent: str
    reason: str


class OfferAccepted(Struct, frozen=True, kw_only=True):
    """The agent pressed accept at the desk."""

    agent: str


class OfferDeclined(Struct, frozen=True, kw_only=True):
    """The agent pressed decline at the desk; or cannot take the call, by what the desk knows."""

    agent: str
    why: OfferFailure = OfferFailure.DECLINED


class HoldAsked(Struct, frozen=True, kw_only=True):
    """The agent wants the caller on hold."""

    agent: str


class RetrieveAsked(Struct, frozen=True, kw_only=True):
    """The agent wants the caller back."""

    agent: str


class HangUpAsked(Struct, frozen=True, kw_only=True):
    """The agent ends the conversation."""

    agent: str


class CallNoted(Struct, frozen=True, kw_only=True):
    """What the agent has written so far, during the conversation or the wrap-up: kept even if time runs out."""

    agent: str
    disposition: str = ""
    note: str = ""


class WrapUpFinished(Struct, frozen=True, kw_only=True):
    """The agent's last word on a call: what came of it."""

    agent: str
    disposition: str = ""
    note: str = ""


class WrapUpExtended(Struct, frozen=True, kw_only=True):
    """The agent needs ``extra_ms`` more."""

    agent: str
    extra_ms: int


# From the floor.


class CallWithdrawn(Struct, frozen=True, kw_only=True):
    """The supervisor ``by`` takes a waiting call out of its queue: into ``queue``, with place and time; where that is
    empty, on in its flow. A callback that nobody is on the line for is over then."""

    call: str
    by: str
    queue: str = ""


# From elsewhere.


class CustomerFound(Struct, frozen=True, kw_only=True):
    """What the customer records say of the caller (looked up outside; may come late, or never)."""

    call: str
    customer: Mapping[str, str] = field(default_factory=dict)


class EngineStarted(Struct, frozen=True, kw_only=True):
    """The process is a new one; the end of what the one before it decided may be lost."""


class ConfigurationChanged(Struct, frozen=True, kw_only=True):
    """The centre is to go by another configuration from now on, of which it was told before by this name (its digest).

    What it does not know changes nothing: a journal may be read by a centre that never had that configuration.
    """

    configuration: str


class DataFetched(Struct, frozen=True, kw_only=True):
    """What the request with this ``step`` asked for: texts by the names that it gave them."""

    call: str
    step: int
    values: Mapping[str, str]


class DataFailed(Struct, frozen=True, kw_only=True):
    """The request with this ``step`` has no answer. ``why``: “unknown” (records know nobody), “deadline”, …"""

    call: str
    step: int
    why: str


class TimePassed(Struct, frozen=True, kw_only=True):
    """Nothing but time: whatever fell due up to now happens."""


class TimersPutOff(Struct, frozen=True, kw_only=True):
    """What fell due up to ``due`` breaks the centre off each time: it falls due at ``until`` instead, and the calls
    that have nothing to do with it go on. Both are Unix milliseconds."""

    due: int
    until: int


Event = (
    CallArrived
    | PromptEnded
    | KeysEntered
    | CallerHungUp
    | CallerPressedExit
    | MessageTaken
    | TransferAnswered
    | TransferFailed
    | CallAdopted
    | LineSynchronised
    | ReplyReady
    | OfferRinging
    | OfferAnswered
    | ConversationFound
    | OffersFound
    | OfferFailed
    | ConversationEnded
    | CallHeld
    | CallRetrieved
    | CustomerAnswered
    | CustomerFailed
    | OwnCallBegan
    | OwnCallEnded
    | AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentNotReady
    | OfferAccepted
    | OfferDeclined
    | HoldAsked
    | RetrieveAsked
    | HangUpAsked
    | CallNoted
    | WrapUpFinished
    | WrapUpExtended
    | CallWithdrawn
    | CustomerFound
    | EngineStarted
    | ConfigurationChanged
    | DataFetched
    | DataFailed
    | TimePassed
    | TimersPutOff
)
