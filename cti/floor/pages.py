"""The floor's pages and its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from aiohttp import web

from centre.effects import Effect
from cti.floor.menus import MenusPage
from cti.floor.messages import Refused, to_event
from cti.floor.surveys import SurveysPage
from cti.floor.trend import EVERY_MS, Trend
from cti.floor.view import floor_view
from cti.web.languages import Language
from cti.web.pages import SUPERVISOR, Pages, Visitor
from cti.web.service import Service
from cti.web.sign_in import to_sign_in
from cti.web.streams import State, Stream

RENEWED_EVERY_S = 0.5
LOOKED_AFTER_EVERY_S = 1.0
"""How soon the floor says what comes without an effect: that the journal or the database is in trouble, other rules."""
SHORTEST_GAP_S = 0.05


class FloorPages:
    """/floor. What happens is put into a picture at most twice a second, once for all pages in the same language."""

    name = "floor"

    def __init__(self) -> None:
        self.trend = Trend()
        self._streams: dict[str, Stream] = {}
        """By language."""
        self._is_old = asyncio.Event()
        self._unsubscribe: Callable[[], object] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The pages and the socket."""
        self._unsubscribe = pages.service.subscribe(self._heard)

        async def show(request: web.Request) -> web.StreamResponse:
            if not pages.may_see_the_floor(pages.visitor(request)):
                raise to_sign_in("/floor")
            return pages.page(request, "floor/floor.html")

        async def talk(request: web.Request) -> web.StreamResponse:
            visitor = pages.visitor(request)
            if not pages.may_see_the_floor(visitor):
                raise web.HTTPForbidden
            hear = partial(_heard, pages.service, visitor)
            socket = pages.socket(self._stream(pages.service, visitor.language), hear, SHORTEST_GAP_S)
            return await pages.serve_socket(request, socket)

        menus = web.get("/floor/menus", partial(MenusPage().show, pages))
        surveys = web.get("/floor/surveys", partial(SurveysPage().show, pages))
        return [web.get("/floor", show), web.get("/floor/socket", talk), menus, surveys]

    async def start(self, pages: Pages) -> None:
        """Begins to take pictures, and to sample the trend."""
        self._tasks = [
            asyncio.create_task(self._sample(pages), name="floor trend"),
            asyncio.create_task(self._renew(), name="floor picture"),
            asyncio.create_task(self._look_after(pages.service), name="floor troubles"),
        ]

    async def close(self) -> None:
        """Ends all of it."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stream(self, service: Service, language: Language) -> Stream:
        if language.code not in self._streams:
            self._streams[language.code] = Stream(partial(self._picture, service, language))
        return self._streams[language.code]

    def _picture(self, service: Service, language: Language) -> State:
        return {**floor_view(service, language, service.now()), "trend": self.trend.view()}

    def _heard(self, _effect: Effect, _at: int) -> None:
        self._is_old.set()

    async def _renew(self) -> None:
        while True:
            await self._is_old.wait()
            self._is_old.clear()
            for stream in self._streams.values():
                stream.touch()
            await asyncio.sleep(RENEWED_EVERY_S)

    async def _look_after(self, service: Service) -> None:
        standing, site = service.standing(), service.site
        while True:
            await asyncio.sleep(LOOKED_AFTER_EVERY_S)
            if service.standing() != standing or service.site is not site:
                standing, site = service.standing(), service.site
                self._is_old.set()

    async def _sample(self, pages: Pages) -> None:
        while True:
            self.trend.sample(pages.service)
            self._is_old.set()
            await asyncio.sleep(EVERY_MS / 1000)


def _heard(service: Service, visitor: Visitor, text: str) -> str | None:
    by = SUPERVISOR if visitor.session is None else visitor.session.user
    try:
        service.tell(to_event(text, by, service, visitor.language))
    except Refused as refused:
        return str(refused)
    return None
