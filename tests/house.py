"""A live service under test, and what came of it: what those on all lines have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from centre import machine
from centre.calls import CallRecord
from centre.effects import CallEnded, Effect, WrapUpClosed
from centre.events import AgentReady, AgentSignedIn, Event
from centre.state import State
from cti.service.runtime import Service

E = TypeVar("E", bound=Effect)


def breaks_off(
    monkeypatch: pytest.MonkeyPatch, kind: type[Event], matches: Callable[[Any], bool] = lambda _: True
) -> None:
    """Lets the centre break off in the middle of every event of a kind that matches, and forget its calls."""
    handles: Callable[[State, Any], list[Effect]] = machine._HANDLERS[kind]

    def handler(state: State, event: Any) -> list[Effect]:
        if not matches(event):
            return handles(state, event)
        state.calls.clear()
        raise ZeroDivisionError("in the middle of it")

    monkeypatch.setitem(machine._HANDLERS, kind, handler)


class ServiceHouse:
    """What runs, and what came of it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.effects: list[Effect] = []
        service.subscribe(lambda effect, _: self.effects.append(effect))

    def all(self, kind: type[E]) -> list[E]:
        """Every effect of one kind so far, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def ended(self) -> CallRecord:
        """The record of the one call that ended."""
        (ended,) = self.all(CallEnded)
        return ended.record

    def wrapped_up(self) -> CallRecord:
        """The final record of the one call that was handled."""
        (closed,) = self.all(WrapUpClosed)
        return closed.record

    def ready(self, *agents: str) -> None:
        """People sign in at their desks and want calls."""
        for agent in agents:
            self.service.tell(AgentSignedIn(agent=agent))
            self.service.tell(AgentReady(agent=agent))
