"""The calls of ``holdless flow draw --counts``: a day's ways through a flow, from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date  # noqa: N812 - an argument of that name stands beside it

from centre.effects import CallEnded
from centre.walks import walk_of
from config.site import Site
from cti.journal.source import Source
from holdless.replay import AFTER_MS
from ivr.flow import Flow
from ivr.picture import Counts, Walk, counted
from simulator.twin import span_of


def counts_from_journal(site: Site, flow: Flow, date: Date, journal: Source) -> Counts:
    """Of the calls that arrived on ``date``. Raises :class:`~cti.journal.JournalError`, and
    :class:`~simulator.playable.SimulationError` for a date that is out of reach."""
    start, end = span_of(site, date)
    return counted(flow, _walks(flow, start, end, journal))


def _walks(flow: Flow, start: int, end: int, journal: Source) -> Iterator[Walk]:
    for entry in journal.read(start):
        if entry.at >= end + AFTER_MS:
            return
        for effect in entry.effects:
            if (
                isinstance(effect, CallEnded)
                and effect.record.flow == flow.id
                and start <= effect.record.arrived_at < end
            ):
                yield walk_of(effect.record)
