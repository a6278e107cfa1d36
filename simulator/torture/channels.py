"""What the model exchange knows of a call's legs, and of the telephones on agents' desks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

NORMAL, BUSY, NO_ANSWER, UNREACHABLE, REJECTED, ELSEWHERE = 16, 17, 19, 20, 21, 26
"""Causes of hangups (Q.850)."""


class Session(Protocol):
    """A caller's FastAGI session, as the channel sees it."""

    def stop(self) -> None:
        """A prompt, or a wait for a key, ends at once."""

    def leave(self, *, hung_up: bool) -> None:
        """The channel is no longer in it."""


@dataclass(slots=True, eq=False)
class Channel:
    """One leg on the exchange."""

    uid: str
    name: str
    number: str = ""
    is_caller: bool = False
    """Whether it is the caller's side of a call."""
    presses: str = ""
    """The key that the caller presses while waiting, where it means something."""
    variables: dict[str, str] = field(default_factory=dict)
    context: str = ""
    extension: str = ""
    state: str = "Ringing"
    alive: bool = True
    step: int = 0
    """Counts the moves of the channel, so that what was planned before one is void."""
    bridge: str = ""
    peer: Channel | None = None
    peer_since_us: int = 0
    """Since when the two hear each other."""
    runs_bridge: bool = False
    """Whether the application that connects the two runs on this side."""
    rings: Channel | None = None
    """The leg that Dial on this channel lets ring."""
    phone: Phone | None = None
    session: Session | None = None
    watch: int = 0
    """Counts settings of TIMEOUT(absolute)."""
    leaving: bool = False
    """Hung up by a person, and the exchange has still to take it down."""
    on_end: Callable[[], None] | None = None
    """Told when it is over: whoever is on the line."""


@dataclass(slots=True, eq=False)
class Phone:
    """A telephone."""

    endpoint: str
    channel: Channel | None = None
    """The leg that rings there, or is connected."""
    seen: str = "NOT_INUSE"
    """The state that was last told."""

    @property
    def state(self) -> str:
        """As Asterisk's device state."""
        if self.channel is not None:
            return "INUSE" if self.channel.state == "Up" else "RINGING"
        return "NOT_INUSE"
