"""Two engines of a site on one PostgreSQL, in this process and without a line."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from config.site import Site
from cti.crm import NoRecords
from cti.lease import Terms
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from holdless.pair import Pair, pair_at
from tests.postgres.engines import LONG


@dataclass(frozen=True, slots=True)
class Side:
    """One of two engines, with no line."""

    pair: Pair
    service: Service
    listener: socket.socket

    async def leads(self) -> None:
        """Stands by until it leads, then serves."""
        await self.pair.take_the_lead(self.service, self.listener)
        self.service.running.settle()
        await self.service.start()


@asynccontextmanager
async def side(
    site: Site, data: Path, address: str, *, waits: bool = True, terms: Terms = LONG, store_at: str = ""
) -> AsyncIterator[Side]:
    async with pair_at(address, site, data=data, terms=terms, waits=waits) as pair:
        store = await Store.open(store_at or address)
        clock = ServiceClock()
        service = Service(site, lines=[], journal=pair.journal, store=store, customers=NoRecords(), clock=clock)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            try:
                yield Side(pair, service, listener)
            finally:
                await service.close()
                await store.close()
