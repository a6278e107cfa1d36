"""The live service: feeds one centre with what its lines, desks and clock say, and sends out what it decides.

Everything happens on one event loop, one event at a time: apply, journal, only then carry out. What may be slow
(customer records, store, pages) hears of it afterwards and cannot hold up a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from centre import events
from centre.effects import Effect
from centre.machine import BEFORE_TIMERS, Centre
from config.site import Site
from cti.journal import EventJournal, Keeping
from cti.service.background import Background
from cti.service.door import Door
from cti.service.limits import FullLimits, limits_in_words
from cti.service.lines import closed, started
from cti.service.mending import Mending, may_be_told_again
from cti.service.outgoing import Outgoing
from cti.service.owed import OwedRecords
from cti.service.poison import Poison, Refusals, goes_first_come
from cti.service.ports import CallRecords, Clock, CustomerRecords, Line, Listener, WebServices
from cti.service.recovery import SNAPSHOT_EVENTS, Recovery, Taker
from cti.service.requests import Requests
from cti.service.running import Running
from cti.service.standing import Standing, journal_in_words
from cti.service.standstill import Standstill
from cti.snapshots import Forked, Snapshots
from ivr.messages import Score
from ivr.picture import Walk

if TYPE_CHECKING:
    from cti.store import Contact

_log = logging.getLogger(__name__)

_RETRY_S = 1.0
"""How often a journal that is behind is asked to try again."""
ANSWERS_AFTER_S = 1.0
"""When the centre is told of an order that failed: a call that fails at every step goes round no faster than this."""
COUNTED_MS = 48 * 60 * 60 * 1000
"""How far back the centre's counters go: today and yesterday in any time zone. The database has what was before."""
_BY_THEMSELVES = BEFORE_TIMERS | {events.TimePassed, events.TimersPutOff}
"""Events that are not preceded by timers that are due."""


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
        self._door = Door()
        self._clock = clock
        self._inbox: deque[events.Event] = deque()
        self._outbox: deque[tuple[Iterable[Effect], int]] = deque()
        """What the journal has kept, with its time, and what is still to be sent out."""
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._requests = Requests(customers=customers, web_services=web_services, lines=self.lines, tell=self.tell)
        self._background = Background()
        self._outgoing = Outgoing(self.lines, self._requests, store, clock, self._tell_later)
        self._standstill = Standstill(clock.now, self._caught_up)
        self._mending = Mending(clock.now, self._mend)
        self._is_starting = False
        self._owed = OwedRecords(journal, store)
        self._full_limits = FullLimits()
        self._interval = 0
        self._started: tuple[Line, ...] = ()
        self._takes_new = True
        self._is_over = False

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
        self._is_starting = True
        owed = self._owed.record(self.centre.calls.values(), self._clock.now())
        try:
            self.tell(events.EngineStarted())
            self._started = await started(self.lines.values(), self.site, self.tell)
        except BaseException:
            owed.close()
            raise
        self._is_starting = False
        self._arm()
        self._background.run(owed)  # callers waited for the lines, and for this nobody does

    def take_no_more(self) -> None:
        """Whoever is new from now on is left to what their line does without an engine, for the next one to find."""
        self._takes_new = False

    async def let_go(self) -> None:
        """Ends the lines, each beside the others, and whatever else runs. Callers stay on the lines that can keep them;
        what is told afterwards is for the next engine to find. Harmless when it was done already."""
        self._takes_new = False
        self._standstill.close()
        self._mending.close()
        lines, self._started = self._started, ()
        try:
            await asyncio.gather(self._requests.close(), self._background.close(), *map(closed, lines))
        finally:
            self._is_over = True
            for timer in (self._timer, self._retry):
                if timer is not None:
                    timer.cancel()

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
        if self._is_over:
            return
        self._inbox.append(event)
        self._work()

    def _tell_later(self, event: events.Event) -> None:
        async def later() -> None:
            await asyncio.sleep(ANSWERS_AFTER_S)
            self.tell(event)

        self._background.run(later())

    def _kept(self, effects: Iterable[Effect], at: int) -> None:
        self._outbox.append((effects, at))
        self._work()

    def _work(self) -> None:
        """One thing after the other: what is called from within an order or a listener waits for its turn."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._outbox or (self._inbox and not self._waits_for_news()):
                if self._outbox:
                    effects, at = self._outbox.popleft()
                    for effect in effects:
                        self._outgoing.carry_out(effect, at, wanted=self.centre.wants)
                elif self._timers_come_first(self._inbox[0]):
                    self._take(events.TimePassed())
                else:
                    self._take(self._inbox.popleft())
        finally:
            self._busy = False
        self.running.snapshot_if_due()
        self._arm()
        if self._retry is None and not self._is_over:
            self._look_after_journal()

    def _waits_for_news(self) -> bool:
        return not self._is_starting and self._standstill.holds(self.centre.next_due())

    def _timers_come_first(self, event: events.Event) -> bool:
        """By themselves: a timer that breaks the centre off must not be taken for a fault of what came after it."""
        due = self.centre.next_due()
        is_due = due is not None and due < self._clock.now() and self._refusals.timers_run
        return is_due and type(event) not in _BY_THEMSELVES

    def _caught_up(self) -> None:
        self._inbox = deque(sorted(self._inbox, key=lambda event: type(event) not in BEFORE_TIMERS))
        self._work()

    def _look_after_journal(self) -> None:
        self._retry = None
        if self._journal.status().keeping is not Keeping.UP:
            self._journal.retry()
            self._retry = asyncio.get_running_loop().call_later(_RETRY_S, self._look_after_journal)
        if self._door.outside and self._is_open():
            for adopted in self._door.opened():
                self.tell(adopted)

    def _is_open(self) -> bool:
        """Nothing is promised to anybody new while the journal loses entries, or the end is near: they are better off
        with what their line does without an engine. Whoever is known is served on."""
        return self._takes_new and self._journal.status().keeping is not Keeping.FULL

    def _stays_outside(self, event: events.Event) -> bool:
        self._door.heard(event)
        if not isinstance(event, events.CallArrived | events.CallAdopted):
            return False
        if self._is_open() or not self._door.closed_to(event, self.centre.calls):
            return False
        if isinstance(event, events.CallArrived) and event.line in self.lines:
            try:
                self.lines[event.line].turn_away(event.call)
            except Exception:
                self._outgoing.failed += 1
                _log.exception("%s could not be turned away; please report this", event.call)
        return True

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
            turned_away=self._door.turned_away,
            outside=self._door.outside,
            refused=self._refusals.count,
            first_come=goes_first_come(self.running.configuration, self.site),
            full_limits=self.centre.full_limits(self._clock.now()),
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

    def _take(self, event: events.Event) -> None:
        if self._stays_outside(event):
            return
        at = self._clock.now()
        try:
            effects = self.centre.apply(event, at)
        except Exception as error:
            # An event that the core cannot digest must not take the other callers down with it.
            restored = self._refusals.refuse(event, at, error)
            self.running.put_right(restored)
            remedies = self._refusals.remedies(event, at, restored, self.site, self.running.configuration)
            remedies += self._refusals.to_a_queue(event, at, self.centre)
            self._inbox.extendleft(reversed(remedies))
            is_too_many = self._refusals.too_many(at)
            if is_too_many or may_be_told_again(event):
                self._mending.wanted(urgent=is_too_many or restored is None)
            return
        self._refusals.took(event)
        if isinstance(event, events.LineSynchronised):
            self._inbox.extend(self._refusals.to_a_queue(event, at, self.centre))
        self.running.took(event)
        self._forget_old_counters(at)
        self._full_limits.note(self.centre.full_limits(at))
        self._journal.append(at, event, effects, partial(self._kept, effects, at))
        self._recovery.note(event, at)

    def _mend(self) -> None:
        """Goes on from how the centre stood before it broke off, and asks the lines for what it has not taken in."""
        if not self._recovery.trusted:
            self.running.put_right(self._recovery.before_a_break())
        for line in self._started:
            line.look_again()
        self._work()

    def _forget_old_counters(self, at: int) -> None:
        metrics = self.centre.metrics
        interval = at // metrics.interval_ms
        if interval != self._interval:
            self._interval = interval
            metrics.forget(at - COUNTED_MS)

    def _arm(self) -> None:
        """Sets the one timer to when the centre next wants to know the time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_over:
            return
        due = self.centre.next_due()
        # What fell due while nobody ran waits until the lines have told what they found: answers come first.
        if due is not None and not self._is_starting:
            delay_s = max(due - self._clock.now(), self._refusals.shortest_ms) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.tell, events.TimePassed())
