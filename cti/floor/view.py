"""What a manager sees: a pure function of the centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acd.counters import (
    QueueCounters,
    average_handling_time_ms,
    average_speed_of_answer_ms,
    occupancy,
    service_level_abandons_ignored,
    service_level_abandons_negative,
    service_level_abandons_positive,
    service_level_short_abandons_excluded,
)
from acd.effects import AgentState
from acd.metrics import Metrics
from acd.setup import QueueSetup
from centre.calls import Phase
from cti.service.standing import Standing
from cti.web.day import midnight
from cti.web.languages import Language
from cti.web.reasons import reason_title
from cti.web.service import Service

CALLS_SHOWN = 50
"""Of the waiting calls of a queue, those that are served next."""
SERVICE_LEVELS = {
    "abandons-ignored": service_level_abandons_ignored,
    "abandons-negative": service_level_abandons_negative,
    "abandons-positive": service_level_abandons_positive,
    "short-abandons-excluded": service_level_short_abandons_excluded,
}
"""The four by the names that the pages give them."""


def floor_view(service: Service, language: Language, now: int) -> Mapping[str, Any]:
    """The whole floor, ready for JSON, in ``language``. No caller is named in it: it may hang on a wall."""
    metrics = service.centre.metrics
    metrics.book_until(now)
    today = midnight(now, service.site.time_zone)
    interval = now - now % metrics.interval_ms
    setups = [*service.site.acd.queues, *service.centre.acd.former_queues()]
    queues = [_queue(service, language, setup, today, interval) for setup in setups]
    return {
        "type": "floor",
        "today": today,
        "interval": interval,
        "interval_ms": metrics.interval_ms,
        "in_menu": service.centre.conservation().inside[Phase.MENU],
        "queues": queues,
        "agents": [_agent(service, language, agent.id, metrics, today) for agent in service.centre.acd.agents()],
        "troubles": _troubles(service.standing(), language),
    }


def _troubles(standing: Standing, language: Language) -> Sequence[str]:
    """What does not work as it should, and what that means."""
    found = [
        language.text(
            "The line “{line}” is out of reach: callers keep their places, and nobody is rung there until it is back.",
            line=line,
        )
        for line in standing.unreached
    ]
    if not standing.takes_new_calls:
        found.append(
            language.text("The journal cannot be written, and memory is full of it: new callers are not taken in.")
        )
    elif standing.journal.effects_wait:
        found.append(language.text("The journal's database is slow or away: what is decided waits for it."))
    elif standing.journal.trouble:
        found.append(language.text("The journal cannot be written: what happens is kept in memory only."))
    if standing.first_come:
        found.append(
            language.text(
                "After several faults: calls go in the order of their coming to whoever is ready, by no other rule."
            )
        )
    if standing.full_limits:
        found.append(
            language.text(
                "A limit of the menu has all the tries in hand that it can count, and lets nobody try: {limits}",
                limits=", ".join(standing.full_limits),
            )
        )
    if standing.store.slow:
        found.append(language.text("The database is slow: ended calls wait for it in memory."))
    elif standing.store.trouble:
        found.append(language.text("The database is away: ended calls are kept in memory until it is back."))
    return found


def _queue(service: Service, language: Language, setup: QueueSetup, today: int, interval: int) -> Mapping[str, Any]:
    """``target``: None of a queue that is not in the configuration any more and still has callers."""
    text = service.site.queues.get(setup.id)
    view = service.centre.acd.queue(setup.id)
    metrics = service.centre.metrics
    return {
        "id": setup.id,
        "title": setup.id if text is None else language.pick(text.title),
        "target": None if text is None else text.target,
        "threshold_ms": setup.threshold_ms,
        "short_abandon_ms": setup.short_abandon_ms,
        "waiting": view.waiting,
        "ringing": view.offered,
        "callbacks": view.callbacks,
        "longest_since": view.longest_waiting_since,
        "ready": view.ready,
        "staffed": view.staffed,
        "calls": _calls(service, setup.id),
        "today": figures(metrics.queue(setup.id, today)),
        "now": figures(metrics.queue(setup.id, interval)),
    }


def _calls(service: Service, queue: str) -> Sequence[Mapping[str, Any]]:
    """Who waits, in order; then callbacks that wait for their time, or for the gap after an attempt to be over."""
    waiting = service.centre.waiting_calls(queue)
    later = [call for call in service.centre.callbacks(queue) if call not in waiting]
    return [
        {"id": call.record.call, "since": call.record.queued_at, "callback": not call.caller_there}
        for call in [*waiting, *later][:CALLS_SHOWN]
    ]


def figures(counters: QueueCounters) -> Mapping[str, Any]:
    """The counts and the measures derived from them; a measure of nothing is None."""
    return {
        "queued": counters.queued,
        "answered": counters.answered,
        "answered_within": counters.answered_within,
        "abandoned": counters.abandoned,
        "abandoned_within": counters.abandoned_within,
        "short_abandoned": counters.short_abandoned,
        "exits": counters.exits,
        "asa_ms": average_speed_of_answer_ms(counters),
        "aht_ms": average_handling_time_ms(counters),
        "service_levels": {name: level(counters) for name, level in SERVICE_LEVELS.items()},
    }


def _agent(service: Service, language: Language, agent: str, metrics: Metrics, today: int) -> Mapping[str, Any]:
    site, view = service.site, service.centre.acd.agent(agent)
    counters = metrics.agent(agent, today)
    queue = site.queues.get(view.queue or "")
    return {
        "id": agent,
        "name": site.agents[agent].name if agent in site.agents else agent,
        "state": view.state,
        "reason_title": reason_title(site, language, view.reason) if view.state is AgentState.NOT_READY else "",
        "since": view.since,
        "queue_title": language.pick(queue.title) if queue is not None else "",
        "handled": counters.handled,
        "occupancy": occupancy(counters),
    }
