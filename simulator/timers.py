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
        return SimpyTimer(self.environment, delay_ms, do)


class SimpyTimer(simpy.Event):
    """One timer. SimPy cannot take back what is scheduled, so a cancelled one comes and does nothing."""

    def __init__(self, environment: simpy.Environment, delay_ms: int, do: Callable[[], None]) -> None:
        super().__init__(environment)
        self._do = do
        # Triggered from the beginning, as SimPy's own timeout is.
        self._ok, self._value = True, None
        self.callbacks = [_fire]
        environment.schedule(self, delay=delay_ms)

    def cancel(self) -> None:
        """Makes it not happen; harmless once it has. SimPy keeps the event until it would be due: not so what it would
        have done, which may hold a whole call."""
        self.callbacks = []
        self._do = _nothing


def _nothing() -> None:
    """What a cancelled timer does."""


def _fire(timer: SimpyTimer) -> None:
    timer._do()
