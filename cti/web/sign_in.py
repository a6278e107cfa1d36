"""Signing in and out."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from acd.effects import AgentState
from cti.store import StoreError
from cti.web.forms import form_of
from cti.web.home import local_path
from cti.web.languages import Language
from cti.web.pages import SUPERVISOR, Pages
from cti.web.service import played_agents
from cti.web.sessions import LIFETIME_MS
from cti.web.settings import SignIn

_log = logging.getLogger(__name__)

FORM_COOKIE = "holdless-form"
LONGEST_PASSWORD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One name to sign in by."""

    user: str
    name: str
    skills: str
    state: AgentState
    played: bool


def routes(pages: Pages) -> Iterable[web.RouteDef]:
    """/sign-in and /sign-out."""

    async def show(request: web.Request) -> web.StreamResponse:
        return _form(pages, request)

    async def sign_in(request: web.Request) -> web.StreamResponse:
        form = await form_of(request)
        language = pages.visitor(request).language
        user, password, token = (form.get(name, "") for name in ("user", "password", "token"))
        user = user.strip()
        if not _is_ours(token, request.cookies.get(FORM_COOKIE, "")):
            return _form(pages, request, language.text("This page was open for too long. Please sign in again."))
        since = pages.service.now()  # a password that is set while this one is checked ends the sign-in
        refused = await _refused(pages, request, language, user, password)
        if refused:
            return _form(pages, request, refused)
        answer = web.HTTPSeeOther(local_path(form.get("next")))
        ticket = pages.sessions.open(user, since)
        await pages.sessions.kept()
        pages.set_cookie(answer, pages.cookie, ticket, LIFETIME_MS // 1000)
        answer.del_cookie(FORM_COOKIE, path="/")
        raise answer

    async def sign_out(request: web.Request) -> web.StreamResponse:
        await pages.end_session(request.cookies.get(pages.cookie, ""))
        answer = web.HTTPSeeOther("/")
        answer.del_cookie(pages.cookie, path="/", secure=pages.settings.is_secure, httponly=True, samesite="Lax")
        raise answer

    return [web.get("/sign-in", show), web.post("/sign-in", sign_in), web.post("/sign-out", sign_out)]


def to_sign_in(wanted: str) -> web.HTTPSeeOther:
    """Sends somebody who is not signed in to the form, and afterwards back to ``wanted``."""
    return web.HTTPSeeOther("/sign-in?" + urlencode({"next": wanted}))


def _is_ours(token: str, cookie: str) -> bool:
    """Whether a form of ours was filled in, in the browser that we gave it to."""
    one, other = (text.encode("utf-8", "surrogatepass") for text in (token, cookie))
    return bool(cookie) and hmac.compare_digest(one, other)


def _form(pages: Pages, request: web.Request, refused: str = "") -> web.Response:
    language = pages.visitor(request).language
    token = secrets.token_urlsafe(16)
    by_password = pages.settings.sign_in is SignIn.PASSWORD
    page = pages.page(
        request,
        "web/sign-in.html",
        status=403 if refused else 200,
        refused=refused,
        token=token,
        next=local_path(request.query.get("next", "/desk")),
        by_password=by_password,
        # Who works here is nobody's business who has not signed in.
        choices=[] if by_password else _choices(pages, language),
    )
    pages.set_cookie(page, FORM_COOKIE, token)
    return page


async def _refused(pages: Pages, request: web.Request, language: Language, user: str, password: str) -> str:
    """Why ``user`` may not come in, in the reader's language; empty: welcome."""
    known = user in pages.service.site.agents
    if pages.settings.sign_in is SignIn.DEMO:
        return "" if known else language.text("Nobody by that name works here.")
    now, address = pages.service.now(), str(request.remote)
    pause_ms = max(pages.tries_by_user.pause_ms(now, user[:80]), pages.tries_by_address.pause_ms(now, address))
    if pause_ms:
        seconds = -(-pause_ms // 1000)
        return language.texts(
            "Too many tries. Please wait a second.", "Too many tries. Please wait {count} seconds.", seconds
        )
    pages.tries_by_user.failed(now, user[:80])  # until it is checked: or as many as come meanwhile would be free tries
    try:
        right = len(password) <= LONGEST_PASSWORD and await pages.check_password(user, password)
    except StoreError as error:
        pages.tries_by_user.came_to_nothing(user[:80])
        _log.warning("a password could not be checked: %s", error)
        return language.text("Passwords cannot be checked at the moment. Please try again later.")
    if not right or not (known or user == SUPERVISOR):
        pages.tries_by_address.failed(now, address)
        return language.text("Name and password do not match.")
    pages.tries_by_user.succeeded(user[:80])
    return ""


def _choices(pages: Pages, language: Language) -> list[Choice]:
    site, acd = pages.service.site, pages.service.centre.acd
    played = played_agents(pages.service)
    choices = []
    for setup in site.acd.agents:
        best = sorted(setup.skills.items(), key=lambda held: -held[1])
        choices.append(
            Choice(
                user=setup.id,
                name=site.agents[setup.id].name,
                skills=", ".join(language.pick(site.skills[skill]) for skill, _ in best),
                state=acd.agent(setup.id).state,
                played=setup.id in played,
            )
        )
    return sorted(choices, key=lambda choice: choice.played)
