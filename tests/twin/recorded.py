"""Days that the twin made, recorded as the journal would have them."""

from __future__ import annotations

from datetime import date, time

from config.site import Site
from simulator.replay.day import RecordedDay
from simulator.replay.recording import Recorder
from simulator.twin import Twin, span_of

MONDAY = date(2026, 11, 23)


def recorded(site: Site, *, seed: int = 1, begin: time = time(8), hours: float = 6) -> tuple[RecordedDay, Twin]:
    """A part of a day of ``site`` under the twin, on record."""
    assert site.workload is not None
    start, end = span_of(site, MONDAY, begin, hours)
    twin = Twin(site, site.workload, seed=seed, start=start, end=end)
    recorder = Recorder(start, end)
    twin.witness = recorder.see
    twin.run()
    return recorder.day("the twin"), twin
