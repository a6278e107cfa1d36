"""What becomes of callers in the menu when the engine is killed with -9: on a real Asterisk, and on Twilio's stand-in.

Run as ``python -m benchmarks.flows_killed`` (``make asterisk`` first). Callers are asked something, `holdless serve` is
killed, and started again a second later. Counted are those who are asked the same question again, and go on by a
key, as the same call; the time is from the start of the new process to the question. Half of Twilio's callers press a
key while no engine is there, so that they notice: its own document says “one moment please” for five seconds at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from centre.effects import Ask
from centre.events import CallArrived, KeysEntered
from tests.asterisk.engine import bank_on
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.sipp import Caller, caller
from tests.engine_process import events, journaled, killed, serving, until
from tests.twilio.house import PUBLIC
from tests.twilio.standin.door import at_the_door
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.twilio.test_the_engine_is_killed import BIN, ONE_MOMENT, office_on

AWAY_S = 1.0
LAST_KEY = "3"
"""A choice in both menus."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run on one line."""

    callers: int
    went_on: int
    asked_after_s: list[float]


async def at_the_menu(data: Path, node: str, times: int) -> None:
    """So many questions have been put at this node."""
    await journaled(data, lambda one: isinstance(one, Ask) and one.node == node, times=times)


async def timed(begin: float, happened: Awaitable[None]) -> float:
    """Seconds from *begin* until it has."""
    await happened
    return time.monotonic() - begin


def figures(data: Path, callers: int, asked_after_s: list[float]) -> Figures:
    """Whose key was heard has gone on; a caller who had to begin anew would be a second call."""
    assert len({one.call for one in events(data) if isinstance(one, CallArrived)}) == callers
    return Figures(callers, len(gone_on(data)), asked_after_s)


def gone_on(data: Path) -> set[str]:
    """The calls of those whose last key was heard."""
    return {one.call for one in events(data) if isinstance(one, KeysEntered) and one.keys == LAST_KEY}


async def on_asterisk(callers: int, folder: Path) -> Figures:
    """Asked by the engine, which says so in its journal."""
    with Asterisk(folder / "asterisk") as exchange:
        site, data = bank_on(exchange, folder), folder / "data"
        async with AsyncExitStack() as stack:
            there: list[Caller] = []
            async with serving(site, data, "asterisk") as process:
                for number in range(1, callers + 1):
                    there.append(await stack.enter_async_context(caller(exchange)))
                    await there[-1].answered()
                    await at_the_menu(data, "choose-language", number)
                    await there[-1].press("1")
                    await at_the_menu(data, "main", number)
                await killed(process)
            await asyncio.sleep(AWAY_S)
            begin = time.monotonic()
            async with serving(site, data, "asterisk"):
                again = [at_the_menu(data, "main", callers + number) for number in range(1, callers + 1)]
                after_s = await asyncio.gather(*(timed(begin, one) for one in again))
                for customer in there:
                    await customer.press(LAST_KEY)
                await until(lambda: len(gone_on(data)) == callers, "keys of all callers")
                return figures(data, callers, after_s)
    raise AssertionError("nothing above ends without a result")


async def listens(leg: Leg) -> None:
    """The caller is asked."""
    await until(lambda: leg.listening and "/keys/" in leg.answers_to, "a question")


async def chooses(leg: Leg) -> None:
    """The caller is asked, and presses a key."""
    await listens(leg)
    leg.press(LAST_KEY)


async def on_twilio(callers: int, folder: Path) -> Figures:
    """Asked by Twilio, which hears the keys."""
    twilio, (port,) = StandIn(public_url=PUBLIC), free_ports(1)
    twilio.fallback_url, twilio.bins[BIN] = BIN, ONE_MOMENT
    data = folder / "data"
    async with at_the_door(twilio, port) as api:
        site = office_on(twilio, api, port, folder)
        async with serving(site, data, "twilio") as process:
            there = [twilio.call_in(f"+38050111{number:04}") for number in range(callers)]
            await asyncio.gather(*map(listens, there))
            await killed(process)
        for leg in there[::2]:
            leg.press("1")
        await asyncio.sleep(AWAY_S)
        begin = time.monotonic()
        async with serving(site, data, "twilio"):
            after_s = await asyncio.gather(*(timed(begin, chooses(leg)) for leg in there))
            await until(lambda: len(gone_on(data)) == callers, "keys of all callers")
            return figures(data, callers, after_s)
    raise AssertionError("nothing above ends without a result")


def main(arguments: list[str] | None = None) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, default=10, help="in the menu (default 10)")
    parser.add_argument("--runs", type=int, default=3, help="of each line (default 3)")
    options = parser.parse_args(arguments)
    lines: dict[str, Callable[[int, Path], Coroutine[Any, Any, Figures]]] = {
        "Asterisk": on_asterisk,
        "Twilio": on_twilio,
    }
    for line, run in lines.items():
        found: list[Figures] = []
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as name:
                found.append(asyncio.run(run(options.callers, Path(name))))
        went_on, callers = sum(one.went_on for one in found), sum(one.callers for one in found)
        after_s = [one for run_of in found for one in run_of.asked_after_s]
        print(
            f"{line}: {went_on} of {callers} callers in the menu went on at the question where they were; asked again "
            f"{statistics.median(after_s):.1f} s ({min(after_s):.1f}–{max(after_s):.1f}) after the new engine's start"
        )


if __name__ == "__main__":
    main()
