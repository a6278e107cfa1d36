"""The machine: what happens to a call from arrival to the end of wrap-up.

=========  =================================================  =====================================
phase      left by                                            to
=========  =================================================  =====================================
menu       the flow asks for a queue                          waiting
menu       a number outside answers                           outside
menu       the caller hangs up, the flow ends                 ended
waiting    the core offers the call                           offered
waiting    the core or the flow takes it out of the queue     menu (the flow goes on)
waiting    the caller hangs up                                ended
waiting    a line that was away found an agent's answer       talking
waiting    the flow speaks, asks, plays music                 waiting
callback   the core has the customer dialled                  dialling
callback   the core offers the call to an agent first         offered
callback   a customer answers whom an engine before dialled   waiting
callback   the core lets it go                                ended
dialling   the customer answers                               offered, or talking where the agent came first
dialling   the customer does not                              callback, at the old place
offered    one agent's side connects                          talking (other phones stop)
offered    the last agent's side does not                     waiting or callback, at the old place
offered    agent first, the agent's side connects             dialling
offered    the caller hangs up                                ended
talking    either side hangs up                               wrap-up
talking    the agent hangs up, and the flow goes on           after
after      the caller hangs up, the flow ends                 wrap-up, or ended where the agent was done before
outside    either side hangs up                               ended
wrap-up    the agent is done, or the time is up               ended
=========  =================================================  =====================================

A call begins in the menu when somebody calls in, or as a callback when a call ends whose caller asked for one.

Whatever does not fit the phase is late news from the world: it changes nothing and has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from acd import events as acd_events
from acd.engine import Acd
from acd.estimate import WaitEstimate
from acd.metrics import Metrics
from centre import agents, callbacks, callers, events
from centre.calls import Call, Phase
from centre.effects import Effect, Order
from centre.reconfigure import configuration_changed
from centre.routing import music_over, route
from centre.state import CentreSetup, State
from centre.wanted import is_wanted

__all__ = ["Centre", "CentreSetup", "Conservation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """Every call is somewhere: ``arrived + callbacks = ended`` + the sum of ``inside``, at every instant."""

    arrived: int
    """Callers who called in."""
    callbacks: int
    """Callbacks that were asked for: each is a call of its own."""
    ended: int
    """Calls over for their callers."""
    inside: Mapping[Phase, int]
    """Calls that are not, by phase. Wrap-up is none of these: the caller is gone."""


class Centre:
    """One contact centre. Everything it knows follows from its setup and the events it was told, in their order."""

    def __init__(self, setup: CentreSetup, *, estimates: bool = True) -> None:
        """Without ``estimates`` the centre learns what to expect of waits only where a flow speaks of them: for whoever
        never asks :meth:`estimated_wait`."""
        self._state = State(setup, estimates=estimates)

    def prepare(self, configuration: str, setup: CentreSetup) -> None:
        """Lets :class:`~centre.events.ConfigurationChanged` speak of ``setup`` by the name ``configuration``."""
        self._state.prepared[configuration] = setup

    def forget_prepared(self, but: Collection[str]) -> None:
        """Undoes :meth:`prepare`, except for the configurations of these names."""
        self._state.prepared = {name: setup for name, setup in self._state.prepared.items() if name in but}

    def wants(self, order: Order) -> bool:
        """Whether an order that was given before is still to be carried out (:mod:`centre.wanted`)."""
        return is_wanted(self._state, order)

    def knows(self, configuration: str) -> bool:
        """Whether a :class:`~centre.events.ConfigurationChanged` to ``configuration`` changes anything."""
        return configuration in self._state.prepared

    def apply(self, event: events.Event, at: int) -> list[Effect]:
        """What follows from ``event`` at ``at`` (Unix milliseconds; never goes back: an earlier time counts as now)."""
        if type(event) in BEFORE_TIMERS and (due := self._state.acd.next_due()) is not None:
            # An engine that was away comes back with timers that nobody ran in time, that of this offer among them. Two
            # who talk must not be parted by it: the answer counts as given before the first of them, and so do the
            # engine's start and a change of its configuration, after which the answers are told. And who was never rung
            # for has no time to run out.
            at = min(at, due - 1)
        state = self._state
        state.now = max(state.now, at)
        return _HANDLERS[type(event)](state, event)

    def next_due(self) -> int | None:
        """When :class:`~centre.events.TimePassed` is due at the latest (Unix milliseconds), None: no timer runs."""
        return self._state.next_due()

    # What others may look at.

    @property
    def setup(self) -> CentreSetup:
        """What the centre goes by: what it was built from, or changed to, with the flows that calls still are in."""
        return self._state.setup

    @property
    def acd(self) -> Acd:
        """The routing core, for its views."""
        return self._state.acd

    @property
    def metrics(self) -> Metrics:
        """The counters."""
        return self._state.metrics

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call that has not ended, by id, oldest first."""
        return self._state.calls

    def call(self, call: str) -> Call | None:
        """A living call."""
        return self._state.calls.get(call)

    def callbacks(self, queue: str) -> list[Call]:
        """The callbacks of a queue on which nobody is at this instant, those to be dialled first in front."""
        found = [call for call in self._state.calls.values() if call.phase is Phase.CALLBACK]
        mine = [call for call in found if call.record.queue == queue]
        return sorted(mine, key=lambda call: (call.record.queued_at or 0, call.record.call))

    def waiting_calls(self, queue: str) -> list[Call]:
        """The calls of a queue that wait, in the order in which they are served, callbacks whose turn may come among
        them."""
        return [self._state.calls[call] for call in self._state.acd.waiting(queue)]

    def estimated_wait(self, call: str) -> WaitEstimate | None:
        """What a caller who waits may be told, as of the last event; None (“infinite”) if nobody at work can serve the
        call. KeyError if the call does not wait.

        Of a centre that does not learn waits it is no more than a first guess.
        """
        return self._state.estimates.of(call, self._state.now)

    def full_limits(self, at: int) -> tuple[str, ...]:
        """The limits of flows that let nobody try at ``at``, by their counters: see :mod:`centre.tries`."""
        return self._state.tries.full(at)

    def conservation(self) -> Conservation:
        """Where all calls are."""
        inside: dict[Phase, int] = {phase: 0 for phase in Phase if phase is not Phase.WRAP_UP}
        for call in self._state.calls.values():
            if call.phase is not Phase.WRAP_UP:
                inside[call.phase] += 1
        state = self._state
        return Conservation(arrived=state.arrived, callbacks=state.called_back, ended=state.ended, inside=inside)


