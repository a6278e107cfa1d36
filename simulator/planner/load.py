"""How the calls of a model are drawn, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zlib import crc32

import numpy as np

from config.workload import Transfer
from simulator.planner import draws
from simulator.planner.features import Chances
from simulator.planner.laws import Code, Law, law_rows
from simulator.planner.model import AT_ONCE, CallKind, Model, Route
from simulator.planner.tables import Families, Load


def compile_load(model: Model) -> Load:
    """How the calls of ``model`` are drawn, every day as busy as the next."""
    ring_ms = {queue.id: queue.ring_ms for queue in model.acd.queues}
    laws: list[Law] = []
    for kind in model.kinds:
        by_purpose = {
            draws.PATIENCE: kind.patience,
            draws.TALK: kind.talk,
            draws.WRAP_UP: kind.wrap_up,
            draws.ANSWER_DELAY: kind.answer_delay,
            draws.KEY_DELAY: kind.key_delay,
        }
        laws += [by_purpose.get(purpose, AT_ONCE) for purpose in range(draws.PURPOSES)]
    laws.append(AT_ONCE if model.retry is None else model.retry.delay)
    rows, values = law_rows(laws)
    segments = [(rate.begin_ms, rate.end_ms, rate.per_ms) for kind in model.kinds for rate in kind.rates]
    codes = set(rows[:, 0])
    return Load(
        has=Chances(
            laws=not codes <= {Code.FIXED, Code.EXPONENTIAL},
            pauses=any(kind.key_delays for kind in model.kinds),
            rings=may_ring(model),
        ),
        key=np.array([crc32(kind.name.encode()) for kind in model.kinds], np.int64),
        first=np.cumsum([0, *(len(kind.rates) for kind in model.kinds)]).astype(np.int64),
        segments=np.array(segments, np.float64).reshape(-1, 3),
        laws=rows,
        values=values,
        given=np.array([at for kind in model.kinds for at in kind.arrivals], np.int64),
        given_first=np.cumsum([0, *(len(kind.arrivals) for kind in model.kinds)]).astype(np.int64),
        odds=np.array([kind.unanswered for kind in model.kinds], np.float64),
        ways=np.array([(kind.menu_ms, kind.key_delays, ring_ms[kind.queue]) for kind in model.kinds], np.int64).reshape(
            -1, 3
        ),
    )


def compile_further(model: Model) -> Families | None:
    """Which calls come of others; None: there are no such calls."""
    retry, numbers = model.retry, {queue.id: number for number, queue in enumerate(model.acd.queues)}
    if retry is None and not model.transfers:
        return None
    callers = callers_of(model)
    own = [[number for number, kind in enumerate(model.kinds) if family_of(kind) == one] for one in callers]
    assert all(of_it == list(range(of_it[0], of_it[-1] + 1)) for of_it in own)
    return Families(
        callers=np.array([callers[family_of(kind)] for kind in model.kinds], np.int64),
        first_kind=np.array([of_it[0] for of_it in own], np.int64),
        size=np.array([len(of_it) for of_it in own], np.int64),
        queue=np.array([numbers[kind.queue] for kind in model.kinds], np.int64),
        # Who is sent on as callers who never come to a queue leaves.
        sent=np.array([row for one in model.transfers for row in _sent(one, model, callers)], np.float64).reshape(
            -1, 3
        ),
        again=np.array((0.0, 0) if retry is None else (retry.after_abandon, retry.most), np.float64),
    )


def _sent(one: Transfer, model: Model, callers: Mapping[tuple[str, bool], int]) -> Iterator[tuple[int, int, float]]:
    """As callers of which families agents send how many on; as -1, who never come to a queue and leave."""
    queue = next(number for number, queue in enumerate(model.acd.queues) if queue.id == one.queue)
    left = 1.0
    for number, share in dict.fromkeys(
        (callers[family_of(kind)], kind.share) for kind in model.kinds if kind.callers == one.to
    ):
        left -= share
        yield queue, number, one.share * share
    if left > 0:
        yield queue, -1, one.share * left


def family_of(one: CallKind | Route) -> tuple[str, bool]:
    """The callers who are alike whenever they call."""
    return one.callers, one.wants_callback


def callers_of(model: Model) -> dict[tuple[str, bool], int]:
    """These, numbered."""
    return {own: number for number, own in enumerate(dict.fromkeys(family_of(kind) for kind in model.kinds))}


def may_ring(model: Model) -> bool:
    """Whether an agent ever takes a while to answer, or never does."""
    return any(kind.unanswered > 0 or kind.answer_delay != AT_ONCE for kind in model.kinds)
