"""What a planner reads from a sample: the measures of the field, by queue, group and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acd.groups import Groups
from acd.setup import AgentSetup
from simulator.estimates import NOTHING, Estimate, mean, ratio, sectioned
from simulator.planner import cells as c
from simulator.planner.bins import quantiles
from simulator.planner.model import Model
from simulator.planner.runs import Sample
from simulator.planner.tables import Ints
from simulator.service_level import Definition

SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)
"""The waits that so many of the answered did not exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """One queue, over the whole time or one interval. Calls a replication; times in milliseconds; shares 0 to 1.

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
    aht_ms: Estimate
    """Talk and wrap-up."""
    wait_ms: Mapping[float, Estimate]
    """By share: the wait that so many of the answered did not exceed. For an interval, of all replications together
    and without half-width."""
    max_queue: Estimate
    """The most callers in the queue at once, ringing ones included: the mean of each replication's most."""


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
    occupancy: Estimate
    """Of all agents who may take a call of the queue without relaxation, whichever queue keeps them busy."""
    intervals: tuple[QueueFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group's figures."""

    agents: tuple[str, ...]
    skills: Mapping[str, int]
    total: GroupFigures
    intervals: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All of it."""

    replications: int
    interval_ms: int
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
        queues=tuple(_queue(model, groups, sample, number) for number in range(len(model.acd.queues))),
        groups=tuple(_group(model, groups, sample, number) for number in range(groups.size)),
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


def _queue(model: Model, groups: Groups, sample: Sample, number: int) -> Queue:
    setup = model.acd.queues[number]
    counts = sample.counts[:, number]
    pooled = quantiles(sample.waits[:, number].sum(axis=0), np.array(SHARES))
    each = quantiles(sample.waits[:, number], np.array(SHARES))
    waits = {share: sectioned(float(pooled[at]), each[:, at]) for at, share in enumerate(SHARES)}
    total = counts.sum(axis=1)
    total[:, c.MAX_PRESENT] = counts[:, :, c.MAX_PRESENT].max(axis=1)
    by_interval = quantiles(sample.waits_by_interval[number], np.array(SHARES))
    able = groups.class_of(setup.needs, setup).members()
    return Queue(
        queue=setup.id,
        total=_queue_figures(total, waits),
        occupancy=ratio(*occupied(sample.times[:, able].sum(axis=(1, 2)))),
        intervals=tuple(_queue_figures(counts[:, at], _pooled(by_interval[at])) for at in range(counts.shape[1])),
    )


def _pooled(waits: npt.NDArray[np.float64]) -> dict[float, Estimate]:
    return {
        share: NOTHING if np.isnan(wait) else Estimate(float(wait), None)
        for share, wait in zip(SHARES, waits, strict=True)
    }


def _queue_figures(counts: Ints, waits: Mapping[float, Estimate]) -> QueueFigures:
    return QueueFigures(
        queued=mean(counts[:, c.QUEUED]),
        answered=mean(counts[:, c.N_ANSWERED]),
        abandoned=mean(counts[:, c.N_ABANDONED]),
        short_abandoned=mean(counts[:, c.SHORT_ABANDONED]),
        released=mean(counts[:, c.N_RELEASED]),
        refused=mean(counts[:, c.N_REFUSED]),
        service_levels={definition: ratio(*service_level(counts, definition)) for definition in Definition},
        asa_ms=ratio(*answer_speed(counts)),
        abandonment=ratio(*abandonment(counts)),
        aht_ms=ratio(counts[:, c.TALK_MS] + counts[:, c.WRAP_UP_MS], counts[:, c.N_ANSWERED]),
        wait_ms=waits,
        max_queue=mean(counts[:, c.MAX_PRESENT]),
    )


def _group(model: Model, groups: Groups, sample: Sample, number: int) -> Group:
    times = sample.times[:, number]
    agents: list[AgentSetup] = [
        agent for agent, group in zip(model.acd.agents, groups.group_of, strict=True) if group == number
    ]
    return Group(
        agents=tuple(agent.id for agent in agents),
        skills=agents[0].skills,
        total=_group_figures(times.sum(axis=1), model.interval_ms * model.intervals),
        intervals=tuple(_group_figures(times[:, at], model.interval_ms) for at in range(times.shape[1])),
    )


def _group_figures(times: Ints, length_ms: int) -> GroupFigures:
    busy, staffed = occupied(times)
    return GroupFigures(
        answered=mean(times[:, c.GROUP_ANSWERED]),
        occupancy=ratio(busy, staffed),
        staffed_agents=mean(staffed / length_ms),
    )
