"""A process that stood still (SIGSTOP, a virtual machine that was moved, a machine asleep): news first, then timers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)

STANDSTILL_MS = 500
"""A timer, or the look before it, that is late by more than this means a standstill. A busy process is late by less:
what it does at a stretch takes milliseconds."""
LOOK_MS = 750
"""So long before a timer is due there is a look whether the process runs. Without it a standstill that ends just after
the timer was due would be seen by nothing: the timer is hardly late, and yet what came meanwhile has not been read.
asyncio runs timers that are due before the tasks that wait for what its sockets have just read."""
_EARLY_MS = 250
"""Who was awake so little before the look need not look again."""
CATCH_UP_S = 0.25
"""How long what has come meanwhile may take to be read."""


class Standstill:
    """Notices a standstill by the timers that are late, and holds events up until all that has come is there: a phone
    whose time to ring is over may have been answered, and two who talk must not be parted."""

    def __init__(self, now: Callable[[], int], go_on: Callable[[], None]) -> None:
        """*now*: Unix milliseconds. *go_on*: called when events need wait no longer; answers among them come first."""
        self._now = now
        self._go_on = go_on
        self._timer: asyncio.TimerHandle | None = None
        self._caught_up = False
        self._awake_at = now()

    def begin(self) -> None:
        """From now on :meth:`holds` is asked."""
        self._awake_at = self._now()

    def holds(self, due: int | None) -> bool:
        """Whether events have to wait. To be asked at each event, and :data:`LOOK_MS` before a timer is due.
        *due*: when the earliest timer is, or was, due (Unix milliseconds)."""
        now = self._now()
        late_ms = 0 if due is None else now - self._awake_by(due)
        self._awake_at = now
        if late_ms <= STANDSTILL_MS:
            self._caught_up = False
        elif not self._caught_up and self._timer is None:
            _log.warning("stood still for %.1f s; reading what has come meanwhile", late_ms / 1000)
            self._timer = asyncio.get_running_loop().call_later(CATCH_UP_S, self._over)
        return self._timer is not None

    def close(self) -> None:
        """Ends."""
        if self._timer is not None:
            self._timer.cancel()

    def _awake_by(self, due: int) -> int:
        """When the process was to be awake at the latest, on account of this timer."""
        has_looked = self._awake_at >= due - LOOK_MS - _EARLY_MS
        return due if has_looked else due - LOOK_MS

    def _over(self) -> None:
        self._timer, self._caught_up = None, True
        self._go_on()
