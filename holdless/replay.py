"""The recorded day of ``holdless replay``, from the journal."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - an argument of that name stands beside it

from config.site import Site
from cti.journal.source import Source
from simulator.replay.day import RecordedDay
from simulator.replay.recording import LOOK_BACK_MS, Recorder
from simulator.twin import span_of

AFTER_MS = 3 * 3_600_000
"""How long after the day its last conversations are looked for."""


def day_from_journal(site: Site, date: Date, journal: Source, segment_by: str = "") -> RecordedDay:
    """The day of ``date`` in ``journal``. Raises :class:`~cti.journal.JournalError`."""
    start, end = span_of(site, date)
    recorder = Recorder(start, end, segment_by=segment_by)
    for entry in journal.read(start - LOOK_BACK_MS):
        if entry.at >= end + AFTER_MS:
            break
        recorder.see(entry.event, entry.at, entry.effects)
    return recorder.day(str(journal))
