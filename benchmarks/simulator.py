"""How many calls a second our simulators run, beside others, in one run, and whether they all simulate the same.

Run as ``python -m benchmarks.simulator`` (``--quick`` for a look). The models are those of
:mod:`benchmarks.simulator_models`. Engines take turns, round after round with other seeds; printed are the medians and
the spread of calls a second of processor time, and what share of the C program's speed that is, round by round. Each
engine's measures are held against the exact ones (where there are none, against the C program's), and one that is
farther off than the 99.9 % interval of its rounds is named: nobody is fast here by simulating something else.
The price of a call as agents grow, and what worker processes gain, are printed below.
The planner counts all that ``holdless plan`` reports, its callers' draws included. Ciw takes part where it is installed
(``pip install ciw``). simmer is not in Debian, and the Java simulators are not on PyPI: they are not compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

from benchmarks.simulator_models import BY_SKILL, MEASURES, STRICT, Centre, Engine, Run, exactly, one_queue
from benchmarks.simulator_ours import model, planner, twin
from benchmarks.simulator_peers import c_program, ciw, plain_loop, textbook_simpy
from simulator.estimates import Estimate, ratio, t_quantile
from simulator.planner.days import days_of
from simulator.planner.runs import run, run_chunk
from simulator.workers import Workers, hired, in_order

AGENTS = (100, 1_000, 10_000)
LEVEL = 0.9995
"""99.9 % on both sides together."""


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small runs, for a look at the tables")
    quick = parser.parse_args(arguments).quick
    with TemporaryDirectory() as folder:
        if not quick:
            _starting(Path(folder))
        peers = {"C (gcc -O3)": c_program(Path(folder)), "Ciw": ciw()}
        for name, engine in peers.items():
            if engine is None:
                print(f"{name} is not installed here, and left out.")
        _compared(_lengths(peers, quick), rounds=3 if quick else 9)
        _day_of(*((20_000, None) if quick else (1_000_000, Path(folder))))
    minutes = 50 if quick else 5_000
    _growing(minutes)
    _twin_growing(2_000 if quick else 20_000)
    _working(minutes, 2 if quick else 8)


Lengths = Mapping[str, tuple[Centre, Mapping[str, tuple[Engine, float]]]]
"""By model: the engines, and how many minutes each of them simulates in a round."""


def _lengths(peers: Mapping[str, Engine | None], quick: bool) -> Lengths:
    agents, much, some, little = (20, 60, 20, 60) if quick else (100, 5_000, 300, 100)
    compiled = {name: engine for name, engine in peers.items() if engine is not None and name != "Ciw"}
    loops: dict[str, tuple[Engine, float]] = {
        "planner": (planner, much),
        **{name: (engine, much) for name, engine in compiled.items()},
        "plain Python loop": (plain_loop, some),
    }
    slow: dict[str, tuple[Engine, float]] = {"twin": (twin, little), "textbook SimPy": (textbook_simpy, some)}
    if (by_ciw := peers["Ciw"]) is not None:
        slow["Ciw"] = (by_ciw, some)
    return {
        f"(i) M/M/{agents}+M at load 1": (one_queue(agents), loops | slow),
        "(ii) 3 classes, 4 groups, 120 agents, ageing": (BY_SKILL, loops),
        "(iii) 2 classes, 5 agents, strict": (
            STRICT,
            {name: (engine, 4 * each) for name, (engine, each) in loops.items()},
        ),
    }


def _compared(lengths: Lengths, rounds: int) -> None:
    for title, (centre, engines) in lengths.items():
        runs: dict[str, list[Run]] = {name: [] for name in engines}
        planner(centre, 1, 0)
        for seed in range(rounds):
            for name, (engine, minutes) in engines.items():
                runs[name].append(engine(centre, minutes, seed))
        print(f"\n{title}")
        print(f"{'':20}{'calls/s':>12}{'spread':>28}{'of C':>8}{'spread':>14}{'largest |z|':>13}")
        for name, own in runs.items():
            speeds = [each.made / each.seconds for each in own]
            spread = f"{min(speeds):,.0f} to {max(speeds):,.0f}"
            line = f"{name:20}{statistics.median(speeds):>12,.0f}{spread:>28}"
            peer = next((found for other, found in runs.items() if other.startswith("C (")), None)
            if peer is not None:
                shares = [speed * each.seconds / each.made for speed, each in zip(speeds, peer, strict=True)]
                line += f"{statistics.median(shares):>8.1%}{f'{min(shares):.1%}–{max(shares):.1%}':>14}"
            else:
                line += f"{'':22}"
            print(line + _verdict(centre, own, peer))


def _verdict(centre: Centre, own: Sequence[Run], peer: Sequence[Run] | None) -> str:
    """How far an engine's measures are from what they should be, in standard errors."""
    known, largest, worst = exactly(centre), 0.0, ""
    for kind in range(len(centre.calls)):
        for measure in MEASURES if known is None else known[kind]:
            found = _estimate(own, kind, measure)
            if known is not None:
                other = Estimate(known[kind][measure], 0.0)
            elif peer is not None and peer is not own:
                other = _estimate(peer, kind, measure)
            else:
                return f"{'–':>13}"
            if found.mean is None or other.mean is None or not found.half_width or other.half_width is None:
                return f"{'nothing seen':>13}"
            z = (found.mean - other.mean) / np.hypot(found.half_width, other.half_width) * t_quantile(len(own) - 1)
            if abs(z) > largest:
                largest, worst = abs(z), measure
    return f"{largest:>13.1f}" + (f"  OFF: {worst}" if largest > t_quantile(len(own) - 1, LEVEL) else "")


