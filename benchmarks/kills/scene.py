"""Everything that takes part: Asterisk, SIPp's callers and phones, the engine, PostgreSQL, and who watches."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from benchmarks.asterisk_load import callers, phones
from benchmarks.asterisk_scenarios import Load
from benchmarks.asterisk_sides import Engine as EngineSide
from benchmarks.asterisk_sides import write_site
from benchmarks.kills.books import Books
from benchmarks.kills.faults import Victims
from benchmarks.kills.music import Ears
from benchmarks.kills.process import Engine
from benchmarks.kills.wire import Ring, Wire
from centre.calls import CallRecord
from centre.events import AgentReady, AgentSignedIn
from centre.machine import Centre
from config.loader import load_site
from config.site import Site
from cti.asterisk.ami import AmiLink
from cti.journal import JournalError
from cti.journal.source import InDatabase, InFiles
from cti.store import Store
from holdless.serve import sqlite_url
from tests.asterisk.kit.asterisk import Asterisk
from tests.engine_process import at_work
from tests.postgres.engines import LONG, engine_at, until
from tests.postgres.server import PostgresServer
from tests.proxy import freezable_proxy

RING_S = 4
SAMPLE = 24
"""Callers in the queue who are listened to, about."""
LONGEST_S = 3_600.0
"""New callers come until they are told to stop; at the latest then."""
_POLL_S = 0.1
_RECORDS_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How many wait, and what that takes."""

    waiting: int

    @property
    def agents(self) -> int:
        """With few callers waiting, few: all talk most of the time. Else enough for some to ring at any time."""
        return 4 if 0 < self.waiting < 10 else max(20, self.waiting * 6 // 100)

    @property
    def most(self) -> int | None:
        """Callers at a time; where nobody shall wait, as many as come, which is fewer than the agents can talk to."""
        return self.waiting + self.agents if self.waiting else None

    def load(self, media: tuple[int, ...]) -> Load:
        """Callers of whom one in twenty is impatient, and agents of whom one in twenty does not take the call."""
        return Load(
            # More than the agents can take, or nobody would come to wait.
            calls_per_second=min(30.0, max(5.0, self.waiting / 2, self.agents / 2)) if self.waiting else 3.0,
            talk_ms=(500, 4_000),
            seconds=LONGEST_S,
            callers_most=self.most,
            ring_ms=(100, 600, 1_500),
            unanswered=0.03,
            declined=0.03,
            leave=0.05,
            leave_after_ms=(3_000, 9_000),
            media=media,
        )


@dataclass(slots=True)
class Scene:
    """See the module. One size, one engine."""

    victims: Victims
    site: Site
    wire: Wire
    books: Books
    ears: Ears
    exchange: AmiLink
    """An eye on the channels, of its own."""
    beside: Engine
    """Takes as much of the machine as the engine when it starts, and has nothing to do with the calls."""
    calling: Popen[bytes]
    database: str
    """The address of the records."""
    size: Size
    trouble: list[str] = field(default_factory=list)

    async def read(self) -> None:
        """The journal's news, if it can be read at present."""
        try:
            await asyncio.to_thread(self.books.read)
        except JournalError as error:  # the database is not there; or a line is being cut off at this instant
            if str(error) not in self.trouble:
                self.trouble.append(str(error))

    async def saw(self, happened: Callable[[Wire], object], within_s: float) -> bool:
        """Waits until it has, on the wire."""
        end = time.monotonic() + within_s
        while True:
            self.wire.look()
            if happened(self.wire):
                return True
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL_S)

    async def first_ring(self, since: float, within_s: float) -> Ring | None:
        """The first INVITE to a phone after this time (Unix seconds), if it comes soon."""
        await self.saw(lambda seen: seen.first_ring(since), within_s)
        return self.wire.first_ring(since)

    async def records(self) -> list[CallRecord]:
        """All that the database has."""
        store = await Store.open(self.database, site=self.site.id)
        try:
            return await store.calls(0, time.time_ns() // 1_000_000 + 1, limit=_RECORDS_MOST)
        finally:
            await store.close()


@asynccontextmanager
async def scene(
    asterisk: Asterisk,
    phones_port: int,
    folder: Path,
    size: Size,
    drawn: random.Random,
    postgres: PostgresServer | None,
) -> AsyncIterator[Scene]:
    """Callers come and agents take them, from when the engine serves."""
    site_folder, data = folder / "site", folder / "data"
    address = "" if postgres is None else postgres.empty_database()
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(freezable_proxy())
        link.to = asterisk.ami_port
        write_site(site_folder, asterisk, size.agents, ami_port=link.port, ring_s=RING_S)
        site = load_site(site_folder)
        await _at_work(site, data, address)
        engine = Engine(site_folder, data, folder / "engine.log", journal=address)
        stack.push_async_callback(engine.close)
        await engine.start()
        beside = Engine(site_folder, folder / "beside", folder / "beside.log", line="virtual")
        stack.push_async_callback(beside.close)
        exchange = AmiLink("127.0.0.1", asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret, events="off")
        await exchange.start()
        stack.push_async_callback(exchange.close)
        ears = _ears(size)
        stack.callback(ears.close)
        ears.listen()
        load = size.load(tuple(ears.ports))
        stack.enter_context(phones(folder, phones_port, load))
        calling = stack.enter_context(callers(folder, asterisk.sip_port, EngineSide.extension, load))
        yield Scene(
            victims=Victims(engine, link, postgres, drawn),
            site=site,
            wire=Wire(folder),
            books=Books(InDatabase(address, site.id) if address else InFiles(data), site),
            ears=ears,
            exchange=exchange,
            beside=beside,
            calling=calling,
            database=address or sqlite_url(data),
            size=size,
        )


def _ears(size: Size) -> Ears:
    """More places than callers at a time, as the callers of one place may not be there at once."""
    most = size.most or 3 * size.agents
    places = 2 * most + 20
    return Ears(places, listening=SAMPLE * places // most)


async def _at_work(site: Site, data: Path, address: str) -> None:
    """Every agent wants calls, as the journal has it before any engine runs."""
    if not address:
        at_work(site, data, *site.agents)
        return
    centre, now = Centre(site.centre), time.time_ns() // 1_000_000
    async with engine_at(address, "setup", LONG, site=site.id) as setup:
        await setup.leads()
        setup.journal.begin()
        for at, agent in enumerate(site.agents, now):
            for event in (AgentSignedIn(agent=agent), AgentReady(agent=agent)):
                setup.journal.append(at, event, centre.apply(event, at), lambda: None)
        await until(lambda: setup.journal.mark() is not None)
