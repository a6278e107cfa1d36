"""The stand-in as a whole: its account, its calls, its REST API, its webhooks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cti.twilio.transport import AiohttpClient
from cti.twilio.webhooks import Webhook
from tests.twilio.standin.contract import Endpoint, Refused, answer, found
from tests.twilio.standin.player import RINGS_AFTER_S, Leg, task_outside

ANSWER_WITHIN_S = 15.0
ON_THE_WAY_S = 0.05
RING_BUFFER_S = 5.0

Take = Callable[[Webhook], Awaitable[tuple[int, str]]]


@dataclass(eq=False)
class Phone:
    """What is at the end of a number, a SIP address or a client's name."""

    answers_after: float | None = 2.0
    """Seconds of ringing; None: nobody answers."""
    status: str = ""
    """“busy” or “failed”: does not ring at all."""
    sip_code: str = ""
    legs: list[Leg] = field(default_factory=list)
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it for who answers now, whatever else is said here."""


@dataclass(eq=False)
class Conference:
    """People who hear each other, once somebody has started it."""

    world: StandIn
    sid: str
    name: str
    started: bool = False
    legs: list[Leg] = field(default_factory=list)
    ends_with: set[Leg] = field(default_factory=set)
    held: set[Leg] = field(default_factory=set)
    expected: list[Leg] = field(default_factory=list)
    """Those who ring."""

    def joined(self, leg: Leg, *, starts: bool, ends: bool) -> None:
        """Somebody comes in."""
        leg.conference = self
        self.legs.append(leg)
        if ends:
            self.ends_with.add(leg)
        self.started = self.started or starts
        if not self.started or len(self.legs) < 2:
            leg.hear("music")
        if self.started and len(self.legs) > 1:
            for one in self.legs:
                one.hear("connected", ", ".join(other.label for other in self.legs if other is not one))

    def expects_no_more(self, leg: Leg) -> None:
        """Somebody was rung and does not come."""
        if leg in self.expected:
            self.expected.remove(leg)
            if not (self.expected or self.legs):
                self.world.conferences.pop(self.name, None)

    def left(self, leg: Leg) -> None:
        """Somebody goes out; with the last one, or one of those it ends with, the conference is over."""
        if leg not in self.legs:
            return
        self.legs.remove(leg)
        leg.conference = None
        if leg in self.ends_with or not self.legs:
            self.world.conferences.pop(self.name, None)
            for other in tuple(self.legs):
                self.legs.remove(other)
                other.put_out()
                if other.task is None:
                    self.world.ended(other, "completed")


class _Transport(AiohttpClient):
    """The helper library's way to the stand-in: requests as they would go out, without the net."""

    def __init__(self, world: StandIn) -> None:
        super().__init__()
        self._world = world

    async def send(
        self,
        method: str,
        url: str,
        body: str | None,
        headers: dict[str, str],
        auth: tuple[str, str] | None,
        within_s: float,
    ) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(within_s):
            if url.endswith(".wav"):
                if self._world.recordings_fail == "404":
                    return 404, {}, b""
                if self._world.recordings_fail:
                    raise TimeoutError
                return 200, {}, b"RIFF"
            if url.startswith(self._world.public_url):
                return await self._world.forward(method, url, headers), {}, b""
            status, content = await self._world.rest(method, url, body or "", auth)
        return status, {}, content


