"""The machine: what happens to a call from arrival to the end of wrap-up.

=========  =================================================  =====================================
phase      left by                                            to
=========  =================================================  =====================================
menu       the flow asks for a queue                          waiting
menu       a number outside answers                           outside
menu       the caller hangs up, the flow ends                 ended
waiting    the core offers the call                           offered
waiting    the core or the caller takes it out of the queue   menu (the flow goes on)
waiting    the caller hangs up                                ended
offered    the agent's side connects                          talking
offered    the agent's side does not                          waiting, at the old place
offered    the caller hangs up                                ended
talking    either side hangs up                               wrap-up
outside    either side hangs up                               ended
wrap-up    the agent is done, or the time is up               ended
=========  =================================================  =====================================

Whatever does not fit the phase is late news from the world: it changes nothing and has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from acd import events as acd_events
from acd.engine import Acd
from acd.estimate import WaitEstimate
from acd.metrics import Metrics
from centre import agents, callers, events
from centre.calls import Call, Phase
from centre.effects import Effect
from centre.reconfigure import configuration_changed
from centre.routing import route
from centre.state import CentreSetup, State

__all__ = ["Centre", "CentreSetup"]


class Centre:
    """One contact centre. Everything it knows follows from its setup and the events it was told, in their order."""

    def __init__(self, setup: CentreSetup) -> None:
        self._state = State(setup)

    def prepare(self, configuration: str, setup: CentreSetup) -> None:
        """Lets :class:`~centre.events.ConfigurationChanged` speak of ``setup`` by the name ``configuration``."""
        self._state.prepared[configuration] = setup

    def apply(self, event: events.Event, at: int) -> list[Effect]:
        """What follows from ``event`` at ``at`` (Unix milliseconds; never goes back: an earlier time counts as now)."""
        due = self._state.acd.next_due()
        if isinstance(event, events.OfferAnswered) and due is not None:
            # An engine that was away comes back with timers that nobody ran in time, that of this offer among them. Two
            # who talk must not be parted by it: the answer counts as given before the first of them.
            at = min(at, due - 1)
        self._state.now = max(self._state.now, at)
        return _HANDLERS[type(event)](self._state, event)

    def next_due(self) -> int | None:
        """When :class:`~centre.events.TimePassed` is due at the latest (Unix milliseconds), None: no timer runs."""
        return self._state.acd.next_due()

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

    def waiting_calls(self, queue: str) -> list[Call]:
        """The calls of a queue that wait, in the order in which they are served."""
        return [self._state.calls[call] for call in self._state.acd.waiting(queue)]

    def estimated_wait(self, call: str) -> WaitEstimate | None:
        """What a caller who waits may be told, as of the last event; None (“infinite”) if nobody at work can serve the
        call. KeyError if the call does not wait."""
        return self._state.estimates.of(call, self._state.now)

    def conservation(self) -> tuple[int, int, Mapping[Phase, int]]:
        """Calls arrived, calls over for the caller, and calls in each phase where the caller is still there."""
        inside: dict[Phase, int] = {phase: 0 for phase in Phase if phase is not Phase.WRAP_UP}
        for call in self._state.calls.values():
            if call.phase is not Phase.WRAP_UP:
                inside[call.phase] += 1
        return self._state.arrived, self._state.ended, inside


_HANDLERS: Mapping[type[Any], Callable[[State, Any], list[Effect]]] = {
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
    events.OfferRinging: agents.offer_ringing,
    events.OfferAnswered: agents.offer_answered,
    events.OfferFailed: agents.offer_failed,
    events.ConversationEnded: agents.conversation_ended,
    events.CallHeld: agents.call_held,
    events.CallRetrieved: agents.call_retrieved,
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
    events.AgentSignedIn: lambda state, e: route(state, acd_events.AgentSignedIn(agent=e.agent)),
    events.AgentSignedOut: lambda state, e: route(state, acd_events.AgentSignedOut(agent=e.agent)),
    events.AgentReady: lambda state, e: route(state, acd_events.AgentReady(agent=e.agent)),
    events.AgentNotReady: lambda state, e: route(state, acd_events.AgentNotReady(agent=e.agent, reason=e.reason)),
    events.WrapUpExtended: lambda state, e: route(state, acd_events.WrapUpExtended(agent=e.agent, extra_ms=e.extra_ms)),
    events.TimePassed: lambda state, _: route(state, acd_events.TimePassed()),
}
