"""What a session is told and what it wants done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from ivr.keys import KeyRules
from ivr.recordings import EVERY_KEY
from ivr.scale import Scale


class EntryEnd(StrEnum):
    """How an entry of keys ended."""

    KEYS = "keys"
    """The most keys were pressed, or the terminator or silence came after at least the least."""
    NO_INPUT = "no-input"
    """No key at all."""
    INCOMPLETE = "incomplete"
    """Fewer keys than the least, then silence or the terminator."""


# What a session is told. ``step`` echoes the number of the effect that asked: an answer to an older step is stale.


class Spoken(Struct, frozen=True, kw_only=True):
    """The prompts of a :class:`Speak` were spoken to the end (or cut short where that was allowed)."""

    step: int


class Entered(Struct, frozen=True, kw_only=True):
    """The keys that an :class:`Ask` gathered. Of a sensitive entry a line may send the digits :func:`masked`."""

    step: int
    keys: str
    end: EntryEnd

    def __repr__(self) -> str:
        """Without the keys: a PIN must not reach a log by way of a traceback."""
        return f"Entered(step={self.step}, end={self.end!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The same for the tracebacks of the command line, which ask a struct for its fields."""
        return [("step", self.step), ("end", self.end)]


class LeftQueue(Struct, frozen=True, kw_only=True):
    """The call is out of its queue without an agent."""

    why: str


class ConversationOver(Struct, frozen=True, kw_only=True):
    """The agent who answered has hung up, and the caller is still there."""


class MusicOver(Struct, frozen=True, kw_only=True):
    """The time of a :class:`PlayMusic` is over."""

    step: int


class KeyPressed(Struct, frozen=True, kw_only=True):
    """The caller pressed a key that the :class:`PlayMusic` at hand names."""

    key: str


class MessageTaken(Struct, frozen=True, kw_only=True):
    """What a :class:`TakeMessage` recorded; 0 ms: nothing."""

    step: int
    length_ms: int


class TransferEnded(Struct, frozen=True, kw_only=True):
    """What became of a :class:`CallOutside`."""

    step: int
    answered: bool


class Fetched(Struct, frozen=True, kw_only=True):
    """The answer to a :class:`FetchData` or a :class:`LookUpCustomer`: texts by the name that the effect gave them."""

    step: int
    values: Mapping[str, str]


class FetchFailed(Struct, frozen=True, kw_only=True):
    """There is no such answer, and there will be none."""

    step: int
    why: str
    """:data:`UNKNOWN`, or what went wrong, in a word or two."""


UNKNOWN = "unknown"
"""Customer records answered, and know nobody by the number."""


class CallbackVerdict(StrEnum):
    """What becomes of a wish to be called back."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Nobody is called back from this queue, there are too many, or there is one for this number elsewhere."""
    INVALID = "invalid"
    """The number is none that may be dialled."""


class CallbackDecided(Struct, frozen=True, kw_only=True):
    """The answer to an :class:`AskCallback`."""

    step: int
    verdict: CallbackVerdict


class LimitDecided(Struct, frozen=True, kw_only=True):
    """The answer to an :class:`AskLimit`."""

    step: int
    allowed: bool


Event = (
    Spoken
    | Entered
    | LeftQueue
    | ConversationOver
    | MusicOver
    | KeyPressed
    | MessageTaken
    | TransferEnded
    | Fetched
    | FetchFailed
    | CallbackDecided
    | LimitDecided
)


# What a session wants done.


class Speak(Struct, frozen=True, kw_only=True):
    """Speak ``prompts`` one after the other, then answer with :class:`Spoken`."""

    step: int
    prompts: tuple[str, ...]
    language: str
    barge_in: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    """What the prompts read aloud, by name, each as a text."""


class Ask(Struct, frozen=True, kw_only=True):
    """Speak ``prompts`` and gather keys by ``keys``, then answer with :class:`Entered`."""

    step: int
    prompts: tuple[str, ...]
    language: str
    keys: KeyRules
    values: Mapping[str, str] = field(default_factory=dict)


class JoinQueue(Struct, frozen=True, kw_only=True):
    """Let the call wait in ``queue``. ``prompts`` are spoken to it before the music."""

    queue: str
    needs: tuple[str, ...]
    priority: int
    language: str
    prompts: tuple[str, ...] = ()
    preferred: str = ""
    """The agent who is to have the call; everybody else leaves it alone for ``preferred_ms`` (None: for ever)."""
    preferred_ms: int | None = None
    direct_ms: int | None = None
    """A transfer to that agent, who is rung once; it waits so long for one who has no hand free. None: no such one."""
    values: Mapping[str, str] = field(default_factory=dict)


class LeaveQueue(Struct, frozen=True, kw_only=True):
    """The caller does not want to wait in the queue any longer."""


