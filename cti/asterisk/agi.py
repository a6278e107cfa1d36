"""The FastAGI server: Asterisk opens a connection for a call, our handler talks to the caller over it.

Our own on asyncio streams, not panoramisk's fast_agi: there one peer that closes before the blank line stops the
whole event loop (P1), a HANGUP line shifts every later answer by one and a variable with the value "hangup" reads as
one (P3), and a handler that is a plain function cannot be registered on Python 3.11 (P2). tests/faults/test_agi_*.py
show it.

What it promises: no peer, however it misbehaves, costs more than its own connection, for a bounded time; a handler
that raises ends its own session only. When a session ends, Asterisk goes on in the dialplan: what the caller meets next
is decided there, by the variables the handler has set, never by how the connection ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from cti.asterisk.agi_protocol import (
    AgiError,
    AgiGarbled,
    AgiRefused,
    AgiTimeout,
    CallerGone,
    parse_opening,
)
from cti.asterisk.agi_session import LINE_BYTES_MAX, AgiSession
from cti.service.ports import MayAct, always

__all__ = [
    "AgiCounts",
    "AgiError",
    "AgiGarbled",
    "AgiRefused",
    "AgiServer",
    "AgiSession",
    "AgiTimeout",
    "CallerGone",
]

OPENING_LINES_MAX = 64
OPENING_BYTES_MAX = 8192
GOODBYE_S = 2.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class AgiCounts:
    """What has come to a server since it was made."""

    sessions: int = 0
    """Calls handed to the handler."""
    turned_away: int = 0
    """Connections closed at once because there were as many as allowed."""
    malformed: int = 0
    """Connections that did not open as AGI in time: port probes above all."""
    failures: int = 0
    """Sessions whose handler raised."""


class AgiServer:
    """Listens for Asterisk and runs *handler* for each call. `start` it, `close` it."""

    def __init__(
        self,
        host: str,
        port: int,
        handler: Callable[[AgiSession], Awaitable[None]],
        *,
        sessions_max: int = 2_000,
        opening_ms: int = 5_000,
        deadline_ms: int = 5_000,
        may_act: MayAct = always,
    ) -> None:
        """*port* 0 takes a free one; read it from `port`. *sessions_max*: connections at a time; a further one is
        closed at once, and its caller goes on in the dialplan.

        *opening_ms*: how long a peer may take to say what it wants. *deadline_ms*: for the answer to a command,
        beside the time the command itself takes. *may_act*: asked right before each command is written.
        """
        self.counts = AgiCounts()
        self.port = port
        self._handler, self._host, self._sessions_max = handler, host, sessions_max
        self._opening_ms, self._deadline_ms = opening_ms, deadline_ms
        self._may_act = may_act
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. OSError, naming address and cause, when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=LINE_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every session; their callers go on in the dialplan."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= self._sessions_max:
            self.counts.turned_away += 1
            log.warning("%d AGI sessions at once: a further call is left to the dialplan", len(self._tasks))
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._session(reader, writer)
        except asyncio.CancelledError:
            return  # the server is being closed; nobody waits for this task but `close`
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await writer.wait_closed()
            writer.transport.abort()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._opening_ms / 1000):
                opening = await _read_opening(reader)
        except AgiGarbled as error:
            self.counts.malformed += 1
            log.warning("a connection refused as AGI session: %s", error)
            return
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            self.counts.malformed += 1  # a port probe, or Asterisk ended half-way
            return
        self.counts.sessions += 1
        try:
            session = AgiSession(opening, reader, writer, deadline_ms=self._deadline_ms, may_act=self._may_act)
            await self._handler(session)
        except CallerGone as gone:
            log.debug("call on %s: %s", opening["agi_channel"], gone)
        except Exception:
            self.counts.failures += 1
            log.exception("the AGI session of %s failed; its caller goes on in the dialplan", opening["agi_channel"])


async def _read_opening(reader: asyncio.StreamReader) -> dict[str, str]:
    lines: list[str] = []
    size = 0
    while True:
        try:
            data = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise AgiGarbled("an opening line without end") from None
        size += len(data)
        line = data.decode(errors="replace").removesuffix("\n")
        if not line:
            return parse_opening(lines)
        lines.append(line)
        if len(lines) > OPENING_LINES_MAX or size > OPENING_BYTES_MAX:
            raise AgiGarbled(f"an opening of more than {OPENING_LINES_MAX} lines or {OPENING_BYTES_MAX} bytes")
