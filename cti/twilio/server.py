"""Where Twilio's requests come in: aiohttp at the door, everything else behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from cti.twilio.documents import PLAYED
from cti.twilio.webhooks import BODY_BYTES_MOST, Webhook

BODY_WITHIN_S = 10.0
"""Who sends a request more slowly is not waited for: Twilio sends all of it at once."""
_CLOSING_S = 2.0

Take = Callable[[Webhook], Awaitable[tuple[int, str]]]
"""Answers a request: status and TwiML."""
Sound = Callable[[str], Path | None]
"""The sound file at a path; None: nothing is there that anybody may have."""


class TwilioServer:
    """Listens from ``start`` to ``close``."""

    def __init__(self, host: str, port: int, take: Take, sound: Sound) -> None:
        self._host, self._port = host, port
        self._take = take
        self._sound = sound
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begins to listen; OSError where that is impossible."""
        app = web.Application(client_max_size=BODY_BYTES_MOST)
        app.router.add_route("POST", "/{path:.*}", self._webhook)
        app.router.add_get("/{path:.*}", self._get)  # and HEAD: a cache asks whether a sound file has changed
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSING_S, handler_cancellation=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Listens no more; requests under way are answered first, for a moment."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _webhook(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        hook = Webhook(
            method=request.method,
            target=request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        status, document = await self._take(hook)
        return web.Response(status=status, text=document, content_type="text/xml" if document else "text/plain")

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = self._sound(request.path)
        if path is None:
            return await self._webhook(request)
        return web.FileResponse(path, headers={"Content-Type": PLAYED[path.suffix], "Cache-Control": "max-age=86400"})
