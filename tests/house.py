"""A live service under test, and what came of it: what those on all lines have in common."""

from __future__ import annotations

from typing import TypeVar

from centre.calls import CallRecord
from centre.effects import CallEnded, Effect, WrapUpClosed
from centre.events import AgentReady, AgentSignedIn
from cti.service.runtime import Service

E = TypeVar("E", bound=Effect)


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
