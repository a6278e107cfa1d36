"""What it costs to lose nothing: the time of journalling an event, of a snapshot, and of a restart against the length
of the journal.

Run as ``python -m benchmarks.durability``, for a journal in files and for one in PostgreSQL (a million events: some
minutes and half a gigabyte in ``--folder``, which should be on the disk that the journal will live on). A restart is a
process of its own, on the clock from its start until the centre is where it was. The events are of a centre that is
never idle: the example bank, its agents talking for five seconds each and its callers hanging up after a minute.
Exit code 2: a figure is not what is asked, which a busy machine brings about too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter_ns

from acd.requirement import parse
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from benchmarks import durability_postgres
from benchmarks.bars import Bars
from benchmarks.durability_crowd import BANK, MONDAY, Crowd
from centre.effects import Ask, Ring
from centre.events import (
    AgentReady,
    AgentSignedIn,
    CallArrived,
    KeysEntered,
    OfferAnswered,
)
from centre.machine import Centre, CentreSetup
from config.loader import load_site
from config.site import Site
from cti.journal import Journal, Mark
from cti.service.recovery import SNAPSHOT_EVENTS, Recovery
from cti.snapshots import Forked, Kept, Snapshot, Snapshots
from ivr.flow import Choice, Flow, Menu, Node, Queue
from ivr.messages import EntryEnd
from tests.postgres.server import PostgresServer

QUEUES = 40
"""Of the large centre of which snapshots are measured."""
LENGTHS = (9_999, 99_999, 999_999)
"""Of the journal, each as long after a snapshot as may be."""
RESTART_S = 3.0
"""A restart may take so long, however long the journal is, and whenever it comes."""
ADDED_MS = 5.0
"""So much may journalling add to a decision, for 99 of 100 of them."""
RESTARTED = "restarted after "


def write(site: Site, folder: Path, lengths: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Writes a journal with its snapshots; at each of the lengths: it, and the nanoseconds of every append so far."""
    centre = Centre(site.centre)
    centre.prepare(site.digest, site.centre)
    journal = Journal.open(folder, site=site.id, configuration=site.digest)
    recovery = Recovery(journal, Snapshots(folder, site.id), every=SNAPSHOT_EVENTS)
    times: list[int] = []
    for happened in Crowd(site, centre).happens():
        begin = perf_counter_ns()
        journal.append(*happened)
        times.append(perf_counter_ns() - begin)
        recovery.note(happened.event, happened.at)
        recovery.snapshot_if_due(centre, site, site.digest)
        if len(times) in lengths:
            yield len(times), times
            if len(times) == max(lengths):
                break
    journal.close()


def restart(folder: Path, *, snapshots: bool) -> None:
    """What an engine does before its lines start, in this process."""
    site = load_site(BANK)
    journal = Journal.open(folder, site=site.id, configuration=site.digest)
    recovery = Recovery(journal, Snapshots(folder, site.id) if snapshots else None, every=SNAPSHOT_EVENTS)
    recovered = recovery.recovered(site, MONDAY)
    journal.close()
    print(f"{RESTARTED}{recovered.replayed}", flush=True)


def restarted(folder: Path, *, snapshots: bool) -> tuple[float, int]:
    """Seconds from the start of a process until it is where the centre was, and how many events it read for that."""
    command = [sys.executable, "-m", "benchmarks.durability", "--restart", str(folder)]
    begin = monotonic()
    said = subprocess.run(command if snapshots else [*command, "--without"], check=True, capture_output=True, text=True)
    return monotonic() - begin, int(said.stdout.rpartition(RESTARTED)[2])