class PlayMusic(Struct, frozen=True, kw_only=True):
    """Let the caller, who waits, hear music; answer with :class:`MusicOver` after ``for_ms`` (None: never), or with
    :class:`KeyPressed` for each of ``keys`` that is pressed before."""

    step: int
    for_ms: int | None
    keys: str = ""


class TakeMessage(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, sound a tone and record for at most ``longest_ms``, or until there was silence for
    ``silence_ms`` or one of ``keys`` was pressed; then answer with :class:`MessageTaken`, also where the caller hung
    up."""

    step: int
    message: str
    """Names the recording: unique for ever, fit for a file's name."""
    prompts: tuple[str, ...]
    language: str
    longest_ms: int
    silence_ms: int
    keys: str = EVERY_KEY
    beep: bool = True
    into: str = ""
    """What a statement is called that the flow goes on with; empty: a message for the centre."""
    sensitive: bool = False
    """The name of the recording is for data dips only: the line keeps it by the step."""
    values: Mapping[str, str] = field(default_factory=dict)


class CallOutside(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, ring ``number`` for at most ``ring_ms`` and connect the two; answer with
    :class:`TransferEnded`. The end of their conversation is the end of the call."""

    step: int
    prompts: tuple[str, ...]
    language: str
    number: str
    """As the site names it; the line knows the number."""
    ring_ms: int
    values: Mapping[str, str] = field(default_factory=dict)


class FetchData(Struct, frozen=True, kw_only=True):
    """Ask the web service, then answer with :class:`Fetched` or :class:`FetchFailed`, within ``timeout_ms``."""

    step: int
    service: str
    """As the site names it."""
    path: str
    """Put behind the service's address: percent-encoded, empty or with a slash at its beginning."""
    query: Mapping[str, str]
    json: Mapping[str, str | bool | int | float] | None
    """The body of a POST; None: a GET."""
    secrets: Mapping[str, int]
    """Fields to be added to the body: what the caller entered at that step, which the line keeps."""
    take: Mapping[str, str]
    """What to answer with: name to where the value stands in the answer, “customer.tier” or “orders.0.id”."""
    timeout_ms: int


class LookUpCustomer(Struct, frozen=True, kw_only=True):
    """Ask the customer records, then answer with :class:`Fetched` (columns by name) or :class:`FetchFailed`."""

    step: int
    number: str


class Disconnect(Struct, frozen=True, kw_only=True):
    """Speak ``prompts``, then hang up."""

    prompts: tuple[str, ...]
    language: str
    values: Mapping[str, str] = field(default_factory=dict)


class AskCallback(Struct, frozen=True, kw_only=True):
    """The caller wants to be called back from ``queue``; answer with :class:`CallbackDecided`."""

    step: int
    queue: str
    number: str
    """As it was typed; empty: the number that the caller calls from."""
    not_before: int | None
    """Unix milliseconds; None: as soon as the call's place comes up."""


class AskLimit(Struct, frozen=True, kw_only=True):
    """The call wants to try something that is limited over all calls; answer with :class:`LimitDecided`."""

    step: int
    counter: str
    whose: str
    """Any text: each has ``most`` tries within ``within_ms``."""
    most: int
    within_ms: int


SpeakingEffect = Speak | Ask | JoinQueue | TakeMessage | CallOutside | Disconnect
"""Those that begin with prompts."""

Effect = (
    Speak
    | Ask
    | JoinQueue
    | LeaveQueue
    | PlayMusic
    | TakeMessage
    | CallOutside
    | FetchData
    | LookUpCustomer
    | AskCallback
    | AskLimit
    | Disconnect
)


class MenuStep(Struct, frozen=True, kw_only=True):
    """One choice on the caller's way, for the call card: at ``node`` the caller pressed ``key``."""

    node: str
    key: str
    label: Mapping[str, str]


class Entry(Struct, frozen=True, kw_only=True):
    """What the caller typed, by the ``into`` of the node that asked. A sensitive value is kept :func:`masked`."""

    name: str
    value: str
    label: Mapping[str, str]


class Score(Struct, frozen=True, kw_only=True):
    """What the caller said of the conversation, by the ``into`` of the node that asked."""

    name: str
    scale: Scale
    score: int


_PRIVATE = "-private"


def recording_name(call: str, step: int, *, sensitive: bool) -> str:
    """The name of what the caller speaks at this step of the call."""
    return f"{call}-{step}{_PRIVATE if sensitive else ''}"


def is_private(recording: str) -> bool:
    """Whether this is the name of a sensitive recording, which nobody plays on a page."""
    return recording.endswith(_PRIVATE)


def masked(keys: str) -> str:
    """The keys with every digit as a dot: what may be kept and shown of a PIN or a card number."""
    return "".join("•" if key in "0123456789" else key for key in keys)
