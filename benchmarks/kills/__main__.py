"""Faults of every kind against a real Asterisk full of callers: is anybody lost, doubled, or overtaken?

    python -m benchmarks.kills                                   40 times kill -9: about 10 minutes
    python -m benchmarks.kills --callers 1,20 --kills 3          a minute: does it run through?
    python -m benchmarks.kills --fault sigstop                   or ami-reset, postgresql; or all of them

SIPp's callers come and wait, SIPp's phones ring, decline, ring in vain, answer, talk. Meanwhile ``holdless serve`` is
killed with -9, at any time and before, in and after its journal and its orders, and started again; or it is stopped and
woken; or its link to Asterisk's manager is reset; or its database (journal and records in PostgreSQL) restarts as after
a power cut. The same seed draws the same faults; what callers do meanwhile is the machine's and SIPp's.

*Lost*: callers who were not served or not let in, whom engine and exchange do not agree on after all, or whose record
is missing or wrong. *Doubled*: callers rung for at two phones, phones rung for two callers, calls with two names, ends
or records, and rings that stand in no journal. *Overtaken*: by the journal, each decision for a caller while one
who had waited longer waited; by the phones, the same half a second apart. Who calls, and who was let in and when, is
taken from SIPp; what the engine knows, from its journal, lived through once more after each fault.

*Never offered*: faults after which no phone rang for half a minute. *Unknown*: callers of whom the journal says
nothing, as they came and went while there was no engine; any other such caller is lost. *Unqueued*: callers who left
before they were in a queue, so that nobody can have overtaken them.

*Gap*: the longest time without a packet of the music, for a sample of those who wait all along, by the kernel's
timestamps; behind it, in brackets, how much music was missing in the end: where that is less, packets only came late.
*Control*: the same without a fault. Asterisk plays the music, and whatever starts on this machine takes the processors
from it: so before each kill -9 a program as large as the engine starts beside, and nothing is killed; with other
faults, where nothing starts, it is as long before each. *Allowed*: 40 ms, or what the machine does in the control.
*First offer*: from the beginning of the restart (or the end of the fault) to the next INVITE at a phone; 3 s are
allowed.

Exit code 1: somebody was lost, doubled, overtaken or never offered. 2: nobody was, but a gap or a first offer took
longer than allowed, which means something only on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.asterisk_sides import exchange
from benchmarks.kills.faults import FAULTS
from benchmarks.kills.judge import code, report
from benchmarks.kills.rounds import CALM_S, Result, befall
from benchmarks.kills.scene import Size, scene
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.ports import free_port
from tests.postgres.server import PostgresServer

_KILLS, _OTHERS = 10, 3
"""Faults for each size, where nothing else is asked for."""
ALL = "all"
_VERDICTS = {
    0: "all was as it should be",
    1: "NOT as it should be: see above",
    2: "nobody lost, doubled or overtaken; but too slow, if the machine had nothing else to do: see above",
}


async def suffer(
    asterisk: Asterisk, phones_port: int, folder: Path, size: Size, fault: str, times: int, options: argparse.Namespace
) -> Result:
    """One size."""
    result = Result(waiting=size.waiting)
    place = folder / str(size.waiting)
    place.mkdir()
    drawn = random.Random(f"{options.seed} {fault} {size.waiting}")
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer()) if fault == "postgresql" else None
        async with scene(asterisk, phones_port, place, size, drawn, postgres) as here:
            calm_s = CALM_S if options.calm is None else (options.calm, options.calm)
            await befall(here, fault, times, result, calm_s=calm_s)
            for trouble in here.trouble:
                print(f"       {trouble}", flush=True)
    return result


def run(fault: str, times: int, options: argparse.Namespace, folder: Path) -> list[Result]:
    """Every size on one Asterisk."""
    sizes = [Size(waiting) for waiting in options.callers]
    phones_port = free_port()
    results = []
    with exchange(folder, max(size.agents for size in sizes), phones_port) as asterisk:
        for size in sizes:
            results.append(asyncio.run(suffer(asterisk, phones_port, folder, size, fault, times, options)))
            asterisk.cli("channel request hangup all")
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--callers",
        type=lambda text: [int(one) for one in text.split(",")],
        default=[0, 1, 100, 500],
        help="how many wait (default 0,1,100,500)",
    )
    parser.add_argument(
        "--kills", type=int, help=f"faults for each of these (default {_KILLS}, of other kinds {_OTHERS})"
    )
    parser.add_argument("--fault", choices=[*sorted(FAULTS), ALL], default="kill", help="what befalls (default kill)")
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
        faults = FAULTS if options.fault == ALL else [options.fault]
        return max([_one_kind(fault, folder / fault[0], options) for fault in faults], key=_worse)


def _one_kind(fault: str, folder: Path, options: argparse.Namespace) -> int:
    """Prints figures and verdict; returns the exit code."""
    began = time.monotonic()
    folder.mkdir()
    times = options.kills or (_KILLS if fault == "kill" else _OTHERS)
    results = run(fault, times, options, folder)
    took = time.monotonic() - began
    print(f"\n{fault}, seed {options.seed}, {took / 60:.1f} minutes")
    for line in report(results):
        print(line)
    print(_VERDICTS[code(results)], flush=True)
    return code(results)


def _worse(code: int) -> int:
    """Of exit codes."""
    return (0, 2, 1).index(code)


if __name__ == "__main__":
    sys.exit(main())
