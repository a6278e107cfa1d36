"""The line's two ends on real sockets: requests that come in, requests that go out."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from centre.events import Event, LineSynchronised
from config.loader import load_site
from cti.twilio.answers import Answers
from cti.twilio.line import TwilioLine
from cti.twilio.resources import Ringing
from cti.twilio.rest import RestLost, RestRefused, TwilioRest
from cti.twilio.transport import AiohttpClient
from cti.twilio.webhooks import Webhook
from holdless.serve import is_worth_a_traceback
from tests.engine_process import until
from tests.twilio.house import EXAMPLES, PUBLIC, on_twilio
from tests.twilio.standin.twilio import StandIn

Handler = Callable[[web.Request], Awaitable[web.Response]]
RINGING = Ringing(
    conference="twilio-CA1",
    label="twilio-CA1-1",
    phone="sip:olena@example.com",
    caller_id="+15550100200",
    timeout_s=20,
    news_to=f"{PUBLIC}/legs/1/2",
    starts=True,
    ends=False,
    music="https://calls.example.com/music.mp3",
)


@asynccontextmanager
async def twilio_at(handler: Handler) -> AsyncIterator[str]:
    """A server in Twilio's place."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_of(origin: str) -> AsyncIterator[TwilioRest]:
    http = AiohttpClient(origin)
    try:
        yield TwilioRest("AC" + "0" * 32, "token", http, random.Random(1))
    finally:
        await http.close()


async def test_a_repeated_field_goes_out_as_fields_and_the_account_as_basic_authentication() -> None:
    seen: list[tuple[str, str, list[str]]] = []

    async def handler(request: web.Request) -> web.Response:
        form = await request.post()
        seen.append(
            (request.path, request.headers["Authorization"], [str(one) for one in form.getall("StatusCallbackEvent")])
        )
        return web.json_response({"call_sid": "CA2", "conference_sid": "CF1"}, status=201)

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        rung = await rest.ring(RINGING)
    assert (rung.sid, rung.conference) == ("CA2", "CF1")
    account = "AC" + "0" * 32
    basic = base64.b64encode(f"{account}:token".encode()).decode()
    path = f"/2010-04-01/Accounts/{account}/Conferences/twilio-CA1/Participants.json"
    assert seen == [(path, f"Basic {basic}", ["initiated", "ringing", "answered", "completed"])]


@pytest.mark.parametrize("status", [301, 400, 401, 404])
async def test_a_no_is_not_asked_for_again(status: int) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"code": 20404, "message": "no"}, status=status, headers={"Location": "/elsewhere"})

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        with pytest.raises(RestRefused):
            await rest.end("CA1")
    assert len(asked) == 1


async def test_busy_and_broken_answers_are_tried_again_and_not_for_ever() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429 if len(asked) < 2 else 500, text="<html>")

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        with pytest.raises(RestLost):
            await rest.end("CA1")
    assert len(asked) == 4


