"""An asyncio event loop on the world's clock and network: one for each life of the engine.

Timers and callbacks of all loops stand in the world's one order. A loop can be frozen, as SIGSTOP does, and killed:
from that instant nothing that runs on it reaches the world.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from simulator.torture.network import End, Network
from simulator.torture.transport import Server, Transport
from simulator.torture.world import World

Context = Any
"""A contextvars.Context or None."""
_GHOST_STEPS = 10_000
_BURIALS_MOST = 20
"""Some tasks wait for one thing more when they are cancelled."""


class Killed(SystemExit):
    """The process ends here and now. A SystemExit, as asyncio lets nothing else through."""


class _Handle(asyncio.TimerHandle):
    """What is to be called, with no more around it than this loop needs: a run calls some thousands."""

    __slots__ = ()

    def __init__(self, callback: Callable[..., Any], args: tuple[Any, ...], context: Context) -> None:
        self._callback, self._args, self._context = callback, args, context
        self._cancelled = False

    def cancel(self) -> None:
        """It will not be called."""
        self._cancelled = True
        self._callback, self._args = _nothing, ()

    def call(self, complain: Callable[[dict[str, Any]], None]) -> None:
        """Calls it; *complain* hears what nobody caught."""
        try:
            if self._context is None:
                self._callback(*self._args)
            else:
                self._context.run(self._callback, *self._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            complain({"message": f"exception in {self._callback!r}", "exception": error})


def _nothing() -> None:
    """What a cancelled handle calls."""


class EngineLoop(asyncio.AbstractEventLoop):
    """What the engine's code takes for its event loop. Its process is killed by :meth:`kill`."""

    def __init__(self, world: World, network: Network, complain: Callable[[str], None]) -> None:
        """*complain* is told of exceptions that nobody caught."""
        self._world = world
        self._complain = complain
        self._network = network
        self._start_us = world.now_us
        self._ports: dict[int, Callable[[End], None]] = {}
        self._transports: list[Transport] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._ready: deque[_Handle] = deque()
        self._turn_is_due = False
        """Whether the world will call :meth:`_turn` at this very instant."""
        self.dead = False
        self.frozen = False
        self.on_sent: Callable[[int, bytes], None] = lambda _port, _data: None
        """Told of what leaves the process, and by the connection to which port."""

    # What a process goes through.

    def freeze(self) -> None:
        """The process stands still; the world does not."""
        self.frozen = True

    def thaw(self) -> None:
        """It goes on, and finds everything that has come meanwhile."""
        self.frozen = False
        self._turn_soon()

    def run(self, do: Callable[[], None]) -> None:
        """Does something within the process, unless it is dead; raises nothing where that kills it."""
        if not self.dead:
            self._run((_Handle(do, (), None),))

    def kill(self) -> None:
        """kill -9: the kernel resets its connections, and everything in memory is gone."""
        if self.dead:
            return
        self.dead = True
        for port, accept in self._ports.items():
            self._network.stop_listening(port, accept)
        for transport in self._transports:
            transport.end.abort()

    def bury(self) -> None:
        """Unwinds what the dead process was in the midst of, so that Python has nothing to complain about."""
        asyncio._set_running_loop(self)
        try:
            for _ in range(_BURIALS_MOST):
                for transport in self._transports:
                    transport.gone("")
                self._drain()  # what has not begun yet begins, or its coroutine would complain
                self._tasks = [task for task in self._tasks if not task.done()]
                if not self._tasks:
                    break
                for task in self._tasks:
                    task.cancel()
                self._drain()
        finally:
            asyncio._set_running_loop(None)
        self._tasks.clear()

    def _drain(self) -> None:
        for _ in range(_GHOST_STEPS):
            if not self._ready:
                break
            handle = self._ready.popleft()
            if not handle.cancelled():
                with suppress(Killed):
                    handle.call(self.call_exception_handler)

    # What asyncio wants of a loop.

    def time(self) -> float:
        """Seconds since the loop was made."""
        return (self._world.now_us - self._start_us) / 1e6

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context = None) -> asyncio.Handle:  # type: ignore[override]
        """As asyncio says."""
        handle = _Handle(callback, args, context)
        self._ready.append(handle)
        self._turn_soon()
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context = None
    ) -> asyncio.TimerHandle:
        """As asyncio says."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context = None
    ) -> asyncio.TimerHandle:
        """As asyncio says."""
        handle = _Handle(callback, args, context)
        if not self.dead:
            self._world.at(self._start_us + math.ceil(when * 1e6), partial(self._due, handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        """As asyncio says."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context = None
    ) -> asyncio.Task[Any]:
        """As asyncio says."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        if len(self._tasks) > 500:
            self._tasks = [one for one in self._tasks if not one.done()]
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """There are no threads here: what would run in one is done at once."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """As long as the process lives."""
        return not self.dead

    def is_closed(self) -> bool:
        """When it is dead."""
        return self.dead

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tells what nobody caught: that is a fault of ours."""
        if not self.dead:
            self._complain(f"{context.get('message')}: {context.get('exception')!r}")

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is passed over when it is due."""

    async def create_connection(self, protocol_factory: Callable[[], Any], host: Any, port: Any, **_: Any) -> Any:  # type: ignore[override]
        """A connection over the virtual network; ConnectionRefusedError where nobody answers."""
        reached: asyncio.Future[End | None] = self.create_future()

        def connected(end: End | None) -> None:
            if self.dead or reached.done():
                if end is not None:
                    end.abort()
            else:
                reached.set_result(end)

        self._network.connect(port, connected)
        end = await reached
        if end is None:
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = protocol_factory()
        return self._attach(end, protocol), protocol

    async def create_server(self, protocol_factory: Callable[[], Any], host: Any, port: Any, **_: Any) -> Any:  # type: ignore[override]
        """Listens on the virtual network."""

        def accept(end: End) -> None:
            transport = Transport(self, end, self.on_sent)
            self._transports.append(transport)
            self.call_soon(transport.begin, protocol_factory)

        self._network.listen(port, accept)
        self._ports[port] = accept
        return Server(lambda: self._stop_listening(port), port)

    def _stop_listening(self, port: int) -> None:
        if not self.dead and (accept := self._ports.pop(port, None)) is not None:
            self._network.stop_listening(port, accept)

    def _attach(self, end: End, protocol: Any) -> Transport:
        transport = Transport(self, end, self.on_sent)
        self._transports.append(transport)
        if len(self._transports) > 50:
            self._transports = [one for one in self._transports if one.end.is_open]
        transport.begin(lambda: protocol)
        return transport

    def _due(self, handle: _Handle) -> None:
        if not (self.dead or handle._cancelled):
            self._ready.append(handle)
            if not self._turn_is_due:
                self._turn()

    def _turn_soon(self) -> None:
        if self._ready and not (self._turn_is_due or self.dead):
            self._turn_is_due = True
            self._world.after(0, self._turn)

    def _turn(self) -> None:
        """Runs what is ready by now, the first to come first; what becomes ready meanwhile has the next turn."""
        self._turn_is_due = False
        if not self.frozen:
            self._run(self._next())
            self._turn_soon()

    def _next(self) -> Iterator[_Handle]:
        for _ in range(len(self._ready)):
            if self.dead:
                break
            yield self._ready.popleft()

    def _run(self, handles: Iterable[_Handle]) -> None:
        asyncio._set_running_loop(self)
        try:
            for handle in handles:
                if not handle._cancelled:
                    handle.call(self.call_exception_handler)
        except Killed:
            self.kill()
        finally:
            asyncio._set_running_loop(None)
        if self.dead:
            self.bury()
