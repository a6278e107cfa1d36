"""Our engines on the models of :mod:`benchmarks.simulator_models`: the planner and the twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np

from acd.effects import Abandoned, Answered, Queued
from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Order, QueueSetup
from benchmarks.simulator_models import WARM_UP, Cell, Centre, Run
from centre.effects import Effect
from config.laws import Deterministic, Exponential
from config.loader import load_site
from config.site import Site
from config.workload import Callers, Shift, Workload
from ivr.flow import Flow, HangUp, Queue
from ivr.hours import Span
from simulator.planner import cells as c
from simulator.planner.model import CallKind, Model
from simulator.planner.runs import run
from simulator.planner.steady import steady_model
from simulator.twin import simulate_day

MINUTE = 60_000
BANK = Path(__file__).parents[1] / "config" / "examples" / "bank"
DAY = date(2026, 11, 23)


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
    calls = [
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
    return steady_model(setup(centre), calls, warm_up_ms=round(warm_up * MINUTE), length_ms=round(minutes * MINUTE))


def planner(centre: Centre, minutes: float, seed: int) -> Run:
    """All that ``holdless plan`` counts, its callers' draws included."""
    own = model(centre, minutes)
    begun = process_time()
    counts = run(own, seed=seed, replications=1).counts[0, :, 0].astype(np.float64)
    seconds = process_time() - begun
    cells = [c.QUEUED, c.N_ANSWERED, c.ANSWERED_WITHIN, c.ANSWERED_AT_ONCE, c.N_ABANDONED, c.ANSWERED_WAIT_MS]
    found = counts[:, cells]
    found[:, Cell.WAITED] /= MINUTE
    return Run(found, seconds, found[:, Cell.OFFERED].sum() * (1 + WARM_UP / minutes))


def site(centre: Centre) -> Site:
    """(i) for the twin: callers go straight into the queue, agents accept at once."""
    acd, calls = setup(centre), centre.calls[0]
    flow = Flow(
        id="straight",
        digest="straight",
        start="queue",
        language="en",
        nodes={"queue": Queue(queue="q0", otherwise="end"), "end": HangUp()},
    )
    bank = load_site(BANK)
    return replace(
        bank,
        acd=acd,
        flows={flow.digest: flow},
        entry=flow.digest,
        workload=Workload(
            zone=bank.time_zone,
            rates=((time(0), calls.rate * 60),),
            callers=(Callers(share=1, wants="q0", keys={}),),
            patience=Exponential(mean_ms=round(calls.patience * MINUTE)),
            key_delay=Deterministic(mean_ms=0),
            talk={"q0": Exponential(mean_ms=round(calls.talk * MINUTE))},
            wrap_up=Deterministic(mean_ms=0),
            answer_delay=Deterministic(mean_ms=0),
            unanswered=0.0,
            staff=(Shift(agents=tuple(agent.id for agent in acd.agents), hours=Span(time(0), time(0))),),
        ),
    )


def twin(centre: Centre, minutes: float, seed: int) -> Run:
    """(i) through the very centre that serves callers: flow, queue, agents, every event and effect."""
    own = site(centre)
    start = int(datetime.combine(DAY, time(0), own.time_zone).timestamp() * 1000)
    settled = start + round(WARM_UP * MINUTE)
    came: dict[str, int] = {}
    count = [0.0] * 6

    def observe(effect: Effect, at: int) -> None:
        if isinstance(effect, Queued):
            came[effect.call] = at
            count[Cell.OFFERED] += at >= settled
        elif isinstance(effect, Answered) and at - effect.waited_ms >= settled:
            count[Cell.ANSWERED] += 1
            count[Cell.WITHIN] += effect.waited_ms <= centre.threshold * MINUTE
            count[Cell.AT_ONCE] += effect.waited_ms == 0
            count[Cell.WAITED] += effect.waited_ms / MINUTE
        elif isinstance(effect, Abandoned):
            count[Cell.ABANDONED] += at - effect.waited_ms >= settled

    begun = process_time()
    simulate_day(own, seed=seed, date=DAY, hours=(WARM_UP + minutes) / 60, observer=observe)
    return Run(np.array([count]), process_time() - begun, len(came))
