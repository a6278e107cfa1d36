"""A centre that never changes: the same rates and the same agents for ever, as the formulas have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acd.setup import AcdSetup
from centre.virtual.agent import Duty
from simulator.planner.model import CallKind, DutyChange, Model, Rate


def steady_model(acd: AcdSetup, calls: Sequence[tuple[CallKind, float]], *, warm_up_ms: int, length_ms: int) -> Model:
    """All agents are there from the beginning; kinds of calls come with so many a millisecond. What happens in the
    warm-up is not counted, then ``length_ms`` are."""
    end = warm_up_ms + length_ms
    return Model(
        acd=acd,
        kinds=tuple(replace(kind, rates=(Rate(begin_ms=0, end_ms=end, per_ms=per_ms),)) for kind, per_ms in calls),
        duties=tuple(DutyChange(at_ms=0, agent=number, duty=Duty.ON) for number in range(len(acd.agents))),
        counted_from_ms=warm_up_ms,
        interval_ms=length_ms,
        intervals=1,
    )