BEFORE_TIMERS: frozenset[type] = frozenset(
    {
        events.OfferAnswered,
        events.ConversationFound,
        events.CustomerAnswered,
        events.EngineStarted,
        events.ConfigurationChanged,
        events.OffersFound,
    }
)
"""Events that count before any timer that is overdue."""

_HANDLERS: Mapping[type, Callable[[State, Any], list[Effect]]] = {
    events.CallArrived: callers.call_arrived,
    events.CallAdopted: callers.call_adopted,
    events.PromptEnded: callers.prompt_ended,
    events.KeysEntered: callers.keys_entered,
    events.CallerHungUp: callers.caller_hung_up,
    events.CallerPressedExit: callers.caller_pressed_exit,
    events.MessageTaken: callers.message_taken,
    events.TransferAnswered: callers.transfer_answered,
    events.TransferFailed: callers.transfer_failed,
    events.CallWithdrawn: callers.call_withdrawn,
    events.LineSynchronised: callers.line_synchronised,
    events.ReplyReady: callers.reply_ready,
    events.OfferRinging: agents.offer_ringing,
    events.OfferAnswered: agents.offer_answered,
    events.ConversationFound: callers.conversation_found,
    events.OffersFound: agents.offers_found,
    events.OfferFailed: agents.offer_failed,
    events.ConversationEnded: agents.conversation_ended,
    events.CallHeld: agents.call_held,
    events.CallRetrieved: agents.call_retrieved,
    events.CustomerAnswered: callbacks.customer_answered,
    events.CustomerFailed: callbacks.customer_failed,
    events.OfferAccepted: agents.offer_accepted,
    events.OfferDeclined: agents.offer_declined,
    events.HoldAsked: agents.hold_asked,
    events.RetrieveAsked: agents.retrieve_asked,
    events.HangUpAsked: agents.hang_up_asked,
    events.CallNoted: agents.call_noted,
    events.WrapUpFinished: agents.wrap_up_finished,
    events.CustomerFound: callers.customer_found,
    events.ConfigurationChanged: configuration_changed,
    events.DataFetched: callers.data_fetched,
    events.DataFailed: callers.data_failed,
    # What the routing core takes as it is.
    events.EngineStarted: lambda state, _: route(state, acd_events.EngineStarted()),
    events.OwnCallBegan: lambda state, e: route(state, acd_events.OwnCallBegan(agent=e.agent)),
    events.OwnCallEnded: lambda state, e: route(state, acd_events.OwnCallEnded(agent=e.agent)),
    events.AgentSignedIn: lambda state, e: route(state, acd_events.AgentSignedIn(agent=e.agent)),
    events.AgentSignedOut: lambda state, e: route(state, acd_events.AgentSignedOut(agent=e.agent)),
    events.AgentReady: lambda state, e: route(state, acd_events.AgentReady(agent=e.agent)),
    events.AgentNotReady: lambda state, e: route(state, acd_events.AgentNotReady(agent=e.agent, reason=e.reason)),
    events.WrapUpExtended: lambda state, e: route(state, acd_events.WrapUpExtended(agent=e.agent, extra_ms=e.extra_ms)),
    events.TimePassed: lambda state, _: [*route(state, acd_events.TimePassed()), *music_over(state)],
    events.TimersPutOff: lambda state, e: state.put_off(e.due, e.until),
}
