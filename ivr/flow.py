"""What a flow is made of: nodes by name, each with its outgoing edges. Built from YAML by ``config``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from ivr.expressions import Expression, Value, Variable
from ivr.hours import Calendar
from ivr.keys import Attempts, KeyRules
from ivr.logic import Branch, Fetch, Goto, Limit, LookUp, Pace, Set, Split
from ivr.recordings import Record, Voicemail
from ivr.scale import Scale
from ivr.waiting import Music


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speaks a prompt, then goes on."""

    prompt: str
    next: str
    barge_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One key of a menu: where it leads, and what it is called on the call card (by language)."""

    next: str
    label: Mapping[str, str] = field(default_factory=dict)


class Command(StrEnum):
    """What a key does in every menu alike, wherever the call is."""

    REPEAT = "repeat"
    """The question again; it costs no attempt."""
    BACK = "back"
    """The question before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Asks for one key. After the last attempt the call goes to ``otherwise``."""

    prompt: str
    choices: Mapping[str, Choice]
    otherwise: str
    commands: Mapping[str, Command] = field(default_factory=dict)
    keys: KeyRules = field(default_factory=KeyRules)
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Asks for digits and stores them as ``into``. After the last attempt the call goes to ``otherwise``."""

    prompt: str
    into: str
    """What the digits are called on the call card."""
    next: str
    otherwise: str
    variable: str = ""
    """The variable that holds them too; empty: none does."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """Keys that lead elsewhere when they are all that was entered; none is a digit."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    label: Mapping[str, str] = field(default_factory=dict)
    keys: KeyRules = field(default_factory=KeyRules)
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """From here on prompts are spoken in ``language``; ``needs`` is added to what the call needs of an agent."""

    language: str
    next: str
    needs: str | None = None
    """A requirement as text, validated when the flow was loaded (``acd.requirement`` reads it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """Adds to what the call needs, its priority points, and its attributes for the call card."""

    next: str
    needs: str | None = None
    priority: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Expression] = field(default_factory=dict)
    """Attributes that are worked out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Goes to ``open``, ``closed`` or ``holiday`` by a calendar."""

    calendar: Calendar
    open: str
    closed: str
    holiday: str | None = None
    """Closed because of a holiday; None: as at any other time."""

    def way(self, at: int) -> str:
        """Where a call goes that comes by at ``at`` (Unix milliseconds)."""
        if self.calendar.is_open(at):
            return self.open
        return self.holiday if self.holiday is not None and self.calendar.is_holiday(at) else self.closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The call waits for an agent. When it leaves the queue without one it goes where ``exits`` says."""

    queue: str
    otherwise: str
    prompt: str | None = None
    """Spoken before the music begins, where there is no ``waiting``."""
    waiting: str | None = None
    """Where the flow goes on while the call waits: see :mod:`ivr.waiting`. None: music."""
    preferred: Expression | None = None
    """The agent who is to have the call first; a text that names none prefers nobody."""
    preferred_ms: int | None = None
    """How long everybody else leaves it alone; None: until it leaves the queue."""
    direct_ms: int | None = None
    """A transfer to the preferred agent, and to nobody else: the phone rings once, and so long the call waits for an
    agent who has no hand free. None: the call waits for whoever may take it."""
    exits: Mapping[str, str] = field(default_factory=dict)
    """Why the call left (“timeout”, “full”, “closed” …) to the node it goes to; ``otherwise`` for all other reasons."""
    after: str | None = None
    """Where the flow goes on after the conversation, with a caller who has not hung up; None: it ends the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Connects the caller with a number outside; the call ends with that conversation."""

    number: str
    """As the site names it; no number itself."""
    otherwise: str
    """Where the call goes when nobody answers there."""
    prompt: str | None = None
    ring_ms: int = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTime:
    """When to call back: so long from now, or when the clock on the wall next shows ``wall``."""

    after_ms: int = 0
    """0: as soon as the call's place comes up."""
    wall: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTimes:
    """A choice of times. Only times at which the calendar is open: a time that is not is moved to the next opening."""

    prompt: str
    choices: Mapping[str, CallbackTime]
    """By key."""
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Offers to call back from ``queue``: 1 for the number that the caller calls from, 2 for another one, any other key
    for no. Who says nothing is asked again, and has refused in the end; so has who may not be called back.

    ``accepted`` is the caller's good-bye: the callback is in its queue once the call is over.
    """

    queue: str
    prompt: str
    number_prompt: str
    """Asks for the other number; also where the first one may not be dialled."""
    accepted: str
    refused: str
    invalid: str
    """No number that may be dialled, in all attempts."""
    times: CallbackTimes | None = None
    """None: as soon as the call's place comes up."""
    keys: KeyRules = field(default_factory=KeyRules)
    """Of the number; of the other questions, which take one key, only the times count."""
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Asks for a score, after a conversation. Who gives none in all attempts goes to ``otherwise``."""

    scale: Scale
    prompt: str
    into: str
    """What the score is called."""
    next: str
    otherwise: str
    variable: str = ""
    """The variable that holds it too; empty: none does."""
    commands: Mapping[str, Command] = field(default_factory=dict)
    keys: KeyRules = field(default_factory=KeyRules)
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The end of the flow, after an optional last prompt."""

    prompt: str | None = None


