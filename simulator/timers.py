"""SimPy's clock for the simulated world: bare timeouts with callbacks, no process per call."""

from __future__ import annotations

from collections.abc import Callable

import simpy

_AFTER_ALL_ELSE = simpy.events.EventPriority(simpy.events.NORMAL + 1)


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
        self.environment.schedule(timer, delay=delay_ms)
        return timer

    def after_all_else(self, delay_ms: int, do: Callable[[], None]) -> SimpyTimer:
        """The same, once nothing else is left to happen at that instant."""
        timer = SimpyTimer(do)
        self.environment.schedule(timer, _AFTER_ALL_ELSE, delay_ms)
        return timer


class SimpyTimer(simpy.Event):
    """One timer. SimPy cannot take back what is scheduled, so a cancelled one comes and does nothing."""

    # Triggered from the beginning, as SimPy's own timeout is. Nobody waits for it, so it needs no environment.
    _ok, _value = True, None

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do
        self.callbacks = [_fire]

    def cancel(self) -> None:
        """Makes it not happen; harmless once it has. SimPy keeps the event until it would be due: not so what it would
        have done, which may hold a whole call."""
        self.callbacks = []
        self._do = _nothing


def _nothing() -> None:
    """What a cancelled timer does."""


def _fire(timer: SimpyTimer) -> None:
    timer._do()
