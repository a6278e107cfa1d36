"""The real service on the virtual line, on a free port, for browsers to come to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from config.loader import load_site
from config.site import Site
from cti.crm import CsvRecords
from cti.journal import Journal
from cti.recordings import Recordings
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from cti.virtual import VirtualLine
from cti.web.server import start_pages
from cti.web.settings import WebSettings

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"


@dataclass(frozen=True, slots=True)
class LiveCentre:
    """One running centre and its pages."""

    service: Service
    store: Store
    port: int

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"


def quiet_bank() -> Site:
    """The example bank with nobody in it whom a test does not play."""
    site = load_site(BANK)
    return replace(site, virtual=replace(site.virtual, calls_per_hour=0.0, played=()))


@asynccontextmanager
async def live_centre(
    folder: Path, site: Site | None = None, settings: WebSettings | None = None
) -> AsyncIterator[LiveCentre]:
    """Serves ``site`` (the quiet bank if not given) with its data in ``folder``."""
    site = site or quiet_bank()
    assert site.customers is not None
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        store = await Store.open(f"sqlite+aiosqlite:///{folder / 'holdless.db'}")
        stack.push_async_callback(store.close)
        journal = Journal.open(folder, site=site.id)
        stack.callback(journal.close)
        clock = ServiceClock()
        service = Service(
            site,
            lines=[VirtualLine(site, seed=1, clock=clock)],
            journal=journal,
            store=store,
            customers=CsvRecords(site.customers),
            clock=clock,
        )
        await service.start()
        stack.push_async_callback(service.close)
        pages = await start_pages(service, store, Recordings(folder / "messages"), listener, settings)
        stack.push_async_callback(pages.cleanup)
        yield LiveCentre(service, store, listener.getsockname()[1])
