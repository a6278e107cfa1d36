"""Nodes at which callers speak, and what they say is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """Speaks a prompt, sounds a tone and records what the caller says. Times in milliseconds.

    A caller who hangs up has ended the message as well as one who falls silent.
    """

    prompt: str
    next: str
    otherwise: str
    """Where the call goes that left nothing."""
    longest_ms: int = 180_000
    silence_ms: int = 5_000
    """So much silence ends the message."""
    shortest_ms: int = 2_000
    """Less than this is no message."""


EVERY_KEY = "0123456789*#"
LONGEST_RECORDING_MS = 900_000
"""15 minutes: some 14 MB of 8 kHz sound. Nobody speaks for longer, however much time they need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Has the caller speak a statement: as :class:`Voicemail`, but the flow knows the recording and goes on with it."""

    prompt: str
    into: str
    """What the statement is called."""
    next: str
    otherwise: str
    """Where the call goes that said nothing, or too little."""
    variable: str = ""
    """The variable that holds the recording's name; empty: none does."""
    longest_ms: int = 120_000
    silence_ms: int = 5_000
    shortest_ms: int = 2_000
    """Less than this is nothing: of a caller who is silent some lines keep a second."""
    keys: str = EVERY_KEY
    """Each of them, pressed while the caller is recorded, ends the statement."""
    beep: bool = True
    """A tone says that the recording begins."""
    sensitive: bool = False
    """No page plays the recording, and no expression reads its name."""
