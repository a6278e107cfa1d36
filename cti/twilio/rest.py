"""What the line has Twilio do, by its REST API: with a deadline, tried again where that can help, and never done twice.

A request that met a broken connection or an error of Twilio's may have been carried out. Most of ours can be sent
again all the same: what they say is a state. Ringing a phone is not, and Twilio knows no key for “only once”; but each
phone is rung under a label of ours, so before it is rung again Twilio is asked whether it rings already.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from cti.service.ports import MayAct, always
from cti.twilio.resources import FoundCall, FoundConference, FoundParticipant, Ringing, Rung
from cti.twilio.transport import TRY_S, NotThere

TRIES_MOST = 4
DEADLINE_S = 12.0
"""Of all tries together: after that whoever waits has waited long enough."""
_PAUSE_S = 0.25
"""Before the second try, doubled before each further one; between half of it and all, by chance."""
_NO_SUCH = 20404
"""Twilio's error code for what is not there."""
_PAGE = 1_000
LISTED_MOST = 20_000
"""Of anything: more are read by nobody, and memory and time have to end somewhere."""

T = TypeVar("T")


class RestFailed(Exception):
    """Twilio did not do it. The text names nobody's number."""


class RestRefused(RestFailed):
    """Twilio says no, and would again."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(
            f"Twilio refuses: status {status}, error {code} (https://www.twilio.com/docs/api/errors/{code})"
        )
        self.status = status
        self.code = code


class RestLost(RestFailed):
    """Whether it was done is not known."""


class RestWithheld(RestFailed):
    """It was not asked for: another engine may lead by now."""


class Files(Protocol):
    """Where recordings come from (:class:`cti.twilio.transport.AiohttpClient` is one)."""

    async def download(self, path: str, auth: tuple[str, str], to: Path, *, within_s: float) -> None:
        """Writes a file of the API to *to*."""


class TwilioRest:
    """One account."""

    def __init__(
        self,
        account: str,
        token: str,
        http: AsyncHttpClient,
        chance: random.Random | None = None,
        *,
        may_act: MayAct = always,
    ) -> None:
        """*chance*: spreads the pauses before another try. *may_act*: asked before each try."""
        self.account = account
        self._auth = (account, token)
        self._client = Client(account, token, http_client=http)
        self._api = self._client.api.v2010.accounts(account)
        self._may_act = may_act
        self._chance = chance or random.Random()  # noqa: S311 - spreads requests, guards nothing

    # Calls.

    async def redirect(self, sid: str, url: str, fallback: str) -> None:
        """Has Twilio ask at *url* what this call is to do now."""
        await self._send(
            lambda: self._api.calls(sid).update_async(
                url=url, method="POST", fallback_url=fallback, fallback_method="POST"
            )
        )

    async def end(self, sid: str) -> None:
        """Hangs up, whether it rings or was answered."""
        await self._send(lambda: self._api.calls(sid).update_async(status="completed"))

    async def calls(self) -> list[FoundCall]:
        """The calls that go on."""
        found = await self._send(lambda: _all(self._api.calls.list_async, status="in-progress"))
        return [
            FoundCall(
                sid=call.sid or "",
                inbound=call.direction == "inbound",
                number=call._from or "",
                dialled=call.to or "",
                started_at=call.start_time,
            )
            for call in found
        ]

    # Conferences.

    async def ring(self, ringing: Ringing) -> Rung:
        """Rings a phone, which comes into the conference when it is answered; once, however often it must be tried."""

        async def ring() -> Rung:
            made = await self._api.conferences(ringing.conference).participants.create_async(
                from_=ringing.caller_id,
                to=ringing.phone,
                label=ringing.label,
                timeout=ringing.timeout_s,
                status_callback=ringing.news_to,
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                status_callback_method="POST",
                beep="false",
                early_media=False,
                start_conference_on_enter=ringing.starts,
                end_conference_on_exit=ringing.ends,
                wait_url=ringing.music,
                wait_method="GET",
                **_recorded(ringing),
            )
            return Rung(sid=made.call_sid or "", conference=made.conference_sid or "")

        return await self._send(ring, known=lambda: self._rung(ringing))

    async def _rung(self, ringing: Ringing) -> Rung | None:
        """Whether the phone rings already."""
        for conference in await self._conferences(ringing.conference):
            for participant in await self._participants(conference.sid):
                if participant.label == ringing.label:
                    return Rung(sid=participant.sid, conference=conference.sid)
        return None

    async def hold(self, conference: str, sid: str, music: str) -> None:
        """Music to one of the conference."""
        participant = self._api.conferences(conference).participants(sid)
        await self._send(lambda: participant.update_async(hold=True, hold_url=music, hold_method="GET"))

    async def retrieve(self, conference: str, sid: str) -> None:
        """Back into the conference."""
        await self._send(lambda: self._api.conferences(conference).participants(sid).update_async(hold=False))

    async def ends_with(self, conference: str, sid: str) -> None:
        """From now on the conference ends when this one leaves it."""
        participant = self._api.conferences(conference).participants(sid)
        await self._send(lambda: participant.update_async(end_conference_on_exit=True))

    async def conferences(self) -> list[FoundConference]:
        """The conferences that go on, or wait for an agent."""
        return await self._send(self._conferences)

    async def conference(self, name: str) -> str:
        """Twilio's name of the conference that we named so; empty where there is none."""
        found = await self._send(lambda: self._conferences(name))
        return found[-1].sid if found else ""

    async def participants(self, conference: str) -> list[FoundParticipant]:
        """Who is in a conference."""
        return await self._send(lambda: self._participants(conference))

    async def _conferences(self, name: str = "") -> list[FoundConference]:
        by_name = {"friendly_name": name} if name else {}
        return [
            FoundConference(sid=one.sid or "", name=one.friendly_name or "")
            for status in ("init", "in-progress")
            for one in await _all(self._api.conferences.list_async, status=status, **by_name)
        ]

    async def _participants(self, conference: str) -> list[FoundParticipant]:
        found = await _all(self._api.conferences(conference).participants.list_async)
        return [
            FoundParticipant(
                sid=one.call_sid or "", label=one.label or "", status=str(one.status or ""), held=bool(one.hold)
            )
            for one in found
        ]

    # Queues, numbers, recordings.

    async def waiting(self, prefix: str) -> dict[str, tuple[str, datetime | None]]:
        """Who is in Twilio's queues whose names begin with *prefix*: by the call's sid the rest of the queue's name,
        and since when."""
        found: dict[str, tuple[str, datetime | None]] = {}
        for queue in await self._send(lambda: _all(self._api.queues.list_async)):
            name, sid = queue.friendly_name or "", queue.sid or ""
            if not name.startswith(prefix) or not queue.current_size:
                continue
            members = self._api.queues(sid).members
            for member in await self._send(partial(_all, members.list_async)):
                found[member.call_sid or ""] = (name.removeprefix(prefix), member.date_enqueued)
        return found

    async def account_status(self) -> str:
        """“active”, “suspended” or “closed”."""
        account = await self._send(self._api.fetch_async)
        return str(account.status or "")

    async def number(self, number: str) -> dict[str, str] | None:
        """How one of the account's numbers is set up, by the API's names; None: the account does not have it."""
        found = await self._send(lambda: self._api.incoming_phone_numbers.list_async(phone_number=number, limit=1))
        for one in found:
            return {
                name: str(getattr(one, name) or "")
                for name in (
                    "voice_url",
                    "voice_method",
                    "voice_fallback_url",
                    "voice_fallback_method",
                    "status_callback",
                    "status_callback_method",
                    "voice_application_sid",
                    "trunk_sid",
                )
            }
        return None

    async def numbers_at(self, url: str) -> frozenset[str]:
        """The account's numbers whose calls come to an address that begins with *url*."""
        found = await self._send(lambda: _all(self._api.incoming_phone_numbers.list_async))
        return frozenset(one.phone_number or "" for one in found if (one.voice_url or "").startswith(url))

    async def recording(self, sid: str, files: Files, to: Path, *, within_s: float) -> None:
        """Writes the sound of a recording, as WAV, to *to*. RestRefused where Twilio has none, RestLost where it
        cannot be had, or written."""
        path = f"/2010-04-01/Accounts/{self._auth[0]}/Recordings/{sid}.wav"
        try:
            await files.download(path, self._auth, to, within_s=within_s)
        except NotThere:
            raise RestRefused(404, _NO_SUCH) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RestLost(type(error).__name__) from None

    async def _send(
        self, what: Callable[[], Awaitable[T]], known: Callable[[], Awaitable[T | None]] | None = None
    ) -> T:
        """Does *what*. Where a try may have been carried out unheard, *known* finds out before the next one."""
        trouble = ""
        unheard = False
        try:
            async with asyncio.timeout(DEADLINE_S):
                for attempt in range(TRIES_MOST):
                    if attempt:
                        pause = _PAUSE_S * 2 ** (attempt - 1)
                        await asyncio.sleep(self._chance.uniform(pause / 2, pause))
                    try:
                        if unheard and known is not None and (found := await known()) is not None:
                            return found
                        if not self._may_act():
                            raise RestWithheld("not sent to Twilio: another engine may lead by now")
                        async with asyncio.timeout(TRY_S):
                            return await what()
                    except TwilioException as error:
                        status, code = _said(error)
                        if status != 429 and status < 500:
                            raise RestRefused(status, code) from None
                        trouble = f"status {status}"
                        unheard = unheard or status != 429
                    except (aiohttp.ClientError, TimeoutError, OSError, JSONDecodeError) as error:
                        trouble, unheard = type(error).__name__, True
        except TimeoutError:
            trouble = f"no answer within {DEADLINE_S:g} s"
        raise RestLost(f"Twilio does not answer: {trouble}")


