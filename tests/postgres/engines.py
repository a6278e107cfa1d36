"""Engines without lines and pages on one PostgreSQL: lease, journal and service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cti.journal import Header
from cti.journal.database import DatabaseJournal
from cti.journal.rows import Rows
from cti.lease import Leadership, LeaseRow, Terms
from cti.lease.row import session_name
from cti.postgres import Away, Session

SITE = "bank"
SHORT = Terms(length_ms=2_000)
"""For tests that wait for it to run out."""
LONG = Terms(length_ms=60_000)
"""For all others."""
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Pair:
    """An engine's hold on the lease, and its journal."""

    leadership: Leadership
    journal: DatabaseJournal

    async def leads(self) -> None:
        """Waits until this engine leads."""
        for _ in range(int(PATIENCE_S / 0.03)):
            with contextlib.suppress(Away):
                if await self.leadership.try_to_lead() is None:
                    return
            await asyncio.sleep(0.03)
        raise AssertionError("the lease never became free")


@asynccontextmanager
async def engine_at(address: str, me: str, terms: Terms = SHORT, *, site: str = SITE) -> AsyncIterator[Pair]:
    """An engine called ``me`` that neither leads nor follows yet."""
    name = session_name(me)
    rows = Rows(Session(address, name=name, answer_s=PATIENCE_S), site)
    await rows.make_tables()
    row = LeaseRow(Session(address, name=name, answer_s=terms.length_ms / 2_000), site)
    leadership = Leadership(row, me=me, name=f"{me}.example", terms=terms)
    journal = DatabaseJournal(rows, leadership, Header(site=site, configuration="c1", opened=1))
    try:
        yield Pair(leadership, journal)
    finally:
        await journal.close()
        await leadership.close()


async def until(true: Callable[[], bool]) -> None:
    """Waits for it to be so."""
    for _ in range(int(PATIENCE_S / 0.03)):
        if true():
            return
        await asyncio.sleep(0.03)
    raise AssertionError("waited in vain")
