"""Our engine beside Asterisk's own app_queue: same Asterisk process, same SIPp callers and phones, in turns.

    python -m benchmarks.asterisk                    about 6 minutes; --repetitions 3 for figures to quote
    python -m benchmarks.asterisk --quick            half a minute: does it run through?
    python -m benchmarks.asterisk --json FILE        every figure of every run, for machines

It needs Asterisk 22 and SIPp (``make asterisk``, ``tools/test-packages.sh``). Measured are

- *idle*: entering the queue until the INVITE at a free agent's phone, while agents are idle;
- *busy*: an agent hangs up while callers wait, until the INVITE of that agent's next call (100 agents with talks of a
  second are 100 calls/s: on 2 processors that measures the machine; the row with longer talks measures the way);
- *load*: many calls for 20 seconds with idle agents: calls lost, entry until INVITE, and processor time a call.

Each is repeated, the two taking turns; a cell is the median over the repetitions, with the least and the greatest. The
engine is what ``holdless serve`` runs, without the pages: FastAGI for each call, journal and database written. Music
plays to waiting callers on both sides. Phones answer at once and neither side sends audio, so no audio is carried
through Asterisk during a conversation. SIPp runs on the same processors as what is measured: read ratios first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from rich.console import Console
from rich.table import Table

from benchmarks.asterisk_figures import Times, entry_to_ring_ms, freed_to_ring, lost, middle_and_spread, times_of
from benchmarks.asterisk_load import callers, calls_in, phones, stop_calling
from benchmarks.asterisk_scenarios import Load
from benchmarks.asterisk_sides import AppQueue, Engine, Side, cpu_seconds, exchange
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.ports import free_port

Kind = Literal["idle", "busy", "load"]

FILL_S = 4.0
"""Until so many callers wait as should."""
REST_S = 2.0
"""An agent freed so late in a run is not counted: the next call may not have come before the end."""
HUNG_UP_S = 2.0
"""How long the last callers may take to hear that they were hung up on."""
END_S = 15.0
"""How long the last calls may take to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One comparison."""

    kind: Kind
    agents: int
    waiting: int = 0
    load: Load

    @property
    def title(self) -> str:
        """As the tables call it."""
        if self.kind == "busy":
            shortest, longest = self.load.talk_ms
            return f"{self.agents} agents, {self.waiting} waiting, {shortest / 1000:g}-{longest / 1000:g} s talks"
        return f"{self.agents} agents, {self.load.calls_per_second:g} calls/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one side did in one repetition of a scenario."""

    scenario: str
    kind: Kind
    side: str
    times: Times
    calls: int
    lost: int
    """More than 1: calls were offered anew."""
    waiting_least: int
    unserved: int
    without_waiting: int
    asterisk_cpu_ms: float
    """Processor time of Asterisk a call."""
    engine_cpu_ms: float
    load_average: float
    """Of the machine, over the minute before."""


def idle(agents: int, seconds: float) -> Scenario:
    """Callers come to a centre where an agent is nearly always idle: at most a fourth of the agents talk."""
    rate, talk_ms = (10.0, 50) if agents < 20 else (25.0, 200)
    return Scenario(
        kind="idle", agents=agents, load=Load(calls_per_second=rate, talk_ms=(talk_ms, talk_ms), seconds=seconds)
    )


def busy(agents: int, waiting: int, seconds: float, talk_ms: tuple[int, int] = (500, 1500)) -> Scenario:
    """So many callers that *waiting* of them wait whenever all agents talk."""
    everybody = agents + waiting
    served = agents * 2000 / sum(talk_ms)
    rate = served + everybody / (FILL_S - 1)  # whom the agents take in a second, and filling the queue meanwhile
    load = Load(calls_per_second=rate, talk_ms=talk_ms, seconds=FILL_S + seconds + REST_S, callers_most=everybody)
    return Scenario(kind="busy", agents=agents, waiting=waiting, load=load)


def loaded(agents: int, calls_per_second: float, seconds: float) -> Scenario:
    """Talks of a second at *calls_per_second*."""
    return Scenario(
        kind="load",
        agents=agents,
        load=Load(calls_per_second=calls_per_second, talk_ms=(1000, 1000), seconds=seconds),
    )


def measure(scenario: Scenario, side: Side, asterisk: Asterisk, phones_port: int, folder: Path) -> Run:
    """One repetition for one side."""
    folder.mkdir(parents=True)
    load = scenario.load
    load_average = os.getloadavg()[0]
    with side.ready(folder, scenario.agents) as engine, phones(folder, phones_port, load):
        cpu = cpu_seconds(asterisk.pid), cpu_seconds(engine) if engine else 0.0
        began = time.time()
        with callers(folder, asterisk.sip_port, side.extension, load) as calling:
            if load.callers_most is not None:
                time.sleep(load.seconds)
            else:
                with suppress(subprocess.TimeoutExpired):
                    calling.wait(load.seconds + END_S)
            until = time.time() - REST_S
            stop_calling(calling)
            asterisk_cpu = cpu_seconds(asterisk.pid) - cpu[0]
            engine_cpu = cpu_seconds(engine) - cpu[1] if engine else 0.0
            asterisk.cli("channel request hangup all")
            with suppress(subprocess.TimeoutExpired):
                calling.wait(HUNG_UP_S)
    calls = calls_in(folder)
    freed = freed_to_ring(calls, began + FILL_S, until)
    return Run(
        scenario=scenario.title,
        kind=scenario.kind,
        side=side.name,
        times=times_of(freed.gaps_ms if scenario.kind == "busy" else entry_to_ring_ms(calls, scenario.agents)),
        calls=len(calls),
        lost=lost(calls) if load.callers_most is None else 0,
        waiting_least=freed.waiting_least if scenario.kind == "busy" else 0,
        unserved=freed.unserved if scenario.kind == "busy" else 0,
        without_waiting=freed.without_waiting if scenario.kind == "busy" else 0,
        asterisk_cpu_ms=1000 * asterisk_cpu / len(calls),
        engine_cpu_ms=1000 * engine_cpu / len(calls),
        load_average=load_average,
    )