@pytest.mark.parametrize("answer", ["<html>Please sign in to this network</html>", '{"a": 1, "b": 2}'])
async def test_somebody_else_answers_in_twilios_place_and_that_is_no_answer(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.twilio.rest._PAUSE_S", 0.001)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=answer)

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        with pytest.raises(RestLost):
            await rest.calls()


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.twilio.transport.ANSWER_BYTES_MOST", 1_000)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="x" * 10_000)

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        with pytest.raises(RestLost, match="TooLarge"):
            await rest.end("CA1")


async def test_a_list_without_end_is_cut_off_and_counts_as_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.twilio.rest.LISTED_MOST", 5)
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        again = f"{request.path}?Page={len(asked)}"
        return web.json_response({"calls": [{"sid": "CA1", "direction": "inbound"}] * 2, "next_page_uri": again})

    async with twilio_at(handler) as origin, client_of(origin) as rest:
        with pytest.raises(RestLost, match="more than 5"):
            await rest.calls()
    assert len(asked) == 3, "and no more pages are asked for"


@asynccontextmanager
async def listening(tmp_path: Path) -> AsyncIterator[tuple[str, StandIn, list[Event]]]:
    """A line that listens on a real port."""
    twilio = StandIn(public_url=PUBLIC)
    (tmp_path / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    recorded = load_site(EXAMPLES / "bank").prompts
    site = replace(on_twilio("bank", tmp_path), prompts=recorded)
    line = TwilioLine(site, messages=tmp_path / "messages", now=lambda: 1, http=twilio.http)
    told: list[Event] = []
    await line.start(told.append)
    try:
        yield f"http://127.0.0.1:{line.port}", twilio, told
    finally:
        await line.close()


async def test_requests_come_in_by_a_socket_and_only_twilios_are_taken(tmp_path: Path) -> None:
    async with listening(tmp_path) as (origin, twilio, told), aiohttp.ClientSession() as session:
        sid = "CA" + "1" * 32
        fields = {"CallSid": sid, "CallStatus": "completed"}
        signed = f"{PUBLIC}/status" + "".join(name + value for name, value in sorted(fields.items()))
        right = base64.b64encode(hmac.new(twilio.token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        statuses = []
        for signature in (right, "wrong", ""):
            async with session.post(
                f"{origin}/twilio/status", data=fields, headers={"X-Twilio-Signature": signature}
            ) as answer:
                statuses.append(answer.status)
        assert statuses == [204, 403, 403]
        assert [event for event in told if not isinstance(event, LineSynchronised)] != []
        async with session.post(f"{origin}/twilio/status", data=b"x" * 100_000) as answer:
            assert answer.status == 413


async def test_what_is_no_http_fills_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = logging.getLogger("aiohttp.server")

    async def nonsense(origin: str) -> None:
        caplog.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        writer.write(b"POST /twilio/voice?\xff HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
        await writer.wait_closed()

    async with listening(tmp_path) as (origin, _, __):
        await nonsense(origin)
        await until(lambda: len(caplog.records) == 1, "what aiohttp logs of itself")
        judged: list[bool] = []

        def judge(record: logging.LogRecord) -> bool:
            judged.append(is_worth_a_traceback(record))
            return judged[-1]

        server.addFilter(judge)
        try:
            await nonsense(origin)
            await until(lambda: judged == [False], "the record that nobody shall see")
            assert caplog.records == []
        finally:
            server.removeFilter(judge)


async def test_a_request_that_is_not_sent_to_its_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.twilio.server.BODY_WITHIN_S", 0.05)

    async def half_of_it() -> AsyncIterator[bytes]:
        yield b"CallSid="
        await asyncio.sleep(3600)

    async with (
        listening(tmp_path) as (origin, _, __),
        aiohttp.ClientSession() as session,
        session.post(f"{origin}/twilio/status", data=half_of_it()) as answer,
    ):
        assert answer.status == 408


async def test_prompts_are_served_and_nothing_else_of_the_folder_is(tmp_path: Path) -> None:
    async with listening(tmp_path) as (origin, _, __), aiohttp.ClientSession() as session:
        async with session.get(f"{origin}/twilio/prompts/en/welcome.gsm") as answer:
            assert (answer.status, answer.content_type) == (200, "audio/x-gsm")
            assert await answer.read() == (EXAMPLES / "bank" / "prompts" / "en" / "welcome.gsm").read_bytes()
        async with session.head(f"{origin}/twilio/prompts/en/welcome.gsm") as answer:
            assert (answer.status, answer.content_type) == (200, "audio/x-gsm")
        for path in (
            "/twilio/prompts/en/../../site.yaml",
            "/twilio/prompts/en/..%2f..%2fsite.yaml",
            "/twilio/prompts/en/welcome.wav",
            "/twilio/prompts/fr/welcome.gsm",
            "/prompts/en/welcome.gsm",
            "/twilio/prompts//etc/passwd",
            "/",
        ):
            async with session.get(f"{origin}{path}", allow_redirects=False) as answer:
                assert answer.status == 403, path


async def test_repetitions_that_come_at_once_wait_for_one_answer() -> None:
    made = []
    answers = Answers(most=2)

    async def slow() -> str:
        made.append(1)
        await asyncio.sleep(0.01)
        return "document"

    assert await asyncio.gather(*(answers.once("a", slow) for _ in range(5))) == ["document"] * 5
    assert len(made) == 1

    async def fails() -> str:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await answers.once("b", fails)
    assert await answers.once("b", slow) == "document"
    await answers.once("c", slow)
    await answers.once("a", slow)
    assert len(made) == 4, "only the latest are kept"


async def test_strangers_who_send_many_requests_do_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twilio = StandIn(public_url=PUBLIC)
    (tmp_path / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    minutes = [1]
    line = TwilioLine(
        on_twilio("bank", tmp_path), messages=tmp_path / "messages", now=lambda: minutes[-1] * 60_000, http=twilio.http
    )
    await line.start(lambda _: None)
    try:
        for number in range(101):
            if number == 100:
                minutes.append(2)
            answer = await line.take(Webhook(method="POST", target="/twilio/voice", headers={}))
            assert answer == (403, "")
    finally:
        await line.close()
    logged = [record.getMessage() for record in caplog.records if "turned away" in record.getMessage()]
    assert len(logged) == 12
    assert "90 more requests were turned away" in logged
    assert "https://calls.example.com/twilio/voice" in logged[0]
