"""The callers on the line: what the centre wants of each, and how they come and go."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from acd.events import OfferFailure
from centre import events
from centre.effects import Ask, CallOutside, HangUp, Speak, TakeMessage
from config.site import Site
from cti.service.ports import Tell
from cti.twilio.addresses import Addresses
from cti.twilio.calls import Place, TwilioCall, Wish
from cti.twilio.rest import RestFailed, RestRefused, TwilioRest
from cti.twilio.webhooks import withheld
from ivr.records import replace

_log = logging.getLogger(__name__)

MOVE_AGAIN_S = 2.0
"""After this a call is moved again that Twilio did not answer about in time."""
MESSAGE_WITHIN_S = 5.0
"""How long the end of a message may stay behind the news that its caller has hung up."""

SID = re.compile(r"CA[0-9a-f]{32}")
_NUMBER = re.compile(r"\+?[0-9]{2,20}", re.ASCII)
_NAME_MOST = 200


def shown(number: str) -> str:
    """A caller's number; empty for one who shows none, and for what is no telephone's (a SIP address, an app)."""
    return number if _NUMBER.fullmatch(number) and not withheld(number) else ""


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
        self.gone_lately: deque[str] = deque(maxlen=1_000)
        """The names of those who went last: Twilio's lists may still have them."""
        self.agents: Conversations | None = None
        """Set before the first webhook."""
        self._site = site
        self._around = around
        self._name = re.compile(re.escape(around.line) + rf"-{SID.pattern}(-back)*")

    def reconfigure(self, site: Site) -> None:
        """Dials the numbers outside that ``site`` names from now on."""
        self._site = site

    def admit(self, name: str, sid: str = "") -> TwilioCall:
        """The call of this name, new or known."""
        call = self.calls.get(name)
        if call is None:
            call = self.calls[name] = TwilioCall(id=name)
        call.sid = sid or call.sid
        return call

    def on_leg(self, sid: str) -> TwilioCall | None:
        """The call of whoever is on this leg of Twilio's: a customer who is called back has not the name of the leg."""
        return next((call for call in self.calls.values() if call.sid == sid), None)

    def turn_away(self, name: str) -> None:
        """The centre does not take in this caller, who is asked for again when Twilio asks again."""
        call = self.calls.pop(name, None)
        if call is not None:
            call.turned_away = True
            call.changed.set()

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
            case CallOutside() if order.number not in self._site.outside_numbers:
                _log.error("%s: “%s” cannot be dialled; see outside_numbers", call.id, order.number)
                self._around.tell(events.TransferFailed(call=call.id, why=OfferFailure.UNREACHABLE))
            case CallOutside():
                call.typed_ahead = ""
                call.want(replace(order, number=self._site.outside_numbers[order.number]))
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
                if isinstance(order, TakeMessage) and order.sensitive:
                    call.secrets[order.step] = order.message
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
        if call.over or call.open or call.moving or not call.due or not call.sid or not call.is_clear:
            return
        call.moving = True
        self._around.run(self._move(call))

    async def _move(self, call: TwilioCall) -> None:
        to = self._around.addresses
        try:
            await self._around.rest.redirect(call.sid, to.to("calls", call.id, "now", to.mark()), fallback=to.fallback)
        except RestRefused as error:
            call.moving = False
            _log.info("%s cannot be moved: %s", call.id, error)  # gone, as a rule, and the news of that is on its way
        except RestFailed as error:
            call.moving = False
            _log.warning("%s is not known to have been moved: %s", call.id, error)
            asyncio.get_running_loop().call_later(MOVE_AGAIN_S, self.settle, call)

    def greet(self, call: TwilioCall, *, number: str, name: str, dialled: str, at: int | None = None) -> None:
        """Tells the centre of somebody who is on the line. One whom it knows is asked again what was asked last. Who
        withholds the number has no name either, as on an Asterisk."""
        self._around.tell(
            events.CallArrived(
                call=call.id,
                line=self._around.line,
                number=shown(number),
                name="" if withheld(number) else name[:_NAME_MOST],
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
            asyncio.get_running_loop().call_later(MESSAGE_WITHIN_S, self.taken, call, call.wants, 0, True)
            return
        talked = call.talking
        call.over = True
        call.changed.set()
        self.calls.pop(call.id, None)
        self.gone_lately.append(call.id)
        self.agents.stop_all(call)
        if talked:
            self._around.tell(events.ConversationEnded(call=call.id, by=call.hung_up_by or "caller"))
        else:
            self._around.tell(events.CallerHungUp(call=call.id))

    def taken(self, call: TwilioCall, order: TakeMessage, length_ms: int, hung_up: bool) -> None:
        """The message is over."""
        if call.wants is not order:
            return
        call.wants, call.leaving = None, False
        self._around.tell(events.MessageTaken(call=call.id, step=order.step, length_ms=length_ms, hung_up=hung_up))
        if hung_up:
            self.gone(call)
