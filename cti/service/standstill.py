"""A process that stood still (SIGSTOP, a virtual machine that was moved, a machine asleep): news first, then timers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)

STANDSTILL_MS = 1_000
"""A timer that is late by more than this means a standstill."""
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

    def holds(self, due: int | None) -> bool:
        """Whether events have to wait. *due*: when the earliest timer is, or was, due (Unix milliseconds)."""
        late_ms = 0 if due is None else self._now() - due
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

    def _over(self) -> None:
        self._timer, self._caught_up = None, True
        self._go_on()
