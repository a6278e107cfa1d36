"""Faults of every kind against a real Asterisk full of callers: is anybody lost, doubled, or overtaken?

    python -m benchmarks.kills                                   40 times kill -9: about 10 minutes
    python -m benchmarks.kills --callers 1,20 --kills 3          a minute: does it run through?
    python -m benchmarks.kills --fault sigstop                   or ami-reset, postgresql

SIPp's callers come and wait, SIPp's phones ring, decline, ring in vain, answer, talk. Meanwhile ``holdless serve`` is
killed with -9, at any time and before, in and after its journal and its orders, and started again; or it is stopped and
woken; or its link to Asterisk's manager is reset; or its database (journal and records in PostgreSQL) restarts as after
a power cut. The same seed draws the same faults; what callers do meanwhile is the machine's and SIPp's.

*Lost*: callers who were not served or not let in, whom engine and exchange do not agree on after all, or whose record
is missing or wrong. *Doubled*: callers rung for at two phones, phones rung for two callers, calls with two names, ends
or records, and rings that stand in no journal. *Overtaken*: by the journal, each decision for a caller while one
who had waited longer waited; by the phones, the same half a second apart. Who calls, and who was let in and when, is
taken from SIPp; what the engine knows, from its journal, lived through once more after each fault.

*Gap*: the longest time without a packet of the music, for a sample of those who wait all along, by the kernel's
timestamps; and before the fault, as long, for comparison: Asterisk plays the music, so what differs between the two is
the machine. *First offer*: from the beginning of the restart (or the end of the fault) to the next INVITE at a phone.
The exit code is 1 if anybody was lost, doubled or overtaken.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.asterisk_sides import exchange
from benchmarks.kills.faults import FAULTS
from benchmarks.kills.rounds import CALM_S, Result, befall
from benchmarks.kills.scene import Size, scene
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.ports import free_port
from tests.postgres.server import PostgresServer

_SHOWN = 10
"""Findings of one kind that are printed."""


async def suffer(asterisk: Asterisk, phones_port: int, folder: Path, size: Size, options: argparse.Namespace) -> Result:
    """One size."""
    result = Result(waiting=size.waiting)
    place = folder / str(size.waiting)
    place.mkdir()
    drawn = random.Random(f"{options.seed} {options.fault} {size.waiting}")
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer()) if options.fault == "postgresql" else None
        async with scene(asterisk, phones_port, place, size, drawn, postgres) as here:
            calm_s = CALM_S if options.calm is None else (options.calm, options.calm)
            await befall(here, options.fault, options.kills, result, calm_s=calm_s)
            for trouble in here.trouble:
                print(f"       {trouble}", flush=True)
    return result


def run(options: argparse.Namespace, folder: Path) -> list[Result]:
    """Every size on one Asterisk."""
    sizes = [Size(waiting) for waiting in options.callers]
    phones_port = free_port()
    results = []
    with exchange(folder, max(size.agents for size in sizes), phones_port) as asterisk:
        for size in sizes:
            results.append(asyncio.run(suffer(asterisk, phones_port, folder, size, options)))
            asterisk.cli("channel request hangup all")
    return results


def report(results: Sequence[Result], options: argparse.Namespace) -> int:
    """Prints the figures; how many were lost, doubled or overtaken."""
    print(f"\n{options.fault}, seed {options.seed}")
    print("waiting  times  calls  lost  doubled  overtaken   gap, median/worst   untouched   first offer, median/worst")
    for result in results:
        offered = [one.offered_after_s for one in result.rounds if one.offered_after_s is not None]
        gaps = [one.gap_ms for one in result.rounds if one.gap_ms is not None]
        untouched = [one.untouched_ms for one in result.rounds if one.untouched_ms is not None]
        print(
            f"{result.waiting:7d}  {len(result.rounds):5d}  {result.calls:5d}  {len(result.lost):4d}"
            f"  {len(result.doubled):7d}  {len(result.out_of_order) + len(result.broken):9d}"
            f"  {_spread(gaps, 'ms', 0):>18}  {_spread(untouched, 'ms', 0):>10}  {_spread(offered, 's', 2):>25}"
        )
    wrong = 0
    for result in results:
        for what in ("lost", "doubled", "out_of_order", "broken"):
            found = getattr(result, what)
            wrong += len(found)
            for one in found[:_SHOWN]:
                print(f"{result.waiting} waiting, {what.replace('_', ' ')}: {one}")
            if len(found) > _SHOWN:
                print(f"… and {len(found) - _SHOWN} more")
    return wrong


def _spread(values: Sequence[float], unit: str, digits: int) -> str:
    if not values:
        return "–"
    return f"{median(values):.{digits}f}/{max(values):.{digits}f} {unit}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--callers",
        type=lambda text: [int(one) for one in text.split(",")],
        default=[0, 1, 100, 500],
        help="how many wait (default 0,1,100,500)",
    )
    parser.add_argument("--kills", type=int, default=10, help="faults for each of these (default 10)")
    parser.add_argument("--fault", choices=sorted(FAULTS), default="kill", help="what befalls (default kill)")
    parser.add_argument("--seed", type=int, default=1, help="draws moments and times (default 1)")
    parser.add_argument("--calm", type=float, help="seconds between faults (default 3 to 4.5, drawn)")
    parser.add_argument("--folder", type=Path, help="keep every log and journal here, in a new folder")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        if options.folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hk-")))
        else:
            folder = options.folder
            folder.mkdir(parents=True)
        results = run(options, folder)
    return 1 if report(results, options) else 0


if __name__ == "__main__":
    sys.exit(main())
