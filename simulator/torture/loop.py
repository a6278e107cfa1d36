"""An asyncio event loop on the world's clock and network: one for each life of the engine.

Timers and callbacks of all loops stand in the world's one order. A loop can be frozen, as SIGSTOP does, and killed:
from that instant nothing that runs on it reaches the world.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
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
        self._ready: deque[asyncio.Handle] = deque()
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
        for _ in self._ready:
            self._world.after(0, self._turn)

    def run(self, do: Callable[[], None]) -> None:
        """Does something within the process, unless it is dead; raises nothing where that kills it."""
        if not self.dead:
            self._run(asyncio.Handle(do, (), self))

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
                    handle._run()

    # What asyncio wants of a loop.

    def time(self) -> float:
        """Seconds since the loop was made."""
        return (self._world.now_us - self._start_us) / 1e6

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context = None) -> asyncio.Handle:  # type: ignore[override]
        """As asyncio says."""
        handle = asyncio.Handle(callback, args, self, context)
        self._soon(handle)
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
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self.dead:
            self._world.at(self._start_us + math.ceil(when * 1e6), lambda: self._due(handle))
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

    def _soon(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)
        if not self.dead:
            self._world.after(0, self._turn)

    def _due(self, handle: asyncio.Handle) -> None:
        if not (self.dead or handle.cancelled()):
            self._ready.append(handle)
            self._turn()

    def _turn(self) -> None:
        """Runs what has been ready for longest."""
        if self.dead or self.frozen or not self._ready:
            return
        handle = self._ready.popleft()
        if not handle.cancelled():
            self._run(handle)

    def _run(self, handle: asyncio.Handle) -> None:
        asyncio._set_running_loop(self)
        try:
            handle._run()
        except Killed:
            self.kill()
        finally:
            asyncio._set_running_loop(None)
        if self.dead:
            self.bury()
