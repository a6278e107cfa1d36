"""One day of a site, or some hours of it, under the twin."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - a parameter of that name stands beside it
from datetime import time

from config.site import Site
from simulator.playable import workload_of
from simulator.stage import Observer
from simulator.twin import Twin, span_of


def played(
    site: Site, *, seed: int, date: Date, begin: time = time(), hours: float = 24.0, observer: Observer | None = None
) -> Twin:
    """The twin after its day; what the centre has counted is booked up to the end of it."""
    start, end = span_of(site, date, begin, hours)
    twin = Twin(site, workload_of(site), seed=seed, start=start, end=end, observer=observer)
    twin.run()
    twin.centre.metrics.book_until(end)
    return twin
