"""The stand-in as a whole: its account, its calls, its webhooks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode, urlsplit

from cti.twilio.transport import AiohttpClient
from cti.twilio.webhooks import Webhook
from tests.twilio.standin.api import ON_THE_WAY_S, Api
from tests.twilio.standin.people import Conference, Phone
from tests.twilio.standin.player import Leg, task_outside
from tests.twilio.standin.transport import Transport

ANSWER_WITHIN_S = 15.0

Take = Callable[[Webhook], Awaitable[tuple[int, str]]]


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
        self.http: AiohttpClient = Transport(self)
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
        self._api = Api(self)

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

    async def rest(self, method: str, url: str, body: str, auth: tuple[str, str] | None) -> tuple[int, bytes]:
        """Answers a request to the REST API."""
        return await self._api.take(method, url, body, auth)