def _recorded(ringing: Ringing) -> dict[str, object]:
    """Twilio records from when the conference starts: when an agent joins somebody, or is joined."""
    if not ringing.recording_to:
        return {}
    return {
        "conference_record": "record-from-start",
        "conference_recording_status_callback": ringing.recording_to,
        "conference_recording_status_callback_method": "POST",
        "conference_recording_status_callback_event": ["completed"],
    }


async def _all(listed: Callable[..., Awaitable[list[Any]]], **wanted: str) -> list[Any]:
    """The whole list, or none: who is missing from a part of it would count as gone."""
    found = await listed(limit=LISTED_MOST + 1, page_size=_PAGE, **wanted)
    if len(found) > LISTED_MOST:
        raise RestLost(f"Twilio lists more than {LISTED_MOST:,} at once")
    return found


def _said(error: TwilioException) -> tuple[int, int]:
    """The status and Twilio's error code. The helper library says them in one way, and in another of lists.

    An answer in which it does not find what it looks for counts as 502: somebody on the way there has answered.
    """
    if hasattr(error, "status"):
        return error.status, error.code or 0
    response = error.args[-1] if error.args else None
    if not isinstance(response, Response):
        return 502, 0
    found = re.search(r'"code": ?(\d+)', response.text)
    return response.status_code, int(found[1]) if found else 0
