"""How long callers are willing to wait, from callers of whom many were answered before they showed it.

Who was answered after 30 seconds would have waited *at least* so long: a censored observation. Kaplan and Meier
(“Nonparametric estimation from incomplete observations”, JASA 53, 1958) give the share still there at each wait from
both kinds together. Leaving the answered out would make callers look far less patient than they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log

from simulator.replay.day import RecordedCall, WaitEnd

LEAST_OBSERVED = 20
"""A queue with fewer callers who gave up is estimated from all queues together."""
NEVER_MS = 24 * 3_600_000
"""Stands for “does not give up”, where nobody on the day did."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The estimated law of patience."""

    observed: int
    """Callers who gave up."""
    censored: int
    """Callers of whom it is known only that they waited so long."""
    times_ms: tuple[int, ...]
    """The waits at which somebody gave up, ascending."""
    survival: tuple[float, ...]
    """The share still there after each of them."""
    hazard: float
    """Those who gave up over all the time waited, per millisecond: goes on where the observations end."""

    def share_beyond(self, waited_ms: float) -> float:
        """The share of callers who wait longer than ``waited_ms``."""
        place = bisect_right(self.times_ms, waited_ms)
        beyond = self.survival[place - 1] if place else 1.0
        if place == len(self.times_ms):
            last = self.times_ms[-1] if self.times_ms else 0
            beyond *= exp(-self.hazard * (waited_ms - last))
        return beyond

    def beyond(self, waited_ms: int, uniform: float) -> int:
        """The patience, in milliseconds, of a caller who has waited ``waited_ms`` already, by a number from 0 to 1.

        The first time by which only a share ``uniform`` of those who were still there is left. Beyond the last one who
        gave up nothing was observed: there callers give up at the day's mean rate (an exponential tail).
        """
        left = self.share_beyond(waited_ms)
        wanted = uniform * left
        start = bisect_right(self.times_ms, waited_ms)
        for time_ms, share in zip(self.times_ms[start:], self.survival[start:], strict=True):
            if share <= wanted and share < left:
                return time_ms
        if self.hazard <= 0:
            return NEVER_MS
        since = max(waited_ms, self.times_ms[-1] if self.times_ms else 0)
        there = self.share_beyond(since)
        more = -log(max(wanted, 1e-12) / there) if there > 0 else -log(max(uniform, 1e-12))
        return min(since + 1 + round(more / self.hazard), NEVER_MS)

    def median_ms(self) -> int:
        """The wait that half of the callers are willing to exceed, milliseconds."""
        return self.beyond(0, 0.5)


def kaplan_meier(waits: Iterable[tuple[int, bool]]) -> Patience:
    """The estimate from waits in milliseconds, each with whether the caller gave up then (else censored)."""
    ordered = sorted(waits, key=lambda wait: (wait[0], not wait[1]))
    at_risk = len(ordered)
    share = 1.0
    times: list[int] = []
    survival: list[float] = []
    for waited_ms, gave_up in ordered:
        if gave_up:
            share *= 1 - 1 / at_risk
            if times and times[-1] == waited_ms:
                survival[-1] = share
            else:
                times.append(waited_ms)
                survival.append(share)
        at_risk -= 1
    observed = sum(gave_up for _, gave_up in ordered)
    total_ms = sum(waited_ms for waited_ms, _ in ordered)
    return Patience(
        observed=observed,
        censored=len(ordered) - observed,
        times_ms=tuple(times),
        survival=tuple(survival),
        hazard=observed / total_ms if total_ms else 0.0,
    )


def by_queue(calls: Iterable[RecordedCall]) -> Mapping[str, Patience]:
    """The estimate for each queue, and under “” that of all queues together, which stands in for small ones."""
    waits: dict[str, list[tuple[int, bool]]] = {"": []}
    for call in calls:
        if call.end is not WaitEnd.NEVER:
            wait = (call.waited_ms, call.end is WaitEnd.ABANDONED)
            waits[""].append(wait)
            waits.setdefault(call.queue, []).append(wait)
    everybody = kaplan_meier(waits[""])
    estimates = {queue: kaplan_meier(of) for queue, of in waits.items()}
    return {
        queue: estimate if estimate.observed >= LEAST_OBSERVED else everybody for queue, estimate in estimates.items()
    }
