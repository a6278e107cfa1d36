"""What a planner reads from a sample: the measures of :mod:`simulator.measures` by queue, skill, group, interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from acd.groups import Groups
from simulator.estimates import Estimate, mean, sectioned
from simulator.measures import ABANDONMENT, QUANTILES, Floats, Measured, measured, measures_of, parts
from simulator.planner import cells as c
from simulator.planner.bins import quantiles
from simulator.planner.model import Model
from simulator.planner.runs import Sample
from simulator.planner.subjects import Subject, subjects_of
from simulator.planner.tables import Ints
from simulator.service_level import Definition
from simulator.sums import Key, groups_of

OF_AGENTS = {
    "ringing_ms": c.RINGS_MS,
    "talking_ms": c.TALKS_MS,
    "wrap_up_ms": c.WRAPS_UP_MS,
    "ready_ms": c.READY_MS,
    "away_ms": c.NOT_READY_MS,
}
"""What :mod:`simulator.tally` counts of agents by these names, to the cells."""
_OF_CALLS = {
    "queued": (c.QUEUED,),
    "answered": (c.N_ANSWERED,),
    "answered_within": (c.ANSWERED_WITHIN,),
    "abandoned": (c.N_ABANDONED,),
    "abandoned_within": (c.ABANDONED_WITHIN,),
    "short_abandoned": (c.SHORT_ABANDONED,),
    "released": (c.N_RELEASED,),
    "moved_on": (c.N_MOVED_ON,),
    "refused": (c.N_REFUSED,),
    "answered_wait_ms": (c.ANSWERED_WAIT_MS,),
    "waited_ms": (c.ANSWERED_WAIT_MS, c.ABANDONED_WAIT_MS, c.RELEASED_WAIT_MS),
    "max_wait_ms": (c.MAX_WAIT_MS,),
    "handled": (c.N_ANSWERED,),
    "handling_ms": (c.TALK_MS, c.WRAP_UP_MS),
    "callbacks": (c.N_CALLBACKS,),
    "callbacks_connected": (c.N_CONNECTED,),
    "callbacks_failed": (c.N_FAILED,),
    "callback_wait_ms": (c.CALLBACK_WAIT_MS,),
}
"""The same of calls, to the cells that add up to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of a plan."""

    replications: int
    interval_ms: int
    measures: Measured
    still_there: Estimate
    """Calls a replication that had not left hours after the end."""


def outcome_of(model: Model, sample: Sample) -> Outcome:
    """The figures of ``sample``, which came of ``model``, over the whole time and by interval."""
    return Outcome(
        replications=sample.replications,
        interval_ms=model.interval_ms,
        measures=_in_order(_measures(model, sample, range(model.intervals))),
        still_there=mean(sample.still_there),
    )


def totals_of(model: Model, sample: Sample) -> Measured:
    """The figures over the whole time alone."""
    return _in_order(_measures(model, sample, range(0)))


def service_level(counts: Ints, definition: Definition) -> tuple[Floats, Floats]:
    """Calls served in time, and calls that count, from ``counts[…, count]``, by ``definition``."""
    return of_calls(definition.measure, counts)


def abandonment(counts: Ints) -> tuple[Floats, Floats]:
    """Abandoned calls, and those and the answered."""
    return of_calls(ABANDONMENT, counts)


def answer_speed(counts: Ints) -> tuple[Floats, Floats]:
    """The waits of answered calls, milliseconds, and how many they are."""
    return of_calls("asa_ms", counts)


def of_calls(measure: str, counts: Ints) -> tuple[Floats, Floats]:
    """What is divided by what for a measure, from ``counts[…, count]``."""
    return parts(measure, lambda name: _cells(counts, name))


def occupied(times: Ints) -> tuple[Ints, Ints]:
    """Time at work on calls, and that and the time ready, from ``times[…, time]``."""
    busy = times[..., c.RINGS_MS] + times[..., c.TALKS_MS] + times[..., c.WRAPS_UP_MS]
    return busy, busy + times[..., c.READY_MS]


def _cells(counts: Ints, name: str) -> Ints:
    first, *others = _OF_CALLS[name]
    found: Ints = counts[..., first]
    for cell in others:
        found = found + counts[..., cell]
    return found


def _in_order(figures: Iterable[tuple[Key, dict[str, Estimate]]]) -> Measured:
    return dict(sorted(figures, key=itemgetter(0)))


def _measures(model: Model, sample: Sample, intervals: range) -> Iterator[tuple[Key, dict[str, Estimate]]]:
    """Over the whole time, and in these intervals."""
    groups = Groups(model.acd.agents)
    for number, subject in enumerate(subjects_of(model).every):
        times = sample.times[:, _able(model, groups, subject)].sum(axis=1)
        yield Key(subject.kind, subject.name), _of_subject(model, sample, number, subject, times)
        waits = quantiles(sample.waits_by_interval[number], np.array(QUANTILES))
        for interval in intervals:
            # Of all replications together: the waits of each one are not kept by interval.
            known = {
                share: sectioned(float(wait), np.zeros(0))
                for share, wait in zip(QUANTILES, waits[interval], strict=True)
            }
            columns = _times(times[:, interval], model.interval_ms) | {
                "queue_ms": sample.crowds[:, number, interval, c.QUEUE_MS],
                "max_queue": sample.crowds[:, number, interval, c.MAX_QUEUE],
            }
            at = Key(subject.kind, subject.name, interval * model.interval_ms)
            yield at, _of_counts(subject, sample.counts[:, number, interval], columns, known)
    number_of = dict(zip((agent.id for agent in model.acd.agents), groups.group_of, strict=True))
    # By what agents can do; those who rank queues otherwise are told apart by routing, and not here.
    for name, agents in groups_of(model.acd.agents).items():
        times = sample.times[:, sorted({number_of[agent] for agent in agents})].sum(axis=1)
        yield Key("group", name), _of_group(times.sum(axis=1), _length_ms(model))
        for interval in intervals:
            yield Key("group", name, interval * model.interval_ms), _of_group(times[:, interval], model.interval_ms)


def _of_subject(model: Model, sample: Sample, number: int, subject: Subject, times: Ints) -> dict[str, Estimate]:
    """Over the whole time."""
    shares, waits, crowds = np.array(QUANTILES), sample.waits[:, number], sample.crowds[:, number]
    together, each = quantiles(waits.sum(axis=0), shares), quantiles(waits, shares)
    known = {share: sectioned(float(together[at]), each[:, at]) for at, share in enumerate(QUANTILES)}
    columns = _times(times.sum(axis=1), _length_ms(model)) | {
        "queue_ms": crowds[:, :, c.QUEUE_MS].sum(axis=1),
        "max_queue": crowds[:, :, c.MAX_QUEUE].max(axis=1),
        "max_wait_ms": sample.counts[:, number, :, c.MAX_WAIT_MS].max(axis=1),
    }
    return _of_counts(subject, sample.counts[:, number].sum(axis=1), columns, known)


def _of_counts(
    subject: Subject, counts: Ints, columns: Mapping[str, Floats], waits: Mapping[float, Estimate]
) -> dict[str, Estimate]:
    """``columns``: what stands elsewhere, or is not to be added up."""

    def column(name: str) -> Floats:
        return columns[name] if name in columns else _cells(counts, name)

    return measured(measures_of(subject.kind), column, waits)


def _of_group(times: Ints, length_ms: int) -> dict[str, Estimate]:
    columns = _times(times, length_ms) | {"answered": times[:, c.GROUP_ANSWERED]}
    return measured(measures_of("group"), columns.__getitem__, {})


def _length_ms(model: Model) -> int:
    return model.intervals * model.interval_ms


def _times(times: Ints, length_ms: int) -> dict[str, Floats]:
    busy, staffed = occupied(times)
    states = {name: times[..., cell] for name, cell in OF_AGENTS.items()}
    return {**states, "busy_ms": busy, "staffed_ms": staffed, "span_ms": np.full(len(times), length_ms)}


def _able(model: Model, groups: Groups, subject: Subject) -> list[int]:
    """The groups of agents who may take such calls without relaxation, or have the skill."""
    if subject.kind == "queue":
        setup = next(queue for queue in model.acd.queues if queue.id == subject.name)
        return groups.class_of(setup.needs, setup).members()
    held = (subject.kind == "all" or agent.skills.get(subject.name, 0) > 0 for agent in model.acd.agents)
    return sorted({group for group, is_it in zip(groups.group_of, held, strict=True) if is_it})
