"""Whether the replications of a plan are enough."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.estimates import Estimate, ratio
from simulator.planner.model import Model
from simulator.planner.outcome import occupied, of_calls
from simulator.planner.runs import Sample
from simulator.planner.subjects import subjects_of
from simulator.precision import ALL, Measure, Precision


def is_precise(wanted: Precision, model: Model, sample: Sample) -> bool:
    """Whether ``sample``, which came of ``model``, is as precise as ``wanted``."""
    return all(wanted.is_reached(figure) for figure in _figures(wanted, model, sample))


def _figures(wanted: Precision, model: Model, sample: Sample) -> Iterator[Estimate]:
    if wanted.measure is Measure.OCCUPANCY:
        yield ratio(*occupied(sample.times.sum(axis=(1, 2))))
        return
    for number, subject in enumerate(subjects_of(model).every):
        counts = sample.counts[:, number].sum(axis=1)
        if wanted.queue == ALL:
            asked_for = subject.kind == "all"
        else:
            asked_for = subject.kind == "queue" and wanted.queue in (None, subject.name)
        if asked_for and (wanted.queue is not None or counts.any()):
            yield ratio(*of_calls(wanted.measure_name, counts))
