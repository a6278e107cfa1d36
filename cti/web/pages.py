"""What all pages share: who asks and in which language, templates, static files, guards, error pages."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import jinja2
import msgspec
from aiohttp import WSCloseCode, web

from cti.store import Session
from cti.web import security
from cti.web.languages import LOCALE_FOLDER, OWN_NAMES, Language, choose, languages
from cti.web.service import CheckPassword, Service
from cti.web.sessions import Sessions, digest_of
from cti.web.settings import SignIn, WebSettings
from cti.web.sockets import Hear, Socket
from cti.web.streams import Stream
from cti.web.throttle import Throttle

_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent

LANGUAGE_COOKIE = "holdless-language"
SUPERVISOR = "supervisor"
"""The user who may see the floor where signing in takes a password."""


class Feature(Protocol):
    """A part of the pages: a folder of its own with ``static/`` and ``templates/``."""

    name: str

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The addresses it answers."""

    async def start(self, pages: Pages) -> None:
        """Begins what runs beside the requests."""

    async def close(self) -> None:
        """Ends what it started."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks."""

    session: Session | None
    language: Language


class Pages:
    """Everything that pages are made with."""

    def __init__(
        self,
        service: Service,
        settings: WebSettings,
        features: Sequence[Feature],
        check_password: CheckPassword,
        sessions: Sessions,
    ) -> None:
        self.service = service
        self.settings = settings
        self.features = features
        self.check_password = check_password
        self.sessions = sessions
        self.tries_by_user = Throttle(free_tries=5)
        # Many people may come by one address (a proxy), so it takes many failures to slow it down.
        self.tries_by_address = Throttle(free_tries=100)
        self.origins: frozenset[str] = frozenset()
        self.roots = {"web": _HERE} | {feature.name: _HERE.parent / feature.name for feature in features}
        self.build = _digest_of(
            [*(root / "static" for root in self.roots.values()), LOCALE_FOLDER],
        )
        self._sockets: dict[Socket, str] = {}
        """Open sockets and the tickets they were opened with."""
        self._watching: asyncio.Task[None] | None = None
        self._environments = {code: self._environment(language) for code, language in languages().items()}

    @property
    def cookie(self) -> str:
        """The name of the cookie that carries the ticket; the prefix makes browsers insist on https (RFC 6265bis)."""
        return "__Host-holdless" if self.settings.is_secure else "holdless"

    def visitor(self, request: web.Request) -> Visitor:
        """Who asks, and in which language."""
        session = self.sessions.find(request.cookies.get(self.cookie), self.service.now())
        language = choose(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("Accept-Language"))
        return Visitor(session, language)

    def set_cookie(self, response: web.StreamResponse, name: str, value: str, max_age_s: int | None = None) -> None:
        """Sets a cookie that scripts cannot read and other sites cannot send along with a POST or a WebSocket."""
        response.set_cookie(
            name, value, max_age=max_age_s, path="/", httponly=True, samesite="Lax", secure=self.settings.is_secure
        )

    def may_see_the_floor(self, visitor: Visitor) -> bool:
        """Managers' pages are open in a demo, else for the supervisor alone."""
        if self.settings.sign_in is SignIn.DEMO:
            return True
        return visitor.session is not None and visitor.session.user == SUPERVISOR

    def page(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page from ``template`` in the visitor's language."""
        visitor = self.visitor(request)
        language = visitor.language
        html = (
            self._environments[language.code]
            .get_template(template)
            .render(
                language=language,
                own_names=OWN_NAMES,
                site_name=language.pick(self.service.site.name),
                time_zone=self.service.site.time_zone.key,
                here=request.path,
                visitor=visitor,
                supervisor=SUPERVISOR,
                features={feature.name for feature in self.features},
                **values,
            )
        )
        response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
        response.headers["Vary"] = "Cookie, Accept-Language"
        response.headers["Content-Language"] = language.code
        return response

    async def serve_socket(self, request: web.Request, socket: Socket) -> web.StreamResponse:
        """Serves ``socket`` until it ends, or the server does."""
        self._sockets[socket] = request.cookies.get(self.cookie, "")
        try:
            return await socket.serve(request)
        finally:
            del self._sockets[socket]

    async def end_session(self, ticket: str) -> None:
        """Ends a sign-in and every socket that was opened with it; no other process of ours takes it up again."""
        self.sessions.close(ticket)
        await self._end_sockets_of({digest_of(ticket)})
        await self.sessions.kept()

    async def _end_sockets_of(self, digests: Collection[str]) -> None:
        """Ends every socket that was opened with one of these tickets."""
        theirs = [one for one, ticket in self._sockets.items() if ticket and digest_of(ticket) in digests]
        await asyncio.gather(*(socket.end(WSCloseCode.POLICY_VIOLATION, b"signed out") for socket in theirs))

    def socket(self, stream: Stream, hear: Hear, gap_s: float) -> Socket:
        """A socket on the service's clock."""
        return Socket(stream, hear, self.service.now, gap_s)

    def app(self) -> web.Application:
        """The web application."""
        app = web.Application(middlewares=[self._middleware], client_max_size=65_536)
        app.on_response_prepare.append(self._dress)
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._close)
        for name, root in self.roots.items():
            app.router.add_static(f"/static/{self.build}/{name}", root / "static")
        app.router.add_get(f"/static/{self.build}/messages/{{language}}.json", self._messages)
        app.router.add_get("/favicon.ico", self._favicon)
        for feature in self.features:
            app.add_routes(feature.routes(self))
        return app

    def _environment(self, language: Language) -> jinja2.Environment:
        loaders: dict[str, jinja2.BaseLoader] = {
            name: jinja2.FileSystemLoader(root / "templates") for name, root in self.roots.items()
        }
        environment = jinja2.Environment(
            loader=jinja2.PrefixLoader(loaders),
            autoescape=True,
            extensions=["jinja2.ext.i18n"],
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The i18n extension adds this method to the environment; its types do not know.
        environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
        environment.globals["static"] = lambda path: f"/static/{self.build}/{path}"
        environment.globals["build"] = self.build
        return environment

    async def _messages(self, request: web.Request) -> web.Response:
        language = languages().get(request.match_info["language"])
        if language is None:
            raise web.HTTPNotFound
        return web.Response(body=msgspec.json.encode(language.messages), content_type="application/json")

    async def _favicon(self, _: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"/static/{self.build}/web/mark.svg")

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith(f"/static/{self.build}/") and response.status in {200, 304}:
            # The address contains the digest of all static files, so it never means anything else.
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        security.dress(response)

    @web.middleware
    async def _middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            security.turn_away_strangers(request, self.origins)
            return await handler(request)
        except web.HTTPError as error:
            if error.status == web.HTTPMisdirectedRequest.status_code:
                raise  # whoever comes by a foreign name gets no page of ours
            return self._error_page(request, error.status)
        except web.HTTPException:
            raise  # a redirection
        except Exception:
            error_id = secrets.token_hex(4)
            # As it came, encoded: what somebody writes into an address begins no line of the log.
            _log.exception("error %s at %s %s", error_id, request.method, request.rel_url.raw_path)
            return self._error_page(request, 500, error_id)

    def _error_page(self, request: web.Request, status: int, error_id: str = "") -> web.Response:
        return self.page(request, "web/error.html", status=status, status_code=status, error_id=error_id)

    async def _start(self, _: web.Application) -> None:
        for feature in self.features:
            await feature.start(self)
        self._watching = asyncio.create_task(self.sessions.watch(self._end_sockets_of), name="sign-ins watched")

    async def _close(self, _: web.Application) -> None:
        going = WSCloseCode.GOING_AWAY
        await asyncio.gather(*(socket.end(going, b"the server is closing") for socket in list(self._sockets)))
        for feature in self.features:
            await feature.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self.sessions.end()


def _digest_of(folders: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{folder.parent.name}/{file.relative_to(folder)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
