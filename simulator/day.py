"""What came of a simulated day: the measures of the field, by queue and by interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from math import ceil

from acd.counters import (
    AgentCounters,
    QueueCounters,
    average_callback_wait_ms,
    average_handling_time_ms,
    average_speed_of_answer_ms,
    occupancy,
    service_level_abandons_ignored,
    service_level_abandons_negative,
    service_level_abandons_positive,
    service_level_short_abandons_excluded,
)
from acd.metrics import Metrics
from acd.requirement import is_met
from acd.setup import QueueSetup
from centre.calls import Outcome
from centre.machine import Centre
from config.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """The four that go by one name elsewhere: answered within the threshold over …; None when nobody called."""

    abandons_ignored: float | None
    """… the answered."""
    abandons_negative: float | None
    """… the answered and the abandoned."""
    abandons_positive: float | None
    """… the answered and the abandoned, where who gave up within the threshold counts as served."""
    short_abandons_excluded: float | None
    """… the answered and the abandoned, without short abandons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalResult:
    """The calls that entered a queue in the interval from ``start`` (Unix milliseconds) on."""

    start: int
    queued: int
    answered: int
    abandoned: int
    short_abandoned: int
    released: int
    service_levels: ServiceLevels
    asa_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueResult:
    """One queue's day. ``queued = answered + abandoned + released + moved_on + still_there``."""

    queue: str
    queued: int
    answered: int
    abandoned: int
    short_abandoned: int
    """Of the abandoned, those within the short-abandon limit."""
    released: int
    """Left without an agent and without hanging up."""
    moved_on: int
    """Went on to wait in another queue."""
    still_there: int
    """Had not left when the simulation ended, long after the day."""
    service_levels: ServiceLevels
    asa_ms: float | None
    """Average speed of answer, milliseconds."""
    answered_wait_p50_ms: int | None
    answered_wait_p90_ms: int | None
    max_wait_ms: int
    """Of the answered and the abandoned."""
    callbacks: int
    """Customers to be called back: in none of the figures above, nor in the service levels."""
    callbacks_connected: int
    callbacks_failed: int
    """Not reached in all attempts."""
    callback_wait_ms: float | None
    """The mean from the beginning of the wait to the conversation, of connected callbacks."""
    aht_ms: float | None
    """Average handling time: talk, hold and wrap-up."""
    occupancy: float | None
    """Of the agents who may take this queue's calls, whichever queue kept them busy."""
    intervals: tuple[IntervalResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillResult:
    """One skill's day: the calls that asked for it on coming into a queue, and the agents who hold it."""

    skill: str
    queued: int
    answered: int
    abandoned: int
    service_levels: ServiceLevels
    asa_ms: float | None
    aht_ms: float | None
    occupancy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """One simulated day, from ``start`` to ``end`` (Unix milliseconds)."""

    site: str
    seed: int
    date: Date
    start: int
    end: int
    arrived: int
    callbacks: int
    """Customers who asked to be called back: each is a call of its own besides the one in which it was asked for."""
    outcomes: Mapping[Outcome, int]
    """How the calls ended for their callers; together with ``still_there`` they are all that arrived, and callbacks."""
    still_there: int
    occupancy: float | None
    """Of all agents."""
    queues: tuple[QueueResult, ...]
    skills: tuple[SkillResult, ...]
    """The skills that agents hold."""


def summed_up(
    site: Site,
    centre: Centre,
    *,
    seed: int,
    date: Date,
    start: int,
    end: int,
    outcomes: Mapping[Outcome, int],
    answered_waits: Mapping[str, Sequence[int]],
) -> DayResult:
    """The day's figures, after a check that no call was lost on the way to them."""
    books = centre.conservation()
    still_there = sum(books.inside.values())
    assert books.arrived + books.callbacks == books.ended + still_there
    assert books.ended == sum(outcomes.values())
    # Whole agent-time up to the end of the day; who is still busy then is booked up to there.
    centre.metrics.book_until(end)
    agents = {agent.id: centre.metrics.agent(agent.id, start, end) for agent in site.acd.agents}
    queues = []
    for queue in site.acd.queues:
        able = [agents[agent.id] for agent in site.acd.agents if is_met(queue.needs, agent.skills)]
        queues.append(_queue(queue, centre.metrics, start, answered_waits[queue.id], occupancy(_together(able))))
    return DayResult(
        site=site.id,
        seed=seed,
        date=date,
        start=start,
        end=end,
        arrived=books.arrived,
        callbacks=books.callbacks,
        outcomes={outcome: outcomes.get(outcome, 0) for outcome in Outcome},
        still_there=still_there,
        occupancy=occupancy(_together(list(agents.values()))),
        queues=tuple(queues),
        skills=tuple(
            _skill(skill, centre.metrics, start, end)
            for skill in dict.fromkeys(skill for agent in site.acd.agents for skill in agent.skills)
        ),
    )


def percentile(values: Sequence[int], share: float) -> int | None:
    """The smallest value that at least ``share`` (above 0, to 1) of ``values`` do not exceed; None of nothing."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else None


def _queue(setup: QueueSetup, metrics: Metrics, start: int, waits: Sequence[int], busy: float | None) -> QueueResult:
    total = metrics.queue(setup.id, start)
    assert total.answered == len(waits)
    still_there = total.queued - total.answered - total.abandoned - total.released - total.moved_on
    assert still_there >= 0
    return QueueResult(
        queue=setup.id,
        queued=total.queued,
        answered=total.answered,
        abandoned=total.abandoned,
        short_abandoned=total.short_abandoned,
        released=total.released,
        moved_on=total.moved_on,
        still_there=still_there,
        service_levels=_service_levels(total),
        asa_ms=average_speed_of_answer_ms(total),
        answered_wait_p50_ms=percentile(waits, 0.5),
        answered_wait_p90_ms=percentile(waits, 0.9),
        max_wait_ms=total.max_wait_ms,
        callbacks=total.callbacks,
        callbacks_connected=total.callbacks_connected,
        callbacks_failed=total.callbacks_failed,
        callback_wait_ms=average_callback_wait_ms(total),
        aht_ms=average_handling_time_ms(total),
        occupancy=busy,
        intervals=tuple(_interval(begin, counters) for begin, counters in metrics.queue_intervals(setup.id)),
    )


def _skill(skill: str, metrics: Metrics, start: int, end: int) -> SkillResult:
    total = metrics.skill(skill, start)
    return SkillResult(
        skill=skill,
        queued=total.queued,
        answered=total.answered,
        abandoned=total.abandoned,
        service_levels=_service_levels(total),
        asa_ms=average_speed_of_answer_ms(total),
        aht_ms=average_handling_time_ms(total),
        occupancy=occupancy(metrics.holders(skill, start, end)),
    )


def _interval(start: int, counters: QueueCounters) -> IntervalResult:
    return IntervalResult(
        start=start,
        queued=counters.queued,
        answered=counters.answered,
        abandoned=counters.abandoned,
        short_abandoned=counters.short_abandoned,
        released=counters.released,
        service_levels=_service_levels(counters),
        asa_ms=average_speed_of_answer_ms(counters),
    )


def _service_levels(counters: QueueCounters) -> ServiceLevels:
    return ServiceLevels(
        abandons_ignored=service_level_abandons_ignored(counters),
        abandons_negative=service_level_abandons_negative(counters),
        abandons_positive=service_level_abandons_positive(counters),
        short_abandons_excluded=service_level_short_abandons_excluded(counters),
    )


def _together(agents: Sequence[AgentCounters]) -> AgentCounters:
    return AgentCounters(
        ready_ms=sum(agent.ready_ms for agent in agents),
        offered_ms=sum(agent.offered_ms for agent in agents),
        talk_ms=sum(agent.talk_ms for agent in agents),
        hold_ms=sum(agent.hold_ms for agent in agents),
        wrap_up_ms=sum(agent.wrap_up_ms for agent in agents),
    )
