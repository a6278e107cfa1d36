"""SimPy's clock for the simulated world: bare timeouts with callbacks, no process per call."""

from __future__ import annotations

from collections.abc import Callable

import simpy


class SimpyTimers:
    """A :class:`~centre.virtual.ports.Scheduler` in simulated time. What is due at one instant happens in the order
    in which it was asked for, so a run is the same every time."""

    def __init__(self, start: int) -> None:
        """Begins at ``start`` (Unix milliseconds)."""
        self.environment = simpy.Environment(initial_time=start)

    def now(self) -> int:
        """Unix milliseconds."""
        return int(self.environment.now)

    def after(self, delay_ms: int, do: Callable[[], None]) -> SimpyTimer:
        """Lets ``do`` happen ``delay_ms`` from now."""
        timer = SimpyTimer(do)
        timeout = self.environment.timeout(delay_ms)
        assert timeout.callbacks is not None
        timeout.callbacks.append(timer.fire)
        return timer


class SimpyTimer:
    """One timer. SimPy cannot take a timeout back, so a cancelled one fires into the void."""

    __slots__ = ("_do",)

    def __init__(self, do: Callable[[], None]) -> None:
        self._do: Callable[[], None] | None = do

    def fire(self, _: simpy.Event) -> None:
        do, self._do = self._do, None
        if do is not None:
            do()

    def cancel(self) -> None:
        self._do = None