def _estimate(runs: Sequence[Run], kind: int, measure: str) -> Estimate:
    above, below = MEASURES[measure]
    return ratio(
        np.array([each.counts[kind, above] for each in runs]), np.array([each.counts[kind, below] for each in runs])
    )


def _starting(folder: Path) -> None:
    """From nothing to the first answer, without and with what numba keeps on disk, in seconds of processor time: a
    plain centre, and one that uses every rule that the planner knows."""
    code = (
        "from time import process_time\n"
        "from simulator.planner.days import days_of\n"
        "from simulator.planner.runs import run_chunk\n"
        "imported = process_time()\n"
        "{centre}\n"
        "begun = process_time()\n"
        "run_chunk(days, None, 1, 0, 1)\n"
        "print(f'{{imported:.2f}} s of imports, then {{process_time() - begun:.2f}} s')"
    )
    plain = (
        "from benchmarks.simulator_models import one_queue; from benchmarks.simulator_ours import model\n"
        "days = days_of(model(one_queue(1), 60))"
    )
    everything = "from benchmarks.simulator_every_rule import every_rule_ready; days = every_rule_ready()"
    for name, centre in (("of (i)", plain), ("with every rule that there is", everything)):
        for what in ("compiling included", "compiled before"):
            print(f"First answer {name}, {what}: {_elsewhere(code.format(centre=centre), folder)}")


def _elsewhere(code: str, folder: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    if folder is not None:
        environment["NUMBA_CACHE_DIR"] = str(folder)
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def _growing(minutes: float) -> None:
    """The price of a call as the centre grows at equal load per agent."""
    price = {}
    for agents in AGENTS:
        growing = model(one_queue(agents), 40 * minutes / agents, warm_up=0.0)
        run(growing, seed=0, replications=1)
        begun = process_time()
        done = int(run(growing, seed=1, replications=1).counts[0, 0, 0, 0])
        price[agents] = (process_time() - begun) / done * 1e9
    _prices("planner", "ns", price)


def _twin_growing(calls: float) -> None:
    """The same for the twin: what three times as many ``calls`` take more, so that signing in is left out."""
    price = {}
    for agents in AGENTS:
        few, many = (twin(one_queue(agents), times * calls / agents, seed=0, warm_up=0.0) for times in (1, 3))
        price[agents] = (many.seconds - few.seconds) / (many.made - few.made) * 1e6
    _prices("twin", "µs", price)


def _prices(engine: str, unit: str, price: Mapping[int, float]) -> None:
    """What a call costs, beside what it would if it went by log n, and by n log n."""
    fewest = min(price)
    print(f"\n{engine}: a call, as agents grow")
    for agents, each in price.items():
        slow = log(agents) / log(fewest)
        as_first = f"{each / price[fewest]:.1f} times the first; log n would be {slow:.1f}"
        print(f"{agents:>8,} agents: {each:6.0f} {unit}, {as_first}, n log n {slow * agents / fewest:,.0f}")


def _working(minutes: float, replications: int) -> None:
    """Processes against one, by the clock on the wall, once all of them have started and compiled: the planner's
    replications, and days of the twin."""
    plan = partial(run_chunk, days_of(model(one_queue(100), minutes)), None, 1, count=1)
    day = partial(twin, one_queue(100), minutes / 100)
    print()
    for engine, one, count in (("planner", plan, 4 * replications), ("twin", day, replications)):
        alone = _seconds(None, one, count)
        for processes in range(2, max(2, os.cpu_count() or 2) + 1):
            with hired(processes) as workers:
                _seconds(workers, one, 2 * processes)
                faster = alone / _seconds(workers, one, count)
            print(f"{engine}: {processes} worker processes are {faster:.2f} times as fast as one")


def _seconds(workers: Workers | None, one: Callable[[int], object], count: int) -> float:
    begun = perf_counter()
    for _ in in_order(workers, one, range(count)):
        pass
    return perf_counter() - begun


def _day_of(calls: int, folder: Path | None) -> None:
    code = (
        "import resource; from benchmarks.simulator_ours import model; from simulator.planner.runs import run\n"
        "from benchmarks.simulator_models import one_queue\n"
        "def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"run(model(one_queue(1), 60), seed=0, replications=1); before = most()\n"
        f"run(model(one_queue(round({calls} / 1440)), 1440, warm_up=0.0), seed=0, replications=1)\n"
        "print(f'{most():.0f} MB, of which {before:.0f} are Python, NumPy and numba')"
    )
    print(f"A day of {calls:,} calls takes at most {_elsewhere(code, folder)}")


if __name__ == "__main__":
    main()
