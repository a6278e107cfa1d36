"""Timers of the event loop for the simulated world, all of which end when the line does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cti.service.ports import Clock


class LoopTimers:
    """A :class:`~centre.virtual.ports.Scheduler` on the running event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._pending: set[_LoopTimer] = set()

    def now(self) -> int:
        """Unix milliseconds."""
        return self._clock.now()

    def after(self, delay_ms: int, do: Callable[[], None]) -> _LoopTimer:
        """Lets ``do`` happen ``delay_ms`` from now."""
        timer = _LoopTimer(self._pending, do)
        timer.handle = self._loop.call_later(delay_ms / 1000, timer.fire)
        self._pending.add(timer)
        return timer

    def close(self) -> None:
        """Cancels everything that has not happened yet."""
        for timer in tuple(self._pending):
            timer.cancel()


class _LoopTimer:
    """One timer; it is in ``pending`` until it fires or is cancelled."""

    __slots__ = ("_do", "_pending", "handle")

    def __init__(self, pending: set[_LoopTimer], do: Callable[[], None]) -> None:
        self._pending = pending
        self._do = do
        self.handle: asyncio.TimerHandle | None = None

    def fire(self) -> None:
        self._pending.discard(self)
        self._do()

    def cancel(self) -> None:
        self._pending.discard(self)
        if self.handle is not None:
            self.handle.cancel()
