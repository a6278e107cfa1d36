"""panoramisk, and the only module that knows it: bytes to messages, actions to bytes.

Of panoramisk 1.4 we use the framing (AMIProtocol), the parser (Message) and the writing of actions (Action). Its
Manager is left out: measured on Asterisk 22 it sends an Originate again after a reconnect (P7, P8), knows no
deadline (P17), no refused login (P16), no final close (P15), drops the connection when a callback raises (P11),
and has no answer for a send before connect (P6). The tests in tests/faults/test_ami_*.py show each fault beside our
behaviour; a fault that is gone from a newer panoramisk fails there, and its guard here can go.

Not used, so not repaired: fast_agi (P1 to P3, see agi.py), CallManager (P18 keys calls by the second and never
frees them) and send_agi_command (P20 never ends on Asterisk 12 and newer).
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from cti.asterisk.ami_messages import AmiEvent, AmiHeaders, AmiReply, timestamp_ms

GREETING = "Asterisk Call Manager"
MESSAGE_CHARS_MAX = 1 << 20
WRITE_BUFFER_BYTES_MAX = 1 << 20


class Receiver(Protocol):
    """Who is told what a wire brings. Nothing here may raise or block."""

    def on_event(self, event: AmiEvent) -> None:
        """An event came."""

    def on_reply(self, reply: AmiReply) -> None:
        """An answer to an action came."""

    def on_gone(self, reason: str) -> None:
        """The connection has ended; called once."""


class Wire(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types; none of its objects leave this module
    """One connection's framing. Use `connect`."""

    encoding = "utf-8"

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._opening = ""
        self._broken = ""
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self, name: str, action_id: str, headers: Mapping[str, list[str]]) -> None:
        """Write one action; *headers* must come from `checked_headers`."""
        # Not AMIProtocol.send: it logs a failed write away and remembers the action for sending it again (P7).
        action = Action({"Action": name, "ActionID": action_id, **headers})
        self.transport.write(str(action).encode())
        if self.transport.get_write_buffer_size() > WRITE_BUFFER_BYTES_MAX:
            self.abort("Asterisk does not read what it is sent")

    def abort(self, reason: str) -> None:
        """End the connection at once, unsent bytes included, so that a peer who reads nothing cannot keep it."""
        self._broken = self._broken or reason
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        # P12: panoramisk decodes each packet by itself and loses a character that is split between two. What it
        # gets from us is always whole characters.
        text = self._decoder.decode(data)
        if not self.greeted.done():
            text = self._greet(text)
        if text and not self._broken:
            super().data_received(text.encode())
            if len(self.queue[0]) > MESSAGE_CHARS_MAX:
                self.abort(f"a message of more than {MESSAGE_CHARS_MAX} characters")

    def _greet(self, text: str) -> str:
        self._opening += text
        line, end, rest = self._opening.partition("\r\n")
        if not GREETING.startswith(line[: len(GREETING)]) or len(line) > 200:
            self.abort("it is not an Asterisk manager port (no AMI greeting)")
        elif end:
            self.version = line.rpartition("/")[2]
            self.greeted.set_result(None)
            return rest
        return ""

    def handle_message(self, message: Message) -> None:
        # Replaces panoramisk's matching of answers: it takes events with a pending ActionID for answers (P14), takes
        # "Added interface to queue" for the start of a list (P9) and breaks on Originate without Async (P10).
        if self._broken:
            return
        headers = AmiHeaders(
            (name, value if isinstance(value, list) else [value])
            for name, value in message.items()
            if name != "content"  # panoramisk's own, the body of answers before Asterisk 14
        )
        # An OriginateResponse event has a Response header too: Event decides.
        if "Event" in headers:
            event = AmiEvent(headers["Event"], headers, timestamp_ms(headers.get("Timestamp", "")))
            self._receiver.on_event(event)
        else:
            self._receiver.on_reply(AmiReply(headers))

    def connection_lost(self, exc: Exception | None) -> None:
        # Replaces panoramisk's, which collects the unanswered actions for sending them again (P7).
        reason = self._broken or (f"the connection broke ({exc})" if exc else "Asterisk closed the connection")
        for future in (self.greeted, self.gone):
            if not future.done():
                future.set_result(None)
        self._receiver.on_gone(reason)


async def connect(host: str, port: int, receiver: Receiver) -> Wire:
    """A wire to the manager interface at *host*:*port* that has greeted us, or has already ended (then
    `Receiver.on_gone` has been told why). OSError when nobody listens."""
    transport, wire = await asyncio.get_running_loop().create_connection(partial(Wire, receiver), host, port)
    try:
        await wire.greeted
    except asyncio.CancelledError:
        transport.abort()
        raise
    return wire
