"""The whole live service on the virtual line, for a test to look into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from config.loader import load_site
from config.site import Site, Virtual
from cti.crm import CsvRecords
from cti.journal import Journal
from cti.journal.writer import SPOOL_BYTES
from cti.service.poison import Poison
from cti.service.ports import WebServices
from cti.service.recovery import SNAPSHOT_EVENTS
from cti.service.runtime import Service
from cti.snapshots import Snapshots
from cti.store import Store
from cti.virtual import VirtualCaller, VirtualLine
from tests.house import ServiceHouse
from tests.virtual.jumping_clock import JumpingClock, real_time

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"


def bank(*, calls_per_hour: float = 0, played: tuple[str, ...] = ()) -> Site:
    """The example centre; nobody plays anybody in it unless told."""
    return replace(_as_it_is(), virtual=Virtual(calls_per_hour=calls_per_hour, played=played))


@cache
def _as_it_is() -> Site:
    """Read once: it is frozen, and reading YAML takes longer than most tests."""
    return load_site(BANK)


class House(ServiceHouse):
    """The service and its line."""

    def __init__(self, service: Service, line: VirtualLine) -> None:
        super().__init__(service)
        self.line = line
        self.recovered = service.recover()
        """Events that were read from the journal."""

    async def call(self, number: str = "+380501110003", name: str = "Emily", keys: str = "") -> VirtualCaller:
        """Somebody dials, and presses ``keys``, each when keys are wanted."""
        caller = self.line.place_call(number, name)
        for key in keys:
            await self.until(lambda: caller.asking)
            caller.press(key)
        return caller

    async def until(self, happened: Callable[[], bool], *, within_s: float = 300) -> None:
        """Waits until something happened; fails when it does not."""
        for _ in range(round(within_s * 20)):
            if happened():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"nothing happened within {within_s} s; the last: {self.effects[-5:]}")


@asynccontextmanager
async def open_house(
    site: Site,
    folder: Path,
    *,
    seed: int = 1,
    web_services: WebServices | None = None,
    snapshot_every: int = SNAPSHOT_EVENTS,
    spool_bytes: int = SPOOL_BYTES,
    start: bool = True,
) -> AsyncIterator[House]:
    """A running service with its journal and its store in ``folder``, on the jumping clock; goes on where an earlier
    one in the same folder ended."""
    clock = JumpingClock()
    line = VirtualLine(site, seed=seed, clock=clock)
    store = await Store.open(f"sqlite+aiosqlite:///{folder / 'holdless.db'}")
    journal = Journal.open(
        folder, site=site.id, configuration=site.digest, sources=site.sources, spool_bytes=spool_bytes
    )
    assert site.customers is not None
    customers = CsvRecords(site.customers, "UA")
    service = Service(
        site,
        lines=[line],
        journal=journal,
        store=store,
        customers=customers,
        clock=clock,
        web_services=web_services,
        snapshots=Snapshots(folder, site.id),
        snapshot_every=snapshot_every,
        poison=Poison(folder, site.id),
    )
    house = House(service, line)
    try:
        if start:
            await service.start()
        yield house
    finally:
        # Closing waits for real threads, with a deadline in seconds: they must be real ones.
        with real_time():
            await service.close()
            journal.close()
            await store.close()
