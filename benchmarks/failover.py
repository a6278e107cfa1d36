"""Two engines, PostgreSQL and Asterisk on this machine: how long a failure of the one that leads is felt.

    python -m benchmarks.failover                 20 failures, about 6 minutes
    python -m benchmarks.failover --failures 2    half a minute: does it run through?

In each round an agent talks, a caller waits, and the engine that leads is killed (kill -9) or frozen (SIGSTOP), in
turns. Half a second later the agent's caller hangs up, so that the agent is free and nobody knows. On the clock is the
time from the failure until the next caller rings at the agent's phone (the INVITE, by SIPp's log): the lease runs out,
the engine that stood by leads, finds out how things are on the exchange, and offers. A frozen engine is woken then,
with the news of the free agent in its socket. Counted are *stale offers*: rings at the phone that no entry of the
journal stands for, and entries written under a lease that was over. Every engine starts again and stands by for the
next round.

No other open call centre engine is known to us that could be put beside it: app_queue's waiting callers end with its
Asterisk, and its queues with them.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.bars import Bars
from centre.effects import Answered, Ring
from centre.events import AgentReady, AgentSignedIn
from tests.asterisk.engine import bank_on
from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import Caller, Phone, caller, phone
from tests.postgres.engines import LONG, engine_at, until
from tests.postgres.processes import (
    PATIENCE_S,
    decided,
    effects_so_far,
    engine_process,
    on_its_own_port,
    walk_to_technical,
)
from tests.postgres.server import PostgresServer

BEFORE_HANGUP_S = 0.5
STALE_ROWS = """
SELECT count(*) FROM holdless_journal AS row
WHERE EXISTS (SELECT 1 FROM holdless_journal AS earlier WHERE earlier.seq < row.seq AND earlier.epoch > row.epoch)
"""


@dataclass(slots=True)
class Engine:
    """One of the two: its site and data, and the process that runs it now."""

    site: Path
    data: Path
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    process: asyncio.subprocess.Process | None = None

    async def start(self, address: str, lease_s: int, *, says: bytes) -> None:
        """Starts it; it leads or stands by, as it ``says``."""
        self.process = await self.stack.enter_async_context(
            engine_process(self.site, self.data, address, lease_s, says=says)
        )

    async def ended(self) -> None:
        """Its process is gone."""
        assert self.process is not None
        async with asyncio.timeout(PATIENCE_S):
            await self.stack.aclose()
        self.stack = AsyncExitStack()


@dataclass(slots=True)
class Callers:
    """Who has called so far."""

    exchange: Asterisk
    address: str
    stack: AsyncExitStack
    known: list[str] = field(default_factory=list)

    async def comes(self) -> Caller:
        """One more, up to the queue."""
        one = await self.stack.enter_async_context(caller(self.exchange))
        self.known.append(await walk_to_technical(one, self.address, self.known))
        return one


async def with_an_agent(address: str) -> None:
    """An agent who wants calls, before either engine starts."""
    async with engine_at(address, "setup", LONG) as setup:
        await setup.leads()
        setup.journal.begin()
        now = time.time_ns() // 1_000_000
        for event in (AgentSignedIn(agent="grace"), AgentReady(agent="grace")):
            setup.journal.append(now, event, [], lambda: None)
        await until(lambda: setup.journal.mark() is not None)


async def fail(leader: Engine, how: signal.Signals, talking: Caller, grace: Phone) -> float:
    """Seconds from the failure of the leader to the next ring."""
    assert leader.process is not None
    rung = len(grace.seen("INVITE"))
    failed_at = time.time()
    leader.process.send_signal(how)
    await asyncio.sleep(BEFORE_HANGUP_S)
    talking.hang_up()
    ring = await grace.saw("INVITE", times=rung + 1, within_ms=int(PATIENCE_S * 1_000))
    if how is signal.SIGSTOP:
        leader.process.send_signal(signal.SIGCONT)
    return ring.at - failed_at


async def measure(failures: int, lease_s: int) -> int:
    """Prints the figures; returns the exit code."""
    with tempfile.TemporaryDirectory() as temporary, PostgresServer() as postgres:
        folder, address = Path(temporary), postgres.address()
        await with_an_agent(address)
        with Asterisk(folder / "asterisk", [Agent("grace", free_ports(1)[0])]) as exchange:
            sites = [bank_on(exchange, folder / name) for name in ("a", "b")]
            on_its_own_port(exchange, sites[1])
            for site in sites:
                settings = site / "site.yaml"
                settings.write_text(settings.read_text().replace("wrap_up: 30 s", "wrap_up: 0 s"))
            leader, other = (Engine(site, folder / f"data-{index}") for index, site in enumerate(sites))
            felt: dict[signal.Signals, list[float]] = {signal.SIGKILL: [], signal.SIGSTOP: []}
            async with AsyncExitStack() as stack:
                (agent,) = exchange.agents
                for engine in (leader, other):
                    stack.push_async_callback(engine.ended)
                await leader.start(address, lease_s, says=b"Serving")
                await other.start(address, lease_s, says=b"Standing by")
                grace = await stack.enter_async_context(phone(agent, PhoneBehaviour(answer_after_ms=100)))
                callers = Callers(exchange, address, stack)
                talking = await callers.comes()
                for number in range(failures):
                    await decided(address, Answered, times=number + 1)
                    waiting = await callers.comes()
                    how = (signal.SIGKILL, signal.SIGSTOP)[number % 2]
                    felt[how].append(await fail(leader, how, talking, grace))
                    print(f"{number + 1:3d}  {how.name:8s} {felt[how][-1]:5.2f} s", flush=True)
                    await until_gone(leader, how)
                    await leader.start(address, lease_s, says=b"Standing by")
                    leader, other, talking = other, leader, waiting
                await decided(address, Answered, times=failures + 1)
                rings = [one for one in await effects_so_far(address) if isinstance(one, Ring)]
                stale = len(grace.seen("INVITE")) - len(rings)
            stale_rows = int(postgres.run_sql(STALE_ROWS))
    print(f"lease {lease_s} s; from the failure to the next ring at a phone")
    for how, seconds in felt.items():
        if seconds:
            print(f"{how.name:8s} {len(seconds):3d} times: median {median(seconds):.2f} s, worst {max(seconds):.2f} s")
    bars = Bars()
    bars.at_most("worst of all", max(max(seconds, default=0.0) for seconds in felt.values()), lease_s + 2, "s")
    bars.at_most("offers by a stale leader:", stale, 0, "")
    bars.at_most("entries written under a lease that was over:", stale_rows, 0, "")
    return 1 if stale or stale_rows else bars.code


async def until_gone(engine: Engine, how: signal.Signals) -> None:
    """The failed engine has ended: by the signal, or by itself once it was woken."""
    assert engine.process is not None
    async with asyncio.timeout(PATIENCE_S):
        await engine.process.wait()
    if how is signal.SIGSTOP and engine.process.returncode != 75:
        raise RuntimeError(f"the woken engine ended with {engine.process.returncode}, not with 75")
    await engine.ended()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 1 where a stale leader did anything, 2 where a failover was too slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--failures", type=int, default=20, help="how often the leader fails (default 20)")
    parser.add_argument("--lease", type=int, default=5, help="seconds (default 5, as served)")
    options = parser.parse_args(arguments)
    return asyncio.run(measure(options.failures, options.lease))


if __name__ == "__main__":
    sys.exit(main())
