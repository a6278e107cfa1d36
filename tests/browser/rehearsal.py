"""A busy morning at the example bank, played by the simulator's twin up to one moment and then held there.

Pages look at it as at any service. That gives pictures of a full centre, the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from typing import get_args

from centre import events
from centre.calls import CallRecord
from centre.capabilities import CAPABILITIES
from centre.effects import CallEnded, Effect
from centre.line_kind import LineKind
from centre.orders import Order
from centre.virtual.ports import Heard, Sound
from centre.walks import walk_of
from config.loader import load_site
from config.site import Site
from cti.journal import JournalStatus
from cti.service.ports import Tell
from cti.service.standing import Standing
from cti.store import Contact, StoreStatus
from ivr.messages import Score
from ivr.picture import Walk
from simulator.twin import Twin
from tests.browser.live import BANK

A_MONDAY = date(2026, 11, 23)


class _Line:
    """The twin's exchange, as pages see a line."""

    id = "twin"
    capabilities = CAPABILITIES[LineKind.VIRTUAL]

    async def start(self, tell: Tell) -> None:
        pass

    def reconfigure(self, site: Site) -> None:
        pass

    def carry_out(self, order: Order) -> None:
        pass

    def turn_away(self, call: str) -> None:
        pass

    def look_again(self) -> None:
        pass

    def secret(self, call: str, step: int) -> str | None:
        return None

    def health(self) -> Mapping[str, str]:
        return {"state": "up"}

    async def close(self) -> None:
        pass


class Rehearsal(Twin):
    """The bank from midnight to ``until``; one agent is a person."""

    def __init__(self, until: time, person: str, seed: int = 11) -> None:
        self.site = load_site(BANK)
        self.lines = {"twin": _Line()}
        self.contacts: list[Contact] = []
        self.over: list[CallRecord] = []
        self._listeners: list[Callable[[Effect, int], None]] = []
        workload = self.site.workload
        assert workload is not None
        start, end = (self._moment(moment) for moment in (time(6), until))
        everything = dict.fromkeys(get_args(Effect), self._tell_pages)
        super().__init__(self.site, workload, seed=seed, start=start, end=end, observer=everything)
        self._agents = [agent for agent in self._agents if agent.agent != person]
        self._exchange.phone(person).player = None
        self.until = end

    def now(self) -> int:
        """The moment up to which it was played."""
        return self._timers.now()

    def play_to(self, moment: int) -> None:
        """Lets time pass up to ``moment`` (Unix milliseconds)."""
        self._timers.environment.run(until=moment)

    def subscribe(self, listener: Callable[[Effect, int], None]) -> Callable[[], None]:
        """Every effect from now on."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def secret(self, call: str, step: int) -> str | None:
        return None

    def standing(self) -> Standing:
        """All is well."""
        return Standing(journal=JournalStatus(), store=StoreStatus())

    def health(self) -> Mapping[str, Mapping[str, str]]:
        """All is well."""
        return {name: {"state": "up"} for name in ("journal", "store", "events", "twin")}

    async def history(self, number: str, limit: int = 5) -> Sequence[Contact]:
        """What the test made up."""
        return self.contacts[:limit]

    async def walks(self, flow: str, since: int, until: int) -> Sequence[Walk]:
        """The ways of the calls that were played and are over."""
        return [walk_of(one) for one in self.over if one.flow == flow and since <= one.arrived_at < until]

    async def scores(self, since: int, until: int) -> Sequence[tuple[str, Score]]:
        """What the callers of those calls said."""
        over = (one for one in self.over if since <= one.arrived_at < until)
        return [(one.queue or "", score) for one in over for score in one.scores]

    def call(self, number: str, keys: Sequence[str], customer: Mapping[str, str]) -> None:
        """Somebody calls and answers each question with the next of ``keys``."""
        left = list(keys)

        def heard(what: Heard) -> None:
            if what.sound is Sound.SILENCE and left:
                for key in left.pop(0):
                    self._timers.after(300, partial(placed.press, key))

        placed = self._exchange.place_call(heard, number=number)
        self.tell(events.CustomerFound(call=placed.id, customer=customer))

    def _moment(self, moment: time) -> int:
        return int(datetime.combine(A_MONDAY, moment, self.site.time_zone).timestamp() * 1000)

    def _tell_pages(self, effect: Effect, at: int) -> None:
        if isinstance(effect, CallEnded):
            self.over.append(effect.record)
        for listener in list(self._listeners):
            listener(effect, at)
