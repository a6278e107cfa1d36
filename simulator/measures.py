"""The measures of the field over many days, from the sums of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simulator.estimates import Estimate, mean, ratio
from simulator.tally import COUNTED, DAY, QUANTILES, Figures, Key

Floats = npt.NDArray[np.float64]

ABANDONMENT = "abandonment"

_ENDED = "answered + abandoned"

RATIOS: Mapping[str, tuple[str, str]] = {
    "service_level_abandons_ignored": ("answered_within", "answered"),
    "service_level_abandons_negative": ("answered_within", _ENDED),
    "service_level_abandons_positive": ("answered_within + abandoned_within", _ENDED),
    "service_level_short_abandons_excluded": ("answered_within", f"{_ENDED} - short_abandoned"),
    ABANDONMENT: ("abandoned", _ENDED),
    "short_abandonment": ("short_abandoned", _ENDED),
    "asa_ms": ("answered_wait_ms", "answered"),
    "mean_wait_ms": ("waited_ms", f"{_ENDED} + released"),
    "mean_queue": ("queue_ms", "span_ms"),
    "callback_wait_ms": ("callback_wait_ms", "callbacks_connected"),
    "occupancy": ("busy_ms", "staffed_ms"),
    "staffed_agents": ("staffed_ms", "span_ms"),
}
"""A name to what is divided by what."""
MEANS = (
    "queued",
    "answered",
    "abandoned",
    "short_abandoned",
    "released",
    "moved_on",
    "refused",
    "max_queue",
    "callbacks",
    "callbacks_connected",
    "callbacks_failed",
)
"""Per day, or per interval."""


def wait_name(share: float) -> str:
    """The name of a quantile of the answered waits; the mean of the days' quantiles."""
    return f"answered_wait_p{share * 100:.0f}_ms"


MEASURES = (*MEANS, *RATIOS, *map(wait_name, QUANTILES))

_OF_CALLS = frozenset(MEASURES) - {"occupancy", "staffed_agents"}
_OF = {
    "group": ("answered", "occupancy", "staffed_agents"),
    "queue": tuple(name for name in MEASURES if name in _OF_CALLS),
    "skill": tuple(name for name in MEASURES if name in _OF_CALLS),
    "all": MEASURES,
}
"""By kind of key: what is measured of it."""

_NOTHING = ((0.0,) * len(COUNTED), (None,) * len(QUANTILES))


def estimates(days: Sequence[Figures], span_ms: int, interval_ms: int) -> dict[Key, dict[str, Estimate]]:
    """Every measure of everything that occurred on any of the ``days``. ``span_ms``: how long each of them is."""
    keys = sorted({key for day in days for key in day})
    return {key: _measured([day.get(key, _NOTHING) for day in days], key, span_ms, interval_ms) for key in keys}


def _measured(
    days: Sequence[tuple[tuple[float, ...], tuple[int | None, ...]]], key: Key, span_ms: int, interval_ms: int
) -> dict[str, Estimate]:
    columns = dict(zip(COUNTED, np.array([sums for sums, _ in days]).T, strict=True))
    # A day on which nobody came is as long as any other.
    length = span_ms if key.interval == DAY else min(interval_ms, span_ms - key.interval)
    columns["span_ms"] = np.full(len(days), float(length))
    found: dict[str, Estimate] = {}
    for name in _OF[key.kind]:
        if name in RATIOS:
            above, below = (_sum(columns, expression) for expression in RATIOS[name])
            found[name] = ratio(above, below)
        elif name in MEANS:
            found[name] = mean(columns[name])
        else:
            number = [wait_name(share) for share in QUANTILES].index(name)
            found[name] = mean(np.array([value for _, waits in days if (value := waits[number]) is not None]))
    return found


def _sum(columns: Mapping[str, Floats], expression: str) -> Floats:
    """“a + b - c”, day by day."""
    first, *rest = expression.split(" ")
    total = columns[first]
    for sign, name in zip(rest[::2], rest[1::2], strict=True):
        total = total + columns[name] if sign == "+" else total - columns[name]
    return total
