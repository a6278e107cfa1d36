"""The machine: what happens to a call from arrival to the end of wrap-up.

=========  =================================================  =====================================
phase      left by                                            to
=========  =================================================  =====================================
menu       the flow asks for a queue                          waiting
menu       the caller hangs up, the flow ends                 ended
waiting    the core offers the call                           offered
waiting    the core or the caller takes it out of the queue   menu (the flow goes on)
waiting    the caller hangs up                                ended
offered    the agent's side connects                          talking
offered    the agent's side does not                          waiting, at the old place
offered    the caller hangs up                                ended
talking    either side hangs up                               wrap-up
wrap-up    the agent is done, or the time is up               ended
=========  =================================================  =====================================

Whatever does not fit the phase is late news from the world: it changes nothing and has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from acd import effects as acd_effects
from acd import events as acd_events
from acd.engine import Acd
from acd.metrics import Metrics
from acd.requirement import ANYBODY, Requirement, both, parse
from acd.setup import AcdSetup
from centre import events
from centre.calls import Call, CallRecord, OfferRecord, Outcome, Phase
from centre.effects import (
    Ask,
    CallChanged,
    CallEnded,
    Effect,
    FindCustomer,
    HangUp,
    Hold,
    PickUp,
    Retrieve,
    Ring,
    Speak,
    StopRinging,
    Wait,
    WrapUpClosed,
)
from ivr import engine as ivr
from ivr import messages as ivr_messages
from ivr.flow import Flow
from ivr.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSetup:
    """What a centre is built from; ``config`` makes it."""

    acd: AcdSetup
    flows: Mapping[str, Flow]
    """By digest: a call keeps to the flow it began with."""
    entry: str
    """The digest of the flow that a new call begins with."""


class Centre:
    """One contact centre. Everything it knows follows from its setup and the events it was told, in their order."""

    def __init__(self, setup: CentreSetup) -> None:
        self.setup = setup
        self.acd = Acd(setup.acd)
        self.metrics = Metrics(queues=setup.acd.queues)
        self._agents = frozenset(agent.id for agent in setup.acd.agents)
        self._calls: dict[str, Call] = {}
        self._offers: dict[str, str] = {}
        self._ended = 0
        self._arrived = 0
        self._now = 0
        self._handlers: dict[type[Any], Callable[[Any], list[Effect]]] = {
            events.CallArrived: self._call_arrived,
            events.CallAdopted: self._call_adopted,
            events.PromptEnded: self._prompt_ended,
            events.KeysEntered: self._keys_entered,
            events.CallerHungUp: self._caller_hung_up,
            events.CallerPressedExit: self._caller_pressed_exit,
            events.LineSynchronised: self._line_synchronised,
            events.OfferRinging: self._offer_ringing,
            events.OfferAnswered: self._offer_answered,
            events.OfferFailed: self._offer_failed,
            events.ConversationEnded: self._conversation_ended,
            events.CallHeld: self._call_held,
            events.CallRetrieved: self._call_retrieved,
            events.AgentSignedIn: lambda e: self._route(acd_events.AgentSignedIn(agent=e.agent)),
            events.AgentSignedOut: lambda e: self._route(acd_events.AgentSignedOut(agent=e.agent)),
            events.AgentReady: lambda e: self._route(acd_events.AgentReady(agent=e.agent)),
            events.AgentNotReady: lambda e: self._route(acd_events.AgentNotReady(agent=e.agent, reason=e.reason)),
            events.OfferAccepted: self._offer_accepted,
            events.OfferDeclined: self._offer_declined,
            events.HoldAsked: self._hold_asked,
            events.RetrieveAsked: self._retrieve_asked,
            events.HangUpAsked: self._hang_up_asked,
            events.CallNoted: self._call_noted,
            events.WrapUpFinished: self._wrap_up_finished,
            events.WrapUpExtended: lambda e: self._route(acd_events.WrapUpExtended(agent=e.agent, extra_ms=e.extra_ms)),
            events.CustomerFound: self._customer_found,
            events.TimePassed: lambda _: self._route(acd_events.TimePassed()),
        }

    def apply(self, event: events.Event, at: int) -> list[Effect]:
        """What follows from ``event`` at ``at`` (Unix milliseconds; never goes back: an earlier time counts as now)."""
        self._now = max(self._now, at)
        return self._handlers[type(event)](event)

    def next_due(self) -> int | None:
        """When :class:`~centre.events.TimePassed` is due at the latest (Unix milliseconds), None: no timer runs."""
        return self.acd.next_due()

    # What others may look at.

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call that has not ended, by id, oldest first."""
        return self._calls

    def call(self, call: str) -> Call | None:
        """A living call."""
        return self._calls.get(call)

    def waiting_calls(self, queue: str) -> list[Call]:
        """The calls of a queue that wait, in the order in which they are served."""
        return [self._calls[call] for call in self.acd.waiting(queue)]

    def conservation(self) -> tuple[int, int, Mapping[Phase, int]]:
        """Calls arrived, calls over for the caller, and calls in each phase where the caller is still there."""
        inside: dict[Phase, int] = {phase: 0 for phase in Phase if phase is not Phase.WRAP_UP}
        for call in self._calls.values():
            if call.phase is not Phase.WRAP_UP:
                inside[call.phase] += 1
        return self._arrived, self._ended, inside

    # The caller's side.

    def _call_arrived(self, event: events.CallArrived) -> list[Effect]:
        if event.call in self._calls:
            return []
        session, wanted = ivr.start(self.setup.flows[self.setup.entry], self._now)
        call = self._admit(
            session,
            CallRecord(
                call=event.call,
                line=event.line,
                number=event.number,
                name=event.name,
                dialled=event.dialled,
                language=session.language,
                path=(),
                entries=(),
                attributes={},
                customer={},
                arrived_at=self._now if event.arrived_at is None else event.arrived_at,
            ),
        )
        return [*self._greeted(call), *self._in_flow(call, wanted)]

    def _call_adopted(self, event: events.CallAdopted) -> list[Effect]:
        known = self._calls.get(event.call)
        if known is not None:
            return [known.asked] if known.phase is Phase.MENU and known.asked else []
        flow = self.setup.flows[self.setup.entry]
        session = ivr.adopt(flow, event.queue, language=event.language, needs=event.needs, priority=event.priority)
        wanted: list[ivr_messages.Effect] = []
        if session is None:
            session, wanted = ivr.start(flow, self._now)
        call = self._admit(
            session,
            CallRecord(
                call=event.call,
                line=event.line,
                number=event.number,
                name=event.name,
                dialled="",
                language=session.language,
                path=(),
                entries=(),
                attributes={},
                customer={},
                arrived_at=event.arrived_at,
                queued_at=event.waiting_since if session.waiting_in else None,
            ),
        )
        if session.waiting_in is None:
            return [*self._greeted(call), *self._in_flow(call, wanted)]
        join = ivr_messages.JoinQueue(
            queue=event.queue, needs=event.needs, priority=event.priority, language=session.language
        )
        return [*self._greeted(call), *self._join_queue(call, join)]

    def _admit(self, session: Session, record: CallRecord) -> Call:
        call = self._calls[record.call] = Call(record=record, session=session)
        self._arrived += 1
        return call

    def _greeted(self, call: Call) -> list[Effect]:
        record = call.record
        changed: list[Effect] = [CallChanged(call=record.call)]
        return [*changed, FindCustomer(call=record.call, number=record.number)] if record.number else changed

    def _prompt_ended(self, event: events.PromptEnded) -> list[Effect]:
        return self._in_menu(event.call, ivr_messages.Spoken(step=event.step))

    def _keys_entered(self, event: events.KeysEntered) -> list[Effect]:
        return self._in_menu(event.call, ivr_messages.Entered(step=event.step, keys=event.keys, end=event.end))

    def _in_menu(self, call_id: str, event: ivr_messages.Event) -> list[Effect]:
        call = self._calls.get(call_id)
        if call is None or call.phase is not Phase.MENU:
            return []
        return self._advance(call, event)

    def _advance(self, call: Call, event: ivr_messages.Event) -> list[Effect]:
        flow = self.setup.flows[call.session.flow]
        before = call.session
        call.session, wanted = ivr.advance(flow, before, event, self._now)
        if call.session == before:
            return []
        call.asked = None
        session = call.session
        call.record = replace(
            call.record,
            language=session.language,
            path=session.path,
            entries=session.entries,
            attributes=session.attributes,
        )
        return [CallChanged(call=call.record.call), *self._in_flow(call, wanted)]

    def _in_flow(self, call: Call, wanted: Iterable[ivr_messages.Effect]) -> list[Effect]:
        """The flow's effects as orders to the line of the call."""
        orders: list[Effect] = []
        for effect in wanted:
            match effect:
                case ivr_messages.Speak():
                    call.asked = Speak(
                        call=call.record.call,
                        step=effect.step,
                        prompts=effect.prompts,
                        language=effect.language,
                        barge_in=effect.barge_in,
                    )
                    orders.append(call.asked)
                case ivr_messages.Ask():
                    call.asked = Ask(
                        call=call.record.call,
                        step=effect.step,
                        prompts=effect.prompts,
                        language=effect.language,
                        keys=effect.keys,
                        node=call.session.node,
                    )
                    orders.append(call.asked)
                case ivr_messages.JoinQueue():
                    orders += self._join_queue(call, effect)
                case ivr_messages.Disconnect():
                    orders.append(HangUp(call=call.record.call, prompts=effect.prompts, language=effect.language))
        return orders

    def _join_queue(self, call: Call, join: ivr_messages.JoinQueue) -> list[Effect]:
        record = call.record
        since = self._now if record.queued_at is None else record.queued_at
        call.record = replace(record, queue=join.queue, queued_at=since)
        call.phase = Phase.WAITING
        wait = Wait(
            call=record.call,
            queue=join.queue,
            waiting_since=since,
            language=join.language,
            needs=join.needs,
            priority=join.priority,
            prompts=join.prompts,
        )
        needs: Requirement = ANYBODY
        for text in join.needs:
            needs = both(needs, parse(text))
        routed = self._route(
            acd_events.CallQueued(
                call=record.call, queue=join.queue, waiting_since=since, needs=needs, priority=join.priority
            )
        )
        # A call that the queue would not take (full) is back in its flow: it never began to wait.
        if any(isinstance(effect, acd_effects.Released) and effect.call == record.call for effect in routed):
            return routed
        return [wait, CallChanged(call=record.call), *routed]

    def _caller_hung_up(self, event: events.CallerHungUp) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None:
            return []
        return self._caller_gone(call, by="caller", lost=False)

    def _caller_gone(self, call: Call, by: str, lost: bool) -> list[Effect]:
        match call.phase:
            case Phase.MENU:
                outcome = Outcome.LEFT_IN_MENU
                if call.session.ended:
                    outcome = Outcome.SELF_SERVED if call.record.queued_at is None else Outcome.RELEASED
                    by = "centre"
                return self._end(call, Outcome.LOST if lost else outcome, by)
            case Phase.WAITING | Phase.OFFERED:
                if lost:
                    routed = self._route(acd_events.CallLeft(call=call.record.call, why=_LOST))
                    return [*routed, *self._end(call, Outcome.LOST, by)]
                routed = self._route(acd_events.CallAbandoned(call=call.record.call))
                return [*routed, *self._end(call, Outcome.ABANDONED, by)]
            case Phase.TALKING:
                return self._conversation_over(call, by)
            case Phase.WRAP_UP:
                return []

    def _caller_pressed_exit(self, event: events.CallerPressedExit) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None or call.phase is not Phase.WAITING:
            return []
        return self._route(acd_events.CallLeft(call=event.call, why="exit-key"))

    def _line_synchronised(self, event: events.LineSynchronised) -> list[Effect]:
        there = set(event.calls)
        gone = [
            call for call in self._calls.values() if call.record.line == event.line and call.record.call not in there
        ]
        effects: list[Effect] = []
        for call in gone:
            effects += self._caller_gone(call, by="line", lost=True)
        return effects

    def _end(self, call: Call, outcome: Outcome, by: str) -> list[Effect]:
        """The call is over for the caller, and no agent has anything left to do with it."""
        call.record = replace(call.record, ended_at=self._now, outcome=outcome, ended_by=by)
        del self._calls[call.record.call]
        self._ended += 1
        return [CallEnded(record=call.record), CallChanged(call=call.record.call)]

    # The agent's side.

    def _offer_ringing(self, event: events.OfferRinging) -> list[Effect]:
        call = self._offered(event.offer)
        if call is None:
            return []
        self._note_offer(call, event.offer, ringing_at=self._now)
        return [CallChanged(call=call.record.call)]

    def _offer_answered(self, event: events.OfferAnswered) -> list[Effect]:
        if self._offered(event.offer) is None:
            return []
        return self._route(acd_events.OfferAnswered(offer=event.offer))

    def _offer_failed(self, event: events.OfferFailed) -> list[Effect]:
        if self._offered(event.offer) is None:
            return []
        return self._route(acd_events.OfferFailed(offer=event.offer, why=event.why))

    def _conversation_ended(self, event: events.ConversationEnded) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None or call.phase is not Phase.TALKING:
            return []
        return self._conversation_over(call, event.by)

    def _conversation_over(self, call: Call, by: str) -> list[Effect]:
        self._end_hold(call)
        record = call.record
        talked = self._now - (record.answered_at or self._now) - record.hold_ms
        call.record = replace(record, ended_at=self._now, outcome=Outcome.ANSWERED, ended_by=by, talk_ms=talked)
        call.phase = Phase.WRAP_UP
        self._ended += 1
        ended: list[Effect] = [CallEnded(record=call.record), CallChanged(call=record.call)]
        return [*ended, *self._route(acd_events.CallFinished(call=record.call))]

    def _call_held(self, event: events.CallHeld) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None or call.phase is not Phase.TALKING or call.held:
            return []
        call.held_since = self._now
        return [*self._route(acd_events.CallHeld(call=event.call)), CallChanged(call=event.call)]

    def _call_retrieved(self, event: events.CallRetrieved) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None or not call.held:
            return []
        self._end_hold(call)
        return [*self._route(acd_events.CallRetrieved(call=event.call)), CallChanged(call=event.call)]

    def _end_hold(self, call: Call) -> None:
        if call.held_since is not None:
            held = self._now - call.held_since
            call.record = replace(call.record, hold_ms=call.record.hold_ms + held)
            call.held_since = None

    # The desk.

    def _offer_accepted(self, event: events.OfferAccepted) -> list[Effect]:
        call = self._call_of(event.agent, Phase.OFFERED)
        if call is None or call.offer is None:
            return []
        return [PickUp(call=call.record.call, offer=call.offer, agent=event.agent)]

    def _offer_declined(self, event: events.OfferDeclined) -> list[Effect]:
        call = self._call_of(event.agent, Phase.OFFERED)
        if call is None or call.offer is None:
            return []
        stop = StopRinging(call=call.record.call, offer=call.offer, agent=event.agent)
        declined = acd_events.OfferFailed(offer=call.offer, why=acd_events.OfferFailure.DECLINED)
        return [stop, *self._route(declined)]

    def _hold_asked(self, event: events.HoldAsked) -> list[Effect]:
        call = self._call_of(event.agent, Phase.TALKING)
        return [Hold(call=call.record.call, agent=event.agent)] if call and not call.held else []

    def _retrieve_asked(self, event: events.RetrieveAsked) -> list[Effect]:
        call = self._call_of(event.agent, Phase.TALKING)
        return [Retrieve(call=call.record.call, agent=event.agent)] if call and call.held else []

    def _hang_up_asked(self, event: events.HangUpAsked) -> list[Effect]:
        call = self._call_of(event.agent, Phase.TALKING)
        return [HangUp(call=call.record.call)] if call else []

    def _call_noted(self, event: events.CallNoted) -> list[Effect]:
        call = self._call_of(event.agent, Phase.TALKING, Phase.WRAP_UP)
        if call is None:
            return []
        call.record = replace(call.record, disposition=event.disposition, note=event.note)
        return [CallChanged(call=call.record.call)]

    def _wrap_up_finished(self, event: events.WrapUpFinished) -> list[Effect]:
        call = self._call_of(event.agent, Phase.WRAP_UP)
        if call is not None and (event.disposition or event.note):
            call.record = replace(call.record, disposition=event.disposition, note=event.note)
        return self._route(acd_events.WrapUpDone(agent=event.agent))

    def _customer_found(self, event: events.CustomerFound) -> list[Effect]:
        call = self._calls.get(event.call)
        if call is None:
            return []
        call.record = replace(call.record, customer=event.customer)
        return [CallChanged(call=event.call)]

    # The routing core.

    def _route(self, event: acd_events.Event) -> list[Effect]:
        effects: list[Effect] = []
        released: list[acd_effects.Released] = []
        for effect in self.acd.apply(event, self._now):
            self.metrics.note(effect, self._now)
            effects += self._routed(effect)
            if isinstance(effect, acd_effects.Released) and effect.why != _LOST:
                released.append(effect)
        # Only now do released calls go on: their flows may route again, which must not overtake this batch.
        for release in released:
            call = self._calls[release.call]
            call.phase = Phase.MENU
            effects += self._advance(call, ivr_messages.LeftQueue(why=release.why))
        return effects

    def _routed(self, effect: acd_effects.Effect) -> list[Effect]:
        match effect:
            case acd_effects.Offer():
                return self._offer_made(effect)
            case acd_effects.Withdraw():
                return [StopRinging(call=effect.call, offer=effect.offer, agent=effect.agent)]
            case acd_effects.OfferEnded():
                call = self._offered(effect.offer)
                if call is not None:
                    self._note_offer(call, effect.offer, ended_at=self._now, how=effect.how)
                    call.offer, call.phase = None, Phase.WAITING
                self._offers.pop(effect.offer, None)
                return [effect, CallChanged(call=effect.call)]
            case acd_effects.Answered():
                call = self._calls[effect.call]
                self._note_offer(call, effect.offer, ended_at=self._now, how="answered")
                call.record = replace(call.record, answered_at=self._now, agent=effect.agent)
                call.offer, call.phase = None, Phase.TALKING
                self._offers.pop(effect.offer, None)
                return [effect, CallChanged(call=effect.call)]
            case acd_effects.Handled():
                call = self._calls.pop(effect.call)
                call.record = replace(call.record, wrap_up_ms=effect.wrap_up_ms)
                return [effect, WrapUpClosed(record=call.record), CallChanged(call=effect.call)]
            case acd_effects.Queued() | acd_effects.Abandoned() | acd_effects.Released() | acd_effects.AgentChanged():
                return [effect]

    def _offer_made(self, offer: acd_effects.Offer) -> list[Effect]:
        call = self._calls[offer.call]
        call.offer, call.phase = offer.offer, Phase.OFFERED
        self._offers[offer.offer] = offer.call
        made = OfferRecord(offer=offer.offer, agent=offer.agent, offered_at=self._now)
        call.record = replace(call.record, offers=(*call.record.offers, made))
        ring = Ring(call=offer.call, offer=offer.offer, agent=offer.agent, queue=offer.queue, ring_ms=offer.ring_ms)
        return [ring, CallChanged(call=offer.call)]

    def _offered(self, offer: str) -> Call | None:
        """The call that ``offer`` is current for."""
        call = self._calls.get(self._offers.get(offer, ""))
        return call if call is not None and call.offer == offer else None

    def _call_of(self, agent: str, *phases: Phase) -> Call | None:
        """The call that ``agent`` has before them, if it is in one of ``phases``."""
        if agent not in self._agents:
            return None
        call = self._calls.get(self.acd.agent(agent).call or "")
        return call if call is not None and call.phase in phases else None

    def _note_offer(
        self, call: Call, offer: str, ringing_at: int | None = None, ended_at: int | None = None, how: str = ""
    ) -> None:
        def noted(one: OfferRecord) -> OfferRecord:
            if one.offer != offer:
                return one
            if ringing_at is not None:
                one = replace(one, ringing_at=ringing_at)
            return replace(one, ended_at=ended_at, how=how) if ended_at is not None else one

        call.record = replace(call.record, offers=tuple(noted(one) for one in call.record.offers))


_LOST = "lost"
"""Why a call left the queue when its line lost it: there is no flow to go on with."""
