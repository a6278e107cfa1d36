"""The part of ``benchmarks.durability`` that keeps the journal in PostgreSQL, on a server of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic, perf_counter_ns

from benchmarks.durability_crowd import BANK, MONDAY, Crowd, Happened
from centre.machine import Centre
from config.loader import load_site
from config.site import Site
from cti.journal import Header
from cti.journal.database import DatabaseJournal
from cti.journal.rows import Rows
from cti.lease import Leadership, LeaseRow, Terms
from cti.postgres import Session
from cti.service.recovery import SNAPSHOT_EVENTS, Recovery
from cti.snapshots import Snapshots
from tests.postgres.engines import LONG, engine_at

AT_ONCE = 1_000
"""Events that are given to the journal before it is waited for."""
RATE = 500
"""Events a second of a centre with 50 calls a second."""
ANSWER_S = 30.0


@dataclass(slots=True)
class Written:
    """What writing came to so far."""

    events: int = 0
    seconds: float = 0.0
    """In which nothing was done but to write them."""


async def write(address: str, folder: Path, lengths: Sequence[int], runs: int) -> list[float]:
    """Fills the journal at ``address``, with snapshots in ``folder``; prints the restarts at each length, and what
    writing took. Returns the seconds of every restart."""
    restarts: list[float] = []
    site = load_site(BANK)
    centre = Centre(site.centre)
    centre.prepare(site.digest, site.centre)
    async with engine_at(address, "bench", LONG) as pair:
        await pair.leads()
        await pair.journal.follow()
        pair.journal.begin()
        recovery = Recovery(pair.journal, Snapshots(folder, site.id), every=SNAPSHOT_EVENTS)
        happens = Crowd(site, centre).happens()
        written = Written()
        for length in lengths:
            while written.events < length:
                await _write_some(pair.journal, happens, min(AT_ONCE, length - written.events), written, recovery)
                recovery.snapshot_if_due(centre, site, site.digest)
            # The child has the memory of its instant; whoever restarts is to find what it writes.
            await recovery.written()
            restarts += await asyncio.to_thread(_print_restarts, address, folder, length, runs)
        print(f"journalled in pieces of {AT_ONCE:,}: {written.events / written.seconds:,.0f} events a second")
        late = await _paced(pair.journal, happens, min(max(lengths), 10 * RATE))
    ordered = sorted(late)
    p50, p99, most = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99, 0.9999))
    print(
        f"added to a decision at {RATE} events a second: p50 {p50:.2f} ms, p99 {p99:.2f} ms, at most {most:.2f} ms",
        flush=True,
    )
    return restarts


async def _write_some(
    journal: DatabaseJournal, happens: Iterator[Happened], count: int, written: Written, recovery: Recovery
) -> None:
    piece = list(islice(happens, count))
    kept = asyncio.Event()
    begin = monotonic()
    for number, (at, event, effects) in enumerate(piece, start=1):
        journal.append(at, event, effects, kept.set if number == count else lambda: None)
    await kept.wait()
    written.seconds += monotonic() - begin
    written.events += count
    for at, event, _ in piece:
        recovery.note(event, at)


async def _paced(journal: DatabaseJournal, happens: Iterator[Happened], count: int) -> list[float]:
    """Milliseconds from each append until its effects may leave."""
    late: list[float] = []
    done = asyncio.Event()
    begin = monotonic()
    for number, (at, event, effects) in enumerate(islice(happens, count)):
        await asyncio.sleep(max(begin + number / RATE - monotonic(), 0))
        began = perf_counter_ns()

        def kept(began: int = began) -> None:
            late.append((perf_counter_ns() - began) / 1e6)
            if len(late) == count:
                done.set()

        journal.append(at, event, effects, kept)
    await done.wait()
    return late


def _print_restarts(address: str, folder: Path, length: int, runs: int) -> list[float]:
    found = [_restarted(address, folder) for _ in range(runs)]
    seconds = sorted(one for one, _ in found)
    print(
        f"  {length:>9,} events  from a snapshot {seconds[len(seconds) // 2]:,.2f} "
        f"({seconds[0]:,.2f}–{seconds[-1]:,.2f}) s ({found[0][1]:,} read)",
        flush=True,
    )
    return seconds


def _restarted(address: str, folder: Path) -> tuple[float, int]:
    """Seconds from the start of a process until it is where the centre was, and how many events it read for that."""
    begin = monotonic()
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.durability_postgres", address, str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return monotonic() - begin, int(said.stdout)


def restart(site: Site, address: str, folder: Path) -> int:
    """What an engine does before it stands by, in this process; how many events it read."""

    async def recalled() -> int:
        rows = Rows(Session(address, name="bench restart", answer_s=ANSWER_S), site.id)
        row = LeaseRow(Session(address, name="bench restart", answer_s=ANSWER_S), site.id)
        leadership = Leadership(row, me="bench restart", name="bench", terms=Terms())
        header = Header(site=site.id, configuration=site.digest, opened=1)
        journal = DatabaseJournal(rows, leadership, header)
        recovery = Recovery(journal, Snapshots(folder, site.id), every=SNAPSHOT_EVENTS)
        replayed = recovery.recovered(site, MONDAY).replayed
        await journal.close()
        await leadership.close()
        return replayed

    return asyncio.run(recalled())


if __name__ == "__main__":
    print(restart(load_site(BANK), sys.argv[1], Path(sys.argv[2])))
