"""A scripted peer that speaks just enough of the manager interface (AMI) to misbehave, over a real loopback socket.

Out of the box it greets, checks the secret and answers every action with Success. A test replaces the answer to an
action with `on`, and uses the `Peer` of a connection to send whatever bytes it likes, cut and delayed as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

USER, SECRET = "holdless", "right"
DEADLINE_S = 20.0
"""How long `seen` waits for something to happen at all."""


@dataclass
class Action:
    """An action as received: the connection it came on (1 is the first) and its headers, names in lower case."""

    connection: int
    lines: list[str]

    def all(self, name: str) -> list[str]:
        return [line.partition(": ")[2] for line in self.lines if line.lower().startswith(name.lower() + ":")]

    def get(self, name: str) -> str:
        return (self.all(name) or [""])[0]

    @property
    def name(self) -> str:
        return self.get("Action")


class Peer:
    """The fake's end of one connection."""

    def __init__(self, number: int, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.writer = writer
        self.ended = False
        """Whether the other side has ended the connection, or we have."""

    async def send(self, data: bytes, *, at: int | None = None) -> None:
        """Send *data*; with *at*, as two packets cut at that byte."""
        for part in [data] if at is None else [data[:at], data[at:]]:
            self.writer.write(part)
            await self.writer.drain()
            if at is not None:
                await asyncio.sleep(0.03)  # lets the kernel hand over the first part by itself

    async def reply(self, action: Action, response: str = "Success", **headers: str) -> None:
        await self.send(message(Response=response, ActionID=action.get("ActionID"), **headers))

    async def event(self, name: str, **headers: str) -> None:
        await self.send(message(Event=name, **headers))

    def cut(self) -> None:
        self.writer.transport.abort()


def message(**headers: str) -> bytes:
    """One message as AMI writes it."""
    return ("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode()


Answer = Callable[[Peer, Action], Awaitable[None]]


def variables(**values: str) -> str:
    """As many ChanVariable headers, for the value of the first."""
    return "\r\nChanVariable: ".join(f"{name}={value}" for name, value in values.items())


async def silence(peer: Peer, action: Action) -> None:
    """The answer of a peer that takes an action and says nothing."""


@dataclass
class FakeAmi:
    """The peer. `async with FakeAmi() as fake:` listens on fake.port."""

    greeting: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    secret: str = SECRET
    booted: bool = True
    """Whether a login is followed by FullyBooted; a user without read=system never sees it."""
    actions: list[Action] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    frozen: bool = False
    port: int = 0

    async def __aenter__(self) -> Self:
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_listening()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Refuse new connections; the ones there are stay."""
        self._server.close()

    def on(self, name: str, answer: Answer) -> None:
        """Answer the action *name* with *answer* from now on."""
        self.answers[name.lower()] = answer

    def named(self, name: str) -> list[Action]:
        return [action for action in self.actions if action.name.lower() == name.lower()]

    async def seen(self, name: str, count: int = 1) -> list[Action]:
        """Wait until *count* actions *name* have come."""
        await self.until(lambda: len(self.named(name)) >= count)
        return self.named(name)

    async def connected(self, count: int) -> Peer:
        """Wait for the connection number *count*."""
        await self.until(lambda: len(self.peers) >= count)
        return self.peers[count - 1]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(true)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = Peer(len(self.peers) + 1, writer)
        self.peers.append(peer)
        await self._tell()
        try:
            await peer.send(self.greeting)
            while data := await reader.readuntil(b"\r\n\r\n"):
                action = Action(peer.number, data.decode().strip("\r\n").split("\r\n"))
                self.actions.append(action)
                await self._tell()
                if not self.frozen:
                    await self.answers.get(action.name.lower(), self.usual)(peer, action)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            peer.ended = True
            await self._tell()
            self._tasks.discard(task)

    async def usual(self, peer: Peer, action: Action) -> None:
        """The answer to an action that no test has replaced."""
        if action.name.lower() != "login":
            await peer.reply(action)
        elif action.get("Secret") != self.secret:
            await peer.reply(action, "Error", Message="Authentication failed")
            peer.writer.close()
        else:
            await peer.reply(action, Message="Authentication accepted")
            if self.booted:
                await peer.event("FullyBooted", Status="Fully Booted")

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
