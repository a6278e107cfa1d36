"""Rings an agent's phone for a waiting caller, and stops that.

One phone is rung by a Redirect of the caller into a Dial; several for one caller on legs of their own
(:mod:`cti.asterisk.several_phones`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from acd.events import OfferFailure
from acd.setup import QueueSetup
from centre import events
from centre.effects import Ring, StopRinging
from config.site import Site
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiLost, AmiRefused, AmiTimeout
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.manager import Manager
from cti.asterisk.moves import Moves
from cti.asterisk.phone_legs import PhoneLeg
from cti.asterisk.several_phones import SeveralPhones

_log = logging.getLogger(__name__)

_TAKEN_BACK_WITHIN_S = 1.0
"""How long the centre's word on what was found after a resync may take, its journal included."""
_FREE_WITHIN_S = 2.0
"""How long the exchange may take to let go of a phone that it was told to ring no more."""
_GIVEN_BACK_EARLIER_S = 4.0
"""So much before the time to ring is over, from when an order was seen not to arrive: that may be 6 s after it was
given (a link that is half open is noticed within twice the heartbeat), and 3 s after the time to ring the centre takes
silence for “not answered”."""
_UNSENT_AT_LEAST_S = 1.0
_LOOK_S = 0.5


class Ringing:
    """Of the agents' phones."""

    def __init__(
        self,
        site: Site,
        exchange: Exchange,
        manager: Manager,
        moves: Moves,
        tell: Callable[[events.Event], None],
        let_go: Callable[[str], None],
    ) -> None:
        """*let_go*: ends the call back for which an engine before this one lets a phone ring."""
        self._agents, self._queues = site.agents, _queues(site)
        self._exchange = exchange
        self._manager = manager
        self._moves = moves
        self._tell = tell
        self._let_callback_go = let_go
        self.several = SeveralPhones(exchange, manager.act, moves.to_the_music, tell, manager.run, self.until_free)
        self.news = asyncio.Event()
        """Set whenever the exchange has told anything."""

    def reconfigure(self, site: Site) -> None:
        """Rings the phones of ``site`` from now on."""
        # Who waits in a queue that is gone is rung for by its old rules; an order may be of a moment before.
        self._agents, self._queues = {**self._agents, **site.agents}, {**self._queues, **_queues(site)}

    def ring(self, call: LineCall, order: Ring) -> None:
        """Begins to ring an agent's phone for the caller."""
        if call.talking:
            call.unsent = order
            self._manager.run(self._see_whether_meant(call, order))
            return
        phone = self._agents[order.agent].phone
        if self._rings_several(order):
            if call.adopted and call.offer is not None:  # the phone that an engine before this one lets ring alone
                call.offer = None
                self._manager.run(self._moves.back_to_waiting(call, None))
            call.leaves_menu = call.in_menu
            self.several.ring(call, order, phone)
            return
        call.offer, call.rang, call.adopted, call.unsent, call.phone = order.offer, False, False, None, phone
        call.comes_back = order.comes_back
        self._manager.run(self._begin_ringing(call, order))

    async def _see_whether_meant(self, call: LineCall, order: Ring) -> None:
        """A phone was answered while the link was down. The centre has just been told, or is about to be, and takes
        this ring back (its orders may be on their way through the journal); unless it could make nothing of that, as it
        has the agent in another conversation. Nobody parts the two again: to the centre this call is lost then, and no
        agent is kept for it."""
        await asyncio.sleep(_TAKEN_BACK_WITHIN_S)
        if call.unsent is order and call.talking and self._exchange.calls.get(call.id) is call:
            call.unsent, call.given_up = None, True
            others = tuple(sorted(self._exchange.calls.keys() - {call.id}))
            self._tell(events.LineSynchronised(line=self._exchange.line, calls=others))

    def resend(self, call: LineCall) -> None:
        """The link is back: what was not sent for it is."""
        match call.unsent:
            case Ring() as order if order.offer == call.offer or call.talking:
                self.ring(call, order)
            case StopRinging() as order if call.offer is None:
                call.unsent = None
                self._manager.run(self._moves.back_to_waiting(call, order))

    async def give_back_unsent(self, is_up: Callable[[], bool]) -> None:
        """While the link is down: gives offers back whose phones the exchange was not told to ring, before the centre
        takes them for unanswered and sets aside one agent after the other for what none of them heard. It offers these
        calls anew, at their old places. *is_up*: whether the link is."""
        clock = asyncio.get_running_loop().time
        since: dict[str, float] = {}
        while not is_up():
            unsent, now = self._unsent(), clock()
            since = {offer: since.get(offer, now) for offer in unsent}
            lost = {
                offer
                for offer, ring_ms in unsent.items()
                if now - since[offer] > max(_UNSENT_AT_LEAST_S, ring_ms / 1000 - _GIVEN_BACK_EARLIER_S)
            }
            if lost:
                left = (self._exchange.offers | self.several.legs.offers) - lost
                self._tell(events.OffersFound(line=self._exchange.line, offers=tuple(sorted(left))))
            await asyncio.sleep(_LOOK_S)

    def _unsent(self) -> dict[str, int]:
        """The offers of which the exchange does not know, with how long their phones are to ring (ms)."""
        orders = [call.unsent for call in self._exchange.calls.values() if not call.talking]
        alone = {order.offer: order.ring_ms for order in orders if isinstance(order, Ring)}
        return alone | self.several.legs.unsent

    def uses(self, phone: str) -> bool:
        """Whether this phone rings for a call of ours, or is connected to one."""
        return self._exchange.uses(phone) or self.several.legs.uses(phone)

    def _rings_several(self, order: Ring) -> bool:
        """Whether other phones may ring beside this one. A phone that rings alone is rung by a Redirect of the caller,
        which needs nobody to stop it."""
        queue = self._queues.get(order.queue)
        return self.several.legs.ring_for(order.call) or (queue is not None and queue.phones.limit > 1)

    async def _begin_ringing(self, call: LineCall, order: Ring) -> None:
        phone = call.phone
        try:
            if call.dialled and self._is_taken(phone, call):
                await self._moves.rest(call)
                if call.offer == order.offer and not call.talking:
                    await self._moves.move(call, dialplan.WAIT)  # or the phone rung before would ring on meanwhile
            is_free = await self.until_free(phone, call)
            await self._moves.rest(call)
            if call.offer != order.offer:
                return
            if not is_free:
                call.offer = None
                self._tell(events.OfferFailed(offer=order.offer, why=OfferFailure.BUSY))
                return
            call.dialled, call.dialled_by = phone, order.offer
            extension = dialplan.ring_extension(order.offer, call.id, order.ring_ms, phone, comes_back=order.comes_back)
            await self._moves.move(call, dialplan.DIAL, extension)
        except AmiRefused as error:
            # Gone callers are refused too; their Hangup says so, and then this offer is no longer current.
            _log.info("cannot ring %s: %s", order.agent, error)
            call.dialled = ""
            self._tell(events.OfferFailed(offer=order.offer, why=OfferFailure.UNREACHABLE))
        except (AmiLost, AmiTimeout):
            call.unsent = order

    def stop(self, call: LineCall, order: StopRinging) -> None:
        """Begins to bring the caller of this offer back to the music, which stops the phone. Two who talk are not
        parted: the centre gave the offer up before it heard of the answer, and hears of it now."""
        if isinstance(call.unsent, Ring) and call.unsent.offer == order.offer:
            call.unsent = None
        if call.talking and call.answered == order.offer:
            agent = self._exchange.agent_of(call.phone)
            self._tell(events.ConversationFound(call=call.id, offer=order.offer, agent=agent))
            return
        if call.offer != order.offer:
            return
        call.offer = call.unsent = None
        self._manager.run(self._moves.back_to_waiting(call, order))

    async def until_free(self, phone: str, call: LineCall | None = None, leg: PhoneLeg | None = None) -> bool:
        """Waits until the phone rings for no other call (and by no other leg) any more; False where that does not come.

        What was stopped a moment ago may ring still, and a phone that rings says “busy” to the next caller, a miss that
        its agent had no part in.
        """
        self._let_go(phone, call)
        try:
            async with asyncio.timeout(_FREE_WITHIN_S):
                while self._is_taken(phone, call, leg):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            _log.warning("%s was not seen to be free within %s s", phone, _FREE_WITHIN_S)
            return False
        return True

    def _is_taken(self, phone: str, call: LineCall | None, leg: PhoneLeg | None = None) -> bool:
        return self._exchange.holds(phone, call) or self.several.legs.hold(phone, leg)

    def _let_go(self, phone: str, but: LineCall | None) -> None:
        """An engine before this one may let the phone ring still, by an offer of which the centre knows nothing, as the
        end of the journal was lost: no more, now that the centre has another call for this agent."""
        self.several.let_go(phone)
        self._let_callback_go(phone)
        for other in self._exchange.calls.values():
            if other is not but and other.adopted and other.offer is not None and other.phone == phone:
                other.offer = None
                self._manager.run(self._moves.back_to_waiting(other, None))


def _queues(site: Site) -> dict[str, QueueSetup]:
    return {queue.id: queue for queue in site.acd.queues}
