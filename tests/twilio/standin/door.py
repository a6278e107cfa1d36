"""The stand-in on real sockets, for an engine in a process of its own: its API is served, its webhooks are HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from cti.twilio.webhooks import Webhook
from tests.twilio.standin.transport import SOUND
from tests.twilio.standin.twilio import StandIn

ANOTHER_AFTER_S = 3.0
"""How long one of several engines has for its answer before the next one is asked."""


@asynccontextmanager
async def at_the_door(twilio: StandIn, *engine_ports: int) -> AsyncIterator[str]:
    """Where the API is, while the stand-in brings its requests to the engine at this port of the machine: as the web
    server does that has the public address. Of several engines it is the first that answers, and not with 503."""

    async def api(request: web.Request) -> web.Response:
        if request.path.endswith(".wav"):
            return web.Response(body=SOUND)
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

        async def ask(port: int, hook: Webhook) -> tuple[int, str]:
            url = f"http://127.0.0.1:{port}{hook.target}"
            # Only where there is another one to be asked: a data dip may take its time.
            within = aiohttp.ClientTimeout(total=ANOTHER_AFTER_S if len(engine_ports) > 1 else None)
            async with session.post(url, data=hook.body, headers=hook.headers, timeout=within) as answer:
                return answer.status, await answer.text()

        async def take(hook: Webhook) -> tuple[int, str]:
            trouble = ""
            for port in engine_ports:
                try:
                    status, document = await ask(port, hook)
                except (aiohttp.ClientError, TimeoutError) as error:
                    trouble = str(error)
                    continue
                if status != 503:
                    return status, document
                trouble = document
            raise ConnectionError(trouble)

        twilio.take = take
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await twilio.close()
            await runner.cleanup()
