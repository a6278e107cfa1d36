"""The engine as a process of its own, to be killed; what it has decided is read from its journal."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from centre.effects import Effect
from centre.events import AgentReady, AgentSignedIn, Event
from centre.machine import Centre
from config.site import Site
from cti.journal import Journal, read

DEADLINE_S = 30.0
"""How long to wait for something to happen at all, on a machine that does ten other things."""


@asynccontextmanager
async def serving(site: Path, data: Path, line: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`holdless serve` for the site in this folder, from when it serves."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "holdless", "serve", str(site), "--line", line, "--port", "0", "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            while b"Serving" not in (said := await process.stdout.readline()):
                assert said, "the engine did not start"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def killed(process: asyncio.subprocess.Process) -> None:
    """kill -9."""
    process.send_signal(signal.SIGKILL)
    await process.wait()


def at_work(site: Site, data: Path, *agents: str) -> None:
    """These agents want calls, in this order, as the journal has it before any engine runs."""
    centre, now = Centre(site.centre), time.time_ns() // 1_000_000
    journal = Journal.open(data, site=site.id, configuration=site.digest)
    for at, agent in enumerate(agents, now):
        for event in (AgentSignedIn(agent=agent), AgentReady(agent=agent)):
            journal.append(at, event, centre.apply(event, at))
    journal.close()


async def until(happened: Callable[[], object], what: str) -> None:
    """Waits until it has; fails with *what* was waited for."""
    end = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < end, f"{what}: nothing of the kind within {DEADLINE_S:g} s"
        await asyncio.sleep(0.05)


def effects(data: Path) -> list[Effect]:
    """What the journal holds."""
    return [effect for entry in read(data) for effect in entry.effects]


def events(data: Path) -> list[Event]:
    """What the engine was told."""
    return [entry.event for entry in read(data)]


async def journaled(data: Path, matches: Callable[[Effect], bool], *, times: int = 1) -> None:
    """Waits until the journal holds so many effects like this."""
    await until(lambda: sum(map(matches, effects(data))) >= times, "the journal")
