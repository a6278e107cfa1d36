"""The twin against the exact answer: one queue, exponential gaps and conversations, nobody gives up (M/M/c)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from math import sqrt
from statistics import fmean, stdev

from acd.effects import Answered
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from config.laws import Deterministic, Exponential
from config.site import Site
from config.workload import Callers, Shift, Workload
from ivr.flow import Flow, HangUp, Queue
from ivr.hours import Span
from simulator.formulas import erlang_c
from simulator.twin import span_of
from tests.twin.days import played
from tests.virtual.house import bank

AGENTS = 5
CALLS_PER_HOUR = 180
TALK_MS = 60_000
WITHIN_MS = 20_000
DAY = date(2026, 11, 23)
HOURS = 9
SEEDS = range(1, 13)


def single_queue() -> Site:
    """No menu, no prompt, agents who accept at once and never wrap up."""
    flow = Flow(
        id="straight",
        digest="straight",
        start="queue",
        language="en",
        nodes={"queue": Queue(queue="only", otherwise="end"), "end": HangUp()},
    )
    agents = tuple(f"agent-{n}" for n in range(AGENTS))
    always = Span(time(0), time(0))
    site = bank()
    return replace(
        site,
        acd=AcdSetup(
            queues=(QueueSetup(id="only", wrap_up_ms=0),), agents=tuple(AgentSetup(id=agent) for agent in agents)
        ),
        flows={flow.digest: flow},
        entry=flow.digest,
        workload=Workload(
            zone=site.time_zone,
            rates=((time(0), CALLS_PER_HOUR),),
            callers=(Callers(share=1, wants="only", keys={}),),
            patience=Deterministic(mean_ms=10**9),
            key_delay=Deterministic(mean_ms=0),
            talk={"only": Exponential(mean_ms=TALK_MS)},
            wrap_up=Deterministic(mean_ms=0),
            answer_delay=Deterministic(mean_ms=0),
            unanswered=0.0,
            staff=(Shift(agents=agents, hours=always),),
        ),
    )


def test_waits_service_level_and_occupancy_are_those_of_erlang_c() -> None:
    site = single_queue()
    waited_at_all, mean_wait, within, busy = [], [], [], []
    start, end = span_of(site, DAY, hours=HOURS)
    settled = start + 3_600_000
    for seed in SEEDS:
        waits: list[int] = []

        def observe(answered: Answered, at: int, waits: list[int] = waits) -> None:
            if at - answered.waited_ms >= settled:
                waits.append(answered.waited_ms)

        metrics = played(site, seed=seed, date=DAY, hours=HOURS, observer={Answered: observe}).centre.metrics
        assert metrics.queue("only", start).abandoned == 0
        agents = [metrics.agent(agent.id, start, end) for agent in site.acd.agents]
        work = sum(agent.offered_ms + agent.talk_ms + agent.wrap_up_ms for agent in agents)
        waited_at_all.append(fmean(wait > 0 for wait in waits))
        mean_wait.append(fmean(waits))
        within.append(fmean(wait <= WITHIN_MS for wait in waits))
        busy.append(work / (work + sum(agent.ready_ms for agent in agents)))

    exactly = erlang_c(AGENTS, CALLS_PER_HOUR / 3_600_000, 1 / TALK_MS)
    for name, measured, exact in (
        ("P(wait)", waited_at_all, exactly.p_wait),
        ("mean wait", mean_wait, exactly.asa),
        ("service level", within, exactly.service_level(WITHIN_MS)),
        ("occupancy", busy, exactly.occupancy),
    ):
        error = stdev(measured) / sqrt(len(measured))
        assert error < 0.15 * exact, f"{name}: too few calls to tell anything"
        assert abs(fmean(measured) - exact) < 3 * error, f"{name}: {fmean(measured)} ± {error}, exactly {exact}"
