"""Nodes of a voice menu at which callers speak, and what they say is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.schema.values import LongerThanZero, Model, Name, wrong
from ivr.recordings import LONGEST_RECORDING_MS


def _ends(longest: int) -> int:
    if longest > LONGEST_RECORDING_MS:
        raise wrong("a message may last 15 min at most; write a shorter duration")
    return longest


def _is_heard(silence: int) -> int:
    if silence < 1_000:
        raise wrong("everybody draws breath; write 1 s or more")
    return silence


LongestMessage = Annotated[LongerThanZero, AfterValidator(_ends)]
HeardSilence = Annotated[LongerThanZero, AfterValidator(_is_heard)]


class VoicemailModel(Model):
    """Records a message."""

    do: Literal["voicemail"]
    prompt: Name = Field(description="Spoken before the tone.")
    longest: LongestMessage = Field(default=180_000, description="At most 15 min.")
    silence: HeardSilence = Field(default=5_000, description="So much silence ends the message; 1 s or more.")
    shortest: LongerThanZero = Field(default=2_000, description="Less than this is no message.")
    next: Name
    otherwise: Name | None = Field(default=None, description="Where the call goes that left nothing.")


class RecordModel(Model):
    """Records a statement that the flow goes on with."""

    do: Literal["record"]
    prompt: Name = Field(description="Spoken before the tone.")
    into: Name = Field(description="What it is called; the variable of this name holds the recording's name.")
    longest: LongestMessage = Field(default=120_000, description="At most 15 min.")
    silence: HeardSilence = Field(default=5_000, description="So much silence ends it; 1 s or more.")
    shortest: LongerThanZero = Field(default=2_000, description="Less than this is nothing.")
    terminator: Literal["any", "*", "#"] = Field(default="#", description="The key that ends it.")
    beep: bool = Field(default=True, description="A tone says that the recording begins.")
    sensitive: bool = Field(default=False, description="No page plays it, and only data dips carry its name.")
    next: Name
    otherwise: Name | None = Field(default=None, description="Where the call goes that said less than “shortest”.")
