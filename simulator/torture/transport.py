"""Connections of the virtual network as asyncio's protocols know them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from simulator.torture.network import End


class Transport(asyncio.Transport):
    """One end of a connection, as asyncio's protocols know it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, end: End, sent: Callable[[int, bytes], None]) -> None:
        """*sent* is told of what is written, and to which port the connection was made."""
        super().__init__()
        self._sent = sent
        self._loop = loop
        self.end = end
        self._protocol: Any = None
        self._closing = False
        self._is_lost = False

    def begin(self, protocol_factory: Callable[[], Any]) -> None:
        """The protocol takes over."""
        self._protocol = protocol_factory()
        self._protocol.connection_made(self)
        self.end.attach(
            lambda data: self._soon(self._received, data),
            lambda why: self._soon(self._ended, why),
        )

    def gone(self, why: str) -> None:
        """Tells the protocol, once, that this is the end."""
        self._closing = True
        if not self._is_lost and self._protocol is not None:
            self._is_lost = True
            self._protocol.connection_lost(ConnectionResetError(104, "Connection reset by peer") if why else None)

    def _soon(self, do: Callable[[Any], None], what: object) -> None:
        self._loop.call_soon(do, what)

    def _received(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def _ended(self, why: str) -> None:
        if not why and self._protocol is not None and not self._closing:
            self._protocol.eof_received()
        self.end.abort()
        self.gone(why)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends."""
        if not self._closing:
            self._sent(self.end.connection.port, bytes(data))
            self.end.send(bytes(data))

    def close(self) -> None:
        """Ends after what was written."""
        if not self._closing:
            self._closing = True
            self.end.close()
            self._loop.call_soon(self.gone, "")

    def abort(self) -> None:
        """Ends now."""
        self.end.abort()
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self.gone, "")

    def is_closing(self) -> bool:
        """Whether it has been closed, by whom ever."""
        return self._closing

    def get_write_buffer_size(self) -> int:
        """The virtual network takes everything at once."""
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known of a virtual peer."""
        return default

    def pause_reading(self) -> None:
        """Nothing: what this network delivers is little."""

    def resume_reading(self) -> None:
        """See :meth:`pause_reading`."""

    def set_protocol(self, protocol: Any) -> None:
        """Another protocol takes over."""
        self._protocol = protocol

    def get_protocol(self) -> Any:
        """Who is told what arrives."""
        return self._protocol


class Server:
    """What the loop gives."""

    def __init__(self, stop: Callable[[], None], port: int) -> None:
        self._stop = stop
        self.sockets = (self,)
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        """Host and port."""
        return "127.0.0.1", self._port

    def close(self) -> None:
        """Stops listening."""
        self._stop()

    async def wait_closed(self) -> None:
        """It is closed at once."""
