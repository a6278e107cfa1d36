"""The counters once more, the slow way: from the raw log of effects, one question at a time."""

from __future__ import annotations

from collections.abc import Sequence

from acd.counters import AgentCounters, QueueCounters
from acd.effects import (
    OWN_CALL,
    Abandoned,
    AgentChanged,
    AgentState,
    Answered,
    Effect,
    Handled,
    OfferEnd,
    OfferEnded,
    Queued,
    Released,
)
from acd.events import Event
from acd.metrics import Metrics
from acd.setup import AcdSetup, QueueSetup

Log = list[tuple[int, Effect]]


def check_metrics(
    metrics: Metrics, setup: AcdSetup, journal: Sequence[tuple[Event, int, Sequence[Effect]]], now: int
) -> None:
    """Asserts that ``metrics``, which noted the journal, agrees with a recount, interval by interval and in all."""
    log = [(at, effect) for _, at, effects in journal for effect in effects]
    metrics.book_until(now)
    length = metrics.interval_ms
    times = [at for at, _ in log] + [effect.waiting_since for _, effect in log if isinstance(effect, Queued)]
    first, last = min(times, default=now) // length * length, now // length * length
    spans = [(start, start + length) for start in range(first, last + 1, length)] + [(first, last + length)]
    for start, end in spans:
        for queue in setup.queues:
            assert metrics.queue(queue.id, start, end) == queue_recount(log, queue, start, end)
        for skill in {skill for _, effect in log if isinstance(effect, Queued) for skill in effect.skills}:
            assert metrics.skill(skill, start, end) == skill_recount(log, skill, start, end)
        for agent in setup.agents:
            assert metrics.agent(agent.id, start, end) == agent_recount(log, agent.id, start, end, now)


def queue_recount(log: Log, queue: QueueSetup, start: int, end: int) -> QueueCounters:
    entered = [
        (place, effect)
        for place, (_, effect) in enumerate(log)
        if isinstance(effect, Queued) and effect.queue == queue.id and start <= effect.waiting_since < end
    ]
    count = QueueCounters(queued=len(entered))
    for place, queued in entered:
        for _, effect in log[place + 1 :]:
            match effect:
                case Answered(call=queued.call, waited_ms=waited):
                    count.answered += 1
                    count.answered_within += waited <= queue.threshold_ms
                    count.answered_wait_ms += waited
                    count.max_wait_ms = max(count.max_wait_ms, waited)
                    break
                case Abandoned(call=queued.call, waited_ms=waited):
                    count.abandoned += 1
                    count.abandoned_within += waited <= queue.threshold_ms
                    count.short_abandoned += waited <= queue.short_abandon_ms
                    count.max_wait_ms = max(count.max_wait_ms, waited)
                    break
                case Released(call=queued.call, queue=queue.id):
                    count.released += 1
                    break
                case Queued(call=queued.call) | Released(call=queued.call):
                    count.moved_on += 1
                    break
                case _:
                    pass
    where: dict[str, str] = {}
    for at, effect in log:
        match effect:
            case Queued():
                where[effect.call] = effect.queue
            case Answered() | Abandoned():
                del where[effect.call]
            case Released():
                refused = where.pop(effect.call, None) != effect.queue
                if effect.queue == queue.id and start <= at - effect.waited_ms < end:
                    count.refused += refused
                    count.exits[effect.why] = count.exits.get(effect.why, 0) + 1
            case Handled(queue=queue.id) if start <= at < end:
                count.handled += 1
                count.talk_ms += effect.talk_ms
                count.hold_ms += effect.hold_ms
                count.wrap_up_ms += effect.wrap_up_ms
            case _:
                pass
    return count


def skill_recount(log: Log, skill: str, start: int, end: int) -> QueueCounters:
    """As of queues, over the calls that asked for the skill when they came into the queue in which they are."""
    limits = QueueSetup(id="")  # no random queue has other limits
    count = QueueCounters()
    asking: dict[str, Queued] = {}
    for at, effect in log:
        queued = asking.get(getattr(effect, "call", None) or "")
        entered = queued is not None and start <= queued.waiting_since < end
        match effect:
            case Queued():
                count.moved_on += entered
                asking.pop(effect.call, None)
                if skill in effect.skills:
                    asking[effect.call] = effect
                    count.queued += start <= effect.waiting_since < end
            case Answered() if entered:
                count.answered += 1
                count.answered_within += effect.waited_ms <= limits.threshold_ms
                count.answered_wait_ms += effect.waited_ms
                count.max_wait_ms = max(count.max_wait_ms, effect.waited_ms)
            case Abandoned() if entered:
                count.abandoned += 1
                count.abandoned_within += effect.waited_ms <= limits.threshold_ms
                count.short_abandoned += effect.waited_ms <= limits.short_abandon_ms
                count.max_wait_ms = max(count.max_wait_ms, effect.waited_ms)
            case Released() if queued is not None:
                left = effect.queue == queued.queue
                count.released += entered and left
                count.moved_on += entered and not left
                if entered and left:
                    count.exits[effect.why] = count.exits.get(effect.why, 0) + 1
                del asking[effect.call]
            case Handled() if queued is not None:
                if start <= at < end:
                    count.handled += 1
                    count.talk_ms += effect.talk_ms
                    count.hold_ms += effect.hold_ms
                    count.wrap_up_ms += effect.wrap_up_ms
                del asking[effect.call]
            case _:
                pass
        if isinstance(effect, Abandoned):
            asking.pop(effect.call, None)
    return count


def agent_recount(log: Log, agent: str, start: int, end: int, now: int) -> AgentCounters:
    mine = [(at, effect) for at, effect in log if getattr(effect, "agent", None) == agent]
    inside = [effect for at, effect in mine if start <= at < end]
    ended = [effect.how for effect in inside if isinstance(effect, OfferEnded)]
    changes = [(at, effect) for at, effect in mine if isinstance(effect, AgentChanged)]
    spent, own_call_ms = dict.fromkeys(AgentState, 0), 0
    for (at, change), (until, _) in zip(changes, [*changes, (now, None)][1:], strict=True):
        spent[change.state] += max(0, min(until, end) - max(at, start))
        own_call_ms += max(0, min(until, end) - max(at, start)) * (change.reason == OWN_CALL)
    return AgentCounters(
        answered=sum(isinstance(effect, Answered) for effect in inside),
        missed=sum(how not in (OfferEnd.DECLINED, OfferEnd.WITHDRAWN, OfferEnd.LOST) for how in ended),
        declined=ended.count(OfferEnd.DECLINED),
        handled=sum(isinstance(effect, Handled) for effect in inside),
        not_ready_ms=spent[AgentState.NOT_READY],
        own_call_ms=own_call_ms,
        ready_ms=spent[AgentState.READY],
        offered_ms=spent[AgentState.OFFERED],
        talk_ms=spent[AgentState.TALKING],
        hold_ms=spent[AgentState.HOLD],
        wrap_up_ms=spent[AgentState.WRAP_UP],
    )