def show(console: Console, kind: Kind, runs: list[Run]) -> None:
    """The table of one kind of scenario."""
    titles = {
        "idle": "Entering the queue → INVITE at an idle agent",
        "busy": "An agent hangs up while callers wait → that agent's next INVITE",
        "load": "Under load: entering the queue → INVITE at an idle agent, and processor time a call",
    }
    table = Table(title=titles[kind], title_justify="left")
    headings = ["", "", "times", "p50 ms", "p95 ms", "p99 ms", "p50 ratio"]
    if kind == "busy":
        headings.append("least waiting")
    if kind == "load":
        headings += ["lost", "Asterisk ms/call", "engine ms/call"]
    for heading in headings:
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    of_kind = [run for run in runs if run.kind == kind]
    for scenario in dict.fromkeys(run.scenario for run in of_kind):
        theirs = median(run.times.p50 for run in of_kind if (run.scenario, run.side) == (scenario, AppQueue.name))
        for side in (Engine.name, AppQueue.name):
            found = [run for run in of_kind if (run.scenario, run.side) == (scenario, side)]
            ratio = median(run.times.p50 for run in found) / theirs
            row = [
                scenario if side == Engine.name else "",
                side,
                str(sum(run.times.count for run in found)),
                *(middle_and_spread([getattr(run.times, what) for run in found]) for what in ("p50", "p95", "p99")),
                f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}",
            ]
            if kind == "busy":
                row.append(str(min(run.waiting_least for run in found)))
            if kind == "load":
                row += [
                    f"{sum(run.lost for run in found)} of {sum(run.calls for run in found)}",
                    middle_and_spread([run.asterisk_cpu_ms for run in found]),
                    middle_and_spread([run.engine_cpu_ms for run in found]) if side == Engine.name else "–",
                ]
            table.add_row(*row)
    console.print(table)


def plan(*, quick: bool, seconds: float) -> list[Scenario]:
    """What is compared."""
    if quick:
        return [idle(2, 2), busy(4, 8, 2), loaded(20, 10, 2)]
    return [
        *(idle(agents, seconds) for agents in (2, 50, 100, 300)),
        *(busy(agents, waiting, seconds) for agents, waiting in ((10, 40), (50, 50), (100, 100))),
        busy(100, 100, seconds, talk_ms=(2000, 4000)),  # 33 calls/s: the machine has time to spare
        loaded(300, 50, 20),
    ]


def compare(scenarios: list[Scenario], repetitions: int, console: Console) -> list[Run]:
    """Every run of every scenario on one Asterisk, the sides taking turns."""
    runs = []
    phones_port = free_port()
    with tempfile.TemporaryDirectory(prefix="hb-") as place:
        folder = Path(place)
        with exchange(folder, max(scenario.agents for scenario in scenarios), phones_port) as asterisk:
            sides: tuple[Side, ...] = (Engine(asterisk), AppQueue(asterisk))
            for number, scenario in enumerate(scenarios):
                for repetition in range(repetitions):
                    for side in sides:
                        at = folder / f"{number}-{repetition}-{side.name}"
                        run = measure(scenario, side, asterisk, phones_port, at)
                        runs.append(run)
                        console.print(progress(run), highlight=False, soft_wrap=True)
    return runs


def progress(run: Run) -> str:
    """One run in one line."""
    times = run.times
    return (
        f"{run.scenario:<40} {run.side:<10} p50 {times.p50:7.1f}  p95 {times.p95:7.1f}  p99 {times.p99:7.1f} ms"
        f"  of {times.count:4}; calls {run.calls}, lost {run.lost}, load average {run.load_average:.1f}"
    )


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small and once: does it run through?")
    parser.add_argument("--repetitions", type=int, default=2, help="of each comparison (default 2)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the idle and busy runs (default 5)")
    parser.add_argument("--only", choices=("idle", "busy", "load"), help="one part alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every run")
    options = parser.parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    scenarios = [one for one in plan(quick=options.quick, seconds=options.seconds) if options.only in (None, one.kind)]
    runs = compare(scenarios, 1 if options.quick else options.repetitions, console)
    kinds: tuple[Kind, ...] = ("idle", "busy", "load")
    for kind in kinds:
        if any(run.kind == kind for run in runs):
            console.print()
            show(console, kind, runs)
    if options.json is not None:
        machine = {"processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        found = {"machine": machine, "runs": [asdict(run) for run in runs]}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
