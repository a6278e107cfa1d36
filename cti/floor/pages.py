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
from cti.web.sockets import Socket, State

RENEWED_EVERY_S = 0.5
SHORTEST_GAP_S = 0.05


class FloorPages:
    """/floor. What happens is put into a picture at most twice a second, once for every page in the same language."""

    name = "floor"

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self.trend = Trend()
        self._picture: dict[str, State] = {}
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
            wall = _Wall(pages.service, partial(self._state, pages.service), visitor)
            socket = pages.socket(wall, SHORTEST_GAP_S)
            self._sockets.add(socket)
            try:
                return await pages.serve_socket(request, socket)
            finally:
                self._sockets.discard(socket)

        menus = web.get("/floor/menus", partial(MenusPage().show, pages))
        surveys = web.get("/floor/surveys", partial(SurveysPage().show, pages))
        return [web.get("/floor", show), web.get("/floor/socket", talk), menus, surveys]

    async def start(self, pages: Pages) -> None:
        """Begins to take pictures, and to sample the trend."""
        self._tasks = [
            asyncio.create_task(self._sample(pages), name="floor trend"),
            asyncio.create_task(self._renew(), name="floor picture"),
        ]

    async def close(self) -> None:
        """Ends both."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _state(self, service: Service, language: Language) -> State:
        if language.code not in self._picture:
            view = floor_view(service, language, service.now())
            self._picture[language.code] = {**view, "trend": self.trend.view()}
        return self._picture[language.code]

    def _heard(self, _effect: Effect, _at: int) -> None:
        self._is_old.set()

    async def _renew(self) -> None:
        while True:
            await self._is_old.wait()
            self._is_old.clear()
            self._picture.clear()
            for socket in self._sockets:
                socket.wake()
            await asyncio.sleep(RENEWED_EVERY_S)

    async def _sample(self, pages: Pages) -> None:
        while True:
            self.trend.sample(pages.service)
            self._is_old.set()
            await asyncio.sleep(EVERY_MS / 1000)


class _Wall:
    """One page of the floor."""

    def __init__(self, service: Service, state: Callable[[Language], State], visitor: Visitor) -> None:
        self._service = service
        self._state = state
        self._language = visitor.language
        self._by = SUPERVISOR if visitor.session is None else visitor.session.user

    def state(self) -> State:
        return self._state(self._language)

    def hear(self, text: str) -> str | None:
        try:
            self._service.tell(to_event(text, self._by, self._service, self._language))
        except Refused as refused:
            return str(refused)
        return None
