"""How long the planner's formulas take, with pyworkforce beside them where it can be had.

Run as ``python -m benchmarks.erlang``. pyworkforce is not a dependency: it is installed with pip into a temporary
environment, asked the same questions there in the same run, and thrown away with it. Without a package index, or with
``--no-peer``, its column says so. Each figure is a median of runs with the lowest and the highest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns

from simulator.formulas import (
    Exponential,
    ServiceLevelTarget,
    Targets,
    blocking,
    erlang_a,
    erlang_c,
    least_agents,
    md_n,
)

PEER = "pyworkforce"
# Minutes, as pyworkforce has them: calls in half an hour, AHT, answered within 20 seconds.
PEER_PROGRAM = """
import json, sys
from importlib.metadata import version
from time import perf_counter_ns
from pyworkforce.queuing import ErlangC

def least(calls):
    return ErlangC(transactions=calls, asa=1/3, aht=3, interval=30, shrinkage=0.0).required_positions(
        service_level=0.8)["raw_positions"]

def level(calls, agents):
    return ErlangC(transactions=calls, asa=1/3, aht=3, interval=30, shrinkage=0.0).service_level(agents)

questions = {
    "least agents, Erlang C, 100 erlangs": lambda: least(1000),
    "least agents, Erlang C, 4,000 erlangs": lambda: least(40000),
    "service level, Erlang C, 10,000 agents": lambda: level(99000, 10000),
}
runs, found = int(sys.argv[1]), {}
for name, question in questions.items():
    times = []
    for _ in range(runs):
        try:
            start = perf_counter_ns()
            answer = question()
            times.append(perf_counter_ns() - start)
        except Exception as error:
            answer, times = f"{type(error).__name__}", []
            break
    found[name] = {"answer": answer, "times": times}
print(json.dumps({"version": version("pyworkforce"), "found": found}))
"""


def questions() -> dict[str, Callable[[], float]]:
    """What is timed: by name, a question and its answer. AHT 3 minutes, 80/20, patience 2 minutes."""
    level = Targets(service_level=ServiceLevelTarget(0.8, 1 / 3))
    patience = Exponential(0.5)
    return {
        "least agents, Erlang C, 100 erlangs": lambda: least_agents(1000 / 30, 1 / 3, level),
        "least agents, Erlang C, 4,000 erlangs": lambda: least_agents(40000 / 30, 1 / 3, level),
        "least agents, Erlang C, 100,000 erlangs": lambda: least_agents(1e6 / 30, 1 / 3, level),
        "least agents, Erlang A, 100 erlangs": lambda: least_agents(1000 / 30, 1 / 3, level, patience),
        "least agents, Erlang A, 4,000 erlangs": lambda: least_agents(40000 / 30, 1 / 3, level, patience),
        "least agents, Erlang A, 3 % abandon, 4,000": lambda: least_agents(
            40000 / 30, 1 / 3, Targets(abandonment=0.03), patience
        ),
        "blocking, Erlang B, 10,000 lines": lambda: blocking(10_000, 9_900),
        "service level, Erlang C, 10,000 agents": lambda: erlang_c(10_000, 3300, 1 / 3).service_level(1 / 3),
        "service level, Erlang A, 10,000 agents": lambda: erlang_a(10_000, 3300, 1 / 3, 0.5).service_level(1 / 3),
        "service level, M/D/n, 20 agents at 95 %": lambda: md_n(20, 19 / 3, 3.0).service_level(1 / 3),
    }


def timed(question: Callable[[], float], runs: int) -> tuple[float, list[int]]:
    """The answer, and the nanoseconds of each run; the first call, which fills caches, is not among them."""
    answer = question()
    times = []
    for _ in range(runs):
        start = perf_counter_ns()
        question()
        times.append(perf_counter_ns() - start)
    return answer, times


def peer(runs: int) -> tuple[str, dict[str, tuple[object, list[int]]]]:
    """pyworkforce's name and version with its answers and times; why not, and none, where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        install = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", PEER], capture_output=True, text=True, check=False
        )
        if install.returncode != 0:
            return f"{PEER}: could not be installed here", {}
        run = subprocess.run([python, "-c", PEER_PROGRAM, str(runs)], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return f"{PEER}: failed: {run.stderr.strip().splitlines()[-1]}", {}
    told = json.loads(run.stdout)
    found = {name: (one["answer"], one["times"]) for name, one in told["found"].items()}
    return f"{PEER} {told['version']}", found


def spread(times: list[int]) -> str:
    """Median, lowest and highest, in microseconds."""
    if not times:
        return "fails"
    return f"{statistics.median(times) / 1e3:,.0f} ({min(times) / 1e3:,.0f}–{max(times) / 1e3:,.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50, help="timed runs a question (default 50)")
    parser.add_argument("--no-peer", action="store_true", help=f"leave {PEER} out")
    options = parser.parse_args()
    title, theirs = ("no peer asked for", {}) if options.no_peer else peer(options.runs)
    print(f"µs, median (lowest–highest) of {options.runs} runs; the answer behind each; beside it {title}")
    for name, question in questions().items():
        answer, times = timed(question, options.runs)
        line = f"{name:<44}{spread(times):>24}  {answer:<12.6g}"
        if name in theirs:
            other, other_times = theirs[name]
            line += f"{spread(other_times):>28}  {other:.6g}" if isinstance(other, int | float) else f"  {other}"
        print(line.rstrip())


if __name__ == "__main__":
    main()
