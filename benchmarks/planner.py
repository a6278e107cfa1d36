"""How many calls a second the planner simulates, beside a textbook SimPy model and a plain Python loop in the same run.

Run as ``python -m benchmarks.planner`` (``--quick`` for a look). Two models: (i) M/M/100+M at load 1, mean patience
twice the mean conversation; (ii) 3 kinds of calls, 4 groups of agents, 120 agents, score order (ageing priorities).
Each engine runs in turn, round after round; medians and the spread over the rounds are printed, in calls a second of
processor time, and for (i) the service level beside the exact one. The planner counts all that ``holdless plan``
reports, its callers' draws included.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from time import perf_counter, process_time

import simpy

from acd.requirement import Skill
from acd.setup import AcdSetup, AgentSetup, Order, QueueSetup
from config.laws import Exponential
from simulator.formulas import erlang_a
from simulator.planner import cells as c
from simulator.planner.model import CallKind, Model
from simulator.planner.runs import run
from simulator.planner.steady import steady_model

MINUTE = 60_000
WITHIN = 1 / 3
"""The threshold of the service level, minutes."""


def one_queue(agents: int, minutes: float, warm_up: float = 20.0) -> Model:
    """Model (i), or the same with another number of agents; a call a minute for each agent."""
    acd = AcdSetup(
        queues=(QueueSetup(id="q", wrap_up_ms=0, threshold_ms=round(WITHIN * MINUTE)),),
        agents=tuple(AgentSetup(id=f"a{number}") for number in range(agents)),
    )
    kind = CallKind(name="calls", queue="q", talk=Exponential(mean_ms=MINUTE), patience=Exponential(mean_ms=2 * MINUTE))
    return steady_model(
        acd,
        [(kind, agents / MINUTE)],
        warm_up_ms=round(warm_up * MINUTE),
        length_ms=round(minutes * MINUTE),
    )


def by_skill(minutes: float) -> Model:
    """Model (ii)."""
    skills = (("a",), ("a", "b"), ("b", "c"), ("c",))
    acd = AcdSetup(
        queues=tuple(
            QueueSetup(id=name, needs=Skill(name), priority=rank, wrap_up_ms=0)
            for rank, name in enumerate(("c", "b", "a"))
        ),
        agents=tuple(
            AgentSetup(id=f"{group}-{number}", skills=dict.fromkeys(held, 5))
            for group, held in enumerate(skills)
            for number in range(30)
        ),
        order=Order.SCORE,
        points_per_minute=2,
    )
    calls = [
        (
            CallKind(name=name, queue=name, talk=Exponential(mean_ms=MINUTE), patience=Exponential(mean_ms=2 * MINUTE)),
            39 / MINUTE,
        )
        for name in ("a", "b", "c")
    ]
    return steady_model(acd, calls, warm_up_ms=20 * MINUTE, length_ms=round(minutes * MINUTE))


def planner(model: Model, seed: int) -> tuple[int, float]:
    """Calls that were counted, and the service level (abandons negative) of the first queue."""
    counts = run(model, seed=seed, replications=1).counts[0, :, 0]
    return int(counts[:, c.QUEUED].sum()), float(counts[0, c.ANSWERED_WITHIN] / counts[0, c.QUEUED])


def textbook_simpy(agents: int, calls: int, seed: int) -> tuple[int, float]:
    """Model (i) as every tutorial has it: a process for each caller, who waits for an agent or for patience to end."""
    rng, env = random.Random(seed), simpy.Environment()
    desk, within = simpy.Resource(env, capacity=agents), 0

    def caller() -> Generator[simpy.Event, object, None]:
        nonlocal within
        came = env.now
        with desk.request() as turn:
            yield turn | env.timeout(rng.expovariate(0.5))
            if turn.triggered:
                within += env.now - came <= WITHIN
                yield env.timeout(rng.expovariate(1.0))

    def arrivals() -> Generator[simpy.Event, object, None]:
        for _ in range(calls):
            yield env.timeout(rng.expovariate(agents))
            env.process(caller())

    env.process(arrivals())
    env.run()
    return calls, within / calls


def plain_loop(agents: int, calls: int, seed: int) -> tuple[int, float]:
    """Model (i) as short as it can be: one heap of ends of conversations, one line, patience looked at on the way."""
    rng = random.Random(seed)
    ends: list[float] = []
    line: deque[tuple[float, float]] = deque()
    now, idle, within = 0.0, agents, 0
    for _ in range(calls):
        now += rng.expovariate(agents)
        while ends and ends[0] <= now:
            at = heappop(ends)
            idle += 1
            while line:
                came, gives_up = line.popleft()
                if gives_up > at:
                    within += at - came <= WITHIN
                    heappush(ends, at + rng.expovariate(1.0))
                    idle -= 1
                    break
        if idle:
            idle -= 1
            within += 1
            heappush(ends, now + rng.expovariate(1.0))
        else:
            line.append((now, now + rng.expovariate(0.5)))
    return calls, within / calls


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small runs, for a look at the table")
    quick = parser.parse_args(arguments).quick
    rounds, minutes, calls = (2, 50, 2_000) if quick else (7, 5_000, 60_000)
    model, skilled = one_queue(100, minutes), by_skill(minutes)

    begun = perf_counter()
    planner(one_queue(1, 60), 0)
    print(f"First answer of this process, compiling included if nothing was kept: {perf_counter() - begun:.2f} s")
    exactly = erlang_a(100, 100, 1, 0.5).service_level(WITHIN)
    print(f"Service level of (i), exactly: {exactly:.4f}")
    engines: dict[str, Callable[[int], tuple[int, float]]] = {
        "(i) planner": lambda seed: planner(model, seed),
        "(i) plain Python loop": lambda seed: plain_loop(100, calls, seed),
        "(i) textbook SimPy": lambda seed: textbook_simpy(100, calls, seed),
        "(ii) planner": lambda seed: planner(skilled, seed),
    }
    speeds: dict[str, list[float]] = {name: [] for name in engines}
    levels: dict[str, list[float]] = {name: [] for name in engines}
    for seed in range(rounds):
        for name, engine in engines.items():
            begun = process_time()
            done, level = engine(seed)
            speeds[name].append(done / (process_time() - begun))
            levels[name].append(level)
    for name, found in speeds.items():
        median = statistics.median(found)
        spread = f"{min(found):>10,.0f} to {max(found):>10,.0f}"
        print(f"{name:24} {median:>10,.0f} calls/s ({spread}), service level {statistics.fmean(levels[name]):.4f}")
    _growing(minutes)
    _working(model, 2 if quick else 8)
    print(f"Most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _growing(minutes: float) -> None:
    """The price of a call as the centre grows at equal load per agent."""
    for agents in (100, 1_000, 10_000):
        growing = one_queue(agents, 40 * minutes / agents, warm_up=0.0)
        planner(growing, 0)
        begun = process_time()
        done, _ = planner(growing, 1)
        print(f"{agents:>6} agents: {(process_time() - begun) / done * 1e9:6.0f} ns a call")


def _working(model: Model, replications: int) -> None:
    """Two threads against one, by the clock on the wall."""
    begun = perf_counter()
    run(model, seed=1, replications=replications)
    alone = perf_counter() - begun
    begun = perf_counter()
    with ThreadPoolExecutor(2) as executor:
        run(model, seed=1, replications=replications, executor=executor)
    print(f"Two workers: {alone / (perf_counter() - begun):.2f} times as fast as one")


if __name__ == "__main__":
    main()
