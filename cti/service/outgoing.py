"""What the centre decided, on its way out of the service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import get_args

from centre.effects import CallEnded, Effect, FetchData, FindCustomer, LookUpCustomer, Order, WrapUpClosed
from centre.events import CallArrived
from cti.service.failures import failure_of
from cti.service.ports import CallRecords, Clock, Line, Listener, Tell
from cti.service.requests import Requests

_log = logging.getLogger(__name__)

_ORDERS = get_args(Order)
LATE_MS = 1_000
"""An order that the journal kept so much later than it was given is carried out only if it is wanted still."""


class Outgoing:
    """Orders to the lines, requests to the records, what is kept in the store; and listeners hear of all of it."""

    def __init__(
        self, lines: Mapping[str, Line], requests: Requests, store: CallRecords, clock: Clock, tell_later: Tell
    ) -> None:
        """``tell_later`` tells the centre of an order that failed; later, so that a call that fails at every step does
        not go round and round."""
        self._lines = lines
        self._requests = requests
        self._store = store
        self._clock = clock
        self._tell_later = tell_later
        self._listeners: list[Listener] = []
        self.failed = 0
        """Effects that could not be carried out, by a fault of ours."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Lets ``listener`` hear every effect from now on; what is returned ends it, also when called twice."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def carry_out(self, effect: Effect, at: int, *, wanted: Callable[[Order], bool]) -> None:
        """Begins to do what was decided at Unix milliseconds ``at``; an order that leaves late, only if it is still
        ``wanted``. Raises nothing."""
        try:
            self._send_out(effect, at, wanted)
        except Exception:
            # The effects that come after this one, of this call and of others, are carried out all the same.
            self.failed += 1
            _log.exception(
                "%s could not be carried out; the centre goes on as if it had failed outside. Please report this",
                type(effect).__name__,
            )
            answer = failure_of(effect) if isinstance(effect, _ORDERS) else None
            if answer is not None:
                self._tell_later(answer)
        for listener in tuple(self._listeners):
            try:
                listener(effect, at)
            except Exception:
                _log.exception("a listener failed on %s", type(effect).__name__)

    def turn_away(self, arrived: CallArrived) -> None:
        """Leaves a call that is not taken in to what its line does without an engine. Raises nothing."""
        line = self._lines.get(arrived.line)
        if line is None:
            return
        try:
            line.turn_away(arrived.call)
        except Exception:
            self.failed += 1
            _log.exception("%s could not be turned away; please report this", arrived.call)

    def _send_out(self, effect: Effect, at: int, wanted: Callable[[Order], bool]) -> None:
        if isinstance(effect, _ORDERS):
            if self._clock.now() - at > LATE_MS and not wanted(effect):
                _log.warning("%s of %s comes too late and is not carried out", type(effect).__name__, effect.call)
                return
            line = self._lines.get(effect.call.partition("-")[0])
            if line is not None:
                line.carry_out(effect)
        elif isinstance(effect, FindCustomer | LookUpCustomer | FetchData):
            self._requests.ask(effect)
        elif isinstance(effect, CallEnded | WrapUpClosed):
            self._store.record(effect.record)
