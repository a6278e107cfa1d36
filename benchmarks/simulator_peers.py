"""Others on the models of :mod:`benchmarks.simulator_models`: C, plain Python, SimPy as tutorials have it, and Ciw."""

from __future__ import annotations

import random
import subprocess
from collections import deque
from collections.abc import Generator
from heapq import heappop, heappush
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from time import process_time

import numpy as np
import simpy

from benchmarks.simulator_models import WARM_UP, Cell, Centre, Engine, Run

SOURCE = Path(__file__).with_name("simulator.c")


def c_program(folder: Path) -> Engine | None:
    """``simulator.c``, compiled into ``folder``; None where there is no gcc."""
    gcc = which("gcc")
    if gcc is None:
        return None
    program = folder / "simulator"
    subprocess.run([gcc, "-O3", "-o", str(program), str(SOURCE), "-lm"], check=True)

    def run(centre: Centre, minutes: float, seed: int) -> Run:
        lines = [f"{centre.threshold!r} {centre.points_per_minute or 1e-9} {len(centre.calls)} {len(centre.agents)}"]
        lines += [f"{calls.rate} {calls.talk} {calls.patience} {calls.points}" for calls in centre.calls]
        lines += [
            " ".join(map(str, (group.number, *(int(kind in group.takes) for kind in range(len(centre.calls))))))
            for group in centre.agents
        ]
        command = [str(program), str(seed), str(WARM_UP), str(minutes)]
        printed = subprocess.run(
            command, check=True, capture_output=True, text=True, input="\n".join(lines)
        ).stdout.splitlines()
        counts = np.array([[float(number) for number in line.split()] for line in printed[:-1]])
        return Run(counts, float(printed[-1]), centre.rate * (WARM_UP + minutes))

    return run


def plain_loop(centre: Centre, minutes: float, seed: int) -> Run:
    """The same loop as that of the C program, in Python: a heap of what comes, a line for each class."""
    begun = process_time()
    rng, end = random.Random(seed), WARM_UP + minutes
    counts = np.zeros((len(centre.calls), 6)).tolist()
    heap: list[tuple[float, int, int, list[float] | None]] = []
    lines: list[deque[list[float]]] = [deque() for _ in centre.calls]
    idle = [deque([0.0] * group.number) for group in centre.agents]
    able = [[at for at, group in enumerate(centre.agents) if kind in group.takes] for kind in range(len(lines))]
    pace = centre.points_per_minute or 1e-9
    number = 0
    for kind, calls in enumerate(centre.calls):
        heappush(heap, (rng.expovariate(calls.rate), kind - len(lines), kind, None))
    while heap:
        now, what, who, call = heappop(heap)
        if what < 0:
            calls, count = centre.calls[who], counts[who]
            if now >= end:
                continue
            heappush(heap, (now + rng.expovariate(calls.rate), what, who, None))
            counted = now >= WARM_UP
            count[Cell.OFFERED] += counted
            free = [group for group in able[who] if idle[group]]
            number += 1
            if free:
                group = min(free, key=lambda each: idle[each][0])
                idle[group].popleft()
                for cell in (Cell.ANSWERED, Cell.WITHIN, Cell.AT_ONCE):
                    count[cell] += counted
                heappush(heap, (now + rng.expovariate(1 / calls.talk), number, group, None))
            else:
                call = [now, who, 1]
                lines[who].append(call)
                heappush(heap, (now + rng.expovariate(1 / calls.patience), number, who, call))
        elif call is None:
            best, most = -1, 0.0
            for kind in centre.agents[who].takes:
                line = lines[kind]
                while line and not line[0][2]:
                    line.popleft()
                if line:
                    score = centre.calls[kind].points + pace * (now - line[0][0])
                    if best < 0 or score > most:
                        best, most = kind, score
            if best < 0:
                idle[who].append(now)
                continue
            call = lines[best].popleft()
            call[2] = 0
            if call[0] >= WARM_UP:
                waited = now - call[0]
                counts[best][Cell.ANSWERED] += 1
                counts[best][Cell.WITHIN] += waited <= centre.threshold
                counts[best][Cell.WAITED] += waited
            number += 1
            heappush(heap, (now + rng.expovariate(1 / centre.calls[best].talk), number, who, None))
        elif call[2]:
            call[2] = 0
            counts[who][Cell.ABANDONED] += call[0] >= WARM_UP
    return Run(np.array(counts), process_time() - begun, number)


def textbook_simpy(centre: Centre, minutes: float, seed: int) -> Run:
    """(i) as every tutorial has it: a process for each caller, who waits for an agent or for patience to end."""
    begun = process_time()
    calls, agents = centre.calls[0], centre.agents[0].number
    rng, env, made = random.Random(seed), simpy.Environment(), 0
    desk, count = simpy.Resource(env, capacity=agents), [0.0] * 6

    def caller() -> Generator[simpy.Event, object, None]:
        came = env.now
        counted = came >= WARM_UP
        count[Cell.OFFERED] += counted
        with desk.request() as turn:
            yield turn | env.timeout(rng.expovariate(1 / calls.patience))
            if not turn.triggered:
                count[Cell.ABANDONED] += counted
                return
            if counted:
                waited = env.now - came
                count[Cell.ANSWERED] += 1
                count[Cell.WITHIN] += waited <= centre.threshold
                count[Cell.AT_ONCE] += waited == 0
                count[Cell.WAITED] += waited
            yield env.timeout(rng.expovariate(1 / calls.talk))

    def arrivals() -> Generator[simpy.Event, object, None]:
        nonlocal made
        while True:
            yield env.timeout(rng.expovariate(calls.rate))
            if env.now >= WARM_UP + minutes:
                return
            made += 1
            env.process(caller())

    env.process(arrivals())
    env.run()
    return Run(np.array([count]), process_time() - begun, made)


def ciw() -> Engine | None:
    """(i) by Ciw; None where it is not installed (``pip install ciw``)."""
    if find_spec("ciw") is None:
        return None
    module = import_module("ciw")

    def run(centre: Centre, minutes: float, seed: int) -> Run:
        begun = process_time()
        calls, end = centre.calls[0], WARM_UP + minutes
        network = module.create_network(
            arrival_distributions=[module.dists.Exponential(rate=calls.rate)],
            service_distributions=[module.dists.Exponential(rate=1 / calls.talk)],
            reneging_time_distributions=[module.dists.Exponential(rate=1 / calls.patience)],
            number_of_servers=[centre.agents[0].number],
        )
        module.seed(seed)
        simulation = module.Simulation(network)
        simulation.simulate_until_max_time(end + 20)
        records = simulation.get_all_records()
        seconds = process_time() - begun
        count = [0.0] * 6
        for record in records:
            if not WARM_UP <= record.arrival_date < end:
                continue
            count[Cell.OFFERED] += 1
            if record.record_type == "renege":
                count[Cell.ABANDONED] += 1
            else:
                count[Cell.ANSWERED] += 1
                count[Cell.WITHIN] += record.waiting_time <= centre.threshold
                count[Cell.AT_ONCE] += record.waiting_time == 0
                count[Cell.WAITED] += record.waiting_time
        return Run(np.array([count]), seconds, len(records))

    return run
