"""The callers on the line: what their webhooks tell the centre, and what they are answered."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from acd.events import OfferFailure
from centre import events
from centre.dialling import is_callback
from centre.effects import Ask, CallOutside, HangUp, Speak, TakeMessage, Wait
from config.site import Site
from cti.service.ports import Tell
from cti.twilio.addresses import Addresses
from cti.twilio.calls import Place, TwilioCall, Wish
from cti.twilio.documents import Documents
from cti.twilio.legs import ENDED, outside_failure
from cti.twilio.rest import RestFailed, TwilioRest
from cti.twilio.webhooks import Posted, withheld

_log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 10.0
"""How long a data dip may take before Twilio is told to ask again. It waits for 15 s, with the way there and back."""
MESSAGE_WITHIN_S = 5.0
"""How long the end of a message may stay behind the news that its caller has hung up."""
FAILURES_MOST = 3
"""So often a call may be brought to the fallback address before it is given up."""

SID = re.compile(r"CA[0-9a-f]{32}")
_NUMBER = re.compile(r"\+?[0-9]{2,20}", re.ASCII)
_NAME_MOST = 200
_SHUNNED = frozenset({"queue-full", "system-error", "error"})


class UnknownAddress(Exception):
    """Nothing is at this address."""


class Conversations(Protocol):
    """What the callers' side needs of the agents' side (:class:`cti.twilio.phones.Phones`)."""

    def agent_left(self, call: TwilioCall) -> None:
        """The conference is over, and the caller still there."""

    def stop_all(self, call: TwilioCall) -> None:
        """The caller is gone: no phone rings for the call any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What both sides work with."""

    line: str
    rest: TwilioRest
    addresses: Addresses
    tell: Tell
    now: Callable[[], int]
    """Unix milliseconds."""
    run: Callable[[Coroutine[Any, Any, None]], None]
    """Lets something happen in the background."""


class Callers:
    """Everybody who is on the line, by the centre's name of the call."""

    def __init__(self, site: Site, around: Surroundings) -> None:
        self.calls: dict[str, TwilioCall] = {}
        self.agents: Conversations | None = None
        """Set before the first webhook."""
        self._site = site
        self._around = around
        self._documents = Documents(site, around.addresses)
        self._name = re.compile(re.escape(around.line) + rf"-{SID.pattern}(-back)*")
        self._failures: dict[str, int] = {}

    def reconfigure(self, site: Site) -> None:
        """Speaks the prompts of ``site`` from now on."""
        self._site, self._documents = site, Documents(site, self._around.addresses)

    def admit(self, name: str, sid: str = "") -> TwilioCall:
        """The call of this name, new or known."""
        call = self.calls.get(name)
        if call is None:
            call = self.calls[name] = TwilioCall(id=name)
        call.sid = sid or call.sid
        return call

    def is_call(self, name: str) -> bool:
        """Whether a call of this line could have this name."""
        return self._name.fullmatch(name) is not None

    # What the centre wants.

    def carry_out(self, call: TwilioCall, order: Wish) -> None:
        """Begins to do what the centre wants of somebody who is on the line."""
        match order:
            case Speak(barge_in=False):
                call.said.append(order)
                call.due = True
                self._around.tell(events.PromptEnded(call=call.id, step=order.step))
            case Ask():
                entered = call.ask(order, self._around.now())
                call.due = call.due or bool(call.said)
                if entered is not None:
                    self._around.tell(
                        events.KeysEntered(call=call.id, step=entered.step, keys=entered.keys, end=entered.end)
                    )
            case CallOutside() if not self._site.may_dial(order.number):
                _log.error("%s: %s cannot be dialled; see outside_numbers", call.id, order.number)
                self._around.tell(events.TransferFailed(call=call.id, why=OfferFailure.UNREACHABLE))
            case HangUp() if call.talking:
                call.hung_up_by = call.hung_up_by or "agent"
                self.end(call)
            case HangUp() if not (order.prompts or call.said or call.open):
                call.want(order)
                call.due = False
                self.end(call)
            case _:
                if not isinstance(order, Speak):
                    call.typed_ahead = ""
                call.want(order)
        self.settle(call)

    def settle(self, call: TwilioCall) -> None:
        """Sees to it that the caller comes to where the call belongs."""
        if call.over:
            return
        if call.waits_in_conference is not (call.place is Place.CONFERENCE) and (call.wants or call.agent or call.legs):
            call.due = True
        call.changed.set()
        asyncio.get_running_loop().call_soon(self._deliver, call)

    def end(self, call: TwilioCall) -> None:
        """Hangs up on whoever is on the line; that it is done comes as news."""
        if call.sid:
            self._around.run(self._end(call.sid))

    async def _end(self, sid: str) -> None:
        try:
            await self._around.rest.end(sid)
        except RestFailed as error:
            _log.info("cannot hang up: %s", error)  # gone already, as a rule; else the list of calls will tell

    def _deliver(self, call: TwilioCall) -> None:
        """Has Twilio ask what is to be done, if anything is that no answer will say."""
        if call.over or call.open or call.moving or not call.due or not call.sid or not self._ready(call):
            return
        call.moving = True
        self._around.run(self._move(call))

    async def _move(self, call: TwilioCall) -> None:
        to = self._around.addresses
        try:
            await self._around.rest.redirect(
                call.sid, to.to("calls", call.id, "now", to.mark()), fallback=to.to("fallback")
            )
        except RestFailed as error:
            # Gone, as a rule, and the news of that is on its way; else it is tried again when the lists are compared.
            _log.info("%s is not known to have been moved: %s", call.id, error)
            call.moving = False

    # What Twilio tells.

    async def arrived(self, posted: Posted) -> str:
        """Somebody calls in."""
        call = self._caller(posted)
        call.open += 1
        try:
            self.greet(call, number=posted.get("From"), name=posted.get("CallerName"), dialled=posted.get("To"))
            return await self._answer(call)
        finally:
            call.open -= 1

    async def failed(self, posted: Posted) -> str:
        """An address of ours did not answer, or with what Twilio cannot read: what the caller is to do, once more."""
        _log.warning("Twilio's error %r at %r", posted.get("ErrorCode")[:20], posted.get("ErrorUrl")[:300])
        sid = _sid(posted)
        call = next((call for call in self.calls.values() if call.sid == sid), None)
        if call is None:
            return await self.arrived(posted)
        count = self._failures[call.id] = self._failures.get(call.id, 0) + 1
        if count > FAILURES_MOST:
            _log.error("%s came to the fallback address %d times; given up", call.id, count)
            return self._documents.nothing()
        call.open += 1
        try:
            return await self._answer(call)
        finally:
            call.open -= 1

    def over(self, posted: Posted) -> None:
        """The news of a call that came in: over, at some time."""
        if posted.get("CallStatus") not in ENDED:
            return
        name = f"{self._around.line}-{_sid(posted)}"
        call = self.calls.get(name)
        if call is not None:
            self.gone(call)
        else:
            self._around.tell(events.CallerHungUp(call=name))  # of a time before this process; or known by now

    async def turn(self, name: str, what: str, mark: str, posted: Posted) -> str:
        """What Twilio has done for a caller, and what is next."""
        if not self.is_call(name) or (not is_callback(name) and name != f"{self._around.line}-{_sid(posted)}"):
            raise UnknownAddress
        call = self.calls.get(name)
        ended = posted.get("CallStatus") in ENDED
        if call is None:
            if ended:
                self._around.tell(events.CallerHungUp(call=name))
                return self._documents.nothing()
            call = self.admit(name, _sid(posted))
            self.greet(call, number=posted.get("From"), name=posted.get("CallerName"), dialled=posted.get("To"))
        call.open += 1
        try:
            self._heard(call, what, int(mark) if mark.isascii() and mark.isdigit() and len(mark) < 10 else -1, posted)
            if ended:
                self.gone(call)
            if call.over:
                return self._documents.nothing()
            if what in ("wait", "key"):
                return self._in_queue(call)
            if what != "now" and (call.moving or posted.get("QueueResult") == "redirected"):
                return self._documents.ask_again(call)  # Twilio may have turned to the address that it was told since
            return await self._answer(call)
        finally:
            call.open -= 1
            if call.due and not call.over:
                self.settle(call)

    def reached(self, name: str, step: str, posted: Posted) -> None:
        """The number outside: how it stands."""
        call = self.calls.get(name)
        if call is None or not isinstance(call.wants, CallOutside) or step != str(call.wants.step) or call.reached:
            return
        if posted.get("CallStatus") == "in-progress":
            call.reached = True
            self._around.tell(events.TransferAnswered(call=name))

    def greet(self, call: TwilioCall, *, number: str, name: str, dialled: str, at: int | None = None) -> None:
        """Tells the centre of somebody who is on the line. One whom it knows is asked again what was asked last."""
        self._around.tell(
            events.CallArrived(
                call=call.id,
                line=self._around.line,
                number=number if _NUMBER.fullmatch(number) and not withheld(number) else "",
                name=name[:_NAME_MOST],
                dialled=dialled[:_NAME_MOST],
                arrived_at=at,
            )
        )

    def gone(self, call: TwilioCall) -> None:
        """The caller has hung up, or was let go."""
        if call.over or call.leaving:
            return
        assert self.agents is not None
        if isinstance(call.wants, TakeMessage):
            # How long the message is comes by a way of its own, and has to be told first.
            call.leaving = True
            asyncio.get_running_loop().call_later(MESSAGE_WITHIN_S, self._taken, call, call.wants, 0, True)
            return
        talked = call.talking
        call.over = True
        call.changed.set()
        self.calls.pop(call.id, None)
        self._failures.pop(call.id, None)
        self.agents.stop_all(call)
        if talked:
            self._around.tell(events.ConversationEnded(call=call.id, by=call.hung_up_by or "caller"))
        else:
            self._around.tell(events.CallerHungUp(call=call.id))

    # One caller's turn.

    def _heard(self, call: TwilioCall, what: str, step: int, posted: Posted) -> None:
        """Tells the centre what has happened, where it is an answer to what it wants now."""
        wants, tell = call.wants, self._around.tell
        match what, wants:
            case "said", Speak() if wants.step == step:
                call.typed_ahead += posted.get("Digits")[:1]
                call.wants = None
                tell(events.PromptEnded(call=call.id, step=step))
            case "keys", Ask() if wants.step == step:
                digits = posted.get("Digits")[: wants.keys.most]
                entered = call.keys(wants, digits, ended_by=posted.get("FinishedOnKey"), now=self._around.now())
                tell(events.KeysEntered(call=call.id, step=step, keys=entered.keys, end=entered.end))
            case "message", TakeMessage() if wants.step == step:
                hung_up = posted.get("Digits") == "hangup" or posted.get("CallStatus") in ENDED
                self._taken(call, wants, _milliseconds(posted.get("RecordingDuration")), hung_up)
            case "outside", CallOutside() if wants.step == step:
                self._outside_over(call, posted)
            case "key", Wait():
                tell(events.CallerPressedExit(call=call.id, key=posted.get("Digits")[:1]))
            case "left", Wait() if posted.get("QueueResult") in _SHUNNED:
                _log.error(
                    "Twilio's queue does not take %s (%r); it waits elsewhere", call.id, posted.get("QueueResult")[:20]
                )
                call.shunned = True
            case "left", _ if posted.get("QueueResult") == "hangup":
                self.gone(call)
            case "talked", _ if call.agent is not None and posted.get("CallStatus") not in ENDED:
                assert self.agents is not None
                self.agents.agent_left(call)

    def _taken(self, call: TwilioCall, order: TakeMessage, length_ms: int, hung_up: bool) -> None:
        """The message is over."""
        if call.wants is not order:
            return
        call.wants, call.leaving = None, False
        self._around.tell(events.MessageTaken(call=call.id, step=order.step, length_ms=length_ms, hung_up=hung_up))
        if hung_up:
            self.gone(call)

    def _outside_over(self, call: TwilioCall, posted: Posted) -> None:
        status = posted.get("DialCallStatus")
        answered = call.reached or status in ("completed", "answered")
        if answered and not call.reached:
            self._around.tell(events.TransferAnswered(call=call.id))
        call.wants, call.reached = None, False
        if answered:
            self.gone(call)  # their conversation was the end of the call: Twilio is told to hang up
        else:
            self._around.tell(events.TransferFailed(call=call.id, why=outside_failure(status)))

    def _in_queue(self, call: TwilioCall) -> str:
        """For somebody in Twilio's queue. Another queue than this is another document, and so is anything else."""
        if isinstance(call.wants, Wait) and not (call.due or call.moving) and call.place is Place.QUEUE:
            return self._documents.music(call)
        return self._documents.leave()

    async def _answer(self, call: TwilioCall) -> str:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while not (call.over or self._ready(call)):
                    call.changed.clear()
                    await call.changed.wait()
        except TimeoutError:
            return self._documents.not_yet(call)
        call.moving = False
        return self._documents.nothing() if call.over else self._documents.next(call)

    @staticmethod
    def _ready(call: TwilioCall) -> bool:
        return bool(call.said) or call.wants is not None or call.waits_in_conference or call.parted

    def _caller(self, posted: Posted) -> TwilioCall:
        sid = _sid(posted)
        return self.admit(f"{self._around.line}-{sid}", sid)


def _sid(posted: Posted) -> str:
    sid = posted.get("CallSid")
    if not SID.fullmatch(sid):
        raise UnknownAddress
    return sid


def _milliseconds(seconds: str) -> int:
    return int(seconds) * 1_000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else 0
