"""The phones that are rung: agents', and those of customers who are called back.

Each comes into the conference of its call when it is answered. The caller is brought there when the first phone rings,
so from the answer on Twilio connects the two, whether an engine is there or not.
"""

from __future__ import annotations

import asyncio
import logging

from acd.events import OfferFailure
from centre import events
from centre.dialling import is_callback
from centre.effects import DialCustomer, EndConversation, Hold, Retrieve, Ring, StopRinging, Wait
from centre.events import DialFailure
from config.site import Site, Twilio
from cti.twilio.addresses import CUSTOMER
from cti.twilio.callers import SID, Callers, Surroundings
from cti.twilio.calls import Place, TwilioCall
from cti.twilio.documents import conference_name, ring_s
from cti.twilio.legs import ENDED, Leg, News, dial_failure, offer_failure
from cti.twilio.resources import Ringing
from cti.twilio.rest import RestFailed
from cti.twilio.webhooks import Posted

_log = logging.getLogger(__name__)

WHO_WITHIN_S = 1.5
"""How long the news that an agent's leg has ended may wait for what becomes of the caller's."""
WANTED_WITHIN_S = 2.0
"""How long the centre's word on a caller whose conversation is over may take, its journal included."""


class Phones:
    """Everybody who is rung."""

    def __init__(self, site: Site, callers: Callers, around: Surroundings) -> None:
        assert site.twilio is not None
        self._site = site
        self._twilio: Twilio = site.twilio
        self._callers = callers
        self._around = around

    def reconfigure(self, site: Site) -> None:
        """Rings the phones of ``site``, from its number, from now on."""
        assert site.twilio is not None
        self._site, self._twilio = site, site.twilio

    # What the centre wants.

    def ring(self, order: Ring) -> None:
        """Rings an agent; of a callback whose customer is not there yet, too."""
        call = self._callers.calls.get(order.call)
        if call is None:
            if not order.before_customer:  # gone, or not found at Twilio yet
                self._around.tell(events.OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE))
                return
            call = self._callers.admit(order.call)
        call.comes_back, call.record = order.comes_back, order.record
        leg = call.legs[order.offer] = Leg(name=order.offer, phone=self._site.agents[order.agent].twilio_phone)
        self._callers.settle(call)
        self._dial(call, leg, order.ring_ms, starts=True, ends=False)

    def stop_ringing(self, order: StopRinging) -> None:
        """The agent is not wanted any more, also where the phone was answered in the same moment."""
        call = self._callers.calls.get(order.call)
        leg = None if call is None else call.legs.pop(order.offer, None)
        if call is None or leg is None:
            return
        if call.agent is leg:
            call.agent = None
        self._stop(leg)
        self._callers.settle(call)
        self._tidy(call)

    def dial(self, order: DialCustomer) -> None:
        """Dials a customer, who waits in the conference where no agent is there yet."""
        call = self._callers.admit(order.call)
        call.wants = Wait(
            call=order.call,
            queue=order.queue,
            waiting_since=order.waiting_since,
            language=order.language,
            needs=order.needs,
            priority=order.priority,
        )
        call.due, call.place, call.record = False, Place.CONFERENCE, order.record
        leg = call.customer = Leg(name=CUSTOMER, phone=order.number)
        self._dial(call, leg, order.ring_ms, starts=call.agent is not None, ends=True)

    def stop_dialling(self, name: str) -> None:
        """The customer is not to be called now."""
        call = self._callers.calls.get(name)
        if call is not None and call.customer is not None and not call.sid:
            self._stop(call.customer)
            call.customer = None
            self._tidy(call)

    def end_conversation(self, order: EndConversation) -> None:
        """The agent is to go, the caller to stay: the conference is over for both, and the caller's call goes on."""
        call = self._callers.calls.get(order.call)
        if call is not None and call.talking and call.agent is not None:
            call.hung_up_by = call.hung_up_by or "agent"
            self.dismiss(call.agent.sid)

    def hold(self, order: Hold) -> None:
        """Music to the caller."""
        call = self._callers.calls.get(order.call)
        if call is not None and call.talking:
            self._around.run(self._hold(call))

    def retrieve(self, order: Retrieve) -> None:
        """The agent again."""
        call = self._callers.calls.get(order.call)
        if call is not None and call.talking:
            self._around.run(self._retrieve(call))

    def stop_all(self, call: TwilioCall) -> None:
        """The caller is gone: no phone rings on, not even for a moment."""
        for leg in (*call.legs.values(), *([call.customer] if call.customer is not None else [])):
            if leg.sid != call.sid:
                self._stop(leg)
        call.legs.clear()

    def dismiss(self, sid: str) -> None:
        """Hangs up on somebody who rings or waits for nobody."""
        self._around.run(self._hang_up(sid))

    # What Twilio tells.

    def news(self, name: str, label: str, posted: Posted) -> None:
        """How a phone stands."""
        call = self._callers.calls.get(name)
        leg = None if call is None else call.customer if label == CUSTOMER else call.legs.get(label)
        sid, status = posted.get("CallSid"), posted.get("CallStatus")
        if call is not None and leg is None and label == CUSTOMER and sid == call.sid and status in ENDED:
            self._callers.gone(call)  # dialled by an engine before this one
            return
        if call is None or leg is None or (leg.sid and sid != leg.sid):
            if SID.fullmatch(sid) and status not in ENDED and self._callers.is_call(name):
                self.dismiss(sid)  # the answer to the request that rang it came too late, or never
            return
        leg.sid = leg.sid or (sid if SID.fullmatch(sid) else "")
        for news in leg.take(status, posted.get("SequenceNumber")):
            if leg is call.customer:
                self._customer(call, leg, news, status)
            else:
                self._agent(call, leg, news, offer_failure(leg, status, posted.get("SipResponseCode")))

    def answered(self, call: TwilioCall, leg: Leg) -> None:
        """An agent's phone was answered: the first one has the call, the others stop."""
        if call.agent is not None:
            self._stop(leg)
            return
        for other in [other for other in call.legs.values() if other is not leg]:
            self._stop(other)
        call.legs, call.agent, call.held, call.hung_up_by = {leg.name: leg}, leg, False, ""
        self._around.tell(events.OfferAnswered(offer=leg.name))
        self._callers.settle(call)
        self._around.run(self._tie(call, leg))

    def agent_left(self, call: TwilioCall) -> None:
        """The agent has hung up."""
        leg = call.agent
        assert leg is not None
        self._stop(leg)
        call.agent, call.legs, call.held = None, {}, False
        if not call.sid:  # has put the phone down before the customer came
            self._around.tell(events.OfferFailed(offer=leg.name, why=OfferFailure.DECLINED))
            self._tidy(call)
            return
        call.wants, call.parted = None, call.comes_back is False
        self._around.tell(
            events.ConversationEnded(call=call.id, by=call.hung_up_by or "agent", caller_there=True),
        )
        if call.comes_back is None:
            asyncio.get_running_loop().call_later(WANTED_WITHIN_S, self._let_go, call)
        elif call.parted and not call.open:
            self._callers.end(call)
        self._callers.settle(call)

    def _let_go(self, call: TwilioCall) -> None:
        """The centre has said nothing of a caller whose conversation is over: it wants nothing."""
        if call.over or call.is_clear or call.legs:
            return
        call.parted = True
        call.changed.set()
        if not call.open:
            self._callers.end(call)

    # A phone.

    def _dial(self, call: TwilioCall, leg: Leg, ring_ms: int, *, starts: bool, ends: bool) -> None:
        leg.timer = asyncio.get_running_loop().call_later(ring_ms / 1000, self._rung_out, call, leg)
        ringing = Ringing(
            conference=conference_name(self._site.id, call.id),
            label=leg.name,
            phone=leg.phone,
            caller_id=self._twilio.caller_id,
            timeout_s=ring_s(ring_ms),
            news_to=self._around.addresses.to("legs", call.id, leg.name),
            starts=starts,
            ends=ends,
            music=self._twilio.music,
            recording_to=self._around.addresses.recorded(call.record) if call.record else "",
        )
        self._around.run(self._begin(call, leg, ringing))

    async def _begin(self, call: TwilioCall, leg: Leg, ringing: Ringing) -> None:
        try:
            rung = await self._around.rest.ring(ringing)
        except RestFailed as error:
            _log.warning("cannot ring for %s: %s", leg.name, error)
            if not (leg.over or leg.sid):  # else its news have come: it rings, whatever became of the answer
                leg.over = True
                leg.stop_timer()
                self._not_there(call, leg, OfferFailure.UNREACHABLE, DialFailure.UNREACHABLE)
            return
        leg.sid, call.conference = leg.sid or rung.sid, rung.conference
        if leg.over and not leg.is_up:
            await self._hang_up(leg.sid)  # given up before Twilio said what it is called

    def _rung_out(self, call: TwilioCall, leg: Leg) -> None:
        if not leg.over and not leg.is_up:
            self._stop(leg)
            why = OfferFailure.NO_ANSWER if leg.rang else OfferFailure.UNREACHABLE
            self._not_there(call, leg, why, DialFailure.NO_ANSWER)

    def _agent(self, call: TwilioCall, leg: Leg, news: News, why: OfferFailure) -> None:
        match news:
            case News.RINGS:
                self._around.tell(events.OfferRinging(offer=leg.name))
            case News.ANSWERED:
                self.answered(call, leg)
            case News.ENDED if call.agent is leg and call.sid and not is_callback(call.id):
                # With the caller's hanging up the agent's leg ends too, and its news may come first. A caller who is
                # still there is sent on by the document: whichever is heard now says who it was.
                leg.timer = asyncio.get_running_loop().call_later(WHO_WITHIN_S, self._left, call, leg)
            case News.ENDED if call.agent is leg:
                self.agent_left(call)
            case News.FAILED:
                self._not_there(call, leg, why, DialFailure.UNREACHABLE)

    def _left(self, call: TwilioCall, leg: Leg) -> None:
        if call.agent is leg:
            self.agent_left(call)

    def _customer(self, call: TwilioCall, leg: Leg, news: News, status: str) -> None:
        match news:
            case News.ANSWERED:
                call.sid = leg.sid
                self._around.tell(events.CustomerAnswered(call=call.id))
                self._callers.settle(call)
            case News.ENDED:
                self._callers.gone(call)
            case News.FAILED:
                self._not_there(call, leg, OfferFailure.UNREACHABLE, dial_failure(status))

    def _not_there(self, call: TwilioCall, leg: Leg, why: OfferFailure, to_customer: DialFailure) -> None:
        """The phone was not answered."""
        if leg is call.customer:
            call.customer = None
            self._around.tell(events.CustomerFailed(call=call.id, why=to_customer))
        elif call.legs.pop(leg.name, None) is not None:
            self._around.tell(events.OfferFailed(offer=leg.name, why=why))
            self._callers.settle(call)
        self._tidy(call)

    def _stop(self, leg: Leg) -> None:
        leg.stop_timer()
        if not leg.over:
            leg.over = True
            if leg.sid:
                self._around.run(self._hang_up(leg.sid))

    def _tidy(self, call: TwilioCall) -> None:
        """A callback that nobody is on the line for is none of ours."""
        if not call.sid and not call.legs and call.customer is None:
            self._callers.calls.pop(call.id, None)

    # REST.

    async def _conference(self, call: TwilioCall) -> str:
        """Twilio's name of the call's conference: as the answer said that rang the phone, or, where that came too late
        or never, by our own name of it. RestFailed where there is none."""
        if not call.conference:
            call.conference = await self._around.rest.conference(conference_name(self._site.id, call.id))
        if not call.conference:
            raise RestFailed("Twilio knows no such conference")
        return call.conference

    async def _tie(self, call: TwilioCall, leg: Leg) -> None:
        """From now on the conference ends with this agent, also where no engine is there to see it."""
        try:
            await self._around.rest.ends_with(await self._conference(call), leg.sid)
        except RestFailed as error:
            _log.info("%s: the conference is not known to end with its agent: %s", call.id, error)

    async def _hold(self, call: TwilioCall) -> None:
        try:
            await self._around.rest.hold(await self._conference(call), call.sid, self._twilio.music)
        except RestFailed as error:
            _log.warning("%s cannot be held: %s", call.id, error)
            return
        if call.talking and not call.held:
            call.held = True
            self._around.tell(events.CallHeld(call=call.id))

    async def _retrieve(self, call: TwilioCall) -> None:
        try:
            await self._around.rest.retrieve(await self._conference(call), call.sid)
        except RestFailed as error:
            _log.warning("%s cannot be retrieved: %s", call.id, error)
            return
        if call.held:
            call.held = False
            self._around.tell(events.CallRetrieved(call=call.id))

    async def _hang_up(self, sid: str) -> None:
        try:
            await self._around.rest.end(sid)
        except RestFailed as error:
            _log.info("cannot hang up a phone: %s", error)
