"""The stand-in on real sockets, for an engine in a process of its own: its API is served, its webhooks are HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from cti.twilio.webhooks import Webhook
from tests.twilio.standin.twilio import StandIn


@asynccontextmanager
async def at_the_door(twilio: StandIn, engine_port: int) -> AsyncIterator[str]:
    """Where the API is, while the stand-in brings its requests to the engine at this port of the machine: as the web
    server does that has the public address."""

    async def api(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        auth = aiohttp.BasicAuth.decode(given) if given else None
        status, content = await twilio.rest(
            request.method,
            str(request.url),
            await request.text(),
            None if auth is None else (auth.login, auth.password),
        )
        return web.Response(status=status, body=content, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:

        async def take(hook: Webhook) -> tuple[int, str]:
            url = f"http://127.0.0.1:{engine_port}{hook.target}"
            try:
                async with session.post(url, data=hook.body, headers=hook.headers) as answer:
                    return answer.status, await answer.text()
            except aiohttp.ClientError as error:
                raise ConnectionError(str(error)) from error

        twilio.take = take
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await twilio.close()
            await runner.cleanup()
