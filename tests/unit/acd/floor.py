"""A small centre to say things to, with a clock that only moves when told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from acd import events as ev
from acd.effects import AgentState, Effect, Offer
from acd.engine import Acd
from acd.requirement import parse
from acd.setup import AcdSetup, AgentSetup, QueueSetup

T0 = 1_700_000_000_000

_E = TypeVar("_E")


def queue(id_: str = "cards", needs: str = "anybody", **more: object) -> QueueSetup:
    """A queue with the requirement as text."""
    return QueueSetup(id=id_, needs=parse(needs), **more)  # type: ignore[arg-type]


class Floor:
    """A core and the time; agents are named with their skills: ``Floor(queue(), ann={"cards": 2})``."""

    def __init__(
        self,
        *queues: QueueSetup,
        settings: Mapping[str, object] | None = None,
        traits: Mapping[str, Any] | None = None,
        **agents: dict[str, int],
    ) -> None:
        """``traits`` are what else an AgentSetup can be told, by agent."""
        self.setup = AcdSetup(
            queues=queues or (queue(),),
            agents=tuple(
                AgentSetup(id=name, skills=skills, **(traits or {}).get(name, {})) for name, skills in agents.items()
            ),
            **(settings or {}),  # type: ignore[arg-type]
        )
        self.acd = Acd(self.setup)
        self.now = T0
        self.said: list[Effect] = []
        """The effects of the last event."""

    @classmethod
    def of(cls, setup: AcdSetup) -> Floor:
        """A floor of a whole setup, such as an example site's."""
        floor = cls()
        floor.setup, floor.acd = setup, Acd(setup)
        return floor

    def tell(self, event: ev.Event) -> list[Effect]:
        self.said = self.acd.apply(event, self.now)
        return self.said

    def later(self, ms: int) -> list[Effect]:
        """Lets time pass, telling the core at every instant it asked for; all effects on the way."""
        effects = []
        until = self.now + ms
        while (due := self.acd.next_due()) is not None and due <= until:
            self.now = due
            effects += self.tell(ev.TimePassed())
        self.now = until
        effects += self.tell(ev.TimePassed())
        self.said = effects
        return effects

    def ready(self, *agents: str) -> None:
        for agent in agents:
            self.tell(ev.AgentSignedIn(agent=agent))
            self.tell(ev.AgentReady(agent=agent))

    def call(
        self, call: str, queue: str = "cards", *, needs: str = "anybody", ago: int = 0, priority: int = 0, **more: Any
    ) -> None:
        self.tell(
            ev.CallQueued(
                call=call,
                queue=queue,
                waiting_since=self.now - ago,
                needs=parse(needs),
                priority=priority,
                **more,
            )
        )

    def answer(self, agent: str) -> list[Effect]:
        offer = self.acd.agent(agent).offer
        assert offer is not None
        return self.tell(ev.OfferAnswered(offer=offer))

    def fail(self, agent: str, why: ev.OfferFailure = ev.OfferFailure.NO_ANSWER) -> list[Effect]:
        offer = self.acd.agent(agent).offer
        assert offer is not None
        return self.tell(ev.OfferFailed(offer=offer, why=why))

    def talk(self, agent: str, call: str, ms: int = 60_000) -> None:
        """The agent, to whom ``call`` is being offered, answers, talks and wraps up."""
        assert self.acd.agent(agent).call == call
        self.answer(agent)
        self.later(ms)
        self.tell(ev.CallFinished(call=call))
        self.tell(ev.WrapUpDone(agent=agent))

    def occupy(self, agent: str, queue: str = "cards") -> None:
        """The agent talks to somebody and goes on doing so."""
        self.ready(agent)
        self.call(f"of-{agent}", queue, preferred=agent)
        self.answer(agent)

    def state(self, agent: str) -> AgentState:
        return self.acd.agent(agent).state

    def offers(self) -> list[tuple[str, str]]:
        """Who was offered what in answer to the last event: (call, agent)."""
        return [(effect.call, effect.agent) for effect in self.said if isinstance(effect, Offer)]

    def only(self, kind: type[_E]) -> _E:
        """The one effect of ``kind`` of the last event."""
        (effect,) = (effect for effect in self.said if isinstance(effect, kind))
        return effect
