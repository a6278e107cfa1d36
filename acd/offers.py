"""The phones that ring: offers of calls to agents, from the match to their end, and who is not asked for what."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from acd.call_timers import CallTimers
from acd.effects import MISSED_CALLS, AgentState, Dial, Offer, OfferEnd, OfferEnded, Withdraw
from acd.roster import Roster
from acd.routing import Routing
from acd.rules import must_rest
from acd.setup import AcdSetup, CallbackOrder
from acd.state import AgentRecord, Callback, CallRecord, Moment, OfferRecord
from acd.timers import Due, Timer, Timers


class Offers:
    """All offers that have not ended."""

    __slots__ = ("_by_id", "_call_timers", "_moment", "_roster", "_routing", "_setup", "_timers", "witness")

    def __init__(
        self,
        setup: AcdSetup,
        roster: Roster,
        routing: Routing,
        call_timers: CallTimers,
        timers: Timers,
        moment: Moment,
    ) -> None:
        self._setup = setup
        self._call_timers = call_timers
        self._roster = roster
        self._routing = routing
        self._timers = timers
        self._moment = moment
        self._by_id: dict[str, OfferRecord] = {}
        self.witness: Callable[[CallRecord, AgentRecord], None] | None = None
        """Told of each match before it is carried out (see :mod:`acd.explain`)."""

    def reconfigure(self, setup: AcdSetup) -> None:
        """From now on this setup counts; phones that ring do so as they began."""
        self._setup = setup

    def find(self, offer: str) -> OfferRecord | None:
        """One offer; None if it has ended or never was."""
        return self._by_id.get(offer)

    def match(self) -> None:
        """Offers calls to agents until no free agent may take a call in line.

        It comes to an end: each offer gives a phone to a call that had none, or leaves one agent fewer idle.
        """
        while (found := self._routing.next_match(self._moment.now)) is not None:
            call, agent = found
            if agent.spare:
                self._call_off(agent)
            if self.witness is not None:
                self.witness(call, agent)
            self._make(call, agent)

    def line_up(self, call: CallRecord) -> None:
        """Stands a call for which a phone rings in line if it is to have one more. A callback has one."""
        if call.in_line or not call.offers or call.overdue is not None or call.callback is not None:
            return
        assert call.rung_since is not None
        if len(call.offers) < call.queue.setup.phones.wanted(self._moment.now - call.rung_since):
            self._routing.add_call(call)

    def _make(self, call: CallRecord, agent: AgentRecord) -> None:
        """Rings the agent, who is idle, for the call."""
        routing = self._routing
        routing.remove_call(call)
        routing.remove_agent(agent)
        routing.offers += 1
        offer = OfferRecord(f"{call.id}-{routing.offers}", call, agent, agent.turn)
        self._by_id[offer.id] = call.offers[offer.id] = agent.offer = offer
        call.overdue = call.agent_unanswered
        agent.turn = routing.offers
        routing.share(call)
        callback = call.callback
        if callback is not None and not callback.reached and callback.rules.order is CallbackOrder.CUSTOMER_FIRST:
            self.dial(offer, callback)
        else:
            self.ring(offer)
        if call.rung_since is None:
            call.rung_since = self._moment.now
            self._call_timers.set_phone(call)
        self.line_up(call)

    def _call_off(self, agent: AgentRecord) -> None:
        """Frees a spare agent: the other phones ring on."""
        offer = agent.offer
        assert offer is not None
        self._routing.remove_call(offer.call)
        self.withdraw(offer, is_turn=False)
        self._roster.free(agent)
        self.line_up(offer.call)

    def ring(self, offer: OfferRecord) -> None:
        """Rings the agent's phone."""
        offer.dialling = False
        queue = offer.call.queue.setup
        self._moment.effects.append(
            Offer(
                offer=offer.id,
                call=offer.call.id,
                agent=offer.agent.setup.id,
                queue=queue.id,
                ring_ms=queue.ring_ms,
                phone=len(offer.call.offers),
            )
        )
        self._wait_for_the_line(offer, queue.ring_ms)

    def dial(self, offer: OfferRecord, callback: Callback) -> None:
        """Dials the customer, for whom the agent is kept."""
        offer.dialling = True
        callback.dials += 1
        self._moment.effects.append(
            Dial(
                offer=offer.id,
                call=offer.call.id,
                agent=offer.agent.setup.id,
                queue=offer.call.queue.setup.id,
                ring_ms=callback.rules.dial_ms,
            )
        )
        self._wait_for_the_line(offer, callback.rules.dial_ms)

    def forget(self, offer: OfferRecord) -> None:
        """The offer is over, whatever came of it."""
        self._timers.cancel(offer.timer)
        del self._by_id[offer.id], offer.call.offers[offer.id]
        self._routing.take_back(offer.agent)
        offer.agent.offer = None
        self._routing.share(offer.call)

    def withdraw(self, offer: OfferRecord, *, is_turn: bool) -> None:
        """Ends an offer that is void. For round robin it was the agent's turn only if ``is_turn``: to stop ringing
        because somebody else answered, or for another call, is nobody's turn."""
        self.stop(offer)
        self.end(offer, OfferEnd.WITHDRAWN)
        if not is_turn:
            offer.agent.turn = offer.turn_before

    def give_back(self, offers: Iterable[str]) -> None:
        """Ends these offers, for which no phone was rung, as soon as time goes on: news of the same instant comes
        first."""
        for offer in offers:
            found = self._by_id.get(offer)
            if found is not None:
                self._timers.cancel(found.timer)
                found.timer = self._timers.set(self._moment.now + 1, Timer(Due.LOST_OFFER, offer))

    def stop(self, offer: OfferRecord) -> None:
        """Has the line stop ringing."""
        self._moment.effects.append(Withdraw(offer=offer.id, call=offer.call.id, agent=offer.agent.setup.id))

    def end(self, offer: OfferRecord, how: OfferEnd) -> None:
        """The offer is over without a conversation, and what the agent has to bear for it: nothing if it was
        withdrawn."""
        self.forget(offer)
        call, agent, now = offer.call, offer.agent, self._moment.now
        if not call.offers:
            self.pardon_all(call)
        self._moment.effects.append(
            OfferEnded(offer=offer.id, call=call.id, agent=agent.setup.id, queue=call.queue.setup.id, how=how)
        )
        if how is OfferEnd.DECLINED:
            pause = Timer(Due.DECLINE_PAUSE, call.id, agent.setup.id)
            due = now + max(1, self._setup.decline_pause_ms)
            self._pass_over(call, agent, self._timers.set(due, pause))
        elif how not in (OfferEnd.WITHDRAWN, OfferEnd.NOT_REACHED, OfferEnd.LOST):
            # A busy or unreachable phone counts as a miss too: its agent says “ready” and is not, and would
            # otherwise be rung for one caller after the other in no time.
            call.missed_by.add(agent.index)
            if call.offers:
                self._pass_over(call, agent, None)
            agent.idle_since = now
            agent.misses += 1
            if agent.next is None and must_rest(agent.misses, self._setup.misses_allowed):
                agent.next = (AgentState.NOT_READY, MISSED_CALLS)

    def _wait_for_the_line(self, offer: OfferRecord, ring_ms: int) -> None:
        """A phone rings; whatever becomes of it, the agent is free again soon after."""
        now = self._moment.now
        self._timers.cancel(offer.timer)
        offer.timer = self._timers.set(now + max(1, ring_ms + self._setup.offer_grace_ms), Timer(Due.OFFER, offer.id))
        self._roster.change(offer.agent, AgentState.OFFERED, call=offer.call.id, until=now + ring_ms)

    def pardon(self, call: CallRecord, agent: AgentRecord) -> None:
        """An agent who was passed over may be asked for the call again."""
        del call.passed_over[agent.index]
        del agent.passed_over_by[call.number]

    def pardon_all(self, call: CallRecord) -> None:
        """Nobody is passed over any more: no phone rings for the call, or it is gone."""
        for index, timer in call.passed_over.items():
            self._timers.cancel(timer)
            del self._roster.all()[index].passed_over_by[call.number]
        call.passed_over.clear()

    def _pass_over(self, call: CallRecord, agent: AgentRecord, timer: int | None) -> None:
        call.passed_over[agent.index] = timer
        agent.passed_over_by[call.number] = call
