"""The stand-in's REST API: what is asked for is held against the contract, then done, or refused as Twilio does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.twilio.standin.contract import Endpoint, Refused, answer, found
from tests.twilio.standin.people import Conference
from tests.twilio.standin.player import RINGS_AFTER_S, Leg

if TYPE_CHECKING:
    from tests.twilio.standin.twilio import StandIn

ON_THE_WAY_S = 0.05
RING_BUFFER_S = 5.0


class Api:
    """Of one account."""

    def __init__(self, world: StandIn) -> None:
        self._world = world
        self._queue_sids: dict[str, str] = {}

    async def take(self, method: str, url: str, body: str, auth: tuple[str, str] | None) -> tuple[int, bytes]:
        """Answers a request to the API."""
        parts = urlsplit(url)
        query, form = (parse_qs(text, keep_blank_values=True) for text in (parts.query, body))
        await asyncio.sleep(ON_THE_WAY_S)
        if auth != (self._world.account, self._world.token):
            return 401, _error(401, 20003, "Authenticate")
        if self._world.lists_fail and method == "GET":
            return 503, _error(503, 20503, "later")
        if method == "POST":
            self._world.requests.append((method, parts.path, form))
        fault = self._world.faults.pop(0) if self._world.faults and method == "POST" else ""
        if fault in ("429", "503"):
            return int(fault), _error(int(fault), 20429 if fault == "429" else 20503, "later")
        try:
            endpoint = found(method, parts.path, query, form)
            content = self._done_by(endpoint, query, form)
        except Refused as error:
            if error.code == 20001:
                self._world.troubles.append(str(error))
            return error.status, _error(error.status, error.code, error.message)
        if fault == "silent":
            await asyncio.sleep(3600)
        if fault == "done 503":
            return 503, _error(503, 20503, "later")
        return endpoint.status, json.dumps(content).encode()

    def _done_by(self, endpoint: Endpoint, query: dict[str, list[str]], form: dict[str, list[str]]) -> Any:
        one = {name: values[0] for name, values in (*query.items(), *form.items())}
        parts = endpoint.parts
        match endpoint.method, endpoint.path:
            case "GET", "/2010-04-01/Accounts/{Sid}.json":
                return answer("account", sid=self._world.account, status=self._world.account_status, type="Full")
            case "GET", "/Calls.json":
                legs = [leg for leg in self._world.legs.values() if leg.status == one.get("Status", leg.status)]
                return _page("calls", [self._call(leg) for leg in legs])
            case "POST", "/Calls/{Sid}.json":
                return self._call(self._updated(parts["Sid"], one))
            case "GET", "/Conferences.json":
                return _page("conferences", self._listed(one))
            case "GET", "/Conferences/{ConferenceSid}/Participants.json":
                conference = self._conference_of(parts["ConferenceSid"])
                everybody = [*conference.legs, *conference.expected]
                return _page("participants", [self._participant(conference, leg) for leg in everybody])
            case "POST", "/Conferences/{ConferenceSid}/Participants.json":
                return self._rung(parts["ConferenceSid"], one, form)
            case "POST", "/Conferences/{ConferenceSid}/Participants/{CallSid}.json":
                return self._changed(parts, one)
            case "GET", "/Queues.json":
                return _page("queues", [self._queue(name) for name in self._world.queues])
            case "GET", "/Queues/{QueueSid}/Members.json":
                (name,) = [name for name, sid in self._queue_sids.items() if sid == parts["QueueSid"]]
                members = [
                    answer("member", call_sid=leg.sid, date_enqueued=_now(), position=number, wait_time=0)
                    for number, leg in enumerate(self._world.queues[name], 1)
                ]
                return _page("queue_members", members)
            case "GET", "/IncomingPhoneNumbers.json":
                return _page("incoming_phone_numbers", self._numbers(one.get("PhoneNumber", "")))
        raise AssertionError(endpoint)

    def _updated(self, sid: str, one: dict[str, str]) -> Leg:
        leg = self._world.legs.get(sid)
        if leg is None:
            raise Refused(404, 20404, "no such call")
        if leg.over or ("Url" in one and leg.status != "in-progress"):
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        if "Status" in one:
            if one["Status"] == "completed" or leg.status != "in-progress":
                self._world.ended(leg, "completed" if leg.status == "in-progress" else "canceled")
        else:
            leg.fallback = one.get("FallbackUrl", leg.fallback)
            leg.begin(one["Url"])
        return leg

    def _rung(self, name: str, one: dict[str, str], form: dict[str, list[str]]) -> dict[str, Any]:
        if one["From"] != self._world.number:
            raise Refused(400, 21210, "From is not a number of this account")
        if not one["To"].startswith(("+", "sip:", "client:")):
            raise Refused(400, 21211, "To is not a number")
        if len(one.get("Label", "")) > 128:
            raise Refused(400, 20001, "Label is longer than 128 characters")
        conference = self._world.conference(name)
        if one.get("Label") and one["Label"] in [leg.label for leg in (*conference.legs, *conference.expected)]:
            self._world.troubles.append(f"{one['Label']} is rung twice")
        leg = Leg(
            self._world, self._world.sid("CA"), one["From"], one["To"], "outbound-api", label=one.get("Label", "")
        )
        leg.news_to, leg.news_of = (
            one.get("StatusCallback", ""),
            frozenset(form.get("StatusCallbackEvent", ["completed"])),
        )
        leg.started_at = self._world.time()
        self._world.legs[leg.sid] = leg
        conference.expected.append(leg)
        self._world.later(self._ring(leg, conference, one))
        return self._participant(conference, leg)

    async def _ring(self, leg: Leg, conference: Conference, one: dict[str, str]) -> None:
        phone = self._world.phone(leg.to)
        phone.legs.append(leg)
        self._world.progress(leg, "initiated")
        await asyncio.sleep(RINGS_AFTER_S)
        if leg.over:
            return
        if phone.status:
            self._world.ended(leg, phone.status)
            return
        leg.status = "ringing"
        self._world.progress(leg, "ringing")
        timeout_s = int(one.get("Timeout", "60")) + RING_BUFFER_S
        answers_after = timeout_s + 1 if phone.answers_after is None else phone.answers_after
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(answers_after, timeout_s)):
                await phone.picked_up.wait()
        if not self._world.rings(leg):
            return
        if answers_after > timeout_s and not phone.picked_up.is_set():
            self._world.ended(leg, "no-answer")
            return
        leg.status = "in-progress"
        conference.expected.remove(leg)
        self._world.progress(leg, "answered")
        leg.enters()
        self._world.conference(conference.name).joined(
            leg,
            starts=one.get("StartConferenceOnEnter") != "false",
            ends=one.get("EndConferenceOnExit") == "true",
            record=one.get("ConferenceRecord", ""),
            recorded_to=one.get("ConferenceRecordingStatusCallback", ""),
        )

    def _changed(self, parts: dict[str, str], one: dict[str, str]) -> dict[str, Any]:
        conference = self._conference_of(parts["ConferenceSid"])
        for leg in conference.legs:
            if parts["CallSid"] in (leg.sid, leg.label):
                if one.get("EndConferenceOnExit") == "true":
                    conference.ends_with.add(leg)
                if "Hold" in one:
                    self._held(conference, leg, hold=one["Hold"].lower() == "true")
                return self._participant(conference, leg)
        raise Refused(404, 20404, "no such participant")

    @staticmethod
    def _held(conference: Conference, leg: Leg, *, hold: bool) -> None:
        if hold:
            conference.held.add(leg)
            leg.hear("music")
        else:
            conference.held.discard(leg)
            leg.hear("connected", "again")

    def _conference_of(self, sid: str) -> Conference:
        for conference in self._world.conferences.values():
            if conference.sid == sid:
                return conference
        raise Refused(404, 20404, "no such conference")

    def _listed(self, one: dict[str, str]) -> list[dict[str, Any]]:
        return [
            answer(
                "conference",
                sid=conference.sid,
                friendly_name=conference.name,
                status="in-progress" if conference.started else "init",
                account_sid=self._world.account,
            )
            for conference in self._world.conferences.values()
            if one.get("FriendlyName", conference.name) == conference.name
            and one.get("Status") == ("in-progress" if conference.started else "init")
        ]

    def _call(self, leg: Leg) -> dict[str, Any]:
        known = answer(
            "call",
            sid=leg.sid,
            account_sid=self._world.account,
            to=leg.to,
            status=leg.status,
            direction=leg.direction,
            start_time=_now(),
        )
        return {**known, "from": leg.number}

    def _participant(self, conference: Conference, leg: Leg) -> dict[str, Any]:
        status = {"queued": "queued", "ringing": "ringing", "in-progress": "connected"}.get(leg.status, "complete")
        return answer(
            "participant",
            account_sid=self._world.account,
            call_sid=leg.sid,
            conference_sid=conference.sid,
            label=leg.label or None,
            status=status,
            hold=leg in conference.held,
        )

    def _queue(self, name: str) -> dict[str, Any]:
        sid = self._queue_sids.setdefault(name, self._world.sid("QU"))
        return answer("queue", sid=sid, friendly_name=name, current_size=len(self._world.queues[name]), max_size=1_000)

    def _numbers(self, number: str) -> list[dict[str, Any]]:
        if number not in ("", self._world.number):
            return []
        return [
            answer(
                "incoming_phone_number",
                sid=self._world.sid("PN"),
                phone_number=self._world.number,
                voice_url=self._world.voice_url,
                voice_method="POST",
                voice_fallback_url=self._world.fallback_url,
                voice_fallback_method="POST",
                status_callback=self._world.status_url,
                status_callback_method="POST",
            )
        ]


def _page(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: rows, "page": 0, "page_size": 1_000, "start": 0, "end": max(0, len(rows) - 1), "next_page_uri": None}


def _error(status: int, code: int, message: str) -> bytes:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json.dumps({"code": code, "message": message, "more_info": more, "status": status}).encode()


def _now() -> str:
    return format_datetime(datetime.now(UTC))
