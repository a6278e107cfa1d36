"""Callers who wait: what they may be told of their wait, and the music between two words.

A queue node may name a node to go on from while the call waits. From there on the flow runs beside the place in the
queue, which is kept and ages: it speaks, plays music, asks. It is cut off, wherever it is, when a phone rings for the
call, and when the queue lets the call go. The call leaves its queue by itself where the flow comes to a node that takes
the whole call: another queue, a message, a number outside, the end, or a callback that was accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ivr.expressions import Kind, Value

POSITION: Final = "position"
WAIT: Final = "wait"
WAIT_AT_MOST: Final = "wait_at_most"
CAN_BE_SERVED: Final = "can_be_served"
TOLD: Mapping[str, Kind] = {
    POSITION: Kind.NUMBER,
    WAIT: Kind.NUMBER,
    WAIT_AT_MOST: Kind.NUMBER,
    CAN_BE_SERVED: Kind.TRUTH,
}
"""Variables that are worked out anew whenever a flow reads them: the place in the queue, the expected wait from now on
in seconds (median; holds for four callers in five), and whether anybody who is at work can serve the call. While it
does not wait, or cannot be served, the waits are 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """Music for a caller who waits, and keys that lead on meanwhile.

    Without a time it lasts until the call is served or leaves.
    """

    for_ms: int | None = None
    next: str | None = None
    """What follows when the time is over."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key to the node that it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is expected of a wait. Milliseconds from now."""

    position: int
    """The place in the queue, from 1; 0 while a phone rings."""
    median_ms: int | None
    """As many callers wait longer as shorter; None: nobody who is at work can serve the call."""
    bound_ms: int | None
    """Four callers in five are answered within this time; None as above."""


AskOutlook = Callable[[], Outlook]
"""Works out the outlook of the call. It takes a while, so it is asked for only where a flow reads it."""


def told(ask: AskOutlook | None) -> Mapping[str, Value]:
    """The variables of :data:`TOLD`, in whole seconds, rounded up, so that “within” holds. None: no call waits."""
    outlook = Outlook(position=0, median_ms=None, bound_ms=None) if ask is None else ask()
    return {
        POSITION: Decimal(outlook.position),
        WAIT: _seconds(outlook.median_ms),
        WAIT_AT_MOST: _seconds(outlook.bound_ms),
        CAN_BE_SERVED: outlook.median_ms is not None,
    }


def _seconds(ms: int | None) -> Decimal:
    return Decimal(0 if ms is None else -(-ms // 1_000))
