"""The pages of a small demo centre on a free port, and a way to ask for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from cti.desk.pages import DeskPages
from cti.floor.pages import FloorPages
from cti.web.pages import Feature
from cti.web.server import serve_features
from cti.web.sessions import Sessions
from cti.web.settings import WebSettings
from tests.leftovers import nothing_left
from tests.mirror import Mirror
from tests.unit.web.demo import DemoService, NoPasswords

__all__ = ["nothing_left"]
"""What is from elsewhere: every test here leaves behind what it found."""


async def _read_whole(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Reads every answer to its end, so that no connection hangs on until somebody collects garbage."""
    answer = await handler(request)
    if answer.status != 101:
        await answer.read()
    return answer


def browser() -> aiohttp.ClientSession:
    """A client with a cookie jar: a cookie of 127.0.0.1 is no worse than one of a name."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), middlewares=(_read_whole,))


@dataclass(frozen=True, slots=True)
class Site:
    """A served demo centre."""

    service: DemoService
    address: str
    client: aiohttp.ClientSession

    async def sign_in(self, user: str, **form: str) -> aiohttp.ClientResponse:
        """Fills in the form as a browser would; returns the answer, without following it."""
        page = await (await self.client.get(f"{self.address}/sign-in")).text()
        token = page.partition('name="token" value="')[2].partition('"')[0]
        return await self.client.post(
            f"{self.address}/sign-in",
            data={"user": user, "token": token, "next": "/desk", **form},
            headers={"Origin": self.address},
            allow_redirects=False,
        )

    async def desk(self) -> Socket:
        """The socket of a desk page."""
        return await self.socket("/desk/socket")

    async def socket(self, path: str, **headers: str) -> Socket:
        """A page's socket."""
        return Socket(
            await self.client.ws_connect(f"{self.address}{path}", headers={"Origin": self.address, **headers})
        )


def _never(stream: str, number: int) -> None:
    raise AssertionError(f"change {number} of {stream} is missing")


@dataclass(frozen=True, slots=True)
class Socket:
    """The browser's end of a socket."""

    socket: aiohttp.ClientWebSocketResponse
    refused: list[str] = field(default_factory=list)
    mirror: Mirror = field(default_factory=lambda: Mirror(_never))

    async def say(self, **message: object) -> None:
        """Sends one message."""
        await self.socket.send_json(message)

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state, or word of refusal, for which ``condition`` holds; words of refusal on the way are kept in
        ``refused``."""
        async with asyncio.timeout(30):
            while True:
                message: dict[str, Any] = await self.socket.receive_json()
                if message["type"] == "refused":
                    self.refused.append(message["message"])
                elif self.mirror.take(message):
                    message = {**self.mirror.state, "now": message["now"]}
                else:
                    continue
                if condition(message):
                    return message

    async def state(self, name: str) -> dict[str, Any]:
        """The first desk state in which the agent is in the state ``name``."""
        return await self.until(lambda message: message["type"] == "desk" and message["agent"]["state"] == name)

    async def refusal(self) -> str:
        """The next word of refusal."""
        return str((await self.until(lambda message: message["type"] == "refused"))["message"])


Serve = Callable[..., Awaitable[Site]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves a demo centre, with settings of the test's choice."""
    async with AsyncExitStack() as stack:

        async def start(
            settings: WebSettings | None = None,
            service: DemoService | None = None,
            sessions: Sessions | None = None,
        ) -> Site:
            listener = stack.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            service = service or DemoService()
            features: list[Feature] = [DeskPages(), FloorPages()]
            runner = await serve_features(
                service, NoPasswords(), listener, settings or WebSettings(), features, sessions
            )
            stack.push_async_callback(runner.cleanup)
            client = await stack.enter_async_context(browser())
            return Site(service, f"http://127.0.0.1:{listener.getsockname()[1]}", client)

        yield start


@pytest.fixture
async def site(serve: Serve) -> Site:
    """The demo centre with everything as it comes."""
    return await serve()
