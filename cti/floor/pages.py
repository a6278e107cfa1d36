"""The floor's page and its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import web

from centre.effects import Effect
from cti.floor.trend import EVERY_MS, Trend
from cti.floor.view import floor_view
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.sign_in import to_sign_in
from cti.web.sockets import Socket, State

SHORTEST_GAP_S = 0.5


class FloorPages:
    """/floor. Whatever happens wakes every floor; each is told at most twice a second."""

    name = "floor"

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self.trend = Trend()
        self._unsubscribe: Callable[[], object] | None = None
        self._sampler: asyncio.Task[None] | None = None

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The page and its socket."""
        self._unsubscribe = pages.service.subscribe(self._heard)

        async def show(request: web.Request) -> web.StreamResponse:
            if not pages.may_see_the_floor(pages.visitor(request)):
                raise to_sign_in("/floor")
            return pages.page(request, "floor/floor.html")

        async def talk(request: web.Request) -> web.StreamResponse:
            visitor = pages.visitor(request)
            if not pages.may_see_the_floor(visitor):
                raise web.HTTPForbidden
            socket = pages.socket(_Wall(pages, self.trend, visitor.language), SHORTEST_GAP_S)
            self._sockets.add(socket)
            try:
                return await pages.serve_socket(request, socket)
            finally:
                self._sockets.discard(socket)

        return [web.get("/floor", show), web.get("/floor/socket", talk)]

    async def start(self, pages: Pages) -> None:
        """Begins to sample the trend."""
        self._sampler = asyncio.create_task(self._sample(pages), name="floor trend")

    async def close(self) -> None:
        """Ends the sampling."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._sampler is not None:
            self._sampler.cancel()
            await asyncio.gather(self._sampler, return_exceptions=True)

    def _heard(self, _effect: Effect, _at: int) -> None:
        for socket in self._sockets:
            socket.wake()

    async def _sample(self, pages: Pages) -> None:
        while True:
            self.trend.sample(pages.service)
            for socket in self._sockets:
                socket.wake()
            await asyncio.sleep(EVERY_MS / 1000)


class _Wall:
    """One page of the floor. It only looks."""

    def __init__(self, pages: Pages, trend: Trend, language: Language) -> None:
        self._pages = pages
        self.trend = trend
        self._language = language

    def state(self) -> State:
        view = floor_view(self._pages.service, self._language, self._pages.service.now())
        return {**view, "trend": self.trend.view()}

    def hear(self, _text: str) -> str | None:
        return self._language.text("The floor takes no orders.")
