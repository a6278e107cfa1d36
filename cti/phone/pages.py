"""The phone's page and its socket: a person plays a caller."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from aiohttp import web

from cti.crm.csv_table import RecordsError, load
from cti.phone.messages import Dial, HangUp, Key, read
from cti.phone.view import Caller, phone_view
from cti.service.ports import LineError
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.sign_in import to_sign_in
from cti.web.streams import Stream

COOKIE = "holdless-phone"
SHORTEST_GAP_S = 0.05
MOST_HANDSETS = 200
MOST_SAMPLES = 6


@runtime_checkable
class LineToCall(Protocol):
    """A line on which a person can play a caller."""

    def place_call(self, number: str, name: str) -> Caller:
        """Dials."""


def line_to_call(lines: Mapping[str, object]) -> LineToCall | None:
    """The first of ``lines`` that a person can call on, if there is one."""
    return next((line for line in lines.values() if isinstance(line, LineToCall)), None)


class PhonePages:
    """/phone. A browser has one handset, whichever of its tabs shows it; it outlives a reload."""

    name = "phone"

    def __init__(self, line: LineToCall) -> None:
        self._line = line
        self._handsets: dict[str, Handset] = {}

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The page and its socket."""

        async def show(request: web.Request) -> web.StreamResponse:
            if not pages.may_see_the_floor(pages.visitor(request)):
                raise to_sign_in("/phone")
            samples = await asyncio.to_thread(_samples, pages.service.site.customers)
            page = pages.page(request, "phone/phone.html", samples=samples)
            if COOKIE not in request.cookies:
                pages.set_cookie(page, COOKIE, secrets.token_urlsafe(16))
            return page

        async def talk(request: web.Request) -> web.StreamResponse:
            visitor = pages.visitor(request)
            ticket = request.cookies.get(COOKIE, "")
            if not ticket or not pages.may_see_the_floor(visitor):
                raise web.HTTPForbidden
            if ticket not in self._handsets:
                if len(self._handsets) >= MOST_HANDSETS:
                    raise web.HTTPServiceUnavailable
                self._handsets[ticket] = Handset(self._line, pages, lambda: self._handsets.pop(ticket, None))
            return await self._handsets[ticket].serve(request, visitor.language)

        return [web.get("/phone", show), web.get("/phone/socket", talk)]

    async def start(self, _pages: Pages) -> None:
        """Nothing runs until somebody comes."""

    async def close(self) -> None:
        """Every caller played by a person hangs up."""
        for handset in list(self._handsets.values()):
            handset.drop()


class Handset:
    """One person's phone, shown on however many tabs."""

    def __init__(self, line: LineToCall, pages: Pages, dropped: Callable[[], object]) -> None:
        self.caller: Caller | None = None
        self._line = line
        self._pages = pages
        self._dropped = dropped
        self._stream = Stream(lambda: phone_view(self.caller))
        self._left: asyncio.TimerHandle | None = None
        self._unsubscribe: Callable[[], object] | None = None

    async def serve(self, request: web.Request, language: Language) -> web.StreamResponse:
        """One more tab, until it goes."""
        if self._left is not None:
            self._left.cancel()
            self._left = None
        socket = self._pages.socket(self._stream, partial(self._hear, language), SHORTEST_GAP_S)
        try:
            return await self._pages.serve_socket(request, socket)
        finally:
            if not self._stream.readers:
                grace_s = self._pages.settings.phone_grace_ms / 1000
                self._left = asyncio.get_running_loop().call_later(grace_s, self.drop)

    def dial(self, number: str, name: str) -> None:
        """Places a call; one that still runs is hung up."""
        self._let_go()
        self.caller = self._line.place_call(number, name)
        self._unsubscribe = self.caller.subscribe(self._stream.touch)
        self._stream.touch()

    def drop(self) -> None:
        """The person is gone, and so is the handset."""
        if self._left is not None:
            self._left.cancel()
            self._left = None
        self._let_go()
        self._dropped()

    def _let_go(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.caller is not None:
            self.caller.hang_up()

    def _hear(self, language: Language, text: str) -> str | None:
        message, caller = read(text), self.caller
        match message:
            case Dial(number=number, name=name):
                try:
                    self.dial(number.strip(), name.strip())
                except LineError:
                    return language.text("The line takes no calls at the moment.")
            case Key(key=key) if caller is not None:
                caller.press(key)
            case HangUp() if caller is not None:
                caller.hang_up()
            case None:
                return language.text("The phone did not understand this. Please reload the page.")
            case _:
                return language.text("There is no call. Dial first.")
        return None


def _samples(customers: Path | None) -> list[tuple[str, str]]:
    """A few numbers and names out of the customer records, to call as."""
    if customers is None:
        return []
    try:
        known = load(customers, None)
    except RecordsError:
        return []
    return [(number, about.get("name", "")) for number, about in known.items()][:MOST_SAMPLES]
