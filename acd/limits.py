"""When a call may not come into its queue, or may no longer stay: full, closed, nobody staffed, waited too long."""

from __future__ import annotations

from acd.effects import Exit
from acd.queues import QueueRecord
from acd.requirement import both
from acd.roster import Roster
from acd.rules import has_room
from acd.setup import QueueSetup
from acd.state import CallRecord, Moment
from acd.timers import Due, Timer, Timers


class Limits:
    """The limits of the queues, in view of the time and of who is at work."""

    __slots__ = ("_moment", "_roster", "_timers")

    def __init__(self, roster: Roster, timers: Timers, moment: Moment) -> None:
        self._roster = roster
        self._timers = timers
        self._moment = moment

    def refusal(self, call: CallRecord, queue: QueueRecord) -> Exit | None:
        """Why the call may not come into the queue; None: it may.

        Full is for those who have to wait: a call that an agent can take this instant comes in all the same.
        """
        if call.callback is not None:
            return None  # nobody waits on the line; it has limits of its own (acd.callbacks)
        if not queue.is_open(self._moment.now):
            return Exit.CLOSED
        if self._unstaffed_until(call, queue) == self._moment.now:
            return Exit.NOBODY_STAFFED
        limit = queue.setup.max_waiting
        return None if limit is None or has_room(queue.waiting, limit) else Exit.FULL

    def watch(self, call: CallRecord) -> None:
        """Sets the timers that end the call's stay in its queue, counted from when it came in."""
        now, queue, callback = self._moment.now, call.queue, call.callback
        if callback is not None:
            if callback.rules.max_wait_ms is not None:
                self._set(call, Due.MAX_WAIT, max(now, callback.began_at + callback.rules.max_wait_ms))
            return
        if queue.setup.max_wait_ms is not None:
            self._set(call, Due.MAX_WAIT, call.entered_at + queue.setup.max_wait_ms)
        closing = None if queue.setup.serves_after_closing else queue.closes_at(now)
        if closing is not None:
            self._set(call, Due.CLOSING, closing)
        if queue.setup.unstaffed_ms is not None and not call.kept_always:
            self._set(call, Due.STAFFING, self._unstaffed_until(call, queue) or now + _grace_ms(queue.setup))

        if call.direct_until is not None:
            self._set(call, Due.AGENT, call.direct_until)

    def agent_is_away(self, call: CallRecord) -> bool:
        """Whether the one agent that the call is for is not at work."""
        return call.kept_for is None or not self._roster.is_staffed(self._roster.all()[call.kept_for])

    def forget(self, call: CallRecord) -> None:
        """The call has left its queue."""
        for timer in call.limit_timers.values():
            self._timers.cancel(timer)
        call.limit_timers.clear()

    def nobody_comes(self, call: CallRecord) -> bool:
        """Whether, at its timer, nobody has been at work for long enough; if not, sets the next one.

        The timer comes back as often as the grace is long. So it comes in time: whenever the last agent leaves, the
        next look lies within the grace, and finds the exact end of it.
        """
        now = self._moment.now
        until = self._unstaffed_until(call, call.queue) if call.waiting else None
        if until == now:
            return True
        self._set(call, Due.STAFFING, until or now + _grace_ms(call.queue.setup))
        return False

    def is_stranded(self, call: CallRecord) -> bool:
        """Whether nobody has been at work for long enough for a call that waits again.

        So it is where the one agent whose phone rang for it was, by another setup, no longer one who may take it.
        """
        return call.callback is None and self._unstaffed_until(call, call.queue) == self._moment.now

    def _unstaffed_until(self, call: CallRecord, queue: QueueRecord) -> int | None:
        """Until when the call may wait for somebody to come to work, the present at the earliest; None: somebody is
        there, or the call waits for its own agent, or the queue does not mind."""
        if queue.setup.unstaffed_ms is None or call.kept_always:
            return None
        able = 0
        for needs in queue.needs:
            able |= self._roster.meeting(both(needs, call.needs), queue.setup)
        since = self._roster.staffing.unstaffed_since(able)
        return None if since is None else max(self._moment.now, since + _grace_ms(queue.setup))

    def _set(self, call: CallRecord, what: Due, due: int) -> None:
        call.limit_timers[what] = self._timers.set(due, Timer(what, call.id))


def _grace_ms(setup: QueueSetup) -> int:
    return max(1, setup.unstaffed_ms or 0)
