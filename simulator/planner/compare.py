"""What would be otherwise: two sites on the very same callers, and how sure the differences are."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimates import Estimate, difference, ratio
from simulator.measures import ABANDONMENT, Floats
from simulator.planner.model import Model, PlannerError
from simulator.planner.outcome import occupied, of_calls
from simulator.planner.runs import Sample
from simulator.planner.subjects import subjects_of
from simulator.service_level import Definition

_MEASURES = (*(definition.measure for definition in Definition), "asa_ms", ABANDONMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of one queue, or of all calls together: ``after`` less ``before`` is ``by``."""

    queue: str
    """Empty: all calls together."""
    measure: str
    """As in :mod:`simulator.measures`."""
    before: Estimate
    after: Estimate
    by: Estimate

    @property
    def is_sure(self) -> bool:
        """Whether the 95 % interval of the difference does not hold 0."""
        return self.by.mean is not None and self.by.half_width is not None and abs(self.by.mean) > self.by.half_width


def changes(before: tuple[Model, Sample], after: tuple[Model, Sample]) -> list[Change]:
    """The differences in the queues that both have, and of all calls together. The samples are of the same seed;
    replications that one has more are left out.

    Raises :class:`PlannerError` where they have no queue in common.
    """
    (one, ours), (other, theirs) = before, after
    both = min(ours.replications, theirs.replications)
    places = {subject: at for at, subject in enumerate(_compared(other))}
    common = [(subject, at) for at, subject in enumerate(_compared(one)) if subject in places]
    if not any(queue for queue, _ in common):
        raise PlannerError("the two sites have no queue in common, so there is nothing to compare")
    found = []
    for queue, number in common:
        mine, yours = ours.counts[:both, number].sum(axis=1), theirs.counts[:both, places[queue]].sum(axis=1)
        found += [_change(queue, measure, of_calls(measure, mine), of_calls(measure, yours)) for measure in _MEASURES]
    was, becomes = (occupied(sample.times[:both].sum(axis=(1, 2))) for sample in (ours, theirs))
    return [*found, _change("", "occupancy", was, becomes)]


def _compared(model: Model) -> list[str]:
    return [subject.name for subject in subjects_of(model).every if subject.kind in ("queue", "all")]


def _change(queue: str, measure: str, was: tuple[Floats, Floats], becomes: tuple[Floats, Floats]) -> Change:
    by = difference(was, becomes)
    return Change(queue=queue, measure=measure, before=ratio(*was), after=ratio(*becomes), by=by)
