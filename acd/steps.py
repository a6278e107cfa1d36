"""Relaxation: which steps of a queue are open for a call, and whether a step sends it to another queue."""

from __future__ import annotations

from acd.limits import Limits
from acd.queues import QueueRecord, Queues
from acd.requirement import Requirement, both
from acd.roster import Roster
from acd.rules import next_that_adds, opens_by_time
from acd.setup import Spill
from acd.state import CallRecord


class Steps:
    """The steps of the calls, in view of who is at work."""

    __slots__ = ("_limits", "_roster")

    def __init__(self, roster: Roster, limits: Limits) -> None:
        self._roster = roster
        self._limits = limits

    def open(self, call: CallRecord, now: int, *, entering: bool) -> int:
        """How many steps are open by now.

        A step that has just opened and could help nobody — it asks for something else, and yet no agent at work is
        eligible by it who was not before — does not keep the call waiting for the next one: the next step by which
        somebody is eligible opens at once, with all in between. The same goes for the queue's own needs when a call
        enters and nobody at work meets them. Where no later step would help either, time decides as always. An open
        step stays open.
        """
        if not call.queue.after_ms:
            return 0
        due = call.queue.steps_open(now - call.waiting_since)
        return self._helpful(call, due) if entering or due > call.steps else call.steps

    def spill(self, call: CallRecord, now: int, queues: Queues) -> QueueRecord | None:
        """The queue to which the newest open step that spills sends the call now; None if it stays."""
        wanted = call.queue.spills[call.steps]
        if wanted is None or wanted.queue in call.been:
            return None
        to = queues.find(wanted.queue)
        if to is None:  # of a queue that is gone, to one that is gone too
            return None
        refused = self._limits.refusal(call, to) is not None
        return None if refused or not self._holds(wanted, call, now) else to

    def _holds(self, spill: Spill, call: CallRecord, now: int) -> bool:
        conditions = (spill.nobody_staffed, spill.longest_wait_ms is not None, spill.service_level_below is not None)
        if not any(conditions):
            return True
        if spill.nobody_staffed and not self._staffed(call, call.queue.needs[call.steps]):
            return True
        since = call.queue.waiting_since[0][0] if call.queue.waiting_since else now
        if spill.longest_wait_ms is not None and now - since >= spill.longest_wait_ms:
            return True
        within, ended = call.queue.interval(now)
        return spill.service_level_below is not None and 1_000 * within < spill.service_level_below * ended

    def _helpful(self, call: CallRecord, due: int) -> int:
        """How many steps are open for a call for which ``due`` are by time."""
        queue = call.queue
        able = self._staffed(call, queue.needs[due])
        new = able & ~self._staffed(call, queue.needs[due - 1]) if due > 0 else able
        if opens_by_time(due, queue.only_needs[due], new != 0):
            return due
        return next_that_adds(due, [self._staffed(call, needs) & ~able for needs in queue.needs], len(queue.needs) - 1)

    def _staffed(self, call: CallRecord, needs: Requirement) -> int:
        """The mask of groups that meet ``needs`` and those of the call, and of which somebody is at work."""
        return self._roster.able(both(needs, call.needs), call.queue.setup)
