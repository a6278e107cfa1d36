"""What Twilio has of our calls, for an engine that was away: the callers stayed there, and went on waiting and talking.

Who is in the conference of a call, under which label, says who talks to whom; who is in a queue of ours waits. The
centre's own memory is its journal: it is told of each call, and says again what it wants of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from centre import events
from centre.dialling import is_callback
from centre.effects import Ask, CallOutside, Speak, TakeMessage
from cti.twilio.addresses import CUSTOMER
from cti.twilio.callers import Callers, Surroundings, shown
from cti.twilio.calls import Place, TwilioCall
from cti.twilio.documents import call_of, queue_name
from cti.twilio.legs import Leg
from cti.twilio.phones import Phones
from cti.twilio.resources import FoundCall, FoundConference, FoundParticipant

CALLER = "caller"
"""The label of somebody who has called in."""
_RINGS = frozenset({"queued", "connecting", "ringing"})
_IN_MENU = (Speak, Ask, TakeMessage, CallOutside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything at one instant, or nearly."""

    calls: dict[str, FoundCall]
    """By sid."""
    conferences: list[tuple[FoundConference, list[FoundParticipant]]]
    waiting: dict[str, tuple[str, datetime | None]]
    """By sid: the queue, and since when."""
    numbers: frozenset[str]
    """The account's numbers whose calls come to us; others may be somebody else's business."""


