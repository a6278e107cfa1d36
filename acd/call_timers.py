"""What falls due for a call in a queue, but for the end of an offer: when it is set, and by what."""

from __future__ import annotations

from acd.limits import Limits
from acd.setup import AcdSetup
from acd.state import CallRecord, Moment
from acd.timers import Due, Timer, Timers


class CallTimers:
    """The timers of the calls in the queues."""

    __slots__ = ("_limits", "_moment", "_setup", "_timers")

    def __init__(self, setup: AcdSetup, limits: Limits, timers: Timers, moment: Moment) -> None:
        self._setup = setup
        self._limits = limits
        self._timers = timers
        self._moment = moment

    def reconfigure(self, setup: AcdSetup) -> None:
        """From now on this setup counts, for each call once its timers are set again."""
        self._setup = setup

    def enter(self, call: CallRecord, *, moved: bool) -> None:
        """The call is in its queue from now on; ``moved``: it comes from another one."""
        if call.kept_until is not None:
            call.kept_timer = self._timers.set(call.kept_until, Timer(Due.KEPT, call.id))
        self._set_step(call)
        # Who comes from another queue stays a while: a call must not run through a row of queues in no time.
        self._look_for_spill(call, self._later() if moved else self._moment.now)
        self._set_starvation(call)
        self._limits.watch(call)

    def set_again(self, call: CallRecord) -> None:
        """What the call's queue wants is something else from now on. For whom it is kept stays as it was."""
        for timer in (call.step_timer, call.starvation_timer, call.phone_timer):
            self._timers.cancel(timer)
        self.set_phone(call)
        self._set_step(call)
        self.look_for_spill_later(call)
        self._set_starvation(call)
        self._limits.forget(call)
        self._limits.watch(call)

    def forget(self, call: CallRecord) -> None:
        """The call leaves its queue."""
        for timer in (call.step_timer, call.starvation_timer, call.kept_timer, call.spill_timer, call.phone_timer):
            if timer is not None:
                self._timers.cancel(timer)
        self._limits.forget(call)

    def step_opened(self, call: CallRecord) -> None:
        """Other steps are open for the call, or it is open to other groups."""
        self._timers.cancel(call.step_timer)
        self._set_step(call)

    def look_for_spill_later(self, call: CallRecord) -> None:
        """The call stays in its queue for now; the next look at whether it spills to another one comes in a while."""
        self._look_for_spill(call, self._later())

    def set_phone(self, call: CallRecord) -> None:
        """When one more phone is to ring for the call, if its queue adds any."""
        phones, now = call.queue.setup.phones, self._moment.now
        if phones.add_every_ms is None or call.rung_since is None:
            return
        rung_ms = now - call.rung_since
        if phones.wanted(rung_ms) < phones.most:
            due = now + phones.add_every_ms - rung_ms % phones.add_every_ms
            call.phone_timer = self._timers.set(due, Timer(Due.PHONE, call.id))

    def _later(self) -> int:
        return self._moment.now + max(1, self._setup.spill_check_ms)

    def _look_for_spill(self, call: CallRecord, due: int) -> None:
        if call.spill_timer is not None:
            self._timers.cancel(call.spill_timer)
        if call.queue.spills[call.steps] is not None:
            call.spill_timer = self._timers.set(due, Timer(Due.SPILL, call.id))

    def _set_step(self, call: CallRecord) -> None:
        if not (call.queue.after_ms or call.queue.delay_ms):
            return
        waited = self._moment.now - call.waiting_since
        coming = call.queue.after_ms[call.steps : call.steps + 1]
        coming += [after_ms for after_ms in call.queue.delay_ms if after_ms > waited][:1]
        if coming:
            due = call.waiting_since + min(coming)
            call.step_timer = self._timers.set(due, Timer(Due.RELAXATION, call.id))

    def _set_starvation(self, call: CallRecord) -> None:
        call.starving = False
        if self._setup.starvation_ms is None:
            return
        due = call.place_since + self._setup.starvation_ms
        call.starving = due <= self._moment.now
        if not call.starving:
            call.starvation_timer = self._timers.set(due, Timer(Due.STARVATION, call.id))
