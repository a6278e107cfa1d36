"""What a person who plays a caller sees: a pure function of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

MOST_LINES = 200
"""Of the transcript, the latest."""


class Said(Protocol):
    """One line of what a caller heard (``cti.virtual.caller.Said``)."""

    @property
    def at(self) -> int:
        """Unix milliseconds."""

    @property
    def who(self) -> str:
        """“centre”, “you”, “agent” or “line”."""

    @property
    def sound(self) -> str:
        """What it was: “prompt”, “key”, “queued”, “music”, “connected”, “held” …"""

    @property
    def text(self) -> str:
        """The words, the key, the agent’s name."""

    @property
    def language(self) -> str:
        """Of a prompt."""


class Caller(Protocol):
    """A call placed by a person (``cti.virtual.caller.VirtualCaller``)."""

    @property
    def state(self) -> str:
        """“dialled”, “menu”, “waiting”, “talking”, “held”, “recorded”, “outside” or “ended”."""

    @property
    def transcript(self) -> Sequence[Said]:
        """What was heard, oldest first."""

    @property
    def ended_by(self) -> str:
        """Who hung up first, once the call is over."""

    @property
    def asking(self) -> bool:
        """Whether keys are wanted."""

    @property
    def keys_so_far(self) -> int:
        """How many the open question has got."""

    def press(self, key: str) -> None:
        """Presses one key."""

    def hang_up(self) -> None:
        """Hangs up."""

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Tells when there is something new."""


def phone_view(caller: Caller | None) -> Mapping[str, Any]:
    """The whole state of a phone page, ready for JSON; “idle” before the first call."""
    if caller is None:
        return {"type": "phone", "state": "idle", "lines": [], "asking": False, "keys_so_far": 0, "outcome": ""}
    return {
        "type": "phone",
        "state": caller.state,
        "lines": [
            {"at": said.at, "who": said.who, "sound": said.sound, "text": said.text, "language": said.language}
            for said in caller.transcript[-MOST_LINES:]
        ],
        "asking": caller.asking,
        "keys_so_far": caller.keys_so_far,
        "outcome": caller.ended_by,
    }
