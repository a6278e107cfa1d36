"""What happens in a centre that is never idle: events, and what follows, for as long as anybody asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush
from pathlib import Path
from typing import NamedTuple

from centre.effects import Answered, Ask, Effect, Ring, Speak
from centre.events import (
    AgentReady,
    AgentSignedIn,
    CallArrived,
    CallerHungUp,
    ConversationEnded,
    Event,
    KeysEntered,
    OfferAnswered,
    OfferRinging,
    PromptEnded,
    TimePassed,
    WrapUpFinished,
)
from centre.machine import Centre
from config.site import Site
from ivr.messages import EntryEnd

BANK = Path(__file__).parents[1] / "config" / "examples" / "bank"
MONDAY = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)
ARRIVALS_MS, TALK_MS, PATIENCE_MS = 1_100, 5_000, 60_000
KEYS = {"choose-language": "1", "main": "1", "card-number": "4321"}


class Happened(NamedTuple):
    """One event and what followed."""

    at: int
    event: Event
    effects: list[Effect]


class Crowd:
    """Callers, phones and agents who do their part at once, for ever."""

    def __init__(self, site: Site, centre: Centre) -> None:
        self._site = site
        self._centre = centre
        self._due: list[tuple[int, int, Event]] = []
        self._count = 0

    def happens(self) -> Iterator[Happened]:
        """Event after event, each applied already."""
        at = MONDAY
        for agent in self._site.agents:
            self._later(at, AgentSignedIn(agent=agent))
            self._later(at, AgentReady(agent=agent))
        self._later(at, self._caller())
        while True:
            due = self._centre.next_due()
            if due is not None and due <= self._due[0][0]:
                heappush(self._due, (max(at, due), 0, TimePassed()))
            at, _, event = heappop(self._due)
            effects = self._centre.apply(event, at)
            if isinstance(event, CallArrived):
                self._later(at + ARRIVALS_MS, self._caller())
                self._later(at + PATIENCE_MS, CallerHungUp(call=event.call))
            for effect in effects:
                self._follows(effect, at)
            yield Happened(at, event, effects)

    def _caller(self) -> CallArrived:
        return CallArrived(call=f"virtual-{self._count}", line="virtual", number=f"+38050{self._count:07}")

    def _follows(self, effect: Effect, at: int) -> None:
        match effect:
            case Ask():
                keys = KeysEntered(call=effect.call, step=effect.step, keys=KEYS[effect.node], end=EntryEnd.KEYS)
                self._later(at + 500, keys)
            case Speak():
                self._later(at + 500, PromptEnded(call=effect.call, step=effect.step))
            case Ring():
                self._later(at + 100, OfferRinging(offer=effect.offer))
                self._later(at + 900, OfferAnswered(offer=effect.offer))
            case Answered():
                self._later(at + TALK_MS, ConversationEnded(call=effect.call, by="caller"))
                self._later(at + TALK_MS + 500, WrapUpFinished(agent=effect.agent))

    def _later(self, at: int, event: Event) -> None:
        self._count += 1
        heappush(self._due, (at, self._count, event))
