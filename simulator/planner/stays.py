"""Calls of a kind in a queue: in that to which they come, and in those to which they may spill from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acd.queues import QueueRecord
from acd.setup import QueueSetup, Spill

if TYPE_CHECKING:
    from simulator.planner.model import CallKind
    from simulator.planner.subjects import Subjects


@dataclass(frozen=True, eq=False)
class Stay:
    """Calls of ``kind``, which has that ``number``, in a queue, and in which queues they have been before: never there
    again."""

    number: int
    kind: CallKind
    record: QueueRecord
    been: tuple[str, ...] = ()

    @property
    def pace(self) -> Mapping[str, float]:
        """Agent to a factor on talk and wrap-up."""
        if not self.been:
            return self.kind.pace
        elsewhere = self.kind.elsewhere.get(self.record.setup.id)
        return {} if elsewhere is None else elsewhere.pace


class Stays:
    """All of them, those in the first queues first, in the order of the kinds."""

    def __init__(self, kinds: tuple[CallKind, ...], records: list[QueueRecord], subjects: Subjects) -> None:
        self._subjects = subjects
        self._records = {record.setup.id: record for record in records}
        self._stays = [Stay(number, kind, self._records[kind.queue]) for number, kind in enumerate(kinds)]
        self._numbers: dict[tuple[int, tuple[str, ...]], int] = {}
        self.rows: list[tuple[int, ...]] = []
        """The spills so far: see :mod:`simulator.planner.cells`."""

    def __iter__(self) -> Iterator[Stay]:
        """Also those that :meth:`spills_of` finds on the way."""
        at = 0
        while at < len(self._stays):
            yield self._stays[at]
            at += 1

    def spills_of(self, stay: Stay) -> list[int]:
        """By the number of open steps: which spill they let happen; -1: none."""
        found: dict[Spill, int] = {}
        queue = stay.record.setup.id
        been = (*stay.been, queue)
        for spill in stay.record.spills:
            if spill is not None and spill not in found and spill.queue not in been:
                found[spill] = len(self.rows)
                self.rows.append(
                    (
                        self._number(Stay(stay.number, stay.kind, self._records[spill.queue], been)),
                        int(spill.nobody_staffed),
                        -1 if spill.longest_wait_ms is None else spill.longest_wait_ms,
                        -1 if spill.service_level_below is None else spill.service_level_below,
                        self._subjects.move(stay.number, queue, spill.queue),
                    )
                )
        return [-1 if spill is None else found.get(spill, -1) for spill in stay.record.spills]

    def _number(self, stay: Stay) -> int:
        key = (stay.number, (*stay.been, stay.record.setup.id))
        if key not in self._numbers:
            self._numbers[key] = len(self._stays)
            self._stays.append(stay)
        return self._numbers[key]


def reached_from(queue: str, setups: Mapping[str, QueueSetup]) -> list[str]:
    """The other queues to which calls that come to ``queue`` may spill, one after the other."""
    found = [queue]
    for name in found:
        for step in setups[name].steps:
            if step.spill is not None and step.spill.queue not in found:
                found.append(step.spill.queue)
    return found[1:]
