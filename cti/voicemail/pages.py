"""The page of the messages, and the messages themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web
from babel.dates import format_datetime

from cti.recordings import Recordings
from cti.store.contacts import LeftMessage
from cti.store.errors import StoreError
from cti.web.languages import Language
from cti.web.pages import Pages
from cti.web.service import Service
from cti.web.sign_in import to_sign_in

SHOWN = 100
KEPT_MS = 30 * 86_400_000
"""How old a message may be to be shown: thirty days."""


class KeepsMessages(Protocol):
    """Who knows what messages there are (``cti.store.Store`` does)."""

    async def messages(self, since: int, limit: int) -> Sequence[LeftMessage]:
        """Messages of calls that arrived at ``since`` (Unix milliseconds) or later, newest first."""


class VoicemailPages:
    """/voicemail, for whoever may see the floor."""

    name = "voicemail"

    def __init__(self, kept: KeepsMessages, recordings: Recordings) -> None:
        self._kept = kept
        self._recordings = recordings

    def routes(self, pages: Pages) -> Iterable[web.RouteDef]:
        """The page, and each message as a file that browsers may ask for in parts (Range, RFC 9110)."""

        async def show(request: web.Request) -> web.StreamResponse:
            visitor = pages.visitor(request)
            if not pages.may_see_the_floor(visitor):
                raise to_sign_in("/voicemail")
            try:
                left = await self._kept.messages(pages.service.now() - KEPT_MS, SHOWN)
            except StoreError as error:
                raise web.HTTPServiceUnavailable from error
            shown = [self._shown(one, pages.service, visitor.language) for one in left]
            return pages.page(request, "voicemail/voicemail.html", messages=shown)

        async def play(request: web.Request) -> web.StreamResponse:
            if not pages.may_see_the_floor(pages.visitor(request)):
                raise web.HTTPForbidden
            file = self._recordings.find(request.match_info["message"])
            if file is None:
                raise web.HTTPNotFound
            return web.FileResponse(file, headers={"Content-Type": "audio/wav"})

        return [web.get("/voicemail", show), web.get("/voicemail/{message}.wav", play)]

    async def start(self, pages: Pages) -> None:
        """Nothing goes on by itself."""

    async def close(self) -> None:
        """Nothing is open."""

    def _shown(self, left: LeftMessage, service: Service, language: Language) -> Mapping[str, Any]:
        at = datetime.fromtimestamp(left.at / 1000, UTC)
        queue = service.site.queues.get(left.queue or "")
        minutes, seconds = divmod(round(left.length_ms / 1000), 60)
        return {
            "message": left.message,
            "at": at.isoformat(),
            "when": format_datetime(at, "medium", tzinfo=service.site.time_zone, locale=language.code),
            "caller": " ".join(part for part in (left.name, left.number) if part),
            "queue": language.pick(queue.title) if queue is not None else "",
            "length": f"{minutes}:{seconds:02}",
            "is_here": self._recordings.find(left.message) is not None,
        }
