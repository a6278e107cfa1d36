"""What the record does not say, drawn: patience of those who were answered, handling of those who were not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.streams import stream
from simulator.replay.day import RecordedCall, RecordedDay, Ring, RingEnd, WaitEnd
from simulator.replay.patience import Patience, by_queue

_BY_DEFAULT = Ring(agent="", how=RingEnd.ACCEPTED, after_ms=3_000)
"""An agent's ring, where the record has not a single one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """A conversation and what came after it, milliseconds."""

    talk_ms: int
    wrap_up_ms: int
    extended_ms: int = 0


class Casting:
    """Completes a day's callers, by a seed. The same seed gives the same callers, whatever the rules."""

    def __init__(self, day: RecordedDay, seed: int) -> None:
        self.patience: Mapping[str, Patience] = by_queue(day.calls)
        self._seed = seed
        self._rings = [ring for call in day.calls for ring in call.rings if ring.how is not RingEnd.WITHDRAWN]
        self._handled: dict[str, list[Handling]] = {}
        for call in day.calls:
            if call.talk_ms is not None:
                for queue in {call.queue, ""}:
                    self._handled.setdefault(queue, []).append(_handling(call))

    def patience_ms(self, call: RecordedCall) -> int:
        """How long the caller is willing to wait: as recorded, else longer than recorded."""
        if call.end is WaitEnd.ABANDONED:
            return call.waited_ms
        estimate = self.patience.get(call.queue, self.patience[""])
        return estimate.beyond(call.waited_ms, stream(self._seed, "patience", call.call).random())

    def handling(self, call: RecordedCall) -> Handling:
        """As recorded, else that of somebody who was answered, from the same queue if it answered anybody."""
        if call.talk_ms is not None:
            return _handling(call)
        donors = self._handled.get(call.queue) or self._handled.get("") or [Handling(talk_ms=0, wrap_up_ms=0)]
        return stream(self._seed, "handling", call.call).choice(donors)

    def ring(self, call: RecordedCall, number: int) -> tuple[Ring, bool]:
        """How an agent takes the call's ring of this ``number`` (from 0), and whether that is on record."""
        rung_ms = -1
        if number < len(call.rings):
            if call.rings[number].how is not RingEnd.WITHDRAWN:
                return call.rings[number], True
            rung_ms = call.rings[number].after_ms
        # A ring that was withdrawn had not been taken until then; one that is not on record may be taken at once.
        possible = [ring for ring in self._rings if ring.how is RingEnd.MISSED or ring.after_ms > rung_ms]
        if not possible:
            return replace(_BY_DEFAULT, after_ms=max(_BY_DEFAULT.after_ms, rung_ms + 1)), False
        return stream(self._seed, "ring", call.call, number).choice(possible), False


def _handling(call: RecordedCall) -> Handling:
    assert call.talk_ms is not None
    return Handling(talk_ms=call.talk_ms, wrap_up_ms=call.wrap_up_ms, extended_ms=call.extended_ms)
