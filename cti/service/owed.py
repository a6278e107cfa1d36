"""What the process before this one may have owed the database: calls that had ended in its journal, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from centre.calls import CallRecord
from centre.effects import CallEnded, WrapUpClosed
from cti.journal import EventJournal
from cti.store import Store

RECORDED_AGAIN_MS = 15 * 60 * 1000
"""A process that is killed forgets the records that the database had still to get: those of the calls that ended so
shortly before a start are written again. As long as the store's memory lasts at 50 calls a second."""
_AT_ONCE = 20


class OwedRecords:
    """Writes them again, beside whatever else happens."""

    def __init__(self, journal: EventJournal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._is_closed = False

    async def record(self, known: Container[str], until: int) -> None:
        """The calls that ended before ``until`` (Unix milliseconds); the ones ``known`` end later."""
        for count, record in enumerate(await asyncio.to_thread(self._ended_before, until)):
            if record.call not in known:
                self._store.record(record)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)  # there may be tens of thousands, and calls are coming in

    def close(self) -> None:
        """Reads no further."""
        self._is_closed = True

    def _ended_before(self, until: int) -> list[CallRecord]:
        """By the journal: the last word on each call. In a thread, for it may have much to read."""
        records: dict[str, CallRecord] = {}
        for entry in self._journal.since(until - RECORDED_AGAIN_MS):
            if entry.at > until or self._is_closed:
                break
            for effect in entry.effects:
                if isinstance(effect, CallEnded | WrapUpClosed):
                    records[effect.record.call] = effect.record
        return list(records.values())
