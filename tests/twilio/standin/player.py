"""One leg of a call at the stand-in: asks for documents and does what they say, until somebody hangs up."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tests.leftovers import LIVES_WITH_THE_LOOP
from tests.twilio.standin.lint import BadTwiml, checked

if TYPE_CHECKING:
    from tests.twilio.standin.people import Conference
    from tests.twilio.standin.twilio import StandIn

T = TypeVar("T")

SAID_CHARACTERS_PER_S = 14
PLAYED_S = 2.0
RINGS_AFTER_S = 0.3


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing in somebody's ear."""

    what: str
    """“said”, “played”, “asked” (keys are gathered now), “tone”, “music”, “connected” or “ended”."""
    text: str = ""


def task_outside(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task of this world, which no test waits for in the end."""
    return asyncio.get_running_loop().create_task(work, name=f"{LIVES_WITH_THE_LOOP}a call at Twilio")


class _HungUp(Exception):
    """The document is over, and so is the call."""


class _Elsewhere(Exception):
    """Goes on with what another address says."""

    def __init__(self, url: str, params: dict[str, str]) -> None:
        super().__init__(url)
        self.url = url
        self.params = params


class _Left(Exception):
    """<Leave>."""


@dataclass(eq=False)
class Leg:
    """One telephone call, as Twilio sees it."""

    world: StandIn
    sid: str
    number: str
    """From."""
    to: str
    direction: str
    status: str = "queued"
    news_to: str = ""
    news_of: frozenset[str] = frozenset({"completed"})
    fallback: str = ""
    label: str = ""
    sequence: int = 0
    heard: list[Heard] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    conference: Conference | None = None
    queue: str = ""
    started_at: float = 0.0
    answered_outside: str = ""
    speaks_s: float | None = None
    """So long into a recording, then falls silent; None: until a key is pressed."""
    _keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    answers_to: str = ""
    """The action of the present <Gather> or <Record>."""
    _listening: bool = False
    _silent: bool = False
    _recording_since: float | None = None
    _out: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the leg's conference is over for it."""

    # What somebody at this end does.

    @property
    def listening(self) -> bool:
        """Whether a key would be heard."""
        return self._listening

    @property
    def asked(self) -> bool:
        """Whether a key would be heard, and nothing is being said before it."""
        return self._listening and self._silent

    @property
    def over(self) -> bool:
        """Whether the call is over."""
        return self.status in ("completed", "busy", "no-answer", "failed", "canceled")

    def press(self, key: str) -> None:
        """Presses one key; where nothing listens it is lost, as at Twilio."""
        if self._listening:
            self._keys.put_nowait(key)

    def hang_up(self) -> None:
        """Hangs up."""
        if self.over:
            return
        record, self._recording_since = self._record, None
        self.world.ended(self, "completed")
        if record is not None:
            self.world.later(self._request(record[0], {**record[1], "Digits": "hangup"}))

    # What documents say.

    def begin(self, url: str, params: dict[str, str] | None = None) -> None:
        """Goes on at this address, whatever it was doing."""
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        if self.conference is not None:
            self.conference.left(self)
        self.task = task_outside(self._go(url, params or {}))

    async def _go(self, url: str, params: dict[str, str]) -> None:
        while True:
            try:
                root = await self._document(url, params)
                await self._do_all(root)
                break
            except _Elsewhere as to:
                url, params = to.url, to.params
            except _HungUp:
                break
        self.world.ended(self, "completed")

    async def _document(self, url: str, params: dict[str, str], *, while_queued: bool = False) -> ET.Element:
        try:
            return checked(await self._request(url, params), while_queued=while_queued)
        except (BadTwiml, OSError, TimeoutError) as error:
            self.world.troubles.append(f"{url}: {error!r}")
            if not self.fallback:
                raise _HungUp from None
            failed = {"ErrorCode": "11200", "ErrorUrl": url}
            try:
                return checked(await self._request(self.fallback, failed))
            except (BadTwiml, OSError, TimeoutError):
                raise _HungUp from None

    async def _request(self, url: str, params: dict[str, str]) -> str:
        return await self.world.webhook(url, {**self.params(), **params})

    def params(self) -> dict[str, str]:
        """What every request about this call says."""
        return {
            "AccountSid": self.world.account,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Direction": self.direction,
            "From": self.number,
            "Caller": self.number,
            "To": self.to,
            "Called": self.to,
            "CallerCountry": "",
            "SomethingNew": "a parameter of next year",
        }

    async def _do_all(self, root: ET.Element) -> None:
        for verb in root:
            await self._do(verb)

    async def _do(self, verb: ET.Element) -> None:
        match verb.tag:
            case "Say" | "Play" | "Pause":
                await self._speak(verb)
            case "Gather":
                await self._gather(verb)
            case "Record":
                await self._take_message(verb)
            case "Enqueue":
                await self._enqueue(verb)
            case "Dial":
                await self._dial(verb)
            case "Redirect":
                raise _Elsewhere((verb.text or "").strip(), {})
            case "Leave":
                raise _Left
            case "Hangup" | "Reject":
                raise _HungUp
            case other:
                raise AssertionError(f"the stand-in does not know <{other}>")

    async def _speak(self, verb: ET.Element) -> None:
        text = " ".join("".join(verb.itertext()).split())  # of <Say> the words, with marks or without
        match verb.tag:
            case "Say":
                self._hear("said", text)
                await asyncio.sleep(max(0.5, len(text) / SAID_CHARACTERS_PER_S))
            case "Play" if verb.get("loop") == "0":
                self._hear("music")
                await asyncio.Event().wait()
            case "Play":
                self._hear("played", text)
                await asyncio.sleep(PLAYED_S)
            case "Pause":
                await asyncio.sleep(int(verb.get("length", "1")))

    async def _gather(self, verb: ET.Element) -> None:
        most = int(verb.get("numDigits", "10000"))
        finish, timeout_s = verb.get("finishOnKey", "#"), float(verb.get("timeout", "5"))
        digits, ended_by = "", ""
        self._keys = asyncio.Queue()
        self._listening, self._silent, self.answers_to = True, False, verb.get("action") or ""
        speaking = task_outside(self._spoken(verb))
        try:
            while len(digits) < most:
                key = await self._key(speaking, timeout_s)
                if key == "":
                    break
                if key in finish:
                    ended_by = key
                    break
                digits += key
                self._silent = True
        finally:
            speaking.cancel()
            self._listening = False
        if digits or verb.get("actionOnEmptyResult") == "true":
            action = verb.get("action") or ""
            raise _Elsewhere(action, {"Digits": digits, **({"FinishedOnKey": ended_by} if ended_by else {})})

    async def _spoken(self, verb: ET.Element) -> None:
        await self._do_all(verb)
        self._hear("asked")
        self._silent = True

    async def _key(self, speaking: asyncio.Future[None], timeout_s: float) -> str:
        """The next key; empty where none comes in time. What is spoken stops at the first one."""
        pressed = task_outside(self._keys.get())
        try:
            if not speaking.done():
                await asyncio.wait((pressed, speaking), return_when=asyncio.FIRST_COMPLETED)
            if not pressed.done():
                await asyncio.wait((pressed,), timeout=timeout_s)
            if not pressed.done():
                return ""
            speaking.cancel()
            return pressed.result()
        finally:
            pressed.cancel()

    @property
    def _record(self) -> tuple[str, dict[str, str]] | None:
        if self._recording_since is None:
            return None
        seconds = int(self.world.time() - self._recording_since)
        return self._record_action, {"RecordingDuration": str(seconds), "RecordingSid": self.world.sid("RE")}

    async def _take_message(self, verb: ET.Element) -> None:
        self._hear("tone")
        self._record_action = self.answers_to = verb.get("action") or ""
        self._recording_since = self.world.time()
        self._keys, self._listening = asyncio.Queue(), True
        speaking = task_outside(asyncio.sleep(0))
        key = "0"
        finish = verb.get("finishOnKey", "1234567890*#")
        most_s = float(verb.get("maxLength", "3600"))
        if self.speaks_s is not None:
            most_s = min(most_s, self.speaks_s + float(verb.get("timeout", "5")))
        try:
            while key and (key := await self._key(speaking, most_s)) not in finish:
                pass
        finally:
            self._listening = False
            record, self._recording_since = self._record, None
        if self.speaks_s == 0:
            return  # nothing was recorded: the action is not asked, the document goes on
        assert record is not None
        action, said = record
        callback = verb.get("recordingStatusCallback")
        if callback:
            ready = {"RecordingSid": said["RecordingSid"], "RecordingStatus": "completed"}
            self.world.later(self.world.webhook(callback, {**self.params(), **ready}))
        raise _Elsewhere(action, {**said, "Digits": key})

    async def _enqueue(self, verb: ET.Element) -> None:
        name, action = (verb.text or "").strip(), verb.get("action") or ""
        queue = self.world.queues.setdefault(name, [])
        if len(queue) >= self.world.queue_size:
            raise _Elsewhere(action, {"QueueResult": "queue-full"})
        queue.append(self)
        self.queue = name
        result = "hangup"
        try:
            await self._wait_in_queue(verb.get("waitUrl") or "")
        except _Left:
            result = "leave"
        except asyncio.CancelledError:
            if (
                not self.over and self.world.take is not None
            ):  # somebody has moved it: Twilio asks here too, and goes on elsewhere
                self.world.later(self._request(action, {"QueueResult": "redirected"}))
            raise
        finally:
            queue.remove(self)
            self.queue = ""
        raise _Elsewhere(action, {"QueueResult": result, "QueueTime": "1"})

    async def _wait_in_queue(self, url: str) -> None:
        params: dict[str, str] = {"QueuePosition": "1", "QueueSid": self.world.sid("QU")}
        start = url
        while True:
            try:
                await self._do_all(await self._document(url, params, while_queued=True))
                url = start
            except _Elsewhere as to:
                url, params = to.url, to.params

    async def _dial(self, verb: ET.Element) -> None:
        (noun,) = verb
        action = verb.get("action") or ""
        if noun.tag == "Conference":
            await self._confer(noun)
            raise _Elsewhere(action, {"DialCallStatus": "answered"})
        status = self.world.outside.get((noun.text or "").strip(), "no-answer")
        await asyncio.sleep(RINGS_AFTER_S)
        if status == "answered":
            child = {"CallSid": self.world.sid("CA"), "ParentCallSid": self.sid, "CallStatus": "in-progress"}
            self.answered_outside = (noun.text or "").strip()
            self._hear("connected", self.answered_outside)
            self.world.news(noun.get("statusCallback") or "", {**self.params(), **child, "SequenceNumber": "2"})
            self._out = asyncio.Event()
            await self._out.wait()
            status = "completed"
        else:
            await asyncio.sleep(float(verb.get("timeout", "30")) if status == "no-answer" else 1)
        raise _Elsewhere(action, {"DialCallStatus": status})

    def outside_hangs_up(self) -> None:
        """Who was dialled outside hangs up."""
        self._out.set()

    async def _confer(self, noun: ET.Element) -> None:
        self.label = noun.get("participantLabel") or ""
        self._out = asyncio.Event()
        self.world.conference((noun.text or "").strip()).joined(
            self,
            starts=noun.get("startConferenceOnEnter") == "true",
            ends=noun.get("endConferenceOnExit") == "true",
            record=noun.get("record") or "",
            recorded_to=noun.get("recordingStatusCallback") or "",
        )
        await self._out.wait()

    # What happens in a conference.

    def enters(self) -> None:
        """Was put into a conference by REST."""
        self._out = asyncio.Event()

    def put_out(self) -> None:
        """The conference is over for this leg: one that a document brought there goes on with it."""
        self.conference = None
        self._out.set()

    def _hear(self, what: str, text: str = "") -> None:
        self.heard.append(Heard(what, text))

    def hear(self, what: str, text: str = "") -> None:
        """Something comes into this ear."""
        self._hear(what, text)
