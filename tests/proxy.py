"""A TCP proxy that can be frozen or cut: a network that is gone, without telling anybody or with a word."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FreezableProxy:
    """Passes bytes on, both ways, while it is neither frozen (connections stay open) nor cut (they end)."""

    def __init__(self) -> None:
        self.port = 0
        self.to = 0
        """The port behind it."""
        self.delay_s = 0.0
        """How long everything takes on its way there: a server that is slow."""
        self.cut_after = b""
        """A connection ends when this has come back on it, with nothing of what follows; empty: none does."""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_cut = False
        self._pumps: set[asyncio.Task[None]] = set()
        self._sockets: set[asyncio.StreamWriter] = set()

    def freeze(self) -> None:
        """Nothing gets through any more."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Everything gets through again, what was held back first."""
        self._flowing.set()

    async def cut(self) -> None:
        """Every connection ends, and no new one lasts."""
        self._is_cut = True
        await self.close()

    async def reset(self) -> None:
        """The same with a reset (RST) where :meth:`cut` says goodbye (FIN)."""
        for writer in self._sockets:
            # socket(7): to linger for no time at all means to throw away what is unsent, and to reset
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.cut()

    def mend(self) -> None:
        """Connections can be made again."""
        self._is_cut = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if self._is_cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        self._sockets |= {writer, far_writer}
        for pump in (self._pump(reader, far_writer, there=True), self._pump(far_reader, writer)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, there: bool = False) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(65_536):
                    await self._flowing.wait()
                    await asyncio.sleep(self.delay_s if there else 0)
                    before, mark, _ = (
                        data.partition(self.cut_after) if self.cut_after and not there else (data, b"", b"")
                    )
                    writer.write(before + mark)
                    await writer.drain()
                    if mark:
                        break
        finally:
            self._sockets.discard(writer)
            writer.close()

    async def close(self) -> None:
        """Ends every connection."""
        pumps = list(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


@asynccontextmanager
async def freezable_proxy() -> AsyncIterator[FreezableProxy]:
    """A proxy on a free port; say in ``to`` where it leads."""
    proxy = FreezableProxy()
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
