"""One thing after the other: an event is applied, the journal keeps it, and only then is anything sent out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from centre import events
from centre.effects import Effect
from centre.machine import BEFORE_TIMERS
from cti.journal import EventJournal, Keeping
from cti.service.door import Door
from cti.service.limits import FullLimits
from cti.service.mending import Mending, may_be_told_again
from cti.service.outgoing import Outgoing
from cti.service.poison import Refusals
from cti.service.ports import Clock
from cti.service.recovery import Recovery
from cti.service.running import Running
from cti.service.standstill import LOOK_MS, Standstill

_RETRY_S = 1.0
"""How often a journal that is behind is asked to try again."""
COUNTED_MS = 48 * 60 * 60 * 1000
"""How far back the centre's counters go: today and yesterday in any time zone. The database has what was before."""
_BY_THEMSELVES = BEFORE_TIMERS | {events.TimePassed, events.TimersPutOff}
"""Events that are not preceded by timers that are due."""


class Turns:
    """Events on their way into the centre, what it decides on its way out, and the one timer of all that is due."""

    def __init__(
        self,
        running: Running,
        *,
        journal: EventJournal,
        recovery: Recovery,
        refusals: Refusals,
        outgoing: Outgoing,
        clock: Clock,
        look_again: Callable[[], None],
    ) -> None:
        """``look_again`` asks the lines for what the centre has not taken in."""
        self._running = running
        self._journal = journal
        self._recovery = recovery
        self._refusals = refusals
        self._outgoing = outgoing
        self._clock = clock
        self._look_again = look_again
        self.door = Door()
        self._inbox: deque[events.Event] = deque()
        self._outbox: deque[tuple[Iterable[Effect], int]] = deque()
        """What the journal has kept, with its time, and what is still to be sent out."""
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._standstill = Standstill(clock.now, self._caught_up)
        self._mending = Mending(clock.now, self._mend)
        self._full_limits = FullLimits()
        self._interval = 0
        self._is_starting = False
        self._takes_new = True
        self._is_over = False

    def begin(self) -> None:
        """Lets timers wait, until :meth:`go_on`, for the lines to tell what they found: answers come first."""
        self._is_starting = True

    def go_on(self) -> None:
        """The lines have told it."""
        self._is_starting = False
        self._standstill.begin()
        self._arm()

    def take_no_more(self) -> None:
        """Whoever is new from now on is left to what their line does without an engine, for the next one to find."""
        self._takes_new = False

    def wait_no_more(self) -> None:
        """Neither for news after a standstill, nor to mend anything: the lines are about to end."""
        self.take_no_more()
        self._standstill.close()
        self._mending.close()

    def close(self) -> None:
        """Takes nothing in any more."""
        self._is_over = True
        for timer in (self._timer, self._retry):
            if timer is not None:
                timer.cancel()

    def tell(self, event: events.Event) -> None:
        """Takes in one event. What it leads to has been ordered when this returns; or soon after, when the journal
        keeps it later, or when this is called from within an order or a listener."""
        if self._is_over:
            return
        self._inbox.append(event)
        self._work()

    def _kept(self, effects: Iterable[Effect], at: int) -> None:
        self._outbox.append((effects, at))
        self._work()

    def _work(self) -> None:
        """What is called from within an order or a listener waits for its turn."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._outbox or (self._inbox and not self._waits_for_news()):
                if self._outbox:
                    effects, at = self._outbox.popleft()
                    for effect in effects:
                        self._outgoing.carry_out(effect, at, wanted=self._running.centre.wants)
                elif self._timers_come_first(self._inbox[0]):
                    self._take(events.TimePassed())
                else:
                    self._take(self._inbox.popleft())
        finally:
            self._busy = False
        self._running.snapshot_if_due()
        self._arm()
        if self._retry is None and not self._is_over:
            self._look_after_journal()

    def _take(self, event: events.Event) -> None:
        if self._stays_outside(event):
            return
        at = self._clock.now()
        try:
            effects = self._running.centre.apply(event, at)
        except Exception as error:
            # An event that the core cannot digest must not take the other callers down with it.
            self._refused(event, at, error)
            return
        self._refusals.took(event)
        centre = self._running.centre
        if isinstance(event, events.LineSynchronised):
            self._inbox.extend(self._refusals.to_a_queue(event, at, centre))
        self._running.took(event)
        self._forget_old_counters(at)
        self._full_limits.note(centre.full_limits(at))
        self._journal.append(at, event, effects, partial(self._kept, effects, at))
        self._recovery.note(event, at)

    def _refused(self, event: events.Event, at: int, error: Exception) -> None:
        running = self._running
        restored = self._refusals.refuse(event, at, error)
        running.put_right(restored)
        remedies = self._refusals.remedies(event, at, restored, running.site, running.configuration)
        remedies += self._refusals.to_a_queue(event, at, running.centre)
        self._inbox.extendleft(reversed(remedies))
        is_too_many = self._refusals.too_many(at)
        if is_too_many or may_be_told_again(event):
            self._mending.wanted(urgent=is_too_many or restored is None)

    def _mend(self) -> None:
        """Goes on from how the centre stood before it broke off, and asks the lines for what it has not taken in."""
        if not self._recovery.trusted:
            self._running.put_right(self._recovery.before_a_break())
        self._look_again()
        self._work()

    def _waits_for_news(self) -> bool:
        return not self._is_starting and self._standstill.holds(self._running.centre.next_due())

    def _timers_come_first(self, event: events.Event) -> bool:
        """By themselves: a timer that breaks the centre off must not be taken for a fault of what came after it."""
        due = self._running.centre.next_due()
        is_due = due is not None and due < self._clock.now() and self._refusals.timers_run
        return is_due and type(event) not in _BY_THEMSELVES

    def _caught_up(self) -> None:
        self._inbox = deque(sorted(self._inbox, key=lambda event: type(event) not in BEFORE_TIMERS))
        self._work()

    def _look_after_journal(self) -> None:
        self._retry = None
        if self._journal.status().keeping is not Keeping.UP:
            self._journal.retry()
            self._running.snapshot_if_due()  # where entries were lost, the only way back to how the centre is now
            self._retry = asyncio.get_running_loop().call_later(_RETRY_S, self._look_after_journal)
        if self.door.outside and self._is_open():
            for adopted in self.door.opened():
                self.tell(adopted)

    def _is_open(self) -> bool:
        """Nothing is promised to anybody new while the journal loses entries, or the end is near: they are better off
        with what their line does without an engine. Whoever is known is served on."""
        return self._takes_new and self._journal.status().keeping is not Keeping.FULL

    def _stays_outside(self, event: events.Event) -> bool:
        self.door.heard(event)
        if not isinstance(event, events.CallArrived | events.CallAdopted):
            return False
        if self._is_open() or not self.door.closed_to(event, self._running.centre.calls):
            return False
        if isinstance(event, events.CallArrived):
            self._outgoing.turn_away(event)
        return True

    def _forget_old_counters(self, at: int) -> None:
        metrics = self._running.centre.metrics
        interval = at // metrics.interval_ms
        if interval != self._interval:
            self._interval = interval
            metrics.forget(at - COUNTED_MS)

    def _arm(self) -> None:
        """Sets the one timer to when the centre next wants to know the time, or to the look before that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_over or self._is_starting:
            return
        due = self._running.centre.next_due()
        if due is None or self._standstill.holds(due):
            return
        loop, until_ms = asyncio.get_running_loop(), due - self._clock.now()
        if until_ms > LOOK_MS:
            self._timer = loop.call_later((until_ms - LOOK_MS) / 1000, self._arm)
        else:
            delay_s = max(until_ms, self._refusals.shortest_ms) / 1000
            self._timer = loop.call_later(delay_s, self.tell, events.TimePassed())
