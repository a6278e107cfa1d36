"""Callbacks: calls that keep their place although nobody is on the line, one for each caller at most.

=============  ==============================================  ====================================================
a callback is  left by                                         to
=============  ==============================================  ====================================================
early          the time it is booked for, the end of the gap,  in line
               the opening of its queue
in line        its turn comes: an agent is reserved            under way
in line,       the same caller calls in and waits in a queue   aside: the call takes over its place in this queue
early
in line,       the customer answers, whom an engine that could    in line, like the call of any caller
early          not keep it had dialled
aside          that call leaves the queue without an agent     in line, or early
aside          that call is answered in this queue             ended, “got-through”
aside          that call is answered in another queue          early, for a gap
under way      the customer is on the line with an agent       answered
under way      the agent's side fails                          in line
under way      the customer cannot be reached                  early, for a gap; “callback-failed” after the last
under way      the same caller calls in and waits in a queue   aside
=============  ==============================================  ====================================================

Customer first, a customer who has answered waits like any other caller if the agent's side fails then.
"""

from __future__ import annotations

from acd.effects import Exit
from acd.events import CallQueued
from acd.queues import QueueRecord
from acd.routing import Routing
from acd.rules import has_room
from acd.state import Callback, CallRecord, Moment
from acd.timers import Due, Timer, Timers

_DAY_MS = 86_400_000


class Callbacks:
    """All callbacks that have not ended, and which callers wait in a queue themselves."""

    __slots__ = ("_moment", "_open", "_routing", "_timers", "_waiting")

    def __init__(self, routing: Routing, timers: Timers, moment: Moment) -> None:
        self._routing = routing
        self._timers = timers
        self._moment = moment
        self._open: dict[str, CallRecord] = {}
        """By caller."""
        self._waiting: dict[str, int] = {}
        """Caller to how many calls of theirs are in a queue."""

    def of(self, caller: str) -> CallRecord | None:
        """The callback of this caller; None if there is none."""
        return self._open.get(caller)

    def refusal(self, event: CallQueued, queue: QueueRecord) -> Exit | None:
        """Why the callback that is asked for is refused; None if it is not."""
        rules = queue.setup.callback
        if rules is None:
            return Exit.NO_CALLBACKS
        if not event.caller or event.caller in self._open:
            return Exit.CALLBACK_OPEN
        return None if has_room(queue.callbacks, rules.most) else Exit.FULL

    def asked(self, event: CallQueued, queue: QueueRecord) -> Callback | None:
        """What makes a callback of the call of this event; None if it is to be none."""
        rules = queue.setup.callback
        if not event.callback or rules is None:
            return None
        began_at = self._moment.now if event.not_before is None else event.not_before
        return Callback(rules, began_at=began_at, not_before=began_at)

    def enter(self, call: CallRecord) -> None:
        """The call, callback or not, is in a queue now."""
        if call.callback is not None:
            self._open[call.caller] = call
        elif call.caller:
            self._waiting[call.caller] = self._waiting.get(call.caller, 0) + 1

    def leave(self, call: CallRecord) -> None:
        """The call, callback or not, is in no queue any more."""
        if call.callback is not None:
            self._timers.cancel(call.callback.timer)
            del self._open[call.caller]
        elif call.caller:
            self._waiting[call.caller] -= 1
            if not self._waiting[call.caller]:
                del self._waiting[call.caller]

    def line_up(self, call: CallRecord) -> None:
        """A call that is neither in line nor offered comes into line: a callback only if its customer may be dialled
        now, else when that is so."""
        callback = call.callback
        if callback is None or callback.reached:
            self._routing.add_call(call)
        elif call.caller in self._waiting:
            pass
        elif (not_before := self._not_before(callback, call.queue)) > self._moment.now:
            callback.timer = self._timers.set(not_before, Timer(Due.CALLBACK, call.id))
        else:
            self._routing.add_call(call)

    def _not_before(self, callback: Callback, queue: QueueRecord) -> int:
        """When the customer may be dialled next; never is as good as looking again in a day."""
        now, hours = self._moment.now, queue.setup.hours
        if callback.not_before > now or hours is None or queue.is_open(now):
            return callback.not_before
        return hours.next_change(now) or now + _DAY_MS

    def set_aside(self, call: CallRecord) -> None:
        """Takes a callback that is not under way out of line until :meth:`line_up`."""
        assert call.callback is not None
        self._timers.cancel(call.callback.timer)
        self._routing.remove_call(call)

    def delay(self, call: CallRecord) -> None:
        """Nobody is dialled for a gap from now on."""
        assert call.callback is not None
        call.callback.not_before = self._moment.now + call.callback.rules.gap_ms
