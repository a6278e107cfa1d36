"""Data dips against a web service that does everything wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from centre.requests import FetchData
from config.site import WebService
from cti.dips import DataDips
from cti.service.ports import DipFailed


class Service:
    """A web service and the client that may ask it."""

    def __init__(self) -> None:
        self.address = ""
        self.requests: list[dict[str, Any]] = []
        self.answer: web.StreamResponse | None = None
        self.waits_s = 0.0
        self.authorization: Path | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.requests.append({"path": request.raw_path, "method": request.method, "body": body, **request.headers})
        await asyncio.sleep(self.waits_s)
        return self.answer or web.json_response({"customer": {"tier": "gold", "debts": [{"sum": 12.5}]}, "ok": True})

    async def ask(self, take: Mapping[str, str] | None = None, **more: Any) -> Mapping[str, str]:
        given: dict[str, Any] = {"service": "crm", "path": "/by/%2B38", "query": {}, "json": None, "timeout_ms": 5_000}
        secrets = more.pop("secrets", {})
        wanted = FetchData(call="c", step=1, node="n", secrets={}, take=take or {}, **(given | more))
        client = DataDips(lambda: {"crm": WebService(url=self.address, authorization=self.authorization)})
        try:
            return await client.fetch(wanted, secrets)
        finally:
            await client.close()

    async def refuses(self, **more: Any) -> str:
        with pytest.raises(DipFailed) as caught:
            await self.ask(take={"tier": "customer.tier"}, **more)
        return str(caught.value)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    async with TestServer(app) as server:
        made.address = f"http://{server.host}:{server.port}"
        yield made


async def test_values_are_taken_out_of_the_answer_by_their_path(service: Service) -> None:
    take = {
        "tier": "customer.tier",
        "debt": "customer.debts.0.sum",
        "ok": "ok",
        "no": "customer.debts.7.sum",
        "o": "customer",
    }
    assert await service.ask(take) == {"tier": "gold", "debt": "12.5", "ok": "true"}
    (request,) = service.requests
    assert (request["method"], request["path"]) == ("GET", "/by/%2B38")


async def test_a_body_is_posted_with_its_secrets_and_a_query_is_encoded(service: Service) -> None:
    await service.ask(query={"a": "x&y=1 #?"}, json={"n": 1}, secrets={"pin": "4711"})
    (request,) = service.requests
    assert (request["method"], request["path"]) == ("POST", "/by/%2B38?a=x%26y%3D1+%23?")
    assert json.loads(request["body"]) == {"n": 1, "pin": "4711"}


async def test_the_authorization_is_read_from_its_file(service: Service, tmp_path: Path) -> None:
    service.authorization = tmp_path / "crm.secret"
    assert await service.refuses() == "authorization file cannot be read"
    service.authorization.write_text("Bearer abc\n")
    await service.ask()
    assert service.requests[-1]["Authorization"] == "Bearer abc"
    service.authorization.write_text("Bearer abc\r\nX-Evil: 1\n")
    assert await service.refuses() == "authorization file holds more than one line"


async def test_no_service_is_asked_that_the_site_does_not_name(service: Service) -> None:
    assert await service.refuses(service="billing") == "no such web service"
    assert await service.refuses(service=service.address) == "no such web service"
    assert service.requests == []


@pytest.mark.parametrize(
    "path",
    ["@evil.example/", ":1/", ".evil.example/", "/..", "/a/../admin", "/%2e%2E/a", "/a/..%2Fadmin", "/.%5C..%5Ca"],
)
async def test_no_path_leads_out_of_the_service(service: Service, path: str) -> None:
    service.address += "/api"
    assert await service.refuses(path=path) == "the path leads out of the web service"
    assert service.requests == []


async def test_a_path_is_put_behind_the_address_that_the_site_binds(service: Service) -> None:
    service.address += "/api/v2"
    await service.ask(path="/orders/1")
    await service.ask(path="")
    await service.ask(path="//evil.example/a...b/...")
    assert [request["path"] for request in service.requests] == [
        "/api/v2/orders/1",
        "/api/v2",
        "/api/v2//evil.example/a...b/...",
    ]


async def test_a_redirect_is_no_answer(service: Service) -> None:
    service.answer = web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
    assert await service.refuses() == "status 302"
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<html>", "answer is no JSON"),
        (b"", "answer is no JSON"),
        (b'{"a": NaN}', "answer is no JSON"),
        (b"[" * 60_000, "answer is no JSON"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "answer too large"),
    ],
)
async def test_what_is_no_answer_is_refused(service: Service, answer: bytes, why: str) -> None:
    service.answer = web.Response(body=answer, content_type="application/json")
    assert await service.refuses() == why


async def test_a_small_answer_cannot_unpack_to_a_large_one(service: Service) -> None:
    service.answer = web.Response(body=b"\x1f\x8b" + b"\0" * 100, headers={"Content-Encoding": "gzip"})
    assert await service.refuses() == "answer is no JSON"


async def test_an_answer_that_takes_too_long_is_not_waited_for(service: Service) -> None:
    service.waits_s = 60
    assert await service.refuses(timeout_ms=20) == "deadline"


async def test_nobody_at_the_address_is_no_answer(service: Service) -> None:
    client = DataDips(lambda: {"crm": WebService(url="http://127.0.0.1:9", authorization=None)})
    wanted = FetchData(
        call="c", step=1, node="n", service="crm", path="/", query={}, json=None, secrets={}, take={}, timeout_ms=5_000
    )
    with pytest.raises(DipFailed, match="ClientConnectorError"):
        await client.fetch(wanted, {})
    await client.close()


async def test_a_text_of_the_answer_is_one_line(service: Service) -> None:
    service.answer = web.json_response({"customer": {"tier": "a\r\nAction: Originate\0"}})
    assert await service.ask({"tier": "customer.tier"}) == {"tier": "a  Action: Originate "}