Node = (
    Say
    | Menu
    | Collect
    | SetLanguage
    | Tag
    | Hours
    | Queue
    | Callback
    | Voicemail
    | Record
    | Transfer
    | Survey
    | HangUp
    | Branch
    | Split
    | Set
    | Goto
    | Limit
    | Pace
    | Fetch
    | LookUp
    | Music
)


AFTER = "after"
"""The way from a queue to what follows on the conversation."""
WAITING = "waiting"
"""The way from a queue to what its callers hear while they wait."""


def outcomes(node: Node) -> tuple[tuple[str, str], ...]:  # noqa: PLR0912 - a line for each kind
    """The ways out of ``node``: what each is called (“next”, “key 1”, “case 2” …), and the node that it leads to."""
    match node:
        case Say() | SetLanguage() | Tag() | Set() | Pace():
            return (("next", node.next),)
        case Menu():
            return (*_keys(node.choices), ("otherwise", node.otherwise))
        case Collect():
            return (("next", node.next), *_keys(node.choices), ("otherwise", node.otherwise))
        case Hours():
            holiday = () if node.holiday is None else (("holiday", node.holiday),)
            return (("open", node.open), ("closed", node.closed), *holiday)
        case Queue():
            waiting = () if node.waiting is None else ((WAITING, node.waiting),)
            exits = ((f"exit {why}", following) for why, following in node.exits.items())
            after = () if node.after is None else ((AFTER, node.after),)
            return (*waiting, *after, *exits, ("otherwise", node.otherwise))
        case Music():
            keys = ((f"key {key}", following) for key, following in node.keys.items())
            return (*(() if node.next is None else (("next", node.next),)), *keys)
        case Transfer():
            return (("otherwise", node.otherwise),)
        case Branch():
            cases = ((f"case {number}", case.next) for number, case in enumerate(node.cases, 1))
            return (*cases, ("otherwise", node.otherwise))
        case Split():
            return tuple((f"part {number}", part.next) for number, part in enumerate(node.parts, 1))
        case Goto() | Voicemail() | Record() | Survey():
            return (("next", node.next), ("otherwise", node.otherwise))
        case Limit():
            return (("next", node.next), ("limited", node.limited))
        case Fetch():
            return (("next", node.next), ("failed", node.failed))
        case LookUp():
            return (("next", node.next), ("unknown", node.unknown), ("failed", node.failed))
        case Callback():
            return (("accepted", node.accepted), ("refused", node.refused), ("invalid", node.invalid))
        case HangUp():
            return ()


TAKES_THE_CALL = (Queue, Voicemail, Record, Transfer, HangUp)
"""A call that comes to one of these while it waits leaves its queue first."""


def _keys(choices: Mapping[str, Choice]) -> tuple[tuple[str, str], ...]:
    return tuple((f"key {key}", choice.next) for key, choice in choices.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A whole flow. ``digest`` names its exact content: a session keeps to the one it began with."""

    id: str
    digest: str
    start: str
    language: str
    """Spoken until the caller chooses another."""
    nodes: Mapping[str, Node]
    """By name. Those of a flow that another one calls are among them, as “<calling node>/<name>”."""
    variables: Mapping[str, Value] = field(default_factory=dict)
    """What each variable holds at first."""
    reads_aloud: Mapping[str, Mapping[str, Variable]] = field(default_factory=dict)
    """What the prompts of a node read aloud: by node, the name in the prompt to the variable."""

    def __post_init__(self) -> None:
        for name in (self.start, *(to for node in self.nodes.values() for _, to in outcomes(node))):
            if name not in self.nodes:
                raise ValueError(f"flow {self.id}: an edge leads to “{name}”, which is not a node")