class Found:
    """Compares the line with Twilio's lists."""

    def __init__(self, site: str, callers: Callers, phones: Phones, around: Surroundings) -> None:
        self._site = site
        self._callers = callers
        self._phones = phones
        self._around = around
        self._missing: set[str] = set()

    async def look(self) -> Picture:
        """Asks Twilio. :class:`~cti.twilio.rest.RestFailed` where it does not answer."""
        rest = self._around.rest
        calls, conferences, waiting, numbers = await asyncio.gather(
            rest.calls(),
            rest.conferences(),
            rest.waiting(queue_name(self._site, "")),
            rest.numbers_at(self._around.addresses.to("")),
        )
        ours = [one for one in conferences if call_of(self._site, one.name, self._callers.is_call)]
        participants = await asyncio.gather(*(rest.participants(one.sid) for one in ours))
        return Picture(
            calls={call.sid: call for call in calls},
            conferences=list(zip(ours, participants, strict=True)),
            waiting=waiting,
            numbers=numbers,
        )

    def take_over(self, picture: Picture) -> None:
        """Tells the centre of everybody; to be called once. Where Twilio could not be asked before the first webhook,
        those who have come since (and maybe gone) are known better than its lists know them."""
        met = self._callers.calls.keys() | set(self._callers.gone_lately)
        found: list[TwilioCall] = []
        for conference, participants in picture.conferences:
            if call_of(self._site, conference.name, self._callers.is_call) in met:
                continue
            call = self._conference(conference, participants)
            if call is not None:
                found.append(call)
        seen = {call.sid for call in found} | {call.sid for call in self._callers.calls.values()}
        inbound = {
            sid: one
            for sid, one in picture.calls.items()
            if one.inbound and sid not in seen and f"{self._around.line}-{sid}" not in met
        }
        for sid, one in inbound.items():
            if sid in picture.waiting or one.dialled in picture.numbers:
                call = self._callers.admit(f"{self._around.line}-{sid}", sid)
                call.place = Place.QUEUE if sid in picture.waiting else Place.MENU
                found.append(call)
        for call in found:
            for event in self._talking(call):
                self._around.tell(event)
        for call in found:
            if call.agent is None and call.sid:
                self._greet(call, picture)
        # A caller who came by another way than a number (a SIP domain) is known again by the next webhook.
        there = {*self._callers.calls, *(f"{self._around.line}-{sid}" for sid in inbound)}
        self._around.tell(self._synchronised(there))
        for call in found:
            # What a caller is in the middle of goes on: its answer will fit, or Twilio asks for it.
            if (call.place is Place.MENU) is isinstance(call.wants, _IN_MENU):
                call.due = False
            self._callers.settle(call)

    def tell_again(self, picture: Picture) -> None:
        """Tells a centre, which has missed something, of everybody whom this engine knows."""
        there = tuple(self._callers.calls.values())
        for call in there:
            if call.talking:
                for event in self._talking(call):
                    self._around.tell(event)
        for call in there:
            if call.sid in picture.waiting and call.place is Place.QUEUE:
                self._adopt(call, picture)
        self._around.tell(self._synchronised(self._callers.calls))

    def _synchronised(self, there: Iterable[str]) -> events.LineSynchronised:
        """An account goes on for ever, with documents and fallbacks for who is there while no engine is: who is gone
        from it has hung up."""
        account = self._around.rest.account
        return events.LineSynchronised(line=self._around.line, calls=tuple(sorted(there)), exchange=account)

    def compare(self, picture: Picture, asked_with: frozenset[str]) -> None:
        """Legs whose end nobody told of are over: those of *asked_with* (calls known before Twilio was asked) that were
        missing from its list twice in a row, for the list may be a little behind, and a phone answered meanwhile."""
        calls = [call for name in asked_with if (call := self._callers.calls.get(name)) is not None]
        missing = {sid for call in calls for sid in _legs_up(call) if sid not in picture.calls}
        lost, self._missing = missing & self._missing, missing
        for call in calls:
            if call.sid in lost:
                self._callers.gone(call)
            elif call.agent is not None and call.agent.sid in lost:
                self._phones.agent_left(call)
            elif call.due:
                call.moving = False  # that Twilio should ask again came to nothing
                self._callers.settle(call)

    def _conference(self, conference: FoundConference, participants: list[FoundParticipant]) -> TwilioCall | None:
        """The call of a conference, with its legs; None where nobody is left whom it was for."""
        here = {one.label: one for one in participants if one.status not in ("complete", "failed")}
        who = here.get(CALLER) or here.get(CUSTOMER)
        name = call_of(self._site, conference.name, self._callers.is_call)
        if who is None and not is_callback(name):
            for other in here.values():
                self._phones.dismiss(other.sid)
            return None
        call = self._callers.admit(name)
        call.place, call.conference, call.comes_back = Place.CONFERENCE, conference.sid, None
        if who is not None and who.status not in _RINGS:
            call.sid, call.held = who.sid, who.held
        for label, one in here.items():
            leg = Leg(name=label, phone="", sid=one.sid, rang=True, is_up=one.status not in _RINGS)
            if label == CUSTOMER:
                call.customer = leg
            elif label.startswith(call.id + "-"):
                call.legs[label] = leg
                if leg.is_up:
                    call.agent = leg
        return call

    def _talking(self, call: TwilioCall) -> Iterator[events.Event]:
        """Answers that nobody has heard: they count as given before any timer that nobody ran."""
        if call.agent is not None:
            yield events.ConversationFound(call=call.id, offer=call.agent.name)
        if call.customer is not None and call.customer.is_up:
            yield events.CustomerAnswered(call=call.id)
        if call.held:
            yield events.CallHeld(call=call.id)

    def _greet(self, call: TwilioCall, picture: Picture) -> None:
        if call.sid in picture.waiting:
            self._adopt(call, picture)
        number, started = _caller(call, picture)
        known = picture.calls.get(call.sid)
        self._callers.greet(call, number=number, name="", dialled="" if known is None else known.dialled, at=started)

    def _adopt(self, call: TwilioCall, picture: Picture) -> None:
        """Tells of somebody who waits."""
        queue, since = picture.waiting[call.sid]
        number, started = _caller(call, picture)
        self._around.tell(
            events.CallAdopted(
                call=call.id,
                line=self._around.line,
                number=shown(number),
                name="",
                arrived_at=started or self._around.now(),
                queue=queue,
                waiting_since=self._around.now() if since is None else round(since.timestamp() * 1000),
            )
        )


def _caller(call: TwilioCall, picture: Picture) -> tuple[str, int | None]:
    """The number, and when the call began (Unix milliseconds), as far as Twilio's list knows."""
    known = picture.calls.get(call.sid)
    number = "" if known is None else known.number if known.inbound else known.dialled
    started = None if known is None or known.started_at is None else round(known.started_at.timestamp() * 1000)
    return number, started


def _legs_up(call: TwilioCall) -> list[str]:
    """The legs of the call that should be in Twilio's list."""
    agent = "" if call.agent is None else call.agent.sid
    return [sid for sid in (call.sid, agent) if sid]