def large_centre(staff: int, waiting: int) -> Centre:
    """Every agent talks, and callers wait for each skill."""
    skills = [f"skill{number}" for number in range(QUEUES)]
    queues = tuple(QueueSetup(id=skill, needs=parse(skill)) for skill in skills)
    agents = tuple(
        AgentSetup(id=f"agent-{number}", skills={skills[(number + step) % QUEUES]: 1 + step for step in range(8)})
        for number in range(staff)
    )
    choices = {str(number): Choice(next=skill) for number, skill in enumerate(skills)}
    menu = Menu(prompt="menu", choices=choices, otherwise=skills[0])
    nodes: dict[str, Node] = {"menu": menu, **{skill: Queue(queue=skill, otherwise="menu") for skill in skills}}
    flow = Flow(id="main", digest="main", start="menu", language="en", nodes=nodes)
    acd = AcdSetup(queues=queues, agents=agents)
    centre = Centre(CentreSetup(acd=acd, flows={flow.digest: flow}, entry=flow.digest))
    for agent in agents:
        centre.apply(AgentSignedIn(agent=agent.id), MONDAY)
        centre.apply(AgentReady(agent=agent.id), MONDAY)
    for number in range(staff + waiting):
        call, at = f"virtual-{number}", MONDAY + number
        effects = centre.apply(CallArrived(call=call, line="virtual", number=f"+38050{number:07}"), at)
        (asked,) = (effect for effect in effects if isinstance(effect, Ask))
        keys = KeysEntered(call=call, step=asked.step, keys=str(number % QUEUES), end=EntryEnd.KEYS)
        for effect in centre.apply(keys, at):
            if isinstance(effect, Ring):
                centre.apply(OfferAnswered(offer=effect.offer), at)
    return centre


