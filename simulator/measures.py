"""The measures of the field, by the same names whoever has counted: the twin, the planner, a replay.

Shares and averages over callers are sums over sums: a day with few calls does not count as much as one with many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from simulator.estimates import Estimate, mean, ratio, sectioned
from simulator.sums import COUNTED, DAY, Figures, Key, Waits

Floats = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Column = Callable[[str], Floats]
"""What was counted under a name of :data:`simulator.sums.COUNTED` on each day."""
Measured = Mapping[Key, Mapping[str, Estimate]]
"""All measures, of all that there are figures of."""

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
ABANDONMENT = "abandonment"

_ENDED = "answered + abandoned"

_STATES = {
    "ringing_agents": "ringing_ms",
    "talking_agents": "talking_ms",
    "wrap_up_agents": "wrap_up_ms",
    "ready_agents": "ready_ms",
    "away_agents": "away_ms",
}
STATES = tuple(_STATES)
"""How many agents were in each state on average: the first four together are at work, and the away are signed in and
take no calls (on a break, or away against the plan)."""

RATIOS: Mapping[str, tuple[str, str]] = {
    "service_level_abandons_ignored": ("answered_within", "answered"),
    "service_level_abandons_negative": ("answered_within", _ENDED),
    "service_level_abandons_positive": ("answered_within + abandoned_within", _ENDED),
    "service_level_short_abandons_excluded": ("answered_within", f"{_ENDED} - short_abandoned"),
    ABANDONMENT: ("abandoned", _ENDED),
    "short_abandonment": ("short_abandoned", _ENDED),
    "asa_ms": ("answered_wait_ms", "answered"),
    "mean_wait_ms": ("waited_ms", f"{_ENDED} + released"),
    "aht_ms": ("handling_ms", "handled"),
    "mean_queue": ("queue_ms", "span_ms"),
    "callback_wait_ms": ("callback_wait_ms", "callbacks_connected"),
    "occupancy": ("busy_ms", "staffed_ms"),
    "staffed_agents": ("staffed_ms", "span_ms"),
    **{name: (spent, "span_ms") for name, spent in _STATES.items()},
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
    "max_wait_ms",
    "callbacks",
    "callbacks_connected",
    "callbacks_failed",
)
"""Per day, or per interval."""


def wait_name(share: float) -> str:
    """The name of the wait that so many of the answered, of all days together, did not exceed."""
    return f"answered_wait_p{share * 100:.0f}_ms"


_WAITS = {wait_name(share): share for share in QUANTILES}
_OF_CALLS = (*MEANS, *(name for name in RATIOS if name not in STATES), *_WAITS)
_OF_A_GROUP = ("answered", "occupancy", "staffed_agents", *STATES)


def measures_of(kind: str) -> tuple[str, ...]:
    """The names of what is measured of a :class:`~simulator.sums.Key` of this kind: of a group of agents, or of calls,
    and of all calls together what the agents did, too."""
    if kind == "group":
        return _OF_A_GROUP
    return (*_OF_CALLS, *STATES) if kind == "all" else _OF_CALLS


def parts(measure: str, column: Column) -> tuple[Floats, Floats]:
    """What is divided by what, day by day."""
    above, below = RATIOS[measure]
    return _sum(column, above), _sum(column, below)


def measured(measures: Sequence[str], column: Column, waits: Mapping[float, Estimate]) -> dict[str, Estimate]:
    """These measures; ``waits``: the wait that so many of the answered did not exceed."""
    found: dict[str, Estimate] = {}
    for name in measures:
        if name in RATIOS:
            found[name] = ratio(*parts(name, column))
        elif name in MEANS:
            found[name] = mean(column(name))
        else:
            found[name] = waits[_WAITS[name]]
    return found


def estimates(days: Sequence[Figures], span_ms: int, interval_ms: int) -> dict[Key, dict[str, Estimate]]:
    """Every measure of everything that occurred on any of the ``days``. ``span_ms``: how long each of them is."""
    keys = sorted({key for day in days for key in day})
    nothing = ((0.0,) * len(COUNTED), np.zeros(0, np.int32))
    return {key: _of_days([day.get(key, nothing) for day in days], key, span_ms, interval_ms) for key in keys}


def quantile(waits: Waits, share: float) -> float:
    """The smallest wait that at least ``share`` (above 0, to 1) of ``waits`` do not exceed; NaN of nothing."""
    return float(np.sort(waits)[ceil(share * len(waits)) - 1]) if len(waits) else np.nan


def _of_days(
    days: Sequence[tuple[tuple[float, ...], Waits]], key: Key, span_ms: int, interval_ms: int
) -> dict[str, Estimate]:
    columns = dict(zip(COUNTED, np.array([sums for sums, _ in days]).T, strict=True))
    # A day on which nobody came is as long as any other.
    length = span_ms if key.interval == DAY else min(interval_ms, span_ms - key.interval)
    columns["span_ms"] = np.full(len(days), float(length))
    together = np.concatenate([waits for _, waits in days])
    known = {
        share: sectioned(quantile(together, share), np.array([quantile(waits, share) for _, waits in days]))
        for share in QUANTILES
    }
    return measured(measures_of(key.kind), columns.__getitem__, known)


def _sum(column: Column, expression: str) -> Floats:
    """“a + b - c”, day by day."""
    first, *rest = expression.split(" ")
    total = column(first)
    for sign, name in zip(rest[::2], rest[1::2], strict=True):
        total = total + column(name) if sign == "+" else total - column(name)
    return total
