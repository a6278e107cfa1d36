"""Standing by: the state of another engine, kept warm, until it is our turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from cti.journal.database import DatabaseJournal
from cti.lease import Leadership, Row
from cti.postgres import Away
from cti.service.reading import never
from cti.service.runtime import Service

_log = logging.getLogger(__name__)

LOOK_MS = 200
"""How often the journal and the lease are looked at."""


async def stand_by(
    service: Service,
    journal: DatabaseJournal,
    leadership: Leadership,
    *,
    waiting: Callable[[Row], None],
    is_unwanted: Callable[[], bool] = never,
) -> int:
    """Follows the journal until nobody leads; then this engine does, and ``service``, still to be settled, is where the
    journal ended.

    ``waiting`` is told who leads, whenever that has changed; once ``is_unwanted`` says so, the journal is read no
    further (:class:`~cti.service.reading.BrokenOff`). Returns how many events were replayed. Raises
    :class:`~cti.journal.JournalError` for a journal that this version cannot read.
    """
    replayed, told, trouble = service.running.recall(is_unwanted), 0, ""
    while True:
        wait_ms = LOOK_MS
        try:
            replayed += await _catch_up(service, journal)
            if leadership.epoch:
                journal.begin()
                return replayed
            leader = await leadership.try_to_lead()
            if leader is None:
                continue  # what was written before the lease became ours is still to be read
            if leader.epoch != told:
                told = leader.epoch
                waiting(leader)
            wait_ms = max(min(wait_ms, leader.left_ms), 1)
        except Away as error:
            if str(error) != trouble:
                _log.warning("the database does not answer, trying again: %s", error)
            trouble = str(error)
        else:
            trouble = ""
        await asyncio.sleep(wait_ms / 1000)


async def _catch_up(service: Service, journal: DatabaseJournal) -> int:
    replayed = 0
    while entries := await journal.follow():
        replayed += service.running.follow(entries)
    return replayed
