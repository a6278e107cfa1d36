"""The first page: what is running, and the way to everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from acd.effects import AgentState
from cti.web.forms import form_of
from cti.web.languages import OWN_NAMES
from cti.web.pages import LANGUAGE_COOKIE, Pages

A_YEAR_S = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the running service, for people."""

    name: str
    state: str
    details: tuple[tuple[str, str], ...]

    @property
    def is_up(self) -> bool:
        """Whether all is well with it."""
        return self.state == "up"


def routes(pages: Pages) -> Iterable[web.RouteDef]:
    """/, /healthz, and the switch of languages."""

    async def show(request: web.Request) -> web.StreamResponse:
        centre, site = pages.service.centre, pages.service.site
        agents = centre.acd.agents()
        queues = centre.acd.queues()
        health = pages.service.health()
        return pages.page(
            request,
            "web/home.html",
            lines=[_part(name, health[name]) for name in pages.service.lines],
            parts=[_part(name, words) for name, words in health.items() if name not in pages.service.lines],
            queues=len(site.queues),
            agents=len(site.agents),
            waiting=sum(queue.waiting + queue.offered for queue in queues),
            ready=sum(agent.state is AgentState.READY for agent in agents),
            signed_in=sum(agent.state is not AgentState.LOGGED_OUT for agent in agents),
        )

    async def health(_: web.Request) -> web.StreamResponse:
        """For whoever watches from outside. 503: send new calls elsewhere, to this one nobody gets through."""
        parts = pages.service.health()
        well = all(words["state"] == "up" for words in parts.values())
        reached = any(parts[line]["state"] == "up" for line in pages.service.lines)
        serves = reached and pages.service.standing().takes_new_calls
        state = "down" if not serves else "up" if well else "impaired"
        return web.json_response({"state": state, "parts": parts}, status=200 if serves else 503)

    async def switch_language(request: web.Request) -> web.StreamResponse:
        form = await form_of(request)
        code = form.get("language", "")
        if code not in OWN_NAMES:
            raise web.HTTPBadRequest
        answer = web.HTTPSeeOther(local_path(form.get("next")))
        pages.set_cookie(answer, LANGUAGE_COOKIE, code, A_YEAR_S)
        raise answer

    return [web.get("/", show), web.get("/healthz", health), web.post("/language", switch_language)]


def local_path(wanted: object) -> str:
    """``wanted`` if it is a path of these pages, else “/”: nobody is sent elsewhere by a form."""
    if not isinstance(wanted, str) or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    return wanted if wanted.isprintable() else "/"


def _part(name: str, words: Mapping[str, str]) -> Part:
    details = tuple((key, word) for key, word in words.items() if key != "state")
    return Part(name=name, state=words["state"], details=details)