class StandIn:
    """One account with one number."""

    def __init__(self, *, public_url: str, number: str = "+15550100200", seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self.account = self.sid("AC")
        self.token = f"{self._chance.getrandbits(128):032x}"
        self.account_status = "active"
        self.number = number
        self.public_url = public_url
        self.voice_url = f"{public_url}/voice"
        self.fallback_url = f"{public_url}/fallback"
        self.status_url = f"{public_url}/status"
        self.http: AiohttpClient = _Transport(self)
        self.phones: dict[str, Phone] = {}
        self.outside: dict[str, str] = {}
        """What becomes of numbers that <Dial> dials: “answered”, “busy” …"""
        self.legs: dict[str, Leg] = {}
        self.conferences: dict[str, Conference] = {}
        self.queues: dict[str, list[Leg]] = {}
        self.bins: dict[str, str] = {}
        """TwiML Bins: documents that Twilio keeps, by their addresses."""
        self.queue_size = 1_000
        self.troubles: list[str] = []
        """What Twilio's debugger would show."""
        self.requests: list[tuple[str, str, dict[str, list[str]]]] = []
        """What was asked of the REST API: method, path, form."""
        self.answers: list[tuple[str, int]] = []
        """To which addresses webhooks went, and the status of the answer."""
        self.documents: list[tuple[Webhook, str]] = []
        """What was asked, and the document that came."""
        self.faults: list[str] = []
        """What becomes of the next requests that change something: “429”, “503” (not done), “done 503” (done, and not
        said so), “silent” (done, and no answer comes)."""
        self.recordings_fail = ""
        """“404”: there are none; anything else: they cannot be had."""
        self.lists_fail = False
        """Whether the REST API answers nothing but 503 to who asks; what it is told it does."""
        self.repeats = False
        """Whether each webhook comes twice."""
        self.unordered = False
        """Whether news come in any order."""
        self.take: Take | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._queue_sids: dict[str, str] = {}

    def sid(self, prefix: str) -> str:
        """A new name of Twilio's."""
        return f"{prefix}{self._chance.getrandbits(128):032x}"

    def time(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time()

    def conference(self, name: str) -> Conference:
        """The conference of this name, begun if need be."""
        if name not in self.conferences:
            self.conferences[name] = Conference(self, self.sid("CF"), name)
        return self.conferences[name]

    # People.

    def call_in(self, number: str = "+380501110003", sid: str = "") -> Leg:
        """Somebody dials the account's number."""
        leg = Leg(
            self, sid or self.sid("CA"), number, self.number, "inbound", status="ringing", fallback=self.fallback_url
        )
        leg.news_to, leg.started_at = self.status_url, self.time()
        self.legs[leg.sid] = leg
        leg.status = "in-progress"
        leg.begin(self.voice_url)
        return leg

    def phone(self, address: str) -> Phone:
        """The phone at this address."""
        return self.phones.setdefault(address, Phone())

    def ended(self, leg: Leg, status: str) -> None:
        """The call is over."""
        if leg.over:
            return
        leg.status = status
        leg.hear("ended")
        if leg.task is not None and leg.task is not asyncio.current_task():
            leg.task.cancel()
        if leg.conference is not None:
            leg.conference.left(leg)
        for conference in tuple(self.conferences.values()):
            conference.expects_no_more(leg)
        self.progress(leg, "completed")

    @staticmethod
    def rings(leg: Leg) -> bool:
        """Whether its phone rings now."""
        return leg.status == "ringing"

    def progress(self, leg: Leg, event: str) -> None:
        """News of a call, to whom it may concern."""
        number, leg.sequence = leg.sequence, leg.sequence + 1
        if leg.news_to and event in leg.news_of:
            told = {"SequenceNumber": str(number), "CallbackSource": "call-progress-events", "Timestamp": "now"}
            code = self.phone(leg.to).sip_code
            if leg.over and code:
                told["SipResponseCode"] = code
            self.news(leg.news_to, {**leg.params(), **told})

    def news(self, url: str, params: dict[str, str]) -> None:
        """A status callback: its answer is nobody's business. It is sent once, or twice, and in order, or not."""
        delay_s = self._chance.uniform(0.01, 1.5) if self.unordered else 0.0

        async def send() -> None:
            await asyncio.sleep(delay_s)
            try:
                await self.webhook(url, params)
            except OSError as error:
                self.troubles.append(f"{url}: {error!r}")

        self.later(send())

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Lets something happen meanwhile."""
        task = task_outside(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), OSError):
            self.troubles.append(repr(task.exception()))

    async def close(self) -> None:
        """Ends everything."""
        tasks = [*self._tasks, *(leg.task for leg in self.legs.values() if leg.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Webhooks.

    async def webhook(self, url: str, params: dict[str, str]) -> str:
        """Sends a request as Twilio does; the answer's document. OSError where there is none that helps."""
        parts = urlsplit(url)
        signed = url + "".join(name + params[name] for name in sorted(params))
        signature = base64.b64encode(hmac.new(self.token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        hook = Webhook(
            method="POST",
            target=parts.path + (f"?{parts.query}" if parts.query else ""),
            headers={
                "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
                "x-twilio-signature": signature,
                "i-twilio-idempotency-token": f"{self._chance.getrandbits(128):032x}",
            },
            body=urlencode(params).encode(),
        )
        await asyncio.sleep(ON_THE_WAY_S)
        if url in self.bins:
            return self.bins[url]
        if self.take is None:
            raise ConnectionRefusedError(url)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            status, document = await self.take(hook)
        if self.repeats:
            again = await self.take(hook)
            assert again == (status, document), "a webhook that comes twice gets the same"
        self.answers.append((parts.path, status))
        if status not in (200, 204):
            raise OSError(f"status {status}")
        if document:
            self.documents.append((hook, document))
        return document

    async def forward(self, method: str, url: str, headers: dict[str, str]) -> int:
        """The web server at the public address: passes on what comes there. The status of the answer."""
        if self.take is None:
            raise ConnectionRefusedError(url)
        hook = Webhook(
            method=method,
            target=urlsplit(url).path,
            headers={name.lower(): value for name, value in headers.items()},
        )
        return (await self.take(hook))[0]

    # REST.

    async def rest(self, method: str, url: str, body: str, auth: tuple[str, str] | None) -> tuple[int, bytes]:
        """Answers a request to the API."""
        parts = urlsplit(url)
        query, form = (parse_qs(text, keep_blank_values=True) for text in (parts.query, body))
        await asyncio.sleep(ON_THE_WAY_S)
        if auth != (self.account, self.token):
            return 401, _error(401, 20003, "Authenticate")
        if self.lists_fail and method == "GET":
            return 503, _error(503, 20503, "later")
        if method == "POST":
            self.requests.append((method, parts.path, form))
        fault = self.faults.pop(0) if self.faults and method == "POST" else ""
        if fault in ("429", "503"):
            return int(fault), _error(int(fault), 20429 if fault == "429" else 20503, "later")
        try:
            endpoint = found(method, parts.path, query, form)
            content = self._done_by(endpoint, query, form)
        except Refused as error:
            if error.code == 20001:
                self.troubles.append(str(error))
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
                return answer("account", sid=self.account, status=self.account_status, type="Full")
            case "GET", "/Calls.json":
                legs = [leg for leg in self.legs.values() if leg.status == one.get("Status", leg.status)]
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
                return _page("queues", [self._queue(name) for name in self.queues])
            case "GET", "/Queues/{QueueSid}/Members.json":
                (name,) = [name for name, sid in self._queue_sids.items() if sid == parts["QueueSid"]]
                members = [
                    answer("member", call_sid=leg.sid, date_enqueued=_now(), position=number, wait_time=0)
                    for number, leg in enumerate(self.queues[name], 1)
                ]
                return _page("queue_members", members)
            case "GET", "/IncomingPhoneNumbers.json":
                return _page("incoming_phone_numbers", self._numbers(one.get("PhoneNumber", "")))
        raise AssertionError(endpoint)

    def _updated(self, sid: str, one: dict[str, str]) -> Leg:
        leg = self.legs.get(sid)
        if leg is None:
            raise Refused(404, 20404, "no such call")
        if leg.over or ("Url" in one and leg.status != "in-progress"):
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        if "Status" in one:
            if one["Status"] == "completed" or leg.status != "in-progress":
                self.ended(leg, "completed" if leg.status == "in-progress" else "canceled")
        else:
            leg.fallback = one.get("FallbackUrl", leg.fallback)
            leg.begin(one["Url"])
        return leg

    def _rung(self, name: str, one: dict[str, str], form: dict[str, list[str]]) -> dict[str, Any]:
        if one["From"] != self.number:
            raise Refused(400, 21210, "From is not a number of this account")
        if not one["To"].startswith(("+", "sip:", "client:")):
            raise Refused(400, 21211, "To is not a number")
        if len(one.get("Label", "")) > 128:
            raise Refused(400, 20001, "Label is longer than 128 characters")
        conference = self.conference(name)
        if one.get("Label") and one["Label"] in [leg.label for leg in (*conference.legs, *conference.expected)]:
            self.troubles.append(f"{one['Label']} is rung twice")
        leg = Leg(self, self.sid("CA"), one["From"], one["To"], "outbound-api", label=one.get("Label", ""))
        leg.news_to, leg.news_of = (
            one.get("StatusCallback", ""),
            frozenset(form.get("StatusCallbackEvent", ["completed"])),
        )
        leg.started_at = self.time()
        self.legs[leg.sid] = leg
        conference.expected.append(leg)
        self.later(self._ring(leg, conference, one))
        return self._participant(conference, leg)

    async def _ring(self, leg: Leg, conference: Conference, one: dict[str, str]) -> None:
        phone = self.phone(leg.to)
        phone.legs.append(leg)
        self.progress(leg, "initiated")
        await asyncio.sleep(RINGS_AFTER_S)
        if leg.over:
            return
        if phone.status:
            self.ended(leg, phone.status)
            return
        leg.status = "ringing"
        self.progress(leg, "ringing")
        timeout_s = int(one.get("Timeout", "60")) + RING_BUFFER_S
        answers_after = timeout_s + 1 if phone.answers_after is None else phone.answers_after
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(answers_after, timeout_s)):
                await phone.picked_up.wait()
        if not self.rings(leg):
            return
        if answers_after > timeout_s and not phone.picked_up.is_set():
            self.ended(leg, "no-answer")
            return
        leg.status = "in-progress"
        conference.expected.remove(leg)
        self.progress(leg, "answered")
        leg.enters()
        self.conference(conference.name).joined(
            leg, starts=one.get("StartConferenceOnEnter") != "false", ends=one.get("EndConferenceOnExit") == "true"
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
        for conference in self.conferences.values():
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
                account_sid=self.account,
            )
            for conference in self.conferences.values()
            if one.get("FriendlyName", conference.name) == conference.name
            and one.get("Status") == ("in-progress" if conference.started else "init")
        ]

    def _call(self, leg: Leg) -> dict[str, Any]:
        known = answer(
            "call",
            sid=leg.sid,
            account_sid=self.account,
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
            account_sid=self.account,
            call_sid=leg.sid,
            conference_sid=conference.sid,
            label=leg.label or None,
            status=status,
            hold=leg in conference.held,
        )

    def _queue(self, name: str) -> dict[str, Any]:
        sid = self._queue_sids.setdefault(name, self.sid("QU"))
        return answer("queue", sid=sid, friendly_name=name, current_size=len(self.queues[name]), max_size=1_000)

    def _numbers(self, number: str) -> list[dict[str, Any]]:
        if number not in ("", self.number):
            return []
        return [
            answer(
                "incoming_phone_number",
                sid=self.sid("PN"),
                phone_number=self.number,
                voice_url=self.voice_url,
                voice_method="POST",
                voice_fallback_url=self.fallback_url,
                voice_fallback_method="POST",
                status_callback=self.status_url,
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
