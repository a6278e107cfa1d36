"""The engine of one measurement, in a process of its own: ``python -m benchmarks.asterisk_engine SITE DATA``.

It is what ``holdless serve SITE --line asterisk`` runs, without the pages: service, journal, store and the line to
Asterisk. Every agent of the site signs in and is ready. It prints ``ready``, and lives until its input is closed, so it
can't outlive whoever measures.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from centre.events import AgentReady, AgentSignedIn
from config.loader import load_site
from cti.asterisk.line import AsteriskLine
from cti.crm import NoRecords, normalise
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.pauses import keep_pauses_short
from cti.service.runtime import Service
from cti.store import Store
from holdless.serve import sqlite_url

READY = "ready"


async def serve(folder: Path, data: Path) -> None:
    """Runs the site in *folder*, with its records in *data*, until standard input ends."""
    site = load_site(folder)
    async with AsyncExitStack() as stack:
        journal = Journal.open(data, site=site.id, configuration=site.digest)
        stack.callback(journal.close)
        store = await Store.open(sqlite_url(data), identify=normalise)
        stack.push_async_callback(store.close)
        clock = ServiceClock()
        service = Service(
            site,
            lines=[AsteriskLine(site, recordings=data / "messages", now=clock.now)],
            journal=journal,
            store=store,
            customers=NoRecords(),
            clock=clock,
        )
        await service.start()
        stack.push_async_callback(service.close)
        for agent in site.agents:
            service.tell(AgentSignedIn(agent=agent))
            service.tell(AgentReady(agent=agent))
        keep_pauses_short()
        print(READY, flush=True)
        await _input_ended()


async def _input_ended() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
