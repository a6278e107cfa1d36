"""The web server: the pages of every feature on one socket."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from cti.desk.pages import DeskPages
from cti.floor.pages import FloorPages
from cti.phone.pages import PhonePages, line_to_call
from cti.recordings import Recordings
from cti.voicemail.pages import KeepsMessages, VoicemailPages
from cti.web import home, sign_in
from cti.web.pages import Feature, Pages
from cti.web.service import Service
from cti.web.sessions import KEPT_WITHIN_S, KeepsSignIns, Sessions
from cti.web.settings import SignIn, WebSettings
from cti.web.sockets import GOODBYE_S

_REQUESTS_S = 0.75
"""How long requests that are under way have to end, and then, broken off, once more."""
CLOSING_S = GOODBYE_S + KEPT_WITHIN_S + 2 * _REQUESTS_S
"""How long it takes at most to end the pages: each browser hears goodbye, beside all others; the database hears of the
last sign-ins; requests end."""


class Passwords(Protocol):
    """Who keeps the passwords (``cti.store.Store`` does)."""

    async def check_password(self, user: str, password: str) -> bool:
        """Whether ``user`` (an agent's id, or “supervisor”) has this password."""


class Kept(Passwords, KeepsMessages, KeepsSignIns, Protocol):
    """Who keeps what the pages show of days gone by (``cti.store.Store`` does)."""


async def start_pages(
    service: Service, kept: Kept, recordings: Recordings, listener: socket.socket, settings: WebSettings | None = None
) -> web.AppRunner:
    """Serves the pages of ``service`` on ``listener``, which is bound and listens; ``cleanup()`` of the answer ends it.
    ``recordings`` are callers' messages.

    Raises :class:`~cti.web.settings.WebError` for settings that are unsafe for the address of ``listener``.
    """
    settings = settings or WebSettings()
    settings.check(listener.getsockname()[0])
    features: list[Feature] = [DeskPages(), FloorPages(), VoicemailPages(kept, recordings)]
    line = line_to_call(service.lines)
    if line is not None:
        features.append(PhonePages(line))
    sessions = Sessions(kept, by_password=settings.sign_in is SignIn.PASSWORD)
    await sessions.load(service.now())
    return await serve_features(service, kept, listener, settings, features, sessions)


async def serve_features(
    service: Service,
    passwords: Passwords,
    listener: socket.socket,
    settings: WebSettings,
    features: Sequence[Feature],
    sessions: Sessions | None = None,
) -> web.AppRunner:
    """As :func:`start_pages`, with a choice of features; without ``sessions``, sign-ins are kept in memory."""
    pages = Pages(service, settings, features, passwords.check_password, sessions or Sessions())
    pages.origins = settings.origins_at(listener.getsockname()[1])
    app = pages.app()
    app.add_routes(home.routes(pages))
    app.add_routes(sign_in.routes(pages))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_REQUESTS_S)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner
