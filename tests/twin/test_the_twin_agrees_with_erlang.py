"""The twin against the exact answer: one queue, exponential gaps and conversations, nobody gives up (M/M/c)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from math import exp, sqrt
from statistics import fmean, stdev

from acd.effects import Answered
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from centre.effects import Effect
from config.site import Site
from config.workload import Callers, Deterministic, Exponential, Shift, Workload
from ivr.flow import Flow, HangUp, Queue
from ivr.hours import Span
from simulator.twin import simulate_day
from tests.virtual.house import bank

AGENTS = 5
CALLS_PER_HOUR = 180
TALK_MS = 60_000
WITHIN_MS = 20_000
DAY = date(2026, 11, 23)
HOURS = 9
SEEDS = range(1, 13)


def erlang_c(servers: int, erlangs: float) -> float:
    """The chance to wait, from Erlang B by its recursion: B(0) = 1, B(n) = a·B(n-1) / (n + a·B(n-1)), and
    C = B / (1 - (a/n)·(1 - B))."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked / (1 - erlangs / servers * (1 - blocked))


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
    settled = int(datetime.combine(DAY, time(1), site.time_zone).timestamp() * 1000)
    for seed in SEEDS:
        waits: list[int] = []

        def observe(effect: Effect, at: int, waits: list[int] = waits) -> None:
            if isinstance(effect, Answered) and at - effect.waited_ms >= settled:
                waits.append(effect.waited_ms)

        result = simulate_day(site, seed=seed, date=DAY, hours=HOURS, observer=observe)
        assert result.queues[0].abandoned == 0
        assert result.occupancy is not None
        waited_at_all.append(fmean(wait > 0 for wait in waits))
        mean_wait.append(fmean(waits))
        within.append(fmean(wait <= WITHIN_MS for wait in waits))
        busy.append(result.occupancy)

    served_per_ms, called_per_ms = AGENTS / TALK_MS, CALLS_PER_HOUR / 3_600_000
    spare = served_per_ms - called_per_ms
    waits_at_all = erlang_c(AGENTS, called_per_ms * TALK_MS)
    for name, measured, exact in (
        ("P(wait)", waited_at_all, waits_at_all),
        ("mean wait", mean_wait, waits_at_all / spare),
        ("service level", within, 1 - waits_at_all * exp(-spare * WITHIN_MS)),
        ("occupancy", busy, called_per_ms / served_per_ms),
    ):
        error = stdev(measured) / sqrt(len(measured))
        assert error < 0.15 * exact, f"{name}: too few calls to tell anything"
        assert abs(fmean(measured) - exact) < 3 * error, f"{name}: {fmean(measured)} ± {error}, exactly {exact}"


def test_erlang_c_as_it_is_computed_here_agrees_with_published_values() -> None:
    # One server: the chance to wait is the load. Two servers at load one erlang: 1/3.
    assert abs(erlang_c(1, 0.7) - 0.7) < 1e-12
    assert abs(erlang_c(2, 1.0) - 1 / 3) < 1e-12
