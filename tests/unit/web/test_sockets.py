"""Browsers that are slow, silent or rude."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cti.web import sockets
from tests.unit.web.conftest import Site


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type":"fly"}',
        '{"type":"ready","also":1}',
        '{"type":"not_ready"}',
        '{"type":"not_ready","reason":7}',
        '{"type":"not_ready","reason":"' + "x" * 100 + '"}',
        '{"type":"note","call":"c","disposition":"","note":"' + "x" * 4_001 + '"}',
        '{"type":NaN}',
        "1e400",
        "[" * 8_000,
        '{"type":"ready"' + "\\ud800",
    ],
)
async def test_what_is_no_message_is_refused_and_the_desk_goes_on(site: Site, text: str) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    told = len(site.service.told)
    await desk.socket.send_str(text)
    assert await desk.refusal() == "The desk did not understand this. Please reload the page."
    assert len(site.service.told) == told
    await desk.say(type="ready")
    await desk.state("ready")


async def test_a_message_too_long_or_not_text_ends_the_socket(site: Site) -> None:
    await site.sign_in("olena")
    for spoil in ("x" * (sockets.LARGEST_MESSAGE + 1), b'{"type":"ready"}'):
        desk = await site.desk()
        await desk.state("not-ready")
        await (desk.socket.send_bytes(spoil) if isinstance(spoil, bytes) else desk.socket.send_str(spoil))
        with pytest.raises((TypeError, aiohttp.WSMessageTypeError)):
            await desk.state("ready")
        assert desk.socket.closed


async def test_a_flood_of_messages_ends_the_socket(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    for _ in range(sockets.BURST + 2):
        await desk.say(type="hold")
    with pytest.raises((TypeError, aiohttp.WSMessageTypeError)):
        await desk.until(lambda _: False)
    assert desk.socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_an_unchanged_desk_is_silent_and_a_changed_one_is_told_at_once(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.5):
            await desk.until(lambda _: True)
    await desk.say(type="ready")
    await desk.state("ready")


class Chatter:
    """A client whose state is large and always new."""

    def __init__(self) -> None:
        self.count = 0

    def state(self) -> dict[str, object]:
        self.count += 1
        return {"type": "chatter", "count": self.count, "text": "x" * 500_000}

    def hear(self, text: str) -> str | None:
        return None


async def test_a_browser_that_reads_nothing_is_cut_off_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "STALLED_AFTER_S", 1.0)
    talking: list[sockets.Socket] = []
    ended: list[str] = []

    async def talk(request: web.Request) -> web.StreamResponse:
        one = sockets.Socket(Chatter(), now=lambda: 0, gap_s=0.01)
        talking.append(one)
        try:
            return await one.serve(request)
        finally:
            ended.append(request.query["who"])

    app = web.Application()
    app.add_routes([web.get("/", talk)])
    async with TestServer(app) as server, aiohttp.ClientSession() as client, asyncio.timeout(30):
        deaf = await client.ws_connect(server.make_url("/?who=deaf"))
        connection = deaf._response.connection
        assert connection is not None
        assert isinstance(connection.transport, asyncio.Transport)
        transport = connection.transport
        transport.pause_reading()
        quick = await client.ws_connect(server.make_url("/?who=quick"), max_msg_size=0)
        heard = 0
        while not ended:
            for one in talking:
                one.wake()
            await quick.receive_json()
            heard += 1
        assert ended == ["deaf"]
        assert heard > 20
        assert not quick.closed
        transport.abort()


async def test_a_closed_page_leaves_nothing_running_behind(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    await desk.socket.close()
    senders = [task for task in asyncio.all_tasks() if task.get_name().startswith("send ")]
    _, running = await asyncio.wait(senders, timeout=5) if senders else ((), ())
    assert not running
