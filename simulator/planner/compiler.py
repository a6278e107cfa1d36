"""The rules of a model, and who is there, as tables; for its calls see :mod:`simulator.planner.load`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from acd.groups import CallClass, Groups, ones
from acd.queues import QueueRecord
from acd.requirement import both
from acd.setup import (
    CallbackOrder,
    CallbackRules,
    Order,
    QueueSetup,
    Strategy,
)
from centre.virtual.agent import COMES_BACK_MS, Duty
from simulator.planner import cells as c
from simulator.planner import strategies
from simulator.planner.elsewhere import column_of
from simulator.planner.features import Features
from simulator.planner.known_rules import refusals
from simulator.planner.laws import longest_ms
from simulator.planner.load import callers_of, family_of, may_ring
from simulator.planner.model import AT_ONCE, CallKind, DutyChange, Model, PlannerError
from simulator.planner.refusals import refuse
from simulator.planner.stays import Stays
from simulator.planner.subjects import subjects_of
from simulator.planner.tables import Ints, Rules
from simulator.stage import DRAIN_MS

_BY_SKILL = {Strategy.LONGEST_IDLE: 0, Strategy.BEST_SKILL: -1, Strategy.WORST_SKILL: 1}
"""Strategies that choose among groups, to the sign of the sum of levels in the rank."""

_BY_RECORD = {
    Strategy.ROUND_ROBIN: strategies.ROUND_ROBIN,
    Strategy.FEWEST_CALLS: strategies.FEWEST_CALLS,
    Strategy.LEAST_OCCUPIED: strategies.LEAST_OCCUPIED,
    Strategy.LEAST_TALK_TIME: strategies.LEAST_TALK_TIME,
    Strategy.COST: strategies.COST,
    Strategy.LINEAR: strategies.LINEAR,
    Strategy.WEIGHTED_RANDOM: strategies.WEIGHTED_RANDOM,
}
"""Strategies that choose among agents."""

_IS = {Duty.OFF: c.OUT, Duty.PAUSE: c.NOT_READY, Duty.ON: c.READY}

LONGEST_MS = 2**31 - 1
"""Times within a replication are kept in 32 bits."""


def compile_rules(model: Model) -> Rules:
    """The tables of ``model``, everybody there as planned. Raises :class:`PlannerError` for what they cannot hold."""
    setup = model.acd
    refuse(refusals(setup, model.retry))
    if model.end_ms + DRAIN_MS > LONGEST_MS:
        raise PlannerError(
            f"one replication is too long; plan at most {(LONGEST_MS - DRAIN_MS) // 86_400_000} days at a time"
        )
    if not setup.agents:
        raise PlannerError("there are no agents; set up at least one")
    groups = Groups(setup.agents)
    rate = setup.points_per_minute if setup.order is Order.SCORE else 0
    numbers = {queue.id: number for number, queue in enumerate(setup.queues)}
    records = [QueueRecord(queue, rate, groups.delays.get(queue.id, {})) for queue in setup.queues]
    lists: list[int] = []

    def listed(items: list[int]) -> tuple[int, int]:
        lists.extend(items)
        return len(lists) - len(items), len(lists)

    queues = [
        _queue(
            record.setup,
            steps=listed(record.after_ms),
            hours=listed(_hours(record.setup, model.begin, model.end_ms)),
            delays=listed(record.delay_ms),
        )
        for record in records
    ]
    for kind in model.kinds:
        _number(numbers, kind)
    callers, subjects = callers_of(model), subjects_of(model)
    lengths = [listed(list(of_it)) for of_it in subjects.lengths_of]
    kinds: list[tuple[int, ...]] = []
    rows: list[tuple[int, ...]] = []
    ranks = []
    stays = Stays(model.kinds, records, subjects)
    for stay in stays:
        kind, record = stay.kind, stay.record
        queue = record.setup.id
        tally, column = subjects.tally_of[stay.number, queue], column_of(kind, queue)
        talks = -1 if column < 0 else c.SPILLED_TALKS + column
        own = (numbers[queue], len(rows), callers[family_of(kind)], tally)
        kinds.append((*own, *lengths[tally], talks, int(kind.customers is not None)))
        sign = _BY_SKILL.get(record.setup.strategy, 0)
        by_record = _BY_RECORD.get(record.setup.strategy, strategies.BY_GROUP)
        spills = stays.spills_of(stay)
        for closed in reversed(record.closed):
            for needs, points, only_needs, spill in zip(
                record.needs, record.points, record.only_needs, spills, strict=True
            ):
                call_class = groups.class_of(both(needs, kind.needs), record.setup, closed)
                rows.append((points + kind.priority, *listed(call_class.members()), int(only_needs), by_record, spill))
                ranks.append(_ranks(groups, call_class, sign))
    table = np.array(ranks, np.int64).reshape(len(rows), groups.size)
    people = np.full((len(setup.agents), c.AGENT_CELLS), -1, np.int64)
    people[:, c.AGENT_STATE] = people[:, c.AGENT_DUTY] = c.OUT
    people[:, c.AGENT_IDLE_SINCE : c.AGENT_MISSES + 1] = people[:, c.AGENT_IN_LINE : c.AGENT_IN_LINE + 1] = 0
    people[:, c.AGENT_GROUP] = groups.group_of
    agent_records = np.zeros((len(setup.agents), c.RECORD_CELLS), np.int64)
    agent_records[:, c.RECORD_COST] = [agent.cost_per_hour for agent in setup.agents]
    agent_records[:, c.RECORD_WEIGHT] = [agent.weight for agent in setup.agents]
    teams = np.zeros((c.GROUP_CELLS, groups.size), np.int64)
    teams[c.GROUP_FIRST] = teams[c.GROUP_LAST] = -1
    teams[c.GROUP_EMPTIED_AT] = c.SINCE_EVER
    group_ranks = np.zeros((groups.size, len(records)), np.int64)
    for group, own_ranks in enumerate(groups.ranks):
        own_lines = [
            2 * int(row) + starving for row in np.flatnonzero(table[:, group] != c.NO_MEMBER) for starving in (0, 1)
        ]
        teams[c.GROUP_LINES_FROM : c.GROUP_LINES_TO + 1, group] = listed(own_lines)
        teams[c.GROUP_RANKS, group] = bool(own_ranks)
        for name, own_rank in own_ranks.items():
            group_ranks[group, numbers[name]] = own_rank
    return Rules(
        has=_features(model),
        rows=_table(rows, c.ROW_CELLS),
        kinds=_table(kinds, c.KIND_CELLS),
        queues=_table(queues, c.QUEUE_CELLS),
        groups=teams,
        agents=people,
        records=agent_records,
        ranks=table,
        group_ranks=group_ranks,
        lists=np.array(lists, np.int64),
        spills=_table(stays.rows, c.SPILL_CELLS),
        pace=np.array([[stay.pace.get(agent.id, 1.0) for agent in setup.agents] for stay in stays], np.float64),
        duties=duty_rows(model.duties),
        routes=_table(
            [
                (callers[family_of(route)], route.at_ms, -1 if route.kind is None else route.kind)
                for route in model.routes
                if family_of(route) in callers
            ],
            3,
        ),
        centre=_centre(model, rate),
        subjects=subjects,
    )


def _ranks(groups: Groups, call_class: CallClass, sign: int) -> Ints:
    """How the strategy ranks each group for such calls; ``sign``: of the sum of levels."""
    rank = np.full(groups.size, c.NO_MEMBER, np.int64)
    for level, mask in groups.by_level(call_class):
        rank[ones(mask)] = sign * level
    return rank


def duty_rows(duties: Iterable[DutyChange]) -> Ints:
    """The changes as a table."""
    return _table([(change.at_ms, change.agent, _IS[change.duty]) for change in duties], 3)


def _number(numbers: dict[str, int], kind: CallKind) -> int:
    if kind.queue not in numbers:
        raise PlannerError(f"calls “{kind.name}” want the queue “{kind.queue}”, which is not set up")
    return numbers[kind.queue]


def _hours(queue: QueueSetup, begin: int, end_ms: int) -> list[int]:
    """When ``queue`` opens and closes in turn, closed at first; from ``begin`` (Unix milliseconds) on."""
    if queue.hours is None:
        return []
    found = [0] if queue.hours.is_open(begin) else []
    change = queue.hours.next_change(begin)
    while change is not None and change <= begin + end_ms + DRAIN_MS:
        found.append(change - begin)
        change = queue.hours.next_change(change)
    return found


def _queue(
    queue: QueueSetup, *, steps: tuple[int, int], hours: tuple[int, int], delays: tuple[int, int]
) -> tuple[int, ...]:
    return (
        *steps,
        queue.ring_ms,
        _or_none(queue.wrap_up_ms),
        _or_none(queue.max_waiting),
        _or_none(queue.max_wait_ms),
        queue.threshold_ms,
        queue.short_abandon_ms,
        0,
        *hours,
        int(queue.hours is not None),
        int(_empties(queue)),
        -1 if queue.unstaffed_ms is None else max(1, queue.unstaffed_ms),
        *delays,
        0,
        0,
        0,
        *_callback(queue.callback),
    )


def _callback(rules: CallbackRules | None) -> tuple[int, ...]:
    if rules is None:
        rules = CallbackRules(most=0)
    return (
        0,
        rules.most,
        int(rules.order is CallbackOrder.CUSTOMER_FIRST),
        rules.attempts,
        rules.gap_ms,
        rules.dial_ms,
        _or_none(rules.max_wait_ms),
    )


def _empties(queue: QueueSetup) -> bool:
    return queue.hours is not None and not queue.serves_after_closing


def _features(model: Model) -> Features:
    queues, kinds = model.acd.queues, model.kinds
    preferences = [preference for agent in model.acd.agents for preference in agent.queues.values()]
    ring_ms = min((queue.ring_ms for queue in queues), default=0)
    calls_back = any(kind.customers is not None for kind in kinds)
    return Features(
        steps=any(queue.steps for queue in queues),
        spills=any(step.spill is not None for queue in queues for step in queue.steps),
        delays=any(preference.after_ms > 0 for preference in preferences),
        starvation=model.acd.starvation_ms is not None,
        wait_limits=any(
            queue.max_wait_ms is not None or _empties(queue) or queue.unstaffed_ms is not None for queue in queues
        )
        or (calls_back and any(queue.callback and queue.callback.max_wait_ms is not None for queue in queues)),
        unstaffed=any(queue.unstaffed_ms is not None for queue in queues),
        hours=any(queue.hours is not None for queue in queues),
        waiting_limits=any(queue.max_waiting is not None for queue in queues),
        records=any(queue.strategy in _BY_RECORD for queue in queues),
        lots=any(queue.strategy is Strategy.WEIGHTED_RANDOM for queue in queues),
        ranks=any(preference.rank for preference in preferences),
        rings=may_ring(model) or calls_back,
        misses=any(kind.unanswered > 0 or longest_ms(kind.answer_delay) >= ring_ms for kind in kinds),
        wrap_up=any(kind.wrap_up != AT_ONCE for kind in kinds),
        pace=any(pace != 1 for kind in kinds for own in kind.paces() for pace in own.values()),
        further=model.retry is not None or bool(model.transfers),
        leaves=any(kind.leaving is not None for kind in kinds),
        callbacks=calls_back,
    )


def _centre(model: Model, rate: int) -> Ints:
    centre = np.zeros(c.CENTRE_CELLS, np.int64)
    centre[c.POINTS_PER_MINUTE] = rate
    centre[c.STARVATION_MS] = _or_none(model.acd.starvation_ms)
    centre[c.MISSES_ALLOWED] = model.acd.misses_allowed
    centre[c.COMES_BACK_MS] = COMES_BACK_MS
    centre[c.COUNTED_FROM_MS] = model.counted_from_ms
    centre[c.INTERVAL_MS] = model.interval_ms
    centre[c.INTERVALS] = model.intervals
    centre[c.STOP_MS] = model.end_ms + DRAIN_MS
    centre[c.SPILL_CHECK_MS] = max(1, model.acd.spill_check_ms)
    centre[c.INTO_A_QUARTER_MS] = model.begin % 900_000
    # As the lots have it: the lowest 64 bits.
    centre[c.SEED] = (model.acd.seed + (1 << 63)) % (1 << 64) - (1 << 63)
    return centre


def _or_none(value: int | None) -> int:
    return -1 if value is None else value


def _table(rows: list[tuple[int, ...]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)
