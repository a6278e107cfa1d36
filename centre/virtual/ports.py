"""What the simulated world needs from whoever runs it, and what a caller's end of a call notices."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from centre.events import Event
from centre.orders import Ask, TakeMessage

Tell = Callable[[Event], None]
"""Takes an event to the centre. What follows from it must not be ordered while an order is being carried out."""

Draw = Callable[[], int]
"""A random duration in milliseconds."""


class Timer(Protocol):
    """Something that will happen, unless it is cancelled."""

    def cancel(self) -> None:
        """Makes it not happen; harmless once it has."""


class Scheduler(Protocol):
    """Time, and things that happen in it."""

    def now(self) -> int:
        """Unix milliseconds, never going back."""

    def after(self, delay_ms: int, do: Callable[[], None]) -> Timer:
        """Lets ``do`` happen ``delay_ms`` (0 or more) from now, never before this call returns."""


class Sound(StrEnum):
    """What a caller notices."""

    PROMPT = "prompt"
    """A prompt begins; ``text`` is what it says."""
    SILENCE = "silence"
    """The question is out, keys are awaited."""
    KEY = "key"
    """The caller's own key."""
    QUEUED = "queued"
    """The call is in a queue; its prompts come before the music."""
    MUSIC = "music"
    CONNECTED = "connected"
    """The agent's audio; ``text`` is the agent's name."""
    DISCONNECTED = "disconnected"
    """The agent's audio is gone again without an end of the call: the offer was void. Music follows."""
    PARTED = "parted"
    """The agent has hung up, and the centre goes on with the caller."""
    TONE = "tone"
    """After this the caller's words are recorded."""
    OUTSIDE = "outside"
    """Somebody outside answered; ``text`` is what the site calls the number."""
    HELD = "held"
    RETRIEVED = "retrieved"
    ENDED = "ended"
    """The line is dead; ``text`` says who hung up first: “caller”, “agent” or “centre” (“line”: never connected)."""


class Heard(Struct, frozen=True, kw_only=True):
    """One thing that a caller noticed, at ``at`` (Unix milliseconds)."""

    at: int
    sound: Sound
    text: str = ""
    language: str = ""
    ask: Ask | None = None
    """The question, where there is silence after one."""
    take: TakeMessage | None = None
    """Of a tone, or of silence without one: what the caller's words are recorded for."""
    node: str = ""
    """Of music: the node of the flow that has keys for it."""


Ear = Callable[[Heard], None]
"""The caller's end of a call: hears everything, in order. Must not raise, and must not act before it returns."""
