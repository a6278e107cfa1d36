"""Browsers that are slow, silent or rude."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from centre import events
from cti.web import sockets
from cti.web.streams import Stream
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


async def test_a_browser_that_reads_nothing_is_cut_off_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "STALLED_AFTER_S", 1.0)
    chatter = Stream(lambda: {"type": "chatter", "text": str(time.monotonic_ns()) * 30_000})
    ended: list[str] = []

    async def talk(request: web.Request) -> web.StreamResponse:
        one = sockets.Socket(chatter, lambda _: None, now=lambda: 0, gap_s=0.01)
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
            chatter.touch()
            await quick.receive_json()
            heard += 1
        assert ended == ["deaf"]
        assert heard > 20
        assert not quick.closed
        transport.abort()


async def test_a_page_that_comes_back_gets_what_it_missed_and_one_of_another_process_all_of_it(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    await desk.socket.close()
    stream, number = desk.mirror.stream, desk.mirror.number
    site.service.tell(events.AgentReady(agent="olena"))
    again = await site.socket(f"/desk/socket?stream={stream}&number={number}")
    message = await again.socket.receive_json()
    assert (message["type"], message["stream"], message["number"]) == ("change", stream, number + 1)
    desk.mirror.take(message)
    assert desk.mirror.state["agent"]["state"] == "ready"
    nothing_new = await site.socket(f"/desk/socket?stream={stream}&number={number + 1}")
    assert (await nothing_new.socket.receive_json())["type"] == "beat"
    for elsewhere in (
        "stream=another&number=1",
        f"stream={stream}&number=999",
        f"stream={stream}&number=-1",
        f"stream={stream}&number=1e9",
        f"stream={stream}&number=" + "9" * 5_000,
        f"stream={stream}",
        "number=²",
    ):
        other = await site.socket(f"/desk/socket?{elsewhere}")
        assert (await other.socket.receive_json())["type"] == "snapshot", elsewhere
        await other.socket.close()


async def test_a_page_that_has_missed_something_asks_again_and_gets_it(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    first = desk.mirror.number
    await desk.say(type="ready")
    change = await desk.socket.receive_json()
    assert (change["type"], change["number"]) == ("change", first + 1)
    await desk.say(type="again", stream=desk.mirror.stream, number=first)
    assert (await desk.socket.receive_json()) | {"now": 0} == change | {"now": 0}
    await desk.say(type="again", stream="another", number=first)
    assert (await desk.socket.receive_json())["type"] == "snapshot"
    assert desk.refused == []


async def test_a_closed_page_leaves_nothing_running_behind(site: Site) -> None:
    await site.sign_in("olena")
    desk = await site.desk()
    await desk.state("not-ready")
    await desk.socket.close()
    senders = [task for task in asyncio.all_tasks() if task.get_name().startswith("send ")]
    _, running = await asyncio.wait(senders, timeout=5) if senders else ((), ())
    assert not running
