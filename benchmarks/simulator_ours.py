"""Our engines on the models of :mod:`benchmarks.simulator_models`: the planner and the twin."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from time import process_time

import numpy as np

from acd.effects import Abandoned, Answered, Queued
from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Order, QueueSetup
from benchmarks.simulator_models import WARM_UP, Cell, Centre, Run
from benchmarks.steady import steady_site
from config.laws import Exponential
from config.site import Site
from simulator.planner import cells as c
from simulator.planner.model import CallKind, Model
from simulator.planner.runs import run
from simulator.planner.steady import steady_model
from simulator.playable import workload_of
from simulator.stage import Observer
from simulator.twin import Twin

MINUTE = 60_000
DAY = date(2026, 11, 23)
DAYS = 10
"""A plan is of many days, which use the same memory. One long day has to be given all of it anew, and where a machine
lends idle memory to others, that takes as long as the calls."""


def setup(centre: Centre) -> AcdSetup:
    """The queues and agents of ``centre``: a skill and a queue for each class."""
    return AcdSetup(
        queues=tuple(
            QueueSetup(
                id=f"q{kind}",
                needs=Skill(f"s{kind}"),
                priority=calls.points,
                wrap_up_ms=0,
                threshold_ms=round(centre.threshold * MINUTE),
            )
            for kind, calls in enumerate(centre.calls)
        ),
        agents=tuple(
            AgentSetup(id=f"a{number}-{one}", skills={f"s{kind}": 5 for kind in group.takes})
            for number, group in enumerate(centre.agents)
            for one in range(group.number)
        ),
        order=Order.SCORE if centre.points_per_minute else Order.STRICT,
        points_per_minute=centre.points_per_minute,
    )


@cache
def model(centre: Centre, minutes: float, warm_up: float = WARM_UP) -> Model:
    """``centre`` for the planner."""
    return steady_model(
        setup(centre), _calls(centre), warm_up_ms=round(warm_up * MINUTE), length_ms=round(minutes * MINUTE)
    )


def planner(centre: Centre, minutes: float, seed: int) -> Run:
    """All that ``holdless plan`` counts, its callers' draws included, in days of ``minutes`` together."""
    each = minutes / DAYS
    own = model(centre, each)
    begun = process_time()
    counts = run(own, seed=seed, replications=DAYS).counts[:, : len(centre.calls), 0].sum(axis=0).astype(np.float64)
    seconds = process_time() - begun
    cells = [c.QUEUED, c.N_ANSWERED, c.ANSWERED_WITHIN, c.ANSWERED_AT_ONCE, c.N_ABANDONED, c.ANSWERED_WAIT_MS]
    found = counts[:, cells]
    found[:, Cell.WAITED] /= MINUTE
    return Run(found, seconds, found[:, Cell.OFFERED].sum() * (1 + WARM_UP / each))


def site(centre: Centre) -> Site:
    """``centre`` for the twin: agents accept at once, and callers of a single class go straight into the queue."""
    return steady_site(setup(centre), _calls(centre))


def _calls(centre: Centre) -> list[tuple[CallKind, float]]:
    return [
        (
            CallKind(
                name=f"q{kind}",
                queue=f"q{kind}",
                talk=Exponential(mean_ms=round(each.talk * MINUTE)),
                patience=Exponential(mean_ms=round(each.patience * MINUTE)),
            ),
            each.rate / MINUTE,
        )
        for kind, each in enumerate(centre.calls)
    ]


def twin(centre: Centre, minutes: float, seed: int, warm_up: float = WARM_UP) -> Run:
    """(i) through the very centre that serves callers: flow, queue, agents, every event and effect."""
    own = site(centre)
    start = int(datetime.combine(DAY, time(0), own.time_zone).timestamp() * 1000)
    settled = start + round(warm_up * MINUTE)
    came: dict[str, int] = {}
    count = [0.0] * 6

    def queued(effect: Queued, at: int) -> None:
        came[effect.call] = at
        count[Cell.OFFERED] += at >= settled

    def answered(effect: Answered, at: int) -> None:
        if at - effect.waited_ms >= settled:
            count[Cell.ANSWERED] += 1
            count[Cell.WITHIN] += effect.waited_ms <= centre.threshold * MINUTE
            count[Cell.AT_ONCE] += effect.waited_ms == 0
            count[Cell.WAITED] += effect.waited_ms / MINUTE

    def abandoned(effect: Abandoned, at: int) -> None:
        count[Cell.ABANDONED] += at - effect.waited_ms >= settled

    see: Observer = {Queued: queued, Answered: answered, Abandoned: abandoned}

    begun = process_time()
    end = start + round((warm_up + minutes) * MINUTE)
    Twin(own, workload_of(own), seed=seed, start=start, end=end, observer=see).run()
    return Run(np.array([count]), process_time() - begun, len(came))
