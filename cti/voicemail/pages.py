"""The page of the messages and recorded conversations, and the sounds themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web
from babel.dates import format_datetime

from cti.recordings import Recordings
from cti.store import StoreError
from cti.store.messages import LeftMessage, RecordedConversation
from cti.web.languages import Language
from cti.web.pages import SUPERVISOR, Pages
from cti.web.service import Service
from cti.web.sign_in import to_sign_in
from ivr.messages import is_private

SHOWN = 100
KEPT_MS = 30 * 86_400_000
"""How old a message may be to be shown: thirty days."""


class KeepsMessages(Protocol):
    """Who knows what messages there are (``cti.store.Store`` does)."""

    async def messages(self, since: int, limit: int) -> Sequence[LeftMessage]:
        """Messages of calls that arrived at ``since`` (Unix milliseconds) or later, newest first."""

    async def conversations(self, since: int, limit: int) -> Sequence[RecordedConversation]:
        """Recorded conversations of calls that arrived at ``since`` or later, newest first."""

    async def mark_heard(self, message: str, by: str, at: int) -> None:
        """Notes who listened to a message first."""


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
                since = pages.service.now() - KEPT_MS
                left = await self._kept.messages(since, SHOWN)
                recorded = await self._kept.conversations(since, SHOWN)
            except StoreError as error:
                raise web.HTTPServiceUnavailable from error
            service, language = pages.service, visitor.language
            return pages.page(
                request,
                "voicemail/voicemail.html",
                messages=[self._left(one, service, language) for one in left],
                conversations=[self._conversation(one, service, language) for one in recorded],
            )

        async def play(request: web.Request) -> web.StreamResponse:
            if not pages.may_see_the_floor(pages.visitor(request)):
                raise web.HTTPForbidden
            message = request.match_info["message"]
            file = self._recordings.find(message)
            if file is None or is_private(message):
                raise web.HTTPNotFound
            return web.FileResponse(file, headers={"Content-Type": "audio/wav"})

        async def hear(request: web.Request) -> web.StreamResponse:
            visitor, message = pages.visitor(request), request.match_info["message"]
            if not pages.may_see_the_floor(visitor):
                raise web.HTTPForbidden
            if self._recordings.find(message) is None:
                raise web.HTTPNotFound
            by = SUPERVISOR if visitor.session is None else visitor.session.user
            try:
                await self._kept.mark_heard(message, by, pages.service.now())
            except StoreError as error:
                raise web.HTTPServiceUnavailable from error
            raise web.HTTPSeeOther("/voicemail")

        return [
            web.get("/voicemail", show),
            web.get("/voicemail/{message}.wav", play),
            web.post("/voicemail/{message}/heard", hear),
        ]

    async def start(self, pages: Pages) -> None:
        """Nothing goes on by itself."""

    async def close(self) -> None:
        """Nothing is open."""

    def _left(self, left: LeftMessage, service: Service, language: Language) -> Mapping[str, Any]:
        return {
            **self._shown(left, left.message, service, language),
            "into": left.into,
            "is_private": is_private(left.message),
            "heard": "" if left.heard_at is None else _when(left.heard_at, service, language),
            "heard_by": self._who(left.heard_by, service, language),
        }

    def _conversation(self, one: RecordedConversation, service: Service, language: Language) -> Mapping[str, Any]:
        agent = self._who(one.agent, service, language)
        return {**self._shown(one, one.recording, service, language), "agent": agent}

    def _shown(
        self, one: LeftMessage | RecordedConversation, name: str, service: Service, language: Language
    ) -> Mapping[str, Any]:
        """What is said of either; *name*: of the recording."""
        queue = service.site.queues.get(one.queue or "")
        minutes, seconds = divmod(round(one.length_ms / 1000), 60)
        return {
            "recording": name,
            "at": datetime.fromtimestamp(one.at / 1000, UTC).isoformat(),
            "when": _when(one.at, service, language),
            "caller": " ".join(part for part in (one.name, one.number) if part),
            "queue": language.pick(queue.title) if queue is not None else "",
            "length": f"{minutes}:{seconds:02}",
            "is_here": self._recordings.find(name) is not None,
        }

    @staticmethod
    def _who(user: str, service: Service, language: Language) -> str:
        if user == SUPERVISOR:
            return language.text("Supervisor")
        agent = service.site.agents.get(user)
        return user if agent is None else agent.name


def _when(at_ms: int, service: Service, language: Language) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return format_datetime(at, "medium", tzinfo=service.site.time_zone, locale=language.code)
