"""What is lost with an event that was refused: the lines are asked to tell it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from centre import events

FIRST_MS = 1_000
MOST_MS = 15_000
"""Between two times where faults come again and again: up to half a second each of a large centre."""
SELDOM_MS = 10 * 60 * 1000
"""Between two times where they do not: what is told again may be refused again, and is never too many by itself."""

_NOT_OF_LINES = (
    events.EngineStarted
    | events.ConfigurationChanged
    | events.TimePassed
    | events.TimersPutOff
    | events.AgentSignedIn
    | events.AgentSignedOut
    | events.AgentReady
    | events.AgentNotReady
    | events.OfferAccepted
    | events.OfferDeclined
    | events.HoldAsked
    | events.RetrieveAsked
    | events.HangUpAsked
    | events.CallNoted
    | events.WrapUpFinished
    | events.WrapUpExtended
    | events.CallWithdrawn
    | events.CustomerFound
)
"""Events of which no line can tell anything more."""


def may_be_told_again(event: events.Event) -> bool:
    """Whether a line can tell of what is lost with ``event``."""
    return not isinstance(event, _NOT_OF_LINES)


class Mending:
    """When to do so."""

    def __init__(self, now: Callable[[], int], mend: Callable[[], None]) -> None:
        """*now*: Unix milliseconds. *mend*: puts things right."""
        self._now = now
        self._mend = mend
        self._last: int | None = None
        self._gap_ms = FIRST_MS
        self._due = 0
        self._timer: asyncio.TimerHandle | None = None

    def wanted(self, *, urgent: bool) -> None:
        """Something was lost. *urgent*: the centre is not as it should be, or too much was."""
        now = self._now()
        due = now + FIRST_MS
        if self._last is not None:
            if now - self._last >= SELDOM_MS:
                self._gap_ms = FIRST_MS
            due = max(due, self._last + (self._gap_ms if urgent else SELDOM_MS))
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = asyncio.get_running_loop().call_later((due - now) / 1000, self._run)

    def close(self) -> None:
        """Ends."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer, self._last = None, self._now()
        self._gap_ms = min(2 * self._gap_ms, MOST_MS)
        self._mend()
