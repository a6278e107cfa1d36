"""Whether the replications of a plan are enough."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.estimates import Estimate, ratio
from simulator.planner.model import Model
from simulator.planner.outcome import abandonment, answer_speed, occupied, service_level
from simulator.planner.runs import Sample
from simulator.planner.tables import Ints
from simulator.precision import ALL, Measure, Precision


def is_precise(wanted: Precision, model: Model, sample: Sample) -> bool:
    """Whether ``sample``, which came of ``model``, is as precise as ``wanted``."""
    return all(wanted.is_reached(figure) for figure in _figures(wanted, model, sample))


def _figures(wanted: Precision, model: Model, sample: Sample) -> Iterator[Estimate]:
    if wanted.measure is Measure.OCCUPANCY:
        yield ratio(*occupied(sample.times.sum(axis=(1, 2))))
        return
    total = sample.counts.sum(axis=2)
    if wanted.queue == ALL:
        yield _of(wanted, total.sum(axis=1))
        return
    for number, queue in enumerate(model.acd.queues):
        counts = total[:, number]
        if wanted.queue == queue.id or (wanted.queue is None and counts.any()):
            yield _of(wanted, counts)


def _of(wanted: Precision, counts: Ints) -> Estimate:
    match wanted.measure:
        case Measure.ASA:
            return ratio(*answer_speed(counts))
        case Measure.ABANDONMENT:
            return ratio(*abandonment(counts))
        case _:
            return ratio(*service_level(counts, wanted.definition))
