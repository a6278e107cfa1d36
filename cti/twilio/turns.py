"""A caller's turn: what a webhook says has happened, and what it is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from centre import events
from centre.dialling import is_callback
from centre.effects import Ask, CallOutside, Speak, TakeMessage, Wait
from config.site import Site
from cti.twilio.callers import SID, Callers, Conversations, Surroundings
from cti.twilio.calls import Place, TwilioCall
from cti.twilio.documents import Documents, silence_s
from cti.twilio.legs import ENDED, outside_failure
from cti.twilio.replies import Replies, goes_on_at
from cti.twilio.webhooks import Posted

_log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 10.0
"""How long a data dip may take before Twilio is told to ask again. It waits for 15 s, with the way there and back."""
FAILURES_MOST = 3
"""So often a call may be brought to the fallback address, each time within a minute of the last; then it is given up,
or it would go round for ever. Who waits for hours may meet more failures than that, and stays."""
_IN_A_ROW_MS = 60_000

_SHUNNED = frozenset({"queue-full", "system-error", "error"})


class UnknownAddress(Exception):
    """Nothing is at this address."""


class TurnedAway(Exception):
    """The centre takes nobody in at present."""


class Turns:
    """Answers the webhooks of those who are on the line."""

    def __init__(
        self, site: Site, callers: Callers, agents: Conversations, around: Surroundings, replies: Replies
    ) -> None:
        self._callers = callers
        self._agents = agents
        self._around = around
        self._replies = replies
        self._documents = Documents(site, around.addresses)

    def reconfigure(self, site: Site) -> None:
        """Speaks the prompts of ``site`` from now on."""
        self._documents = Documents(site, self._around.addresses)

    # Each of these answers one request, which is named: the same request has one answer.

    async def arrived(self, posted: Posted, request: str) -> str:
        """Somebody calls in; or was sent here by the document that Twilio keeps for when no engine answers."""
        sid = _sid(posted)
        call = self._callers.on_leg(sid) or self._callers.admit(f"{self._around.line}-{sid}", sid)
        with self._asked_about(call):
            self._greet(call, posted)
            return await self._kept(call, request, await self._answer(call))

    async def failed(self, posted: Posted, request: str) -> str:
        """An address of ours did not answer, or with what Twilio cannot read: what the caller is to do, once more."""
        _log.warning("Twilio's error %r at %r", posted.get("ErrorCode")[:20], posted.get("ErrorUrl")[:300])
        call = self._callers.on_leg(_sid(posted))
        if call is None:
            return await self.arrived(posted, request)
        now = self._around.now()
        call.failures = call.failures + 1 if now - call.failed_at < _IN_A_ROW_MS else 1
        call.failed_at = now
        if call.failures > FAILURES_MOST:
            _log.error("%s came to the fallback address %d times in a row; given up", call.id, call.failures)
            return self._documents.nothing()
        with self._asked_about(call):
            return await self._kept(call, request, await self._answer(call))

    def over(self, posted: Posted) -> None:
        """The news of a call that came in: over, at some time."""
        if posted.get("CallStatus") not in ENDED:
            return
        name = f"{self._around.line}-{_sid(posted)}"
        call = self._callers.calls.get(name)
        if call is not None:
            self._callers.gone(call)
        else:
            self._around.tell(events.CallerHungUp(call=name))  # of a time before this process; or known by now

    async def turn(self, name: str, what: str, mark: str, posted: Posted, request: str) -> str:
        """What Twilio has done for a caller, and what is next."""
        if not self._callers.is_call(name) or (not is_callback(name) and name != f"{self._around.line}-{_sid(posted)}"):
            raise UnknownAddress
        call = self._callers.calls.get(name)
        ended = posted.get("CallStatus") in ENDED
        if call is None:
            if ended:
                self._around.tell(events.CallerHungUp(call=name))
                return self._documents.nothing()
            call = self._callers.admit(name, _sid(posted))
            self._greet(call, posted)
        with self._asked_about(call):
            self._heard(call, what, int(mark) if mark.isascii() and mark.isdigit() and len(mark) < 10 else -1, posted)
            if ended:
                self._callers.gone(call)
            return await self._kept(call, request, await self._next(call, what, posted))

    def reached(self, name: str, step: str, posted: Posted) -> None:
        """The number outside: how it stands."""
        call = self._callers.calls.get(name)
        if call is None or not isinstance(call.wants, CallOutside) or step != str(call.wants.step) or call.reached:
            return
        if posted.get("CallStatus") == "in-progress":
            call.reached = True
            self._around.tell(events.TransferAnswered(call=name))

    def _greet(self, call: TwilioCall, posted: Posted) -> None:
        self._callers.greet(call, number=posted.get("From"), name=posted.get("CallerName"), dialled=posted.get("To"))

    @contextmanager
    def _asked_about(self, call: TwilioCall) -> Iterator[None]:
        """Twilio waits for an answer, which says all that is wanted by then; what is wanted later is for another."""
        call.open += 1
        try:
            yield
        finally:
            call.open -= 1
            if call.due and not call.over:
                self._callers.settle(call)

    async def _kept(self, call: TwilioCall, request: str, document: str) -> str:
        """What the request is answered: as it was the first time, whichever engine that was."""
        sent = await self._replies.kept(call.id, request, document)
        if goes_on_at(sent) != goes_on_at(document):
            call.due = True  # something else is wanted by now: Twilio is told to ask
        return sent

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
                self._callers.taken(call, wants, _spoken_ms(wants, posted), hung_up)
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
                self._callers.gone(call)
            case "talked", _ if call.agent is not None and posted.get("CallStatus") not in ENDED:
                self._agents.agent_left(call)

    def _outside_over(self, call: TwilioCall, posted: Posted) -> None:
        status = posted.get("DialCallStatus")
        answered = call.reached or status in ("completed", "answered")
        if answered and not call.reached:
            self._around.tell(events.TransferAnswered(call=call.id))
        call.wants, call.reached = None, False
        if answered:
            self._callers.gone(call)  # their conversation was the end of the call: Twilio is told to hang up
        else:
            self._around.tell(events.TransferFailed(call=call.id, why=outside_failure(status)))

    def _in_queue(self, call: TwilioCall) -> str:
        """For somebody in Twilio's queue. Another queue than this is another document, and so is anything else."""
        if isinstance(call.wants, Wait) and not (call.due or call.moving) and call.place is Place.QUEUE:
            return self._documents.music(call)
        return self._documents.leave()

    async def _next(self, call: TwilioCall, what: str, posted: Posted) -> str:
        if call.over:
            return self._documents.nothing()
        if what in ("wait", "key"):
            return self._in_queue(call)
        if what != "now" and (call.moving or posted.get("QueueResult") == "redirected"):
            return self._documents.ask_again(call)  # Twilio may have turned to the address that it was told since
        return await self._answer(call)

    async def _answer(self, call: TwilioCall) -> str:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while not (call.over or call.turned_away or call.is_clear):
                    call.changed.clear()
                    await call.changed.wait()
        except TimeoutError:
            return self._documents.not_yet(call)
        if call.turned_away:
            raise TurnedAway
        call.moving = False
        return self._documents.nothing() if call.over else self._documents.next(call)


def _sid(posted: Posted) -> str:
    sid = posted.get("CallSid")
    if not SID.fullmatch(sid):
        raise UnknownAddress
    return sid


def _spoken_ms(order: TakeMessage, posted: Posted) -> int:
    """How long the caller spoke. The silence that ends a recording is a part of it (``trim="do-not-trim"``): of
    somebody who coughed once it would make a message. No key ended it then, and nobody hung up; at its full length
    nobody can tell."""
    seconds = posted.get("RecordingDuration")
    length_ms = int(seconds) * 1_000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else 0
    fell_silent = not posted.get("Digits") and length_ms < order.longest_ms and posted.get("CallStatus") not in ENDED
    return max(0, length_ms - silence_s(order) * 1_000) if fell_silent else length_ms
