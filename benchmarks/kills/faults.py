"""What befalls the engine, its link and its database, and when it was over."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from benchmarks.kills.process import Engine
from simulator.torture.plan import Moment
from tests.postgres.server import PostgresServer
from tests.proxy import FreezableProxy


@dataclass(slots=True)
class Victims:
    """What can be hit."""

    engine: Engine
    link: FreezableProxy
    """Between the engine and Asterisk's manager."""
    database: PostgresServer | None
    drawn: random.Random
    blows: int = 0


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault. Unix seconds."""

    name: str
    struck: float
    over: float
    """From here on the engine could work again: its restart began, it was woken, its link or database came back."""
    back: float
    """The engine said that it serves, where it was started again."""


async def kill(hit: Victims) -> Blow:
    """kill -9, at moments in turns; started again after a while; one in five is killed once more as it starts."""
    moment = list(Moment)[hit.blows % len(Moment)]
    if moment is Moment.ANY:
        await asyncio.sleep(hit.drawn.uniform(0.0, 1.0))
        hit.engine.send(signal.SIGKILL)
    else:
        hit.engine.die_at(moment, hit.drawn.randint(1, 10))
    await hit.engine.ended()
    struck, name = time.time(), f"kill -9 {moment.value}"
    await asyncio.sleep(hit.drawn.uniform(0.3, 2.0))
    if hit.drawn.random() < 0.2:
        name += ", and as it started"
        await hit.engine.begin()
        await asyncio.sleep(hit.drawn.uniform(0.3, 2.5))
        hit.engine.send(signal.SIGKILL)
        await hit.engine.ended()
    await hit.engine.start()
    return Blow(name, struck, hit.engine.begun, time.time())


async def stop(hit: Victims) -> Blow:
    """SIGSTOP, and SIGCONT after some seconds."""
    seconds = hit.drawn.uniform(1.0, 8.0)
    await asyncio.sleep(hit.drawn.uniform(0.0, 1.0))
    struck = time.time()
    hit.engine.send(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    over = time.time()
    hit.engine.send(signal.SIGCONT)
    return Blow(f"SIGSTOP for {seconds:.1f} s", struck, over, over)


async def reset_link(hit: Victims) -> Blow:
    """The connection to the manager is reset, and refused for a while."""
    seconds = hit.drawn.choice((0.0, hit.drawn.uniform(0.0, 3.0)))
    await asyncio.sleep(hit.drawn.uniform(0.0, 1.0))
    struck = time.time()
    await hit.link.reset()
    await asyncio.sleep(seconds)
    over = time.time()
    hit.link.mend()
    return Blow(f"manager link reset, refused for {seconds:.1f} s", struck, over, over)


async def restart_database(hit: Victims) -> Blow:
    """PostgreSQL ends as in a power cut, and starts again; that may take so long that the lead is lost meanwhile."""
    assert hit.database is not None
    seconds = hit.drawn.uniform(0.0, 2.0)
    await asyncio.sleep(hit.drawn.uniform(0.0, 1.0))
    struck = time.time()
    await asyncio.to_thread(hit.database.kill)
    await asyncio.sleep(seconds)
    over = time.time()
    await asyncio.to_thread(hit.database.start)
    return Blow(f"PostgreSQL away for {seconds:.1f} s", struck, over, time.time())


async def revived(hit: Victims, blow: Blow) -> Blow:
    """Starts the engine again where it has ended by itself, as it does when it has lost the lead (systemd does the
    same with Restart=always); the fault is over then."""
    if hit.engine.is_running:
        return blow
    code = await hit.engine.ended()
    await hit.engine.start()
    return replace(blow, name=f"{blow.name}, the engine ended ({code})", over=hit.engine.begun, back=time.time())


FAULTS: Mapping[str, Callable[[Victims], Awaitable[Blow]]] = {
    "kill": kill,
    "sigstop": stop,
    "ami-reset": reset_link,
    "postgresql": restart_database,
}
