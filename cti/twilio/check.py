"""Whether an account is set up as the site says: what “holdless twilio check” tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from config.site import Site, Twilio
from cti.service.ports import LineError
from cti.twilio.addresses import READY
from cti.twilio.rest import RestFailed, RestRefused, TwilioRest
from cti.twilio.secrets import read_credentials
from cti.twilio.transport import AiohttpClient

_READY_WITHIN_S = 10.0


async def findings(site: Site, http: AiohttpClient | None = None) -> AsyncIterator[str]:
    """What is wrong, in sentences that say what to change; nothing: callers can come. Changes nothing.

    *http*: how Twilio and the public address are reached, where not as usual.
    """
    if site.twilio is None:
        yield f"{site.folder / 'site.yaml'} says nothing of a Twilio account; add a section “twilio”"
        return
    http = http or AiohttpClient(site.twilio.api)
    try:
        credentials = read_credentials(site.twilio)
        rest = TwilioRest(credentials.account, credentials.token, http)
        async for finding in _account(site.twilio, rest):
            yield finding
        async for finding in _public(site.twilio, credentials.token, http):
            yield finding
    except LineError as error:
        yield str(error)
    finally:
        await http.close()


async def _account(settings: Twilio, rest: TwilioRest) -> AsyncIterator[str]:
    try:
        status = await rest.account_status()
        number = await rest.number(settings.caller_id) if status == "active" else {}
    except RestRefused as error:
        if error.status == 401:
            yield (
                f"Twilio does not know this Account SID with this Auth Token; copy both from the Console's first page "
                f"into {settings.secret_file}"
            )
        else:
            yield f"{error}"
        return
    except RestFailed as error:
        yield f"{error}; is this machine connected to the internet?"
        return
    if status != "active":
        yield f"the account is {status}; see the Console's first page for why"
        return
    if number is None:
        yield (
            f"the account has no number {settings.caller_id}; buy it (Console, Phone Numbers), or write one that the "
            "account has into site.yaml (twilio, caller_id)"
        )
        return
    for finding in _number(settings, number):
        yield finding


def _number(settings: Twilio, number: dict[str, str]) -> list[str]:
    where = f"{settings.caller_id} (Console, Phone Numbers, this number, Voice)"
    if number["trunk_sid"] or number["voice_application_sid"]:
        return [f"{where} is given to a trunk or a TwiML app; choose “Webhook” there, so that its calls come here"]
    wanted = {
        "voice_url": ("A call comes in", f"{settings.public_url}/voice"),
        "voice_fallback_url": ("Primary handler fails", settings.fallback_url),
        "status_callback": ("Call status changes", f"{settings.public_url}/status"),
    }
    wrong = [
        f"{where}: “{name}” is {number[field] or 'empty'}; write {address}"
        for field, (name, address) in wanted.items()
        if number[field] != address
    ]
    for field, (name, _) in wanted.items():
        method = number[field.removesuffix("_url") + "_method"]
        if number[field] and method != "POST":
            wrong.append(f"{where}: “{name}” is requested by {method}; choose HTTP POST")
    return wrong


async def _public(settings: Twilio, token: str, http: AiohttpClient) -> AsyncIterator[str]:
    """Comes by the public address, signed as Twilio signs: what reaches the engine so is what will."""
    url = f"{settings.public_url}/{READY}"
    headers = {SIGNATURE_HEADER: RequestValidator(token).compute_signature(url, {})}
    try:
        status, _, _ = await http.send("POST", url, None, headers, None, _READY_WITHIN_S)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        yield (
            f"nothing answers at {settings.public_url} ({type(error).__name__}); have your web server pass on what "
            f"comes there to {settings.host} port {settings.port}, and start “holdless serve --line twilio” before this"
        )
        return
    if status == 403:
        yield (
            f"what answers at {settings.public_url} does not take requests there for Twilio's; the web server in front "
            "is to pass on path and query unchanged, and the engine that runs is to have this site's public_url and "
            "Auth Token"
        )
    elif status != 204:
        yield f"what answers at {settings.public_url} is not Holdless (status {status}); see docs/twilio.md, step 3"


def checked(site: Site, http: AiohttpClient | None = None) -> list[str]:
    """All findings."""

    async def all_of_them() -> list[str]:
        return [finding async for finding in findings(site, http)]

    return asyncio.run(all_of_them())
