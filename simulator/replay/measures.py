"""What is measured of a run, as numbers per caller: each measure is a sum over a sum, or a quantile of waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acd.setup import QueueSetup
from simulator.measures import ABANDONMENT, QUANTILES, wait_name
from simulator.replay.day import RecordedCall, WaitEnd
from simulator.replay.rerun import Run

Numbers = NDArray[np.float64]

RATIOS = (
    "answered_share",
    ABANDONMENT,
    "short_abandonment",
    "service_level_abandons_ignored",
    "service_level_abandons_negative",
    "service_level_abandons_positive",
    "service_level_short_abandons_excluded",
    "asa_ms",
    "mean_wait_ms",
)
"""Shares are of those who came to a queue (“answered_share”), or as the field defines them; waits are of the answered,
the mean wait is of everybody. Names are those of :mod:`simulator.measures`, where it has the same."""
MEASURES = (*RATIOS, *map(wait_name, QUANTILES))


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, one number per caller."""

    ratios: dict[str, tuple[Numbers, Numbers]]
    """Measure to what is added up above and below the line."""
    waits: Numbers
    answered: Numbers
    """1 for the answered, else 0."""


def measured(calls: Sequence[RecordedCall], run: Run, queues: dict[str, QueueSetup]) -> Measured:
    """The figures of ``run`` by caller. Thresholds are those of ``queues``: of today's rules, for whichever run."""
    outcomes = [run.outcomes[call.call] for call in calls]
    setups = [queues.get(outcome.queue, QueueSetup(id="")) for outcome in outcomes]
    waits = np.array([outcome.waited_ms for outcome in outcomes], dtype=float)
    answered = np.array([outcome.end is WaitEnd.ANSWERED for outcome in outcomes], dtype=float)
    abandoned = np.array([outcome.end is WaitEnd.ABANDONED for outcome in outcomes], dtype=float)
    came = np.array([outcome.queue != "" for outcome in outcomes], dtype=float)
    within = waits <= np.array([setup.threshold_ms for setup in setups])
    short = abandoned * (waits <= np.array([setup.short_abandon_ms for setup in setups]))
    ended = answered + abandoned
    in_time = answered * within
    return Measured(
        ratios={
            "answered_share": (answered, came),
            ABANDONMENT: (abandoned, ended),
            "short_abandonment": (short, ended),
            "service_level_abandons_ignored": (in_time, answered),
            "service_level_abandons_negative": (in_time, ended),
            "service_level_abandons_positive": (in_time + abandoned * within, ended),
            "service_level_short_abandons_excluded": (in_time, ended - short),
            "asa_ms": (answered * waits, answered),
            "mean_wait_ms": (came * waits, came),
        },
        waits=waits,
        answered=answered,
    )
