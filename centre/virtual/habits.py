"""The two who are played: what a caller brings along whoever answers, and what an agent's phone tells the agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from centre.virtual.ports import Draw


class CallerHabits(Struct, frozen=True, kw_only=True):
    """What one caller wants and how long this caller takes. Each draw gives milliseconds."""

    wants: str | None
    """The queue the caller is after; None: nothing, and hangs up at the first question without a key to press."""
    keys: Mapping[str, str]
    """What is pressed, by the node that asks; at other nodes nothing."""
    key_delay: Draw
    """From the end of a question to the first key."""
    patience_ms: int
    """From entering the queue to giving up; the same again for being held."""
    talk: Callable[[str, str], int]
    """How long the caller and the agent have to say to each other, by queue and agent."""
    hangs_up_first: bool
    """Else the agent is left to hang up."""
    rings: Callable[[], int | None]
    """For a ring of a played agent: how long until the accept; None: this ring is missed."""
    wrap_up: Callable[[str, str], int]
    """What a played agent has to do afterwards, by queue and agent."""


class AgentSide(Protocol):
    """Whoever sits at an agent's phone, when the machine plays the agent. ``caller``: None, where a person calls."""

    def rings(self, caller: CallerHabits | None) -> None:
        """The phone began to ring."""

    def stops(self) -> None:
        """The phone stopped ringing, unanswered."""

    def connected(self, queue: str, caller: CallerHabits | None) -> None:
        """The phone is connected to a caller who waited in ``queue``."""

    def goodbye(self) -> None:
        """The caller has said all there was to say and leaves hanging up to the agent."""

    def conversation_over(self) -> None:
        """The phone is on the hook again."""
