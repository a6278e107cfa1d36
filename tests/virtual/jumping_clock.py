"""An event loop whose clock jumps to the next timer instead of waiting for it: hours of a live service in seconds.

The idea is trio's autojump clock. Files, sockets and threads stay real: while one of them is awaited and a timer is
due, time jumps past it, so only code whose timers do not race with real work belongs in here.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

from tests.leftovers import nothing_but, there_is

P = ParamSpec("P")

MONDAY_NOON = 1_795_428_000_000
"""12:00 of Monday, 23 November 2026 in Kyiv: every queue of the example bank is open. Unix milliseconds."""


class JumpingSelector(selectors.DefaultSelector):
    """Waits for nothing but input that is there already; moves ``now`` on (seconds) by what it did not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.jumps = True

    def select(self, timeout: float | None = None) -> Any:
        """The events that are ready."""
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if not self.jumps:
            before = time.monotonic()
            ready = super().select(timeout)
            self.now += time.monotonic() - before
            return ready
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """The loop. Its clock keeps the resolution of the real one: with none, a timer due exactly now would not fire,
    and the loop would spin."""

    def __init__(self) -> None:
        self.selector = JumpingSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.selector.now


class JumpingClock:
    """The running loop's time as a service's clock."""

    def __init__(self, start: int = MONDAY_NOON) -> None:
        self._start = start
        self._loop = asyncio.get_running_loop()

    def now(self) -> int:
        """Unix milliseconds."""
        return self._start + round(self._loop.time() * 1000)


def in_jumping_time(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Runs an async test on a loop of its own whose clock jumps. It leaves nothing behind there."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def body() -> None:
            before = there_is()
            await test(*args, **kwargs)
            with real_time():
                await nothing_but(before)

        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(body())

    return run


@contextmanager
def real_time() -> Iterator[None]:
    """In here time passes as it does outside."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.selector.jumps = False
    try:
        yield
    finally:
        loop.selector.jumps = True
