"""The live service: feeds one centre with what its lines, desks and clock say, and sends out what it decides.

Everything happens on one event loop, one event at a time: apply, journal, only then carry out. What may be slow
(customer records, store, pages) hears of it afterwards and cannot hold up a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from centre import events
from centre.machine import Centre
from config.site import Site
from cti.journal import EventJournal
from cti.service.background import Background
from cti.service.limits import limits_in_words
from cti.service.lines import closed, started
from cti.service.outgoing import Outgoing
from cti.service.owed import OwedRecords
from cti.service.poison import Poison, Refusals, goes_first_come
from cti.service.ports import CallRecords, Clock, CustomerRecords, Line, Listener, WebServices
from cti.service.recovery import SNAPSHOT_EVENTS, Recovery, Taker
from cti.service.requests import Requests
from cti.service.running import Running
from cti.service.standing import Standing, journal_in_words
from cti.service.turns import Turns
from cti.snapshots import Forked, Snapshots
from ivr.messages import Score
from ivr.picture import Walk

if TYPE_CHECKING:
    from cti.store import Contact

ANSWERS_AFTER_S = 1.0
"""When the centre is told of an order that failed: a call that fails at every step goes round no faster than this."""


class Service:
    """One running centre."""

    def __init__(
        self,
        site: Site,
        *,
        lines: Iterable[Line],
        journal: EventJournal,
        store: CallRecords,
        customers: CustomerRecords,
        clock: Clock,
        web_services: WebServices | None = None,
        snapshots: Snapshots | None = None,
        snapshot_every: int = SNAPSHOT_EVENTS,
        snapshot_taker: Callable[[Snapshots], Taker] = Forked,
        poison: Poison | None = None,
    ) -> None:
        """``web_services``: where data dips of flows go; without, all of them fail. ``snapshots``: where the centre is
        kept every so many events, so that a restart is quick; without, it reads the whole journal. ``poison``: where
        events go on which the centre breaks off; without, they are only counted."""
        self._recovery = Recovery(journal, snapshots, every=snapshot_every, taker=snapshot_taker)
        self._refusals = Refusals(poison or Poison(None, site.id), self._recovery)
        self.lines: Mapping[str, Line] = {line.id: line for line in lines}
        self.running = Running(
            site,
            lines=self.lines,
            journal=journal,
            recovery=self._recovery,
            refusals=self._refusals,
            keep_record=store.record,
            clock=clock,
        )
        self._journal = journal
        self._store = store
        self._clock = clock
        self._requests = Requests(customers=customers, web_services=web_services, lines=self.lines, tell=self.tell)
        self._background = Background()
        self._outgoing = Outgoing(self.lines, self._requests, store, clock, self._tell_later)
        self._turns = Turns(
            self.running,
            journal=journal,
            recovery=self._recovery,
            refusals=self._refusals,
            outgoing=self._outgoing,
            clock=clock,
            look_again=self._look_again,
        )
        self._owed = OwedRecords(journal, store)
        self._started: tuple[Line, ...] = ()

    @property
    def site(self) -> Site:
        """Names, titles and codes, as they were last loaded."""
        return self.running.site

    @property
    def centre(self) -> Centre:
        """To be looked at only."""
        return self.running.centre

    def recover(self) -> int:
        """Brings the centre to where it was, by snapshot and journal, sending nothing out; returns how many events that
        took. To be called before :meth:`start`. Raises :class:`~cti.journal.JournalError`."""
        replayed = self.running.recall()
        self.running.settle()
        return replayed

    def reconfigure(self, site: Site) -> None:
        """Goes by another configuration of the site from now on; calls, agents and counters stay.

        Raises :class:`~cti.service.ports.LineError`, with nothing changed, where a line would need a new start for it.
        """
        self.running.load(site)
        if site.digest != self.running.configuration:
            self.tell(events.ConfigurationChanged(configuration=site.digest))

    async def start(self) -> None:
        """Starts every line; raises :class:`~cti.service.ports.LineError` with nothing left running."""
        self._turns.begin()
        owed = self._owed.record(self.centre.calls.values(), self._clock.now())
        try:
            self.tell(events.EngineStarted())
            self._started = await started(self.lines.values(), self.site, self.tell)
        except BaseException:
            owed.close()
            raise
        self._turns.go_on()
        self._background.run(owed)  # callers waited for the lines, and for this nobody does

    def take_no_more(self) -> None:
        """Whoever is new from now on is left to what their line does without an engine, for the next one to find."""
        self._turns.take_no_more()

    async def let_go(self) -> None:
        """Ends the lines, each beside the others, and whatever else runs. Callers stay on the lines that can keep them;
        what is told afterwards is for the next engine to find. Harmless when it was done already."""
        self._turns.wait_no_more()
        lines, self._started = self._started, ()
        try:
            await asyncio.gather(self._requests.close(), self._background.close(), *map(closed, lines))
        finally:
            self._turns.close()

    async def keep(self) -> None:
        """Takes a last snapshot, if the journal has all that happened, so that the next start has nothing to read."""
        await self.running.keep()

    async def close(self) -> None:
        """Stops the lines and whatever still runs, and keeps the centre."""
        await self.let_go()
        await self.keep()

    def now(self) -> int:
        """The service's time, Unix milliseconds."""
        return self._clock.now()

    def tell(self, event: events.Event) -> None:
        """Takes in one event. What it leads to has been ordered when this returns; or soon after, when the journal
        keeps it later, or when this is called from within an order or a listener."""
        self._turns.tell(event)

    def _tell_later(self, event: events.Event) -> None:
        async def later() -> None:
            await asyncio.sleep(ANSWERS_AFTER_S)
            self.tell(event)

        self._background.run(later())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Lets ``listener`` hear every effect from now on; call what is returned to end it."""
        return self._outgoing.subscribe(listener)

    async def history(self, number: str, limit: int = 5) -> list[Contact]:
        """The last contacts of a caller, newest first; empty when the store does not answer in time."""
        return await self._store.history(number, limit)

    async def walks(self, flow: str, since: int, until: int) -> list[Walk]:
        """The ways of calls through ``flow``; :class:`~cti.store.StoreError` when the database is away."""
        return await self._store.walks(flow, since, until)

    def standing(self) -> Standing:
        """How well it keeps what it knows."""
        return Standing(
            journal=self._journal.status(),
            store=self._store.status(),
            turned_away=self._turns.door.turned_away,
            outside=self._turns.door.outside,
            refused=self._refusals.count,
            first_come=goes_first_come(self.running.configuration, self.site),
            full_limits=self.centre.full_limits(self._clock.now()),
            unreached=tuple(line.id for line in self.lines.values() if line.health()["state"] != "up"),
        )

    async def scores(self, since: int, until: int) -> list[tuple[str, Score]]:
        """What callers said of their conversations, each answer with the queue of the call;
        :class:`~cti.store.StoreError` when the database is away."""
        return await self._store.scores(since, until)

    def health(self) -> Mapping[str, Mapping[str, str]]:
        """What works and what does not, in a few words each."""
        return {
            "journal": journal_in_words(self.standing(), self._recovery.failed),
            "store": self._store.health(),
            "limits": limits_in_words(self.centre.full_limits(self._clock.now())),
            "events": self._refusals.in_words(self.running.configuration, self.site),
            "orders": {"state": "up" if not self._outgoing.failed else f"{self._outgoing.failed} failed, see the log"},
            **{line.id: line.health() for line in self.lines.values()},
        }

    def _look_again(self) -> None:
        for line in self._started:
            line.look_again()
