"""A centre in which a scenario says what else only time and other people bring about."""

from __future__ import annotations

from collections.abc import Iterable

from acd import events as acd_events
from acd.effects import Exit
from centre import events
from centre.calls import Call
from centre.effects import Effect
from centre.machine import Centre, CentreSetup
from centre.routing import route
from centre.state import State
from ivr.logic import Limit
from ivr.messages import AskLimit
from ivr.waiting import Outlook


class RehearsedCentre(Centre):
    """See the module."""

    def __init__(self, setup: CentreSetup) -> None:
        super().__init__(setup)
        self._told = _Told(setup)
        self._state = self._told
        self._leaves: acd_events.CallLeft | None = None

    def expect(self, outlook: Outlook) -> None:
        """From now on this is what may be told of any wait."""
        self._told.expected = outlook

    def limit(self, nodes: Iterable[str]) -> None:
        """Nobody may try anything any more at these nodes of the flow that calls come to."""
        limits = self.setup.flows[self.setup.entry].nodes
        self._told.limited = frozenset(one.counter for name in nodes if isinstance(one := limits[name], Limit))

    def let_go(self, call: str, why: str) -> None:
        """With the next event its queue lets the call go for this reason, as its limits would in their time."""
        self._leaves = acd_events.CallLeft(call=call, why=Exit(why))

    def apply(self, event: events.Event, at: int) -> list[Effect]:
        """As ever; and who is to leave the queue does."""
        effects = super().apply(event, at)
        leaves, self._leaves = self._leaves, None
        return effects if leaves is None else [*effects, *route(self._state, leaves)]


class _Told(State):
    """Knows the future."""

    expected: Outlook | None = None
    limited: frozenset[str] = frozenset()
    """The counters of the limits that are used up."""

    def may_try(self, ask: AskLimit) -> bool:
        """What the scenario says, or the count."""
        return ask.counter not in self.limited and super().may_try(ask)

    def outlook(self, call: Call) -> Outlook:
        """What the scenario says, or the estimate."""
        return super().outlook(call) if self.expected is None else self.expected
