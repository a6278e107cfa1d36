"""An engine that may have another one beside it: journal and lease in PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from config.site import Site
from cti.journal import Header, JournalError
from cti.journal.database import DatabaseJournal
from cti.journal.lock import lock_folder
from cti.journal.rows import Rows
from cti.lease import Leadership, LeaseRow, Row, Terms
from cti.lease.identity import engine_id, engine_name
from cti.lease.row import session_name
from cti.postgres import Away, BadAddress, Session, shown
from cti.service.reading import never
from cti.service.runtime import Service
from cti.service.standby import stand_by
from cti.web.standing_by import start_notice
from holdless.leads import AnotherLeads, Deposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """This engine's side of it."""

    journal: DatabaseJournal
    leadership: Leadership
    waits: bool
    """Whether to stand by where another engine leads."""
    is_new: bool
    """Whether the journal had no entry when it was opened."""

    async def take_the_lead(
        self, service: Service, *listeners: socket.socket, is_unwanted: Callable[[], bool] = never
    ) -> int:
        """Returns once this engine leads, with ``service`` where the journal ended, still to be settled; how many
        events that took.

        Whoever asks at ``listeners`` meanwhile is told that we stand by. Raises :class:`AnotherLeads`,
        :class:`~cti.journal.JournalError`, and :class:`~cti.service.reading.BrokenOff` where the journal is still read
        when ``is_unwanted`` says so.
        """
        leader = ""

        def waiting(row: Row) -> None:
            nonlocal leader
            leader = f"{row.name} leads"
            if not self.waits:
                raise AnotherLeads(f"{leader} this site; stop it, or let this engine stand by: --standby")
            typer.echo(f"Standing by: {leader}.")

        async with contextlib.AsyncExitStack() as notices:
            for listener in listeners:
                notice = await start_notice(listener, lambda: leader or "reading the journal")
                notices.push_async_callback(notice.cleanup)
            return await stand_by(service, self.journal, self.leadership, waiting=waiting, is_unwanted=is_unwanted)

    async def lost(self) -> None:
        """Returns never; raises :class:`Deposed` when this engine must not lead any more."""
        why = await asyncio.shield(self.leadership.lost)
        raise Deposed(
            f"out of service: {why} (epoch {self.leadership.epoch} is over). Callers stay on the exchange with whoever "
            "leads; start this engine again to stand by"
        )


@asynccontextmanager
async def pair_at(address: str, site: Site, *, data: Path, terms: Terms, waits: bool) -> AsyncIterator[Pair]:
    """Opens journal and lease of ``site`` at ``address``. Raises :class:`~cti.journal.JournalError`."""
    lock_fd = lock_folder(data)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, lock_fd)
        try:
            me = engine_id(data)
            name = session_name(me)
            rows = Rows(Session(address, name=name, answer_s=terms.length_ms / 1000), site.id)
            stack.callback(rows.close)
            await rows.make_tables()
            is_new = await rows.is_empty()
            row = LeaseRow(Session(address, name=name, answer_s=terms.length_ms / 2000), site.id)
        except OSError as error:
            raise JournalError(f"cannot write to {data}: {error.strerror}") from error
        except BadAddress as error:
            raise JournalError(f"cannot keep the journal in a database: {error}") from None
        except Away as error:
            raise JournalError(
                f"cannot open the journal in {shown(address)}: {error}; check that the server runs, and the address, "
                "user and password"
            ) from error
        leadership = Leadership(row, me=me, name=engine_name(), terms=terms)
        header = Header(site=site.id, configuration=site.digest, opened=1, sources=site.sources)
        journal = DatabaseJournal(rows, leadership, header)
        try:
            yield Pair(journal=journal, leadership=leadership, waits=waits, is_new=is_new)
        finally:
            await journal.close()
            await leadership.close()
