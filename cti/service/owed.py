"""What the engines before this one may owe the database: calls that had ended in the journal, and no more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Coroutine, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from centre.calls import Call, CallRecord, Phase
from centre.effects import CallEnded, WrapUpClosed
from cti.journal import Entry, EventJournal, JournalAway, JournalError
from cti.service.ports import CallRecords
from cti.store import StoreError

_log = logging.getLogger(__name__)

RECORDED_AGAIN_MS = 15 * 60 * 1000
"""A process that is killed forgets the records that the database had still to get: those of the calls that ended so
shortly before a start are written again. As long as the store's memory lasts at 50 calls a second."""
WAITING_MOST = 10_000
"""No more is read while so many records wait for the database: those of calls that end now are to find room there."""
_AT_ONCE = 100
"""Entries that are read in one go: some 3 ms, in which the event loop gets its turn rarely."""
_PAUSE_S = 0.01
"""After each of these: nobody waits for the records, and callers wait for the event loop."""
_AGAIN_S, _AGAIN_MOST_S = 1.0, 30.0
"""Before what is away is asked again; doubled each time."""

T = TypeVar("T")


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
        """First what ended lately, as a killed process may have had it in memory alone, and cards show it. Then, where
        the database was away or refused over several starts, what it lacks of before: it has all that ended until its
        latest call arrived, for it was written to after that."""
        lately = until - RECORDED_AGAIN_MS
        try:
            await _until_there(lambda: self._record_between(lately, until, known))
            newest = await _until_there(lambda: self._store.newest(lately))
            await _until_there(lambda: self._record_between(newest or 0, lately, known))
        except JournalError as error:
            _log.error("what the database may lack of earlier calls cannot be written: %s", error)

    async def _record_between(self, since: int, until: int, known: Container[str]) -> None:
        entries = self._journal.since(since)
        more = since < until
        while more:
            if self._store.status().behind > WAITING_MOST:
                await asyncio.sleep(_AGAIN_S)
                continue
            more, records = await asyncio.to_thread(_read_on, entries, until)
            for record in records:
                if record.call not in known:
                    self._store.record(record)
            await asyncio.sleep(_PAUSE_S)


async def _until_there(ask: Callable[[], Awaitable[T]]) -> T:
    """What ``ask`` gives, once the database that it needs is there."""
    pause_s, told = _AGAIN_S, ""
    while True:
        try:
            return await ask()
        except StoreError:
            pass  # of which the store tells
        except JournalAway as error:
            if str(error) != told:
                told = str(error)
                _log.warning("what the database may lack of earlier calls waits: %s", told)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _AGAIN_MOST_S)


def _read_on(entries: Iterator[Entry], until: int) -> tuple[bool, list[CallRecord]]:
    """Reads some entries: whether there may be more, and the records in them. In a thread, as the disk may be slow."""
    records: list[CallRecord] = []
    some = list(islice(entries, _AT_ONCE))
    for entry in some:
        if entry.at > until:
            return False, records
        records += [effect.record for effect in entry.effects if isinstance(effect, CallEnded | WrapUpClosed)]
    return len(some) == _AT_ONCE, records
