"""A small live centre in memory for the tests of pages: the example bank, a line that does at once what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from centre import events
from centre.capabilities import CAPABILITIES, LineCapabilities
from centre.effects import Ask, Effect, HangUp, Hold, Order, PickUp, Retrieve, Ring, Speak
from centre.line_kind import LineKind
from centre.machine import Centre
from config.loader import load_site
from config.site import Site
from cti.journal import JournalStatus
from cti.service.ports import Line, Tell
from cti.service.standing import Standing
from cti.store import StoreError, StoreStatus
from ivr.messages import EntryEnd, Score
from ivr.picture import Walk

BANK = Path(__file__).parents[3] / "config" / "examples" / "bank"
MONDAY_NOON = 1_795_428_000_000
"""2026-11-23 12:00 in Kyiv: every desk of the bank is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastContact:
    """One contact of the history."""

    at: int
    queue: str | None
    agent: str | None
    outcome: str
    disposition: str
    note: str


@dataclass
class DemoLine:
    """Speaks at once, presses the keys it is given, and connects whoever accepts."""

    keys: list[str] = field(default_factory=list)
    capabilities: LineCapabilities = CAPABILITIES[LineKind.VIRTUAL]
    id: str = "demo"
    orders: list[Order] = field(default_factory=list)

    async def start(self, tell: Tell) -> None:
        self.tell = tell

    def turn_away(self, call: str) -> None:
        pass

    def look_again(self) -> None:
        pass

    def secret(self, call: str, step: int) -> str | None:
        return None

    def begin(self, tell: Tell) -> None:
        """As ``start``, for tests without an event loop."""
        self.tell = tell

    def reconfigure(self, site: Site) -> None:
        pass

    def carry_out(self, order: Order) -> None:
        self.orders.append(order)
        match order:
            case Speak():
                self.tell(events.PromptEnded(call=order.call, step=order.step))
            case Ask():
                keys = self.keys.pop(0) if self.keys else ""
                end = EntryEnd.KEYS if keys else EntryEnd.NO_INPUT
                self.tell(events.KeysEntered(call=order.call, step=order.step, keys=keys, end=end))
            case Ring():
                self.tell(events.OfferRinging(offer=order.offer))
            case PickUp():
                self.tell(events.OfferAnswered(offer=order.offer))
            case Hold():
                self.tell(events.CallHeld(call=order.call))
            case Retrieve():
                self.tell(events.CallRetrieved(call=order.call))
            case HangUp():
                self.tell(events.ConversationEnded(call=order.call, by="agent"))
            case _:
                pass

    def health(self) -> Mapping[str, str]:
        return {"state": "up", "calls": str(len(self.orders))}

    async def close(self) -> None:
        pass


class DemoService:
    """What pages need of a service, with a clock that only tests move."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or load_site(BANK)
        self.line = DemoLine()
        self.lines: Mapping[str, Line] = {"demo": self.line}
        self.clock = MONDAY_NOON
        self.contacts: dict[str, list[PastContact]] = {}
        self.words: dict[str, Mapping[str, str]] = {}
        self.ways: list[tuple[int, Walk]] | None = []
        """Calls by the time of their arrival; None: the database is away."""
        self.said: list[tuple[int, str, Score]] | None = []
        """Answers by the time of the arrival and the queue of their calls; None: the database is away."""
        self.centre = Centre(self.site.centre)
        self.told: list[events.Event] = []
        self._listeners: list[Callable[[Effect, int], None]] = []
        self.stands = Standing(journal=JournalStatus(), store=StoreStatus())
        self._inbox: list[events.Event] = []
        self.line.begin(self.tell)

    def now(self) -> int:
        return self.clock

    def tell(self, event: events.Event) -> None:
        self._inbox.append(event)
        if len(self._inbox) > 1:
            return
        while self._inbox:
            self.told.append(self._inbox[0])
            for effect in self.centre.apply(self._inbox[0], self.clock):
                if isinstance(effect, get_args(Order)):
                    self.line.carry_out(effect)
                for listener in list(self._listeners):
                    listener(effect, self.clock)
            self._inbox.pop(0)

    def subscribe(self, listener: Callable[[Effect, int], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def standing(self) -> Standing:
        return self.stands

    def health(self) -> Mapping[str, Mapping[str, str]]:
        return {"journal": {"state": "up"}, "store": {"state": "up"}, "demo": self.line.health(), **self.words}

    async def history(self, number: str, limit: int = 5) -> Sequence[PastContact]:
        return self.contacts.get(number, [])[:limit]

    async def walks(self, flow: str, since: int, until: int) -> Sequence[Walk]:
        if self.ways is None:
            raise StoreError("the database does not answer")
        return [walk for at, walk in self.ways if since <= at < until and flow == self.site.entry_flow.id]

    async def scores(self, since: int, until: int) -> Sequence[tuple[str, Score]]:
        if self.said is None:
            raise StoreError("the database does not answer")
        return [(queue, score) for at, queue, score in self.said if since <= at < until]

    def pass_time(self, ms: int) -> None:
        """Lets time pass, with whatever falls due."""
        self.clock += ms
        self.tell(events.TimePassed())

    def call(
        self, call: str, number: str, keys: Sequence[str], name: str = "", customer: Mapping[str, str] | None = None
    ) -> None:
        """A caller arrives and presses ``keys``, one entry after the other."""
        self.line.keys = list(keys)
        self.tell(events.CallArrived(call=f"demo-{call}", line="demo", number=number, name=name))
        if customer:
            self.tell(events.CustomerFound(call=f"demo-{call}", customer=customer))

    def sign_in(self, agent: str) -> None:
        """The agent comes to work and is ready."""
        self.tell(events.AgentSignedIn(agent=agent))
        self.tell(events.AgentReady(agent=agent))


class NoPasswords:
    """A store in which everybody's password is “right”."""

    async def check_password(self, user: str, password: str) -> bool:
        return password == f"right-{user}"
