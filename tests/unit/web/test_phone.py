"""What the phone page shows, and what becomes of its caller."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp
import pytest

from cti.phone.pages import PhonePages, line_to_call
from cti.phone.view import MOST_LINES, phone_view
from cti.service.ports import LineError
from cti.web.server import serve_features
from cti.web.settings import WebSettings
from tests.unit.web.conftest import Socket, browser
from tests.unit.web.demo import DemoService, NoPasswords


@dataclass
class PlayedCaller:
    """A caller who notes what the page makes it do."""

    number: str
    name: str
    did: list[str] = field(default_factory=list)
    state: str = "menu"
    ended_by: str = ""
    asking: bool = True
    keys_so_far: int = 0
    transcript: list[SimpleNamespace] = field(default_factory=list)
    changed: Callable[[], None] | None = None

    def press(self, key: str) -> None:
        self.did.append(key)
        self.transcript.append(SimpleNamespace(at=1, who="you", sound="key", text=key, language=""))
        if self.changed is not None:
            self.changed()

    def hang_up(self) -> None:
        self.did.append("hung up")
        self.state = "ended"
        if self.changed is not None:
            self.changed()

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        self.changed = changed

        def unsubscribe() -> None:
            self.changed = None

        return unsubscribe


@dataclass
class PlayedLine:
    """A line that takes any call, unless it is down."""

    callers: list[PlayedCaller] = field(default_factory=list)
    down: bool = False

    def place_call(self, number: str, name: str) -> PlayedCaller:
        if self.down:
            raise LineError("down")
        self.callers.append(PlayedCaller(number, name))
        return self.callers[-1]


@dataclass
class Booth:
    """A served phone page."""

    line: PlayedLine
    address: str
    client: aiohttp.ClientSession

    async def phone(self) -> Socket:
        """Opens the page as a browser would, and its socket."""
        await self.client.get(f"{self.address}/phone")
        return Socket(await self.client.ws_connect(f"{self.address}/phone/socket", headers={"Origin": self.address}))


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    """A phone page on a line that notes what it is told."""
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        line = PlayedLine()
        settings = WebSettings(phone_grace_ms=1_000)
        runner = await serve_features(DemoService(), NoPasswords(), listener, settings, [PhonePages(line)])
        stack.push_async_callback(runner.cleanup)
        client = await stack.enter_async_context(browser())
        yield Booth(line, f"http://127.0.0.1:{listener.getsockname()[1]}", client)


async def test_a_call_is_dialled_keys_are_pressed_and_the_hook_is_put_down(booth: Booth) -> None:
    phone = await booth.phone()
    await phone.until(lambda state: state["state"] == "idle")
    await phone.say(type="dial", number=" +380501110001 ", name="  Наталя ")
    await phone.until(lambda state: state["state"] == "menu")
    for key in "1*#":
        await phone.say(type="key", key=key)
    await phone.until(lambda state: len(state["lines"]) == 3)
    await phone.say(type="hang_up")
    await phone.until(lambda state: state["state"] == "ended")
    (caller,) = booth.line.callers
    assert (caller.number, caller.name) == ("+380501110001", "Наталя")
    assert caller.did == ["1", "*", "#", "hung up"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "key", "key": "12"},
        {"type": "key", "key": "A"},
        {"type": "key", "key": "1\n"},
        {"type": "dial", "number": "1" * 41, "name": ""},
        {"type": "dial", "number": "1", "name": "x" * 201},
        {"type": "dial"},
        {"type": "sing"},
    ],
)
async def test_what_no_phone_can_do_is_refused(booth: Booth, message: dict[str, object]) -> None:
    phone = await booth.phone()
    await phone.say(**message)
    assert await phone.refusal() == "The phone did not understand this. Please reload the page."
    assert booth.line.callers == []


async def test_keys_before_the_call_and_a_line_that_is_down_are_told_in_words(booth: Booth) -> None:
    phone = await booth.phone()
    await phone.say(type="key", key="1")
    assert await phone.refusal() == "There is no call. Dial first."
    booth.line.down = True
    await phone.say(type="dial", number="1", name="")
    assert await phone.refusal() == "The line takes no calls at the moment."


async def test_a_reload_keeps_the_call_and_leaving_ends_it(booth: Booth) -> None:
    phone = await booth.phone()
    await phone.say(type="dial", number="1", name="")
    await phone.until(lambda state: state["state"] == "menu")
    await phone.socket.close()
    again = await booth.phone()
    await again.until(lambda state: state["state"] == "menu")
    await asyncio.sleep(1.2)
    (caller,) = booth.line.callers
    assert caller.did == []
    await again.socket.close()
    async with asyncio.timeout(5):
        while not caller.did:  # noqa: ASYNC110 (nothing tells a test of it)
            await asyncio.sleep(0.01)
    assert caller.did == ["hung up"]


async def test_dialling_anew_hangs_up_first(booth: Booth) -> None:
    phone = await booth.phone()
    await phone.say(type="dial", number="1", name="")
    await phone.say(type="dial", number="2", name="")
    await phone.until(lambda state: state["state"] == "menu" and len(booth.line.callers) == 2)
    assert booth.line.callers[0].did == ["hung up"]


async def test_another_browser_has_a_phone_of_its_own(booth: Booth) -> None:
    phone = await booth.phone()
    await phone.say(type="dial", number="1", name="")
    await phone.until(lambda state: state["state"] == "menu")
    async with browser() as client:
        other = await Booth(booth.line, booth.address, client).phone()
        await other.until(lambda state: state["state"] == "idle")


async def test_a_socket_without_the_page_before_it_is_refused(booth: Booth) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await booth.client.ws_connect(f"{booth.address}/phone/socket", headers={"Origin": booth.address})


def test_only_the_latest_of_a_long_call_is_sent() -> None:
    caller = PlayedCaller("1", "")
    for _ in range(MOST_LINES + 10):
        caller.press("1")
    assert len(phone_view(caller)["lines"]) == MOST_LINES


def test_a_line_that_people_can_call_on_is_found_among_others() -> None:
    line = PlayedLine()
    assert line_to_call({"asterisk": object(), "virtual": line}) is line
    assert line_to_call({"asterisk": object()}) is None
