"""What a centre wants the line of a call to do. ``step`` is echoed in the answer to the order."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from ivr.keys import KeyRules
from ivr.recordings import EVERY_KEY


class Speak(Struct, frozen=True, kw_only=True):
    """Speak ``prompts`` to the caller; answer with ``PromptEnded``."""

    call: str
    step: int
    prompts: tuple[str, ...]
    language: str
    barge_in: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    """What the prompts read aloud, by name, each as a text."""
    in_queue: bool = False
    """The caller keeps waiting meanwhile. Keys that come too early for a question and fit the keys of the
    :class:`Wait` that follows count as pressed then. A :class:`Ring` cuts it off."""


class Ask(Struct, frozen=True, kw_only=True):
    """Speak ``prompts`` and gather keys; answer with ``KeysEntered``."""

    call: str
    step: int
    prompts: tuple[str, ...]
    language: str
    keys: KeyRules
    node: str = ""
    """The node of the flow that asks: simulated callers answer by it."""
    values: Mapping[str, str] = field(default_factory=dict)
    in_queue: bool = False
    """As of :class:`Speak`."""


class Wait(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, then let the caller wait with music until another order comes.

    To a caller who waits already it says the same anew: music, with these keys. Where it is followed by another order
    at once, what is heard is that one.

    The line remembers all of this on the call itself, to be able to tell a new engine (``CallAdopted``).
    """

    call: str
    queue: str
    waiting_since: int
    language: str
    needs: tuple[str, ...] = ()
    priority: int = 0
    prompts: tuple[str, ...] = ()
    keys: str = ""
    """Each of these keys, pressed while waiting, is told as ``CallerPressedExit``."""
    values: Mapping[str, str] = field(default_factory=dict)
    node: str = ""
    """The node of the flow that has the keys: simulated callers press them by it."""


class TakeMessage(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, sound a tone and record the caller until one of ``keys`` is pressed; answer with
    ``MessageTaken``, also before ``CallerHungUp`` where that ended the message."""

    call: str
    step: int
    message: str
    """The message's name, unique for ever, fit for a file's name."""
    prompts: tuple[str, ...]
    language: str
    longest_ms: int
    silence_ms: int
    keys: str = EVERY_KEY
    beep: bool = True
    into: str = ""
    """What a statement is called that the flow goes on with; empty: a message for the centre."""
    sensitive: bool = False
    """The line keeps the recording's name as what was entered at this step, for data dips."""
    values: Mapping[str, str] = field(default_factory=dict)


class CallOutside(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, ring ``number`` outside and connect the caller with it.

    Answer with ``TransferAnswered`` (then, at the end of their conversation, ``CallerHungUp``) or ``TransferFailed``.
    """

    call: str
    step: int
    prompts: tuple[str, ...]
    language: str
    number: str
    """As the site names it; the line knows the number."""
    ring_ms: int
    values: Mapping[str, str] = field(default_factory=dict)


class Ring(Struct, frozen=True, kw_only=True):
    """Ring the agent's phone for at most ``ring_ms`` and connect the two when it answers.

    Answer with ``OfferRinging``, then ``OfferAnswered`` or ``OfferFailed`` (the caller waits on). Several phones may
    ring for one call: the first to answer has it, and the line stops the others by itself.
    """

    call: str
    offer: str
    """Its name: the call's, a dash, and something of its own."""
    agent: str
    queue: str
    ring_ms: int
    before_customer: bool = False
    """A callback, and the agent first: nobody is on the line. The agent who answered hears nothing, or a ring-back
    tone, until ``DialCustomer`` brings the customer."""
    comes_back: bool = False
    """When the agent hangs up, the caller is to stay on the line: the flow goes on."""
    record: str = ""
    """Record their conversation by this name, fit for a file's name; empty: do not. Only lines that can are told."""


class DialCustomer(Struct, frozen=True, kw_only=True):
    """Dial ``number``, let it ring for at most ``ring_ms``; answer with ``CustomerAnswered`` or ``CustomerFailed``.

    Where the phone of ``agent`` has answered ``offer``, the two are connected; otherwise the customer waits with music,
    as after :class:`Wait`, from then on a caller of ``queue`` like any other. What the line remembers for a new engine
    is what it remembers of a waiting call.
    """

    call: str
    offer: str
    agent: str
    number: str
    """E.164, and nothing else: it was checked."""
    ring_ms: int
    queue: str
    waiting_since: int
    language: str
    needs: tuple[str, ...] = ()
    priority: int = 0
    record: str = ""
    """As of :class:`Ring`."""


class StopDialling(Struct, frozen=True, kw_only=True):
    """Give up calling the customer back for now: hang up whatever rings for ``call`` outside."""

    call: str


class PickUp(Struct, frozen=True, kw_only=True):
    """The agent accepted at the desk: answer the agent's phone, on lines that can."""

    call: str
    offer: str
    agent: str


class StopRinging(Struct, frozen=True, kw_only=True):
    """The offer is void: stop the agent's phone, not those of others; the caller waits on, if still there."""

    call: str
    offer: str
    agent: str


class EndConversation(Struct, frozen=True, kw_only=True):
    """Hang up on the agent alone, the caller stays; answer with ``ConversationEnded``, ``caller_there``."""

    call: str
    agent: str


class Hold(Struct, frozen=True, kw_only=True):
    """Music to the caller, the agent stays; answer with ``CallHeld``."""

    call: str
    agent: str


class Retrieve(Struct, frozen=True, kw_only=True):
    """Connect the two again; answer with ``CallRetrieved``."""

    call: str
    agent: str
    comes_back: bool = False
    """As of :class:`Ring`."""


class HangUp(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, then end the call; answer with ``CallerHungUp`` or ``ConversationEnded``."""

    call: str
    prompts: tuple[str, ...] = ()
    language: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class SendReply(Struct, frozen=True, kw_only=True):
    """Answer the request that ``ReplyReady`` told of, now."""

    call: str
    request: str
    instead: str = ""
    """The answer, where it is another: this request has been answered before."""


SpeakingOrder = Speak | Ask | Wait | TakeMessage | CallOutside | HangUp
"""Those that begin with prompts."""

Order = (
    Speak
    | Ask
    | Wait
    | TakeMessage
    | CallOutside
    | Ring
    | DialCustomer
    | StopDialling
    | PickUp
    | StopRinging
    | EndConversation
    | Hold
    | Retrieve
    | HangUp
    | SendReply
)
