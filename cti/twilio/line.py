"""Twilio as a line: the centre's orders become TwiML and REST requests, Twilio's requests the centre's events.

A caller is never in the engine's hands alone. Who waits is in Twilio's queue with music that needs nobody; who is
offered to an agent is in a conference that Twilio connects by itself. So the engine may die at any instant, and a new
one finds every caller by Twilio's lists. docs/decisions says why it is the queue for the one and a conference for the
other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from centre.capabilities import CAPABILITIES
from centre.effects import (
    Ask,
    CallOutside,
    DialCustomer,
    EndConversation,
    HangUp,
    Hold,
    Order,
    PickUp,
    Retrieve,
    Ring,
    SendReply,
    Speak,
    StopDialling,
    StopRinging,
    TakeMessage,
    Wait,
)
from centre.events import Event
from centre.line_kind import LineKind
from config.site import Site, Twilio
from cti.recordings import Recordings
from cti.service.background import Background
from cti.service.ports import LineError, MayAct, Tell, always
from cti.twilio.addresses import Addresses
from cti.twilio.answers import Answers, name_of
from cti.twilio.callers import Callers, Surroundings
from cti.twilio.documents import PLAYED
from cti.twilio.found import Found
from cti.twilio.messages import Messages
from cti.twilio.phones import Phones
from cti.twilio.replies import NotKept, Replies
from cti.twilio.rest import RestFailed, RestRefused, TwilioRest
from cti.twilio.secrets import Credentials, read_credentials
from cti.twilio.server import TwilioServer
from cti.twilio.strangers import Strangers
from cti.twilio.transport import AiohttpClient
from cti.twilio.turns import TurnedAway, Turns, UnknownAddress
from cti.twilio.webhooks import NotFromTwilio, Posted, Signatures, Webhook

_log = logging.getLogger(__name__)

LOOK_AGAIN_S = 5.0
"""How often Twilio is asked for its lists that has not given them yet."""
COMPARE_EVERY_S = 60.0
"""How often Twilio's lists are compared with what is known: an end of a call that nobody told of is noticed then."""


