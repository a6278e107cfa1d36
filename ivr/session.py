"""Where one call stands in its flow."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from ivr.expressions import Value
from ivr.messages import Entry, MenuStep, Score


class CallbackQuestion(StrEnum):
    """What a caller who may be called back is being asked."""

    OFFER = "offer"
    TIME = "time"
    NUMBER = "number"
    DECISION = "decision"
    """Nothing: the centre is."""


class CallbackWish(Struct, frozen=True, kw_only=True):
    """What a caller has said so far about being called back."""

    asked: CallbackQuestion = CallbackQuestion.OFFER
    own_number: bool = True
    """The number that the caller calls from."""
    not_before: int | None = None


class Session(Struct, frozen=True, kw_only=True):
    """Immutable; :func:`ivr.engine.advance` gives the next one."""

    flow: str
    """The digest of the flow the call began with."""
    node: str
    language: str
    call: str = ""
    """The call's id: a split draws by it."""
    step: int = 0
    """Counts the effects that wait for an answer; the current one answers to this number."""
    attempt: int = 0
    """How often the current question was asked in vain."""
    waiting_in: str | None = None
    """The queue, while the call waits in one."""
    waiting_at: str = ""
    """The node that gave the call to the queue; ``node`` may be one that runs beside it."""
    rest: str | None = None
    """The music to go on with when what runs beside the queue was cut off; None: nothing was heard yet."""
    ended: bool = False
    needs: tuple[str, ...] = ()
    """Requirements as text; all of them have to be met."""
    language_needs: str | None = None
    """The one of ``needs`` that came with the language."""
    priority: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    path: tuple[MenuStep, ...] = ()
    entries: tuple[Entry, ...] = ()
    scores: tuple[Score, ...] = ()
    callback: CallbackWish = CallbackWish()
    """At a node that offers to call back."""
    tagged: tuple[str, ...] = ()
    """The tag nodes that were passed: each counts once."""
    variables: Mapping[str, Value] = field(default_factory=dict)
    secrets: Mapping[str, int] = field(default_factory=dict)
    """Variables that hold a sensitive entry: the step of the question that it answered, by which the line keeps it."""
    passed: Mapping[str, int] = field(default_factory=dict)
    """How often each goto was taken, and a try asked for at each limit."""
    trail: tuple[str, ...] = ()
    """The questions on the way here, for “back”; the current one is the last."""
    walked: int = 0
    """How many nodes the present event has led through, while a limit is asked."""
    pace: int = 1
    """All times that the caller takes, to press keys and to be silent while recorded, are so many times as long."""
