"""One browser at the other end of a WebSocket.

What is sent is always the newest whole state, made when the browser is ready to take it, never a queue of changes: a
slow browser skips states, a fast one sees each, and neither costs the server more than one message of memory. Who has
not taken a message for ten seconds is cut off, and finds everything again on coming back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

_log = logging.getLogger(__name__)

State = Mapping[str, Any]

STALLED_AFTER_S = 10.0
SAY_SOMETHING_EVERY_S = 5.0
"""Browsers take silence of more than twice this for a lost connection."""
PING_EVERY_S = 15.0
GOODBYE_S = 1.0
"""How long a browser has to take the last word and answer it."""
LARGEST_MESSAGE = 16_384
MOST_REPLIES = 32
MESSAGES_A_SECOND = 20
BURST = 60


class Client(Protocol):
    """What a page says and hears."""

    def state(self) -> State:
        """Everything the page shows now. ``now`` is added."""

    def hear(self, text: str) -> str | None:
        """Takes in a message; returns why it is refused, in the reader's language."""


class Socket:
    """Sends ``client``'s state to one browser whenever it was woken, at most once every ``gap_s``."""

    def __init__(self, client: Client, now: Callable[[], int], gap_s: float) -> None:
        self.response = web.WebSocketResponse(
            heartbeat=PING_EVERY_S, max_msg_size=LARGEST_MESSAGE, timeout=2.0, compress=False
        )
        self._client = client
        self._now = now
        self._gap_s = gap_s
        self._awake = asyncio.Event()
        self._awake.set()
        self._replies: deque[State] = deque(maxlen=MOST_REPLIES)
        self._last = b""
        self._over = False
        self._transport: asyncio.Transport | None = None

    def wake(self) -> None:
        """The state may have changed."""
        self._awake.set()

    def finish(self) -> None:
        """Sends the state once more and closes."""
        self._over = True
        self._awake.set()

    async def end(self, code: int, message: bytes) -> None:
        """Says goodbye; who does not answer is cut off. Never raises, and takes a second at most."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.response.close(code=code, message=message)
        except (TimeoutError, ConnectionError, RuntimeError):  # asleep, gone, or not there yet
            if self._transport is not None:
                self._transport.abort()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Talks until either side has had enough."""
        self._transport = request.transport
        await self.response.prepare(request)
        sender = asyncio.create_task(self._send(request), name=f"send {request.path}")
        try:
            await self._hear()
        except ConnectionError:
            pass  # gone in the middle of a word: as good an end as any
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            with contextlib.suppress(ConnectionError):
                await self.response.close()
        return self.response

    async def _hear(self) -> None:
        credit, last = float(BURST), self._now()
        async for message in self.response:
            now = self._now()
            credit = min(credit + (now - last) / 1000 * MESSAGES_A_SECOND, BURST) - 1
            last = now
            if credit < 0:
                await self.response.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many messages")
                return
            if message.type is not WSMsgType.TEXT:
                await self.response.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"text only")
                return
            refused = self._client.hear(message.data)
            if refused:
                self._replies.append({"type": "refused", "message": refused})
            self.wake()

    async def _send(self, request: web.Request) -> None:
        try:
            while not self.response.closed:
                await self._send_what_is_new()
                if self._over:
                    await self.response.close(code=WSCloseCode.GOING_AWAY)
                    return
                await asyncio.sleep(self._gap_s)
                try:
                    async with asyncio.timeout(SAY_SOMETHING_EVERY_S):
                        await self._awake.wait()
                except TimeoutError:
                    self._last = b""
        except TimeoutError:
            _log.info("a browser at %s took nothing for %.0f s and was cut off", request.path, STALLED_AFTER_S)
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass  # the browser is gone: _hear ends by itself
        except Exception:
            _log.exception("the state for %s could not be made", request.path)
            if request.transport is not None:
                request.transport.abort()

    async def _send_what_is_new(self) -> None:
        self._awake.clear()
        while self._replies:
            await self._send_one(self._replies.popleft())
        state = self._client.state()
        encoded = msgspec.json.encode(state)
        if encoded != self._last:
            self._last = encoded
            await self._send_one(state)

    async def _send_one(self, message: State) -> None:
        text = msgspec.json.encode({**message, "now": self._now()}).decode()
        async with asyncio.timeout(STALLED_AFTER_S):
            await self.response.send_str(text)
