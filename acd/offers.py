"""The phones that ring: offers of calls to agents, from the first ring to their end, and who has refused what."""

from __future__ import annotations

from acd.effects import AgentState, Offer, OfferEnd, OfferEnded, Withdraw
from acd.roster import Roster
from acd.rules import must_rest
from acd.setup import AcdSetup
from acd.state import AgentRecord, CallRecord, Moment, OfferRecord
from acd.timers import Due, Timer, Timers


class Offers:
    """All offers that have not ended."""

    __slots__ = ("_by_id", "_moment", "_roster", "_setup", "_timers")

    def __init__(self, setup: AcdSetup, roster: Roster, timers: Timers, moment: Moment) -> None:
        self._setup = setup
        self._roster = roster
        self._timers = timers
        self._moment = moment
        self._by_id: dict[str, OfferRecord] = {}

    def reconfigure(self, setup: AcdSetup) -> None:
        """From now on this setup counts; phones that ring do so as they began."""
        self._setup = setup

    def find(self, offer: str) -> OfferRecord | None:
        """One offer; None if it has ended or never was."""
        return self._by_id.get(offer)

    def make(self, call: CallRecord, agent: AgentRecord, number: int) -> None:
        """Rings the agent, who is idle, for the call; ``number`` counts the offers of the centre."""
        self.pardon_all(call)
        agent.turn = number
        queue, now = call.queue.setup, self._moment.now
        id_ = f"{call.id}-{number}"
        due = now + max(1, queue.ring_ms + self._setup.offer_grace_ms)
        offer = OfferRecord(id_, call, agent, self._timers.set(due, Timer(Due.OFFER, id_)))
        self._by_id[id_] = call.offer = agent.offer = offer
        self._moment.effects.append(
            Offer(offer=id_, call=call.id, agent=agent.setup.id, queue=queue.id, ring_ms=queue.ring_ms)
        )
        self._roster.change(agent, AgentState.OFFERED, until=now + queue.ring_ms)

    def forget(self, offer: OfferRecord) -> None:
        """The offer is over, whatever came of it."""
        self._timers.cancel(offer.timer)
        del self._by_id[offer.id]
        offer.call.offer = offer.agent.offer = None

    def withdraw(self, offer: OfferRecord) -> None:
        """Has the line stop ringing."""
        self._moment.effects.append(Withdraw(offer=offer.id, call=offer.call.id, agent=offer.agent.setup.id))

    def end(self, offer: OfferRecord, how: OfferEnd) -> None:
        """The offer is over without a conversation, and what the agent has to bear for it."""
        self.forget(offer)
        call, agent, now = offer.call, offer.agent, self._moment.now
        self._moment.effects.append(
            OfferEnded(offer=offer.id, call=call.id, agent=agent.setup.id, queue=call.queue.setup.id, how=how)
        )
        if how is OfferEnd.DECLINED:
            pause = Timer(Due.DECLINE_PAUSE, call.id, agent.setup.id)
            due = now + max(1, self._setup.decline_pause_ms)
            call.declined_by[agent.index] = self._timers.set(due, pause)
            agent.declined[call.number] = call
        elif how is not OfferEnd.WITHDRAWN:
            # A busy or unreachable phone counts as a miss too: its agent says “ready” and is not, and would
            # otherwise be rung for one caller after the other in no time.
            call.missed_by.add(agent.index)
            agent.idle_since = now
            agent.misses += 1
            if agent.next is None and must_rest(agent.misses, self._setup.misses_allowed):
                agent.next = (AgentState.NOT_READY, "missed-calls")

    def pardon(self, call: CallRecord, agent: AgentRecord) -> None:
        """An agent who declined the call may be asked again."""
        del call.declined_by[agent.index]
        del agent.declined[call.number]

    def pardon_all(self, call: CallRecord) -> None:
        """Forgets who declined the call: somebody else has it offered, or it is gone."""
        for index, timer in call.declined_by.items():
            self._timers.cancel(timer)
            del self._roster.all()[index].declined[call.number]
        call.declined_by.clear()
