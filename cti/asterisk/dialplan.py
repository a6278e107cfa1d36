"""The names that the engine and ``dialplans/asterisk/extensions.conf`` share. Neither works without the other."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

MENU = "holdless-menu"
"""The engine talks to the caller."""
WAIT = "holdless-wait"
"""Music, until the engine moves the call on."""
DIAL = "holdless-dial"
"""Rings a phone; back to WAIT when nobody answers. The extension says all: see :func:`ring_extension`."""
OUTSIDE = "holdless-outside"
"""Dials CC_OUTSIDE for CC_RING seconds and connects the two; to WAIT when nobody answers."""
HOLD = "holdless-hold"
"""A held caller: music."""
AGENT = "holdless-agent"
"""The agent's side: extension ``hold`` waits, ``talk`` takes the caller of CC_PEER back."""

ID = "CC_ID"
ENTRY = "CC_ENTRY"
"""When the call came in, microseconds since the Unix epoch."""
DATA = "CC_DATA"
NEXT = "CC_NEXT"
KEYS = "CC_KEYS"
"""The keys that lead a waiting caller out of the queue."""
NUMBER = "CC_OUTSIDE"
"""What Dial is to dial outside, for CC_RING seconds."""
RING = "CC_RING"
OFFER = "CC_OFFER"
"""The mark of the offer that a call or a leg was last rung for: see :func:`offer_name`."""
CALL = "CC_CALL"
"""On an agent's leg: the CC_ID it rings for."""
PEER = "CC_PEER"
"""On an agent's leg: the caller's channel to take back."""

NEXT_WAIT = "wait"
NEXT_OUTSIDE = "outside"
NEXT_HANGUP = "hangup"

DIAL_DONE = "CcDialDone"
KEY = "CcKey"
OUTSIDE_DONE = "CcOutsideDone"
WAITING = "CcWait"
ALONE = "alone"
"""The reason of a CcWait that follows on a menu in which no engine had the last word."""

MENU_SECONDS = 120
"""How long one step of a menu may last before the exchange takes the engine for frozen."""

_SEPARATOR = "~"
_DATA_BYTES_MAX = 900
"""What CC_DATA may hold: a manager line has 1,022 bytes, and the names take their part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPlace:
    """What the call itself remembers of its wait (CC_DATA), for an engine that knows nothing of it."""

    queue: str
    waiting_since: int
    language: str
    needs: tuple[str, ...] = ()
    priority: int = 0

    def to_text(self) -> str:
        """For the channel variable. A text that would be too long leaves out what the call needs."""
        whole = self._json(self.needs)
        return whole if len(whole.encode()) <= _DATA_BYTES_MAX else self._json(())

    def _json(self, needs: tuple[str, ...]) -> str:
        return json.dumps(
            {"q": self.queue, "t": self.waiting_since, "l": self.language, "n": needs, "p": self.priority},
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> WaitingPlace | None:
        """The place that :meth:`to_text` wrote; None for anything else: a channel can be made to say anything."""
        try:
            data = json.loads(text)
            place = cls(
                queue=data["q"],
                waiting_since=data["t"],
                language=data["l"],
                needs=tuple(data["n"]),
                priority=data["p"],
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        texts = (place.queue, place.language, *place.needs)
        numbers = (place.waiting_since, place.priority)
        if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
            return None
        return place


def ring_extension(offer: str, call: str, ring_ms: int, endpoint: str) -> str:
    """Where in DIAL to send a caller to have a phone rung: the offer's mark, whole seconds and the phone.

    In one word, as a Redirect is one action and takes no variables: three Setvar before it cost each ring 1 ms.
    """
    return _SEPARATOR.join((offer.removeprefix(call + "-"), str(math.ceil(ring_ms / 1000)), endpoint))


def offer_name(call: str, mark: str) -> str:
    """The offer with this mark: the name of an offer is that of its call, a dash and the mark. Empty for no mark."""
    return f"{call}-{mark}" if mark else ""


def entry_ms(text: str) -> int | None:
    """CC_ENTRY in Unix milliseconds; None if it is no time."""
    return int(text) // 1000 if text.isascii() and text.isdigit() and len(text) <= 17 else None
