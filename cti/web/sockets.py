"""One browser at the other end of a WebSocket: it follows a stream, and says what its user wants.

A message is sent when the browser has taken the one before, so a slow one holds up nobody, and costs no more than its
place in the stream (:mod:`cti.web.streams`). Who has not taken a message for ten seconds is cut off, and finds
everything again on coming back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from cti.web.streams import NOWHERE, State, Stream

_log = logging.getLogger(__name__)

STALLED_AFTER_S = 10.0
STALLED = 4008
"""The code with which a browser is cut off that takes nothing (RFC 6455, 7.4.2: 4000 and above are ours to choose)."""
SAY_SOMETHING_EVERY_S = 5.0
"""Browsers take silence of more than twice this for a lost connection."""
PING_EVERY_S = 15.0
GOODBYE_S = 1.0
"""How long a browser has to take the last word and answer it."""
LARGEST_MESSAGE = 16_384
MOST_REPLIES = 32
MESSAGES_A_SECOND = 20
BURST = 60

Hear = Callable[[str], str | None]
"""Takes in a message; returns why it is refused, in the reader's language."""


class _Again(msgspec.Struct, tag_field="type", tag="again", forbid_unknown_fields=True):
    """I have missed something: this is how far I followed."""

    stream: str
    number: int


_again = msgspec.json.Decoder(_Again)


class Socket:
    """Lets one browser follow ``stream``, with a pause of ``gap_s`` at least between looks at what is new."""

    def __init__(self, stream: Stream, hear: Hear, now: Callable[[], int], gap_s: float) -> None:
        self.response = web.WebSocketResponse(
            heartbeat=PING_EVERY_S, max_msg_size=LARGEST_MESSAGE, timeout=2.0, compress=False
        )
        self._stream = stream
        self._take_in = hear
        self._place = NOWHERE
        self._now = now
        self._gap_s = gap_s
        self._awake = asyncio.Event()
        self._awake.set()
        self._replies: deque[State] = deque(maxlen=MOST_REPLIES)
        self._over = False
        self._transport: asyncio.Transport | None = None

    def wake(self) -> None:
        """There may be something new."""
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
        self.wake()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Talks until either side has had enough."""
        self._transport = request.transport
        self._place = self._stream.place(request.query.get("stream", ""), _number(request.query.get("number", "")))
        self._stream.readers.add(self)
        self._stream.touch()
        try:
            await self.response.prepare(request)
            await self._talk(request)
        finally:
            self._stream.readers.discard(self)
        return self.response

    async def _talk(self, request: web.Request) -> None:
        # Who has been cut off is not heard of any more by aiohttp's receive(), so either of the two ends both.
        hearing = asyncio.create_task(self._hear(), name=f"hear {request.path}")
        sending = asyncio.create_task(self._send(request), name=f"send {request.path}")
        try:
            await asyncio.wait({hearing, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hearing, sending):
                task.cancel()
            for result in await asyncio.gather(hearing, sending, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, ConnectionError):
                    _log.error("a socket at %s failed; please report this", request.path, exc_info=result)
            await self.end(WSCloseCode.OK, b"")

    async def _hear(self) -> None:
        credit, last = float(BURST), self._now()
        async for message in self.response:
            now = self._now()
            credit = min(credit + (now - last) / 1000 * MESSAGES_A_SECOND, BURST) - 1
            last = now
            if credit < 0:
                await self.end(WSCloseCode.POLICY_VIOLATION, b"too many messages")
                return
            if message.type is not WSMsgType.TEXT:
                await self.end(WSCloseCode.UNSUPPORTED_DATA, b"text only")
                return
            self._heard(message.data)
            self.wake()

    def _heard(self, text: str) -> None:
        try:
            again = _again.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            if refused := self._take_in(text):
                self._replies.append({"type": "refused", "message": refused})
            else:
                self._stream.touch()  # not every wish has an effect that tells of it: a state for after the call
        else:
            self._place = self._stream.place(again.stream, again.number)

    async def _send(self, request: web.Request) -> None:
        try:
            is_silent = True
            while not self.response.closed:
                if not await self._send_what_is_new() and is_silent:
                    await self._send_one(self._stream.beat())
                is_silent = False
                if self._over:
                    await self.end(WSCloseCode.GOING_AWAY, b"")
                    return
                await asyncio.sleep(self._gap_s)
                try:
                    async with asyncio.timeout(SAY_SOMETHING_EVERY_S):
                        await self._awake.wait()
                except TimeoutError:
                    is_silent = True
        except TimeoutError:
            _log.info("a browser at %s took nothing for %.0f s and is cut off", request.path, STALLED_AFTER_S)
            await self.end(STALLED, b"took nothing for too long")
        except ConnectionError:
            pass  # gone in the middle of a word: as good an end as any
        except Exception:
            _log.exception("the state for %s could not be made", request.path)
            await self.end(WSCloseCode.INTERNAL_ERROR, b"")

    async def _send_what_is_new(self) -> bool:
        """Returns whether there was anything."""
        self._awake.clear()
        said = False
        while self._replies:
            await self._send_one(self._replies.popleft())
            said = True
        self._stream.renew()
        while (message := self._stream.next(self._place)) is not None:
            self._place = message["number"]
            await self._send_one(message)
            said = True
        return said

    async def _send_one(self, message: State) -> None:
        text = msgspec.json.encode({**message, "now": self._now()}).decode()
        async with asyncio.timeout(STALLED_AFTER_S):
            await self.response.send_str(text)


def _number(text: str) -> int:
    """What a browser says of how far it came; nothing that it could say is worth an error."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