async def stalls(centre: Centre, folder: Path, runs: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds: of the fork; by which a timer of the event loop that asks for each millisecond was late at most
    while the snapshot was written; and the same for as long without one."""
    forked, forks, late, idle = Forked(Snapshots(folder, "large")), [], [], []
    for run in range(runs):
        begin = perf_counter_ns()
        forked.take(Snapshot(mark=Mark(seq=run + 1, where=""), configuration="", kept=Kept(centre=centre, prompts={})))
        forks.append((perf_counter_ns() - begin) / 1e6)
        began, worst = monotonic(), 0.0
        while forked.is_busy():
            worst = max(worst, await _lateness_ms())
        late.append(worst)
        until, worst = monotonic() + monotonic() - began, 0.0
        while monotonic() < until:
            worst = max(worst, await _lateness_ms())
        idle.append(worst)
    return forks, late, idle


async def _lateness_ms() -> float:
    begin = perf_counter_ns()
    await asyncio.sleep(0.001)
    return (perf_counter_ns() - begin) / 1e6 - 1.0


def print_journal(folder: Path, lengths: Sequence[int], runs: int, bars: Bars) -> None:
    """The time of an append, the size, and restarts at each length."""
    site = load_site(BANK)
    print(f"restarts: median (lowest–highest) of {runs}, from the start of the process")
    for length, times in write(site, folder, lengths):
        restarts = _restarts(folder, runs, snapshots=True)
        row = f"  {length:>9,} events  from a snapshot {_spread(restarts.seconds)} s ({restarts.read:,} read)"
        alone = _restarts(folder, 1, snapshots=False)
        print(f"{row};  from the journal alone {_spread(alone.seconds)} s ({alone.read:,} read)", flush=True)
        bars.at_most(f"restart after {length:,} events, worst", max(restarts.seconds), RESTART_S, "s")
        if length == max(lengths):
            ordered = sorted(times)
            p50, p99, p999 = (ordered[int(length * share)] / 1_000 for share in (0.5, 0.99, 0.999))
            size = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
            print(
                f"append: p50 {p50:.1f} µs, p99 {p99:.1f} µs, p99.9 {p999:.1f} µs; {size / length:,.0f} bytes an event"
            )
            print(f"journalled: {length / sum(times) * 1e9:,.0f} events a second")
            print(f"added to a decision: p50 {p50 / 1_000:.3f} ms, p99 {p99 / 1_000:.3f} ms")
            bars.at_most("added to a decision, p99", p99 / 1_000, ADDED_MS, "ms")


@contextmanager
def _as_a_kill_leaves_it(folder: Path) -> Iterator[Path]:
    """A copy of the journal and its snapshots; the engine that writes them goes on."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for path in (*folder.glob("*.jsonl"), *folder.glob("snapshot-*")):
            (Path(name) / path.name).hardlink_to(path)
        yield Path(name)


@dataclass(frozen=True, slots=True)
class Restarts:
    """Of one length of the journal."""

    seconds: Sequence[float]
    read: int
    """Events that each read from the journal."""


def _restarts(folder: Path, runs: int, *, snapshots: bool) -> Restarts:
    with _as_a_kill_leaves_it(folder) as left:
        found = [restarted(left, snapshots=snapshots) for _ in range(runs)]
    return Restarts([seconds for seconds, _ in found], found[0][1])


def print_recovery(folder: Path, runs: int, bars: Bars) -> None:
    """How long restarts take that come at any time: killed after each of so many lengths of the journal."""
    site = load_site(BANK)
    seconds: list[float] = []
    lengths = [SNAPSHOT_EVENTS // 10 * number + 1 for number in range(1, runs + 1)]
    for _ in write(site, folder, lengths):
        with _as_a_kill_leaves_it(folder) as left:
            seconds.append(restarted(left, snapshots=True)[0])
    seconds.sort()
    nine = seconds[int(len(seconds) * 0.9)]
    print(
        f"recovery, killed {runs} times between two snapshots: median {statistics.median(seconds):.2f} s, nine of ten "
        f"within {nine:.2f} s, worst {seconds[-1]:.2f} s",
        flush=True,
    )
    bars.at_most("recovery, worst", seconds[-1], RESTART_S, "s")


def print_snapshot(folder: Path, runs: int, agents: int, waiting: int) -> None:
    """What a snapshot of a large centre costs."""
    centre = large_centre(agents, waiting)
    gc.collect()
    gc.freeze()
    forks, late, idle = asyncio.run(stalls(centre, folder, runs))
    snapshots = Snapshots(folder, "large")
    begin = perf_counter_ns()
    snapshots.write(Snapshot(mark=Mark(seq=runs + 1, where=""), configuration="", kept=Kept(centre=centre, prompts={})))
    written_ms = (perf_counter_ns() - begin) / 1e6
    begin = perf_counter_ns()
    assert snapshots.newest(lambda _: iter(())) is not None
    read_ms = (perf_counter_ns() - begin) / 1e6
    size = max(path.stat().st_size for path in folder.glob("snapshot-*"))
    print(f"a snapshot of {agents} agents and {waiting:,} waiting callers, {runs} times:")
    print(f"  the service stands still for the fork: {_spread(forks)} ms")
    print(
        f"  a timer of the loop is late by at most {_spread(late)} ms meanwhile, {_spread(idle)} ms without a snapshot"
    )
    print(f"  written in {written_ms:,.0f} ms, read back in {read_ms:,.0f} ms, {size / 1e6:.1f} MB")


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):,.2f} ({min(values):,.2f}–{max(values):,.2f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--events",
        type=int,
        nargs="+",
        default=LENGTHS,
        help="lengths of the journal; by default as long after a snapshot as may be",
    )
    parser.add_argument("--runs", type=int, default=5, help="restarts and snapshots of each kind (default 5)")
    parser.add_argument(
        "--postgres-events", type=int, nargs="+", default=[9_999, 99_999], help="lengths of the journal in PostgreSQL"
    )
    parser.add_argument("--kills", type=int, default=20, help="restarts at any time (default 20)")
    parser.add_argument("--agents", type=int, default=500, help="of the centre of which snapshots are taken")
    parser.add_argument("--waiting", type=int, default=2_000, help="callers who wait in it")
    parser.add_argument("--folder", type=Path, help="where to write (default: the temporary folder)")
    parser.add_argument("--restart", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--without", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.restart is not None:
        restart(options.restart, snapshots=not options.without)
        return 0
    bars = Bars()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        print_snapshot(Path(name), options.runs, options.agents, options.waiting)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        print("the journal in files")
        print_journal(Path(name), options.events, options.runs, bars)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        print_recovery(Path(name), options.kills, bars)
    print(f"the journal in PostgreSQL; restarts: median (lowest–highest) of {options.runs}")
    with PostgresServer() as server, tempfile.TemporaryDirectory(dir=options.folder) as name:
        restarts = asyncio.run(
            durability_postgres.write(server.empty_database(), Path(name), options.postgres_events, options.runs)
        )
        bars.at_most("restart from a journal in PostgreSQL, worst", max(restarts), RESTART_S, "s")
    return bars.code


if __name__ == "__main__":
    sys.exit(main())
