"""Asterisk's end of a FastAGI session, as a plain socket, and our server beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from cti.asterisk.agi import AgiServer, AgiSession

OPENING = (
    b"agi_network: yes\nagi_network_script: call\nagi_channel: PJSIP/callers-1\nagi_uniqueid: 1.1\n"
    b'agi_callerid: 380441112233\nagi_calleridname: \xd0\xae\xd1\x80\xd1\x96\xd0\xb9: "X"\n'
    b"agi_arg_1: c1\nagi_arg_2: \nagi_arg_3: 900\n\n"
)

Handler = Callable[[AgiSession], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, handler, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


class Caller:
    """Asterisk's end of a session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hears(self) -> str:
        """The next command, without its line end; empty when the session has been closed."""
        with suppress(ConnectionResetError):
            async with asyncio.timeout(20):
                return (await self.reader.readline()).decode().removesuffix("\n")
        return ""

    async def closed(self) -> None:
        while await self.hears():
            pass


@asynccontextmanager
async def calling(port: int, opening: bytes = OPENING) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(opening)
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def converse(
    ask: Callable[[AgiSession], Awaitable[Any]], *answers: bytes, deadline_ms: int = 20_000
) -> tuple[Any, list[str]]:
    """What *ask* gets, or the error it raises, when Asterisk answers its commands by *answers*; and the commands."""
    results: list[Any] = []

    async def handler(session: AgiSession) -> None:
        try:
            results.append(await ask(session))
        except Exception as error:
            results.append(error)

    commands = []
    async with serving(handler, deadline_ms=deadline_ms) as server, calling(server.port) as caller:
        for answer in answers:
            commands.append(await caller.hears())
            caller.say(answer)
        await caller.closed()
    return results[0], commands


async def works(server: AgiServer) -> bool:
    """Whether a well-behaved call is served."""
    before = server.counts.sessions
    async with calling(server.port) as caller:
        heard = await caller.hears()
        caller.say(b"200 result=0\n")
        await caller.closed()
    return heard == "ANSWER" and server.counts.sessions == before + 1


async def just_answer(session: AgiSession) -> None:
    await session.answer()


# P1: peers that are no Asterisk, or stop half-way
