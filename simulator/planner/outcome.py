"""What a planner reads from a sample: the measures of the field, by queue, group and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from acd.groups import Groups
from simulator.estimates import NOTHING, Estimate, mean, ratio, sectioned
from simulator.planner import cells as c
from simulator.planner.bins import quantiles
from simulator.planner.model import Model
from simulator.planner.runs import Sample
from simulator.planner.tables import Ints
from simulator.service_level import Definition
from simulator.tally import groups_of

SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)
"""The waits that so many of the answered did not exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    """Calls, over the whole time or one interval. Calls a replication; times in milliseconds; shares 0 to 1. Measures
    that :mod:`simulator.measures` has too are named as there.

    ``queued = answered + abandoned + released``, but for calls that are still there at the very end.
    """

    queued: Estimate
    answered: Estimate
    abandoned: Estimate
    short_abandoned: Estimate
    """Of the abandoned, those within the short-abandon limit."""
    released: Estimate
    """Waited as long as the queue allows."""
    refused: Estimate
    """Found the queue full; not among the queued."""
    service_levels: Mapping[Definition, Estimate]
    asa_ms: Estimate
    abandonment: Estimate
    """Abandoned over answered and abandoned."""
    short_abandonment: Estimate
    """Short abandons over the same."""
    mean_wait_ms: Estimate
    """Of the answered, the abandoned and the released."""
    aht_ms: Estimate
    """Talk and wrap-up."""
    wait_ms: Mapping[float, Estimate]
    """By share: the wait that so many of the answered did not exceed. For an interval, of all replications together
    and without half-width."""
    occupancy: Estimate
    """Of all agents who may take such calls without relaxation, whichever calls keep them busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures(CallFigures):
    """One queue."""

    max_queue: Estimate
    """The most callers in the queue at once, ringing ones included: the mean of each replication's most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFigures(CallFigures):
    """All queues together, and all agents."""

    staffed_agents: Estimate
    """Agents at work, on average over the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """One group of agents of equal skills, over the whole time or one interval."""

    answered: Estimate
    occupancy: Estimate
    """Offered, talking and in wrap-up, over the same and ready."""
    staffed_agents: Estimate
    """Agents at work, on average over the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue's figures."""

    queue: str
    total: QueueFigures
    intervals: tuple[QueueFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """The centre's figures."""

    total: AllFigures
    intervals: tuple[AllFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group's figures."""

    name: str
    """What its agents can do, as :func:`simulator.tally.groups_of` calls it."""
    agents: tuple[str, ...]
    total: GroupFigures
    intervals: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All of it."""

    replications: int
    interval_ms: int
    together: All
    queues: tuple[Queue, ...]
    groups: tuple[Group, ...]
    still_there: Estimate
    """Calls a replication that had not left hours after the end."""


def outcome_of(model: Model, sample: Sample) -> Outcome:
    """The figures of ``sample``, which came of ``model``."""
    groups = Groups(model.acd.agents)
    return Outcome(
        replications=sample.replications,
        interval_ms=model.interval_ms,
        together=_all(model, sample),
        queues=tuple(_queue(model, groups, sample, number) for number in range(len(model.acd.queues))),
        groups=_groups(model, groups, sample),
        still_there=mean(sample.still_there),
    )


def service_level(counts: Ints, definition: Definition) -> tuple[Ints, Ints]:
    """Calls served in time, and calls that count, from ``counts[…, count]``, by ``definition``."""
    answered, abandoned = counts[..., c.N_ANSWERED], counts[..., c.N_ABANDONED]
    within = counts[..., c.ANSWERED_WITHIN]
    match definition:
        case Definition.ABANDONS_IGNORED:
            return within, answered
        case Definition.ABANDONS_NEGATIVE:
            return within, answered + abandoned
        case Definition.ABANDONS_POSITIVE:
            return within + counts[..., c.ABANDONED_WITHIN], answered + abandoned
        case Definition.SHORT_ABANDONS_EXCLUDED:
            return within, answered + abandoned - counts[..., c.SHORT_ABANDONED]


def abandonment(counts: Ints) -> tuple[Ints, Ints]:
    """Abandoned calls, and those and the answered."""
    return counts[..., c.N_ABANDONED], counts[..., c.N_ANSWERED] + counts[..., c.N_ABANDONED]


def answer_speed(counts: Ints) -> tuple[Ints, Ints]:
    """The waits of answered calls, milliseconds, and how many they are."""
    return counts[..., c.ANSWERED_WAIT_MS], counts[..., c.N_ANSWERED]


def occupied(times: Ints) -> tuple[Ints, Ints]:
    """Time at work on calls, and that and the time ready, from ``times[…, time]``."""
    return times[..., c.BUSY_MS], times[..., c.BUSY_MS] + times[..., c.READY_MS]


def _all(model: Model, sample: Sample) -> All:
    counts, times = sample.counts.sum(axis=1), sample.times.sum(axis=1)
    whole = times.sum(axis=1)
    waits = _waits(sample.waits.sum(axis=1))
    by_interval = quantiles(sample.waits_by_interval.sum(axis=0), np.array(SHARES))

    def figures(counts: Ints, times: Ints, waits: Mapping[float, Estimate], length_ms: int) -> AllFigures:
        staffed = occupied(times)[1]
        return AllFigures(
            **_call_figures(counts, times, waits),
            staffed_agents=mean(staffed / length_ms),
        )

    return All(
        total=figures(counts.sum(axis=1), whole, waits, model.interval_ms * model.intervals),
        intervals=tuple(
            figures(counts[:, at], times[:, at], _pooled(by_interval[at]), model.interval_ms)
            for at in range(model.intervals)
        ),
    )


def _queue(model: Model, groups: Groups, sample: Sample, number: int) -> Queue:
    setup = model.acd.queues[number]
    counts = sample.counts[:, number]
    total = counts.sum(axis=1)
    total[:, c.MAX_PRESENT] = counts[:, :, c.MAX_PRESENT].max(axis=1)
    by_interval = quantiles(sample.waits_by_interval[number], np.array(SHARES))
    times = sample.times[:, groups.class_of(setup.needs, setup).members()].sum(axis=1)

    def figures(counts: Ints, times: Ints, waits: Mapping[float, Estimate]) -> QueueFigures:
        return QueueFigures(**_call_figures(counts, times, waits), max_queue=mean(counts[:, c.MAX_PRESENT]))

    return Queue(
        queue=setup.id,
        total=figures(total, times.sum(axis=1), _waits(sample.waits[:, number])),
        intervals=tuple(
            figures(counts[:, at], times[:, at], _pooled(by_interval[at])) for at in range(counts.shape[1])
        ),
    )


def _waits(waits: Ints) -> dict[float, Estimate]:
    """Of all replications together, from ``waits[replication, bin]``."""
    pooled, each = quantiles(waits.sum(axis=0), np.array(SHARES)), quantiles(waits, np.array(SHARES))
    return {share: sectioned(float(pooled[at]), each[:, at]) for at, share in enumerate(SHARES)}


def _pooled(waits: npt.NDArray[np.float64]) -> dict[float, Estimate]:
    return {
        share: NOTHING if np.isnan(wait) else Estimate(float(wait), None)
        for share, wait in zip(SHARES, waits, strict=True)
    }


class _CallFigures(TypedDict):
    """The fields of :class:`CallFigures`."""

    queued: Estimate
    answered: Estimate
    abandoned: Estimate
    short_abandoned: Estimate
    released: Estimate
    refused: Estimate
    service_levels: Mapping[Definition, Estimate]
    asa_ms: Estimate
    abandonment: Estimate
    short_abandonment: Estimate
    mean_wait_ms: Estimate
    aht_ms: Estimate
    wait_ms: Mapping[float, Estimate]
    occupancy: Estimate


def _call_figures(counts: Ints, times: Ints, waits: Mapping[float, Estimate]) -> _CallFigures:
    waited = counts[:, [c.ANSWERED_WAIT_MS, c.ABANDONED_WAIT_MS, c.RELEASED_WAIT_MS]].sum(axis=1)
    left = counts[:, [c.N_ANSWERED, c.N_ABANDONED, c.N_RELEASED]].sum(axis=1)
    return _CallFigures(
        queued=mean(counts[:, c.QUEUED]),
        answered=mean(counts[:, c.N_ANSWERED]),
        abandoned=mean(counts[:, c.N_ABANDONED]),
        short_abandoned=mean(counts[:, c.SHORT_ABANDONED]),
        released=mean(counts[:, c.N_RELEASED]),
        refused=mean(counts[:, c.N_REFUSED]),
        service_levels={definition: ratio(*service_level(counts, definition)) for definition in Definition},
        asa_ms=ratio(*answer_speed(counts)),
        abandonment=ratio(*abandonment(counts)),
        short_abandonment=ratio(counts[:, c.SHORT_ABANDONED], abandonment(counts)[1]),
        mean_wait_ms=ratio(waited, left),
        aht_ms=ratio(counts[:, c.TALK_MS] + counts[:, c.WRAP_UP_MS], counts[:, c.N_ANSWERED]),
        wait_ms=waits,
        occupancy=ratio(*occupied(times)),
    )


def _groups(model: Model, groups: Groups, sample: Sample) -> tuple[Group, ...]:
    """By what agents can do; those who rank queues otherwise are told apart by routing, and not here."""
    found = []
    number_of = dict(zip((agent.id for agent in model.acd.agents), groups.group_of, strict=True))
    for name, agents in groups_of(model.acd.agents).items():
        times = sample.times[:, sorted({number_of[agent] for agent in agents})].sum(axis=1)
        found.append(
            Group(
                name=name,
                agents=tuple(agents),
                total=_group_figures(times.sum(axis=1), model.interval_ms * model.intervals),
                intervals=tuple(_group_figures(times[:, at], model.interval_ms) for at in range(times.shape[1])),
            )
        )
    return tuple(found)


def _group_figures(times: Ints, length_ms: int) -> GroupFigures:
    busy, staffed = occupied(times)
    return GroupFigures(
        answered=mean(times[:, c.GROUP_ANSWERED]),
        occupancy=ratio(busy, staffed),
        staffed_agents=mean(staffed / length_ms),
    )
