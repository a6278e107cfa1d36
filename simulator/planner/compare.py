"""What would be otherwise: two sites on the very same callers, and how sure the differences are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.estimates import Estimate, difference, ratio
from simulator.planner.model import Model, PlannerError
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import Sample
from simulator.planner.tables import Ints
from simulator.service_level import Definition

Figures = Callable[[Ints], tuple[Ints, Ints]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of one queue (or, of occupancy, of everybody): ``after`` less ``before`` is ``by``."""

    queue: str
    measure: str
    before: Estimate
    after: Estimate
    by: Estimate

    @property
    def is_sure(self) -> bool:
        """Whether the 95 % interval of the difference does not hold 0."""
        return self.by.mean is not None and self.by.half_width is not None and abs(self.by.mean) > self.by.half_width


def changes(before: tuple[Model, Sample], after: tuple[Model, Sample]) -> list[Change]:
    """The differences in the queues that both have. The samples are of the same seed; replications that one has more
    are left out.

    Raises :class:`PlannerError` where they have no queue in common.
    """
    (one, ours), (other, theirs) = before, after
    both = min(ours.replications, theirs.replications)
    places = {queue.id: number for number, queue in enumerate(other.acd.queues)}
    found = []
    for number, queue in enumerate(one.acd.queues):
        if queue.id not in places:
            continue
        mine = ours.counts[:both, number].sum(axis=1)
        yours = theirs.counts[:both, places[queue.id]].sum(axis=1)
        for name, figures in (
            *((str(definition), _by(definition)) for definition in Definition),
            ("asa_ms", answer_speed),
            ("abandonment", abandonment),
        ):
            was, becomes = figures(mine), figures(yours)
            found.append(
                Change(
                    queue=queue.id,
                    measure=name,
                    before=ratio(*was),
                    after=ratio(*becomes),
                    by=difference(was, becomes),
                )
            )
    if not found:
        raise PlannerError("the two sites have no queue in common, so there is nothing to compare")
    was, becomes = (occupied(sample.times[:both].sum(axis=(1, 2))) for sample in (ours, theirs))
    found.append(
        Change(queue="", measure="occupancy", before=ratio(*was), after=ratio(*becomes), by=difference(was, becomes))
    )
    return found


def _by(definition: Definition) -> Figures:
    return partial(service_level, definition=definition)