class TwilioLine:
    """See the module. One account, driven by one engine."""

    id = "twilio"
    capabilities = CAPABILITIES[LineKind.TWILIO]

    def __init__(
        self,
        site: Site,
        *,
        messages: Path,
        now: Callable[[], int],
        http: AiohttpClient | None = None,
        may_act: MayAct = always,
    ) -> None:
        """*messages*: the folder of callers' messages. *now*: the service's clock, Unix milliseconds. *http*: how
        Twilio is reached, where not as usual. *may_act*: whether this engine leads, asked before each request and each
        document."""
        if site.twilio is None:
            raise LineError(f"{site.folder / 'site.yaml'} says nothing of a Twilio account; add a section “twilio”")
        self._site = site
        self._settings: Twilio = site.twilio
        self._now = now
        self._folder = messages
        self._may_act = may_act
        self._http = http or AiohttpClient(self._settings.api)
        self._background = Background()
        self._answers = Answers()
        self._open = asyncio.Event()
        """Set when requests are answered."""
        self._synchronised = False
        """Whether it is known which calls Twilio has of the time before this process."""
        self._trouble = ""
        self._strangers = Strangers()
        self._closed = False
        self._parts: _Parts | None = None

    async def start(self, tell: Tell) -> None:
        """Listens, and takes over the calls that Twilio has, now or when it can be reached; LineError with one line
        that says what is wrong."""
        credentials = read_credentials(self._settings)

        def told(event: Event) -> None:
            if not self._closed:  # what still comes then is for the next engine to find
                tell(event)

        rest = TwilioRest(credentials.account, credentials.token, self._http, may_act=self._may_act)
        self._parts = parts = _Parts(
            self._site, self._settings, credentials, rest, self._http, self._folder, self, told
        )
        try:
            parts.recordings.prepare()
            await parts.server.start()
        except OSError as error:
            await self.close()
            raise LineError(
                f"cannot listen for Twilio on {self._settings.host} port {self._settings.port}, or write to "
                f"{self._folder}: {error.strerror}; end the program that has this port, or choose another in site.yaml "
                "(twilio, listen)"
            ) from error
        try:
            parts.found.take_over(await parts.found.look())
            self._synchronised = True
        except RestRefused as error:
            await self.close()
            raise LineError(
                f"Twilio refuses the account of {self._settings.secret_file}: {error}; see “holdless twilio check”"
            ) from error
        except RestFailed as error:
            # The callers of other lines are not to wait for this, nor those that Twilio asks about all the same.
            self._trouble = str(error)
            _log.warning(
                "%s; is this machine connected to the internet? Calls are answered; Twilio is asked every %g s for the "
                "callers of the time before",
                *(error, LOOK_AGAIN_S),
            )
        self._open.set()
        self.run(self._compare(parts.found))
        self.run(parts.messages.fetch_the_rest())

    @property
    def port(self) -> int:
        """Where it listens, once it is started."""
        assert self._parts is not None
        return self._parts.server.port

    def reconfigure(self, site: Site) -> None:
        """Phones and prompts as ``site`` says. LineError for another account or address: that takes a new start."""
        if site.twilio is None or _lasting(site.twilio) != _lasting(self._settings):
            raise LineError(
                f"{site.folder / 'site.yaml'} speaks of another Twilio account or address; start the engine again for "
                "that (waiting and talking callers stay)"
            )
        self._site = site
        if self._parts is not None:
            self._parts.callers.reconfigure(site)
            self._parts.turns.reconfigure(site)
            self._parts.phones.reconfigure(site)

    async def close(self) -> None:
        """Lets go of Twilio. Waiting and talking callers stay."""
        self._closed = True
        if self._parts is not None:
            await self._parts.server.close()
        await self._background.close()
        await self._http.close()

    def turn_away(self, call: str) -> None:
        """Answers Twilio with a failure, so that it goes on at the fallback address of the number."""
        if self._parts is not None:
            self._parts.callers.turn_away(call)

    def look_again(self) -> None:
        """Asks Twilio for its lists, and tells of everybody."""
        if self._parts is not None and self._synchronised:
            self.run(self._tell_again(self._parts.found))

    def secret(self, call: str, step: int) -> str | None:
        """What the caller entered at a sensitive question, while the call is there."""
        known = None if self._parts is None else self._parts.callers.calls.get(call)
        return None if known is None else known.secrets.get(step)

    def health(self) -> Mapping[str, str]:
        """Whether Twilio's lists could be had the last time, and how many calls are there."""
        if self._parts is None:
            return {"state": "down"}
        calls = str(len(self._parts.callers.calls))
        if self._trouble:
            return {"state": "connecting", "calls": calls, "trouble": self._trouble}
        return {"state": "up", "calls": calls}

    def carry_out(self, order: Order) -> None:
        """Begins to do what the centre wants of a call; an order for a call that is gone does nothing."""
        assert self._parts is not None
        callers, phones = self._parts.callers, self._parts.phones
        match order:
            case Speak() | Ask() | TakeMessage() | CallOutside() | Wait() | HangUp():
                call = callers.calls.get(order.call)
                if call is not None and not call.over:
                    callers.carry_out(call, order)
            case Ring():
                phones.ring(order)
            case StopRinging():
                phones.stop_ringing(order)
            case DialCustomer():
                phones.dial(order)
            case StopDialling():
                phones.stop_dialling(order.call)
            case EndConversation():
                phones.end_conversation(order)
            case Hold():
                phones.hold(order)
            case Retrieve():
                phones.retrieve(order)
            case SendReply():
                self._parts.replies.send(order)
            case PickUp():
                pass  # a phone is answered by hand: see ``capabilities``

    def now(self) -> int:
        """The service's time, Unix milliseconds."""
        return self._now()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Lets something happen in the background, until the line is closed."""
        self._background.run(work)

    # What Twilio asks.

    async def take(self, hook: Webhook) -> tuple[int, str]:
        """Answers one request: status and TwiML. A request that is not proved to be Twilio's is answered with 403, and
        nothing happens. One that comes to an engine that does not lead any more is answered with 503, so that whoever
        brings it tries the one that does, or Twilio the fallback address."""
        assert self._parts is not None
        try:
            posted = self._parts.signatures.read(hook)
        except NotFromTwilio as error:
            self._strangers.turned_away(error, self._now())
            return 403, ""
        try:
            await self._open.wait()  # what Twilio has to tell of the time before comes first
            request = name_of(hook, self._parts.key)
            document = await self._answers.once(request, lambda: self._answer(posted, request))
        except UnknownAddress:
            return 404, ""
        except (TurnedAway, NotKept):
            return 503, ""
        if not self._may_act():  # asked last: a document is an order, and the process may have been frozen meanwhile
            return 503, ""
        return (200, document) if document else (204, "")

    async def _answer(self, posted: Posted, request: str) -> str:
        assert self._parts is not None
        turns, phones = self._parts.turns, self._parts.phones
        match posted.path:
            case ("voice",):
                return await turns.arrived(posted, request)
            case ("fallback",):
                return await turns.failed(posted, request)
            case ("status",):
                turns.over(posted)
            case ("calls", call, what, mark) if what in _TURNS:
                return await turns.turn(call, what, mark, posted, request)
            case ("legs", call, leg):
                if self._synchronised or call in self._parts.callers.calls:
                    phones.news(call, leg, posted)  # else it is known from the lists, once they can be had
            case ("reached", call, step):
                turns.reached(call, step, posted)
            case ("ready",):
                pass
            case ("recorded", message):
                messages = self._parts.messages
                if (note := messages.note(message, posted)) is not None:
                    self.run(messages.fetch(note))
            case _:
                raise UnknownAddress
        return ""

    def sound(self, path: str) -> Path | None:
        """The recording of a prompt: of those that the site has, and nothing else."""
        base = self._settings.public_url.partition("://")[2].partition("/")[2]
        start = f"/{base}/prompts/" if base else "/prompts/"
        language, _, name = path.removeprefix(start).partition("/")
        prompt = self._site.prompts.get(name.rpartition(".")[0], {}).get(language)
        recording = None if prompt is None or not path.startswith(start) else prompt.recording
        if recording is None or recording.suffix not in PLAYED or recording.name != name:
            return None
        return recording

    async def _tell_again(self, found: Found) -> None:
        try:
            found.tell_again(await found.look())
        except RestFailed as error:
            _log.warning("who is on the line cannot be told anew: %s", error)

    async def _compare(self, found: Found) -> None:
        assert self._parts is not None
        while True:
            await asyncio.sleep(COMPARE_EVERY_S if self._synchronised else LOOK_AGAIN_S)
            known = frozenset(self._parts.callers.calls)
            if not known and not self._trouble:
                continue
            try:
                picture = await found.look()
            except RestFailed as error:
                if not self._trouble:
                    _log.warning("Twilio's lists cannot be had: %s", error)
                self._trouble = str(error)
                continue
            if self._trouble:
                _log.info("Twilio's lists can be had again")
            self._trouble = ""
            if self._synchronised:
                found.compare(picture, known)
            else:
                found.take_over(picture)
                self._synchronised = True


_TURNS = frozenset({"said", "keys", "message", "outside", "wait", "key", "left", "talked", "now"})


def _lasting(settings: Twilio) -> tuple[object, ...]:
    """What cannot change while the line runs."""
    where = (settings.public_url, settings.fallback_url, settings.api, settings.host, settings.port)
    return (settings.secret_file, settings.shared_key_file, *where)


class _Parts:
    """What runs between start and close."""

    def __init__(
        self,
        site: Site,
        settings: Twilio,
        credentials: Credentials,
        rest: TwilioRest,
        http: AiohttpClient,
        folder: Path,
        line: TwilioLine,
        tell: Tell,
    ) -> None:
        around = Surroundings(
            line=line.id,
            rest=rest,
            addresses=Addresses(settings.public_url, settings.fallback_url, line.now()),
            tell=tell,
            now=line.now,
            run=line.run,
        )
        self.signatures = Signatures(settings.public_url, credentials.token, credentials.shared_key)
        self.callers = Callers(site, around)
        self.phones = Phones(site, self.callers, around)
        self.callers.agents = self.phones
        self.key = credentials.token
        """No two accounts name a request alike."""
        self.replies = Replies(tell)
        self.turns = Turns(site, self.callers, self.phones, around, self.replies)
        self.found = Found(site.id, self.callers, self.phones, around)
        self.recordings = Recordings(folder)
        self.messages = Messages(self.recordings, rest, http)
        self.server = TwilioServer(settings.host, settings.port, line.take, line.sound)
