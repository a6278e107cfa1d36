"""What the process before this one may have owed the database: calls that had ended in its journal, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Iterable, Iterator
from itertools import islice
from typing import Any

from centre.calls import Call, CallRecord, Phase
from centre.effects import CallEnded, WrapUpClosed
from cti.journal import Entry, EventJournal
from cti.service.ports import CallRecords

RECORDED_AGAIN_MS = 15 * 60 * 1000
"""A process that is killed forgets the records that the database had still to get: those of the calls that ended so
shortly before a start are written again. As long as the store's memory lasts at 50 calls a second."""
_AT_ONCE = 100
"""Entries that are read in one go: some 3 ms, in which the event loop gets its turn rarely."""
_PAUSE_S = 0.01
"""After each of these: nobody waits for the records, and callers wait for the event loop."""


class OwedRecords:
    """Writes them again, beside whatever else happens."""

    def __init__(self, journal: EventJournal, store: CallRecords) -> None:
        self._journal = journal
        self._store = store

    def record(self, known: Iterable[Call], until: int) -> Coroutine[Any, Any, None]:
        """Writes what is owed of the calls ``known`` at a start, which was at ``until`` (Unix milliseconds); what is
        returned does so for those that had ended before, whenever it is run."""
        known = tuple(known)
        for call in known:
            if call.phase is Phase.WRAP_UP:
                self._store.record(call.record)
        return self._record_ended(frozenset(call.record.call for call in known), until)

    async def _record_ended(self, known: Container[str], until: int) -> None:
        entries = self._journal.since(until - RECORDED_AGAIN_MS)
        records: dict[str, CallRecord] = {}
        """The last word on each call."""
        more = True
        while more:
            more = await asyncio.to_thread(_read_on, entries, until, records)
            await asyncio.sleep(_PAUSE_S)
        for count, record in enumerate(records.values()):
            if record.call not in known:
                self._store.record(record)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(_PAUSE_S)


def _read_on(entries: Iterator[Entry], until: int, records: dict[str, CallRecord]) -> bool:
    """Reads some entries into ``records``; returns whether there may be more. In a thread, as the disk may be slow."""
    some = list(islice(entries, _AT_ONCE))
    for entry in some:
        if entry.at > until:
            return False
        for effect in entry.effects:
            if isinstance(effect, CallEnded | WrapUpClosed):
                records[effect.record.call] = effect.record
    return len(some) == _AT_ONCE
