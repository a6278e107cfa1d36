"""A recorded day: its callers with everything that is known of them, and what its agents were at work for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from centre.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallAdopted,
    CallArrived,
    DataFailed,
    DataFetched,
)
from ivr.messages import EntryEnd

Wish = AgentSignedIn | AgentSignedOut | AgentReady | AgentNotReady
"""What an agent wants; in the middle of a call it holds from its end on."""


class RingEnd(StrEnum):
    """How an agent took a ring."""

    ACCEPTED = "accepted"
    MISSED = "missed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """Stopped while it rang, mostly because the caller gave up: how it would have ended is not known."""


class WaitEnd(StrEnum):
    """How a caller's wait ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """Hung up: how long this caller was willing to wait is known."""
    RELEASED = "released"
    """Taken out of the queue: how long this caller would have waited is not known."""
    NEVER = "never"
    """Did not come to a queue, or the record ends before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One ring of an agent for a call."""

    agent: str
    how: RingEnd
    after_ms: int = 0
    """From the ring to accepting, declining or withdrawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller answered to a question of the menu."""

    after_ms: int
    """From the beginning of the question."""
    keys: str
    end: EntryEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What another system answered to the flow."""

    after_ms: int
    answer: DataFetched | DataFailed


@dataclass(slots=True, kw_only=True)
class RecordedCall:
    """One caller. Durations in milliseconds."""

    at: int
    """Arrival, Unix milliseconds."""
    arrival: CallArrived | CallAdopted
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """By the node of the menu that asked, in order."""
    spoken: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    """How long prompts took, in order; a key may have cut them short."""
    fetched: dict[str, list[Fetched]] = field(default_factory=dict)
    """By the node of the menu that asked another system, in order."""
    left_menu_ms: int | None = None
    """From arrival to hanging up in the menu, before any queue."""
    exit_ms: int | None = None
    """From entering the first queue to pressing the key that leaves it, which is ``exit_key``."""
    exit_key: str = ""
    customer: Mapping[str, str] | None = None
    customer_ms: int = 0
    """From arrival to the answer of the customer records."""
    segment: str = ""
    """What the day is told apart by, besides queues."""
    queue: str = ""
    """The first queue."""
    to_queue_ms: int = 0
    """From arrival to entering it."""
    needs: tuple[str, ...] = ()
    """What the way through the menu added to what that queue needs."""
    priority: int = 0
    """And to its points."""
    end: WaitEnd = WaitEnd.NEVER
    waited_ms: int = 0
    """From entering the first queue to ``end``."""
    rings: list[Ring] = field(default_factory=list)
    agent: str = ""
    talk_ms: int | None = None
    """Conversation, time on hold included."""
    agent_hung_up: bool = False
    wrap_up_ms: int = 0
    extended_ms: int = 0
    """What the agent asked for on top of the queue's wrap-up."""

    @property
    def call(self) -> str:
        """The call's id."""
        return self.arrival.call


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDay:
    """One day, from ``start`` to ``end`` (Unix milliseconds), with the callers of some time before it."""

    start: int
    end: int
    calls: tuple[RecordedCall, ...]
    """In the order of arrival, from ``since`` on; those who came before ``start`` only fill the centre."""
    wishes: tuple[tuple[int, Wish], ...]
    """With their times, in order."""
    since: int
    source: str
    """Where it comes from, for people."""
    walks_the_menu: bool
    """Whether callers' way through the menu is known; else they are put into their queues."""
