"""What an engine that stands by answers: that another one has the pages."""

from __future__ import annotations

import socket
from collections.abc import Callable

from aiohttp import web

from cti.web.security import dress


async def start_notice(listener: socket.socket, words: Callable[[], str]) -> web.AppRunner:
    """Answers whatever is asked on ``listener`` with 503 and ``words``, so that a load balancer turns to the engine
    that leads; ``cleanup()`` of the answer ends it and leaves ``listener`` open."""

    async def answer(_: web.Request) -> web.Response:
        response = web.Response(status=503, text=f"standby\n{words()}\n", headers={"Retry-After": "2"})
        dress(response)
        return response

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listener.dup()).start()
    return runner
