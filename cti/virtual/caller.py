"""A caller whom a person plays: what was heard, to be read, and the keys and the hook."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from centre.virtual.call import CallState, VirtualCall
from centre.virtual.ports import Heard, Sound

TRANSCRIPT_MOST = 500
"""Lines kept of a call, the latest; somebody may press keys all day."""


class Speaker(StrEnum):
    """Who a line of the transcript is by."""

    CENTRE = "centre"
    YOU = "you"
    AGENT = "agent"
    LINE = "line"


_SPEAKERS = {Sound.PROMPT: Speaker.CENTRE, Sound.KEY: Speaker.YOU, Sound.CONNECTED: Speaker.AGENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of the transcript, at ``at`` (Unix milliseconds).

    ``text`` is the prompt's words, the key, the name of the agent who answered (``connected``), or who hung up first
    (``ended``: “caller”, “agent”, “centre”, “line”); empty for music and silence, which a page puts in its own words.
    """

    at: int
    who: Speaker
    sound: Sound
    text: str
    language: str
    """Of a prompt."""


class VirtualCaller:
    """One call placed by a person."""

    def __init__(self) -> None:
        self.ended_by = ""
        """Who hung up first, once the call is over."""
        self._call: VirtualCall | None = None
        self._transcript: deque[Said] = deque(maxlen=TRANSCRIPT_MOST)
        self._listeners: list[Callable[[], None]] = []

    def dialled(self, call: VirtualCall) -> None:
        """The line's side: this is the caller's call."""
        self._call = call

    @property
    def id(self) -> str:
        """The call's id."""
        return "" if self._call is None else self._call.id

    @property
    def state(self) -> CallState:
        """What is going on."""
        return CallState.DIALLED if self._call is None else self._call.state

    @property
    def transcript(self) -> tuple[Said, ...]:
        """What was heard and pressed, oldest first."""
        return tuple(self._transcript)

    @property
    def asking(self) -> bool:
        """Whether keys are wanted."""
        return self._call is not None and self._call.keys_so_far is not None

    @property
    def keys_so_far(self) -> int:
        """How many keys the open question has got."""
        return 0 if self._call is None else self._call.keys_so_far or 0

    def press(self, key: str) -> None:
        """Presses one key (0-9, *, #, A-D); anything else changes nothing."""
        if self._call is not None:
            self._call.press(key)
            self._changed()

    def hang_up(self) -> None:
        """Hangs up; harmless when the call is over."""
        if self._call is not None:
            self._call.hang_up()

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Calls ``changed``, from the event loop, whenever there is something new; call what is returned to end it.

        ``changed`` must not raise, and must not press keys or hang up before it returns.
        """
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed) if changed in self._listeners else None

    def hear(self, heard: Heard) -> None:
        """The caller's ear."""
        if heard.sound is Sound.ENDED:
            self.ended_by = heard.text
        if heard.sound is not Sound.SILENCE:
            self._transcript.append(
                Said(
                    at=heard.at,
                    who=_SPEAKERS.get(heard.sound, Speaker.LINE),
                    sound=heard.sound,
                    text=heard.text,
                    language=heard.language,
                )
            )
        self._changed()

    def _changed(self) -> None:
        for changed in tuple(self._listeners):
            changed()
