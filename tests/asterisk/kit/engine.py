"""The least an engine is to the dialplan: an AGI peer that answers one line at a time, or freezes, or dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.asterisk.kit.asterisk import Asterisk


class AgiCall:
    """One call in the menu, as raw AGI (https://docs.asterisk.org, AGI commands)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.headers: list[str] = []
        """The lines Asterisk introduces the call with, in order."""

    async def read_headers(self) -> None:
        """Up to the blank line."""
        while line := (await self._reader.readline()).decode().rstrip("\n"):
            self.headers.append(line)

    def header(self, name: str) -> str:
        """The value of the one header agi_*name*."""
        (value,) = [line.partition(": ")[2] for line in self.headers if line.startswith(f"agi_{name}: ")]
        return value

    async def command(self, text: str) -> str:
        """Send a command, return the answer: `200 result=52`."""
        self._writer.write(text.encode() + b"\n")
        await self._writer.drain()
        return (await self._reader.readline()).decode().rstrip("\n")

    async def wait_until_closed(self) -> None:
        """Until Asterisk closes the connection."""
        while await self._reader.read(1024):
            pass

    def die(self) -> None:
        """What the exchange sees of kill -9: the connection closes, with nothing said."""
        self._writer.transport.abort()


@asynccontextmanager
async def engine(asterisk: Asterisk, menu: Callable[[AgiCall], Awaitable[None]]) -> AsyncIterator[None]:
    """An AGI server at the port that *asterisk* asks, which runs *menu* with each call. Errors in it fail the test."""
    failures: list[Exception] = []
    ended: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = AgiCall(reader, writer)
        try:
            await call.read_headers()
            await menu(call)
        except Exception as error:
            failures.append(error)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.create_task(serve(reader, writer), name="AGI call"))

    server = await asyncio.start_server(accept, "127.0.0.1", asterisk.agi_port)
    try:
        yield
    finally:
        server.close()
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        await server.wait_closed()
    if failures:
        raise failures[0]


async def to_the_music(call: AgiCall) -> None:
    """The shortest menu: the caller waits at once."""
    await call.command("SET VARIABLE CC_NEXT wait")
