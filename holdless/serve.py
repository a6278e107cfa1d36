"""Puts a live centre together and keeps it running until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import typer
from aiohttp.http_exceptions import HttpProcessingError
from sqlalchemy import URL

from config.site import Site, text_in
from cti.asterisk.line import AsteriskLine
from cti.crm import CsvRecords, NoRecords, RecordsError, normalise, region_of
from cti.dips import DataDips
from cti.journal import EventJournal, Journal, JournalError
from cti.lease import Terms
from cti.recordings import Recordings
from cti.service.clock import ServiceClock
from cti.service.pauses import keep_pauses_short
from cti.service.poison import Poison
from cti.service.ports import CustomerRecords, Line, LineError, always
from cti.service.runtime import Service
from cti.snapshots import Snapshots
from cti.store import Store, StoreError
from cti.virtual import VirtualLine
from cti.web.server import start_pages
from cti.web.settings import SignIn, WebError, WebSettings
from holdless.pair import AnotherLeads, Pair, pair_at
from holdless.reload import reloading


class PortTaken(Exception):
    """The pages cannot listen where they should; the text says what to do."""


MENDABLE = (LineError, StoreError, JournalError, RecordsError, WebError, PortTaken, AnotherLeads)
"""What whoever starts a centre can mend; the text of each says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line said."""

    lines: tuple[str, ...]
    host: str
    port: int
    data: Path
    database: str | None
    sign_in: SignIn
    origins: tuple[str, ...]
    journal: str | None
    """The address of a PostgreSQL database; None: files in the data folder."""
    standby: bool
    terms: Terms

    @property
    def database_url(self) -> str:
        """The database asked for, or the journal's, or the one in the data folder."""
        return self.database or self.journal or sqlite_url(self.data)


MESSAGES = "messages"
"""The folder of callers' messages in a data folder."""


def sqlite_url(folder: Path) -> str:
    """The address of the database in a data folder."""
    return URL.create("sqlite+aiosqlite", database=str(folder / "holdless.db")).render_as_string()


def is_worth_a_traceback(record: logging.LogRecord) -> bool:
    """Whether aiohttp's servers say something that concerns us. They write a traceback for whatever comes that is no
    HTTP, so anybody who reaches a port could fill the log."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


async def serve_site(site: Site, options: ServeOptions) -> None:
    """Serves ``site`` until SIGINT or SIGTERM. Raises with nothing left running where something cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(is_worth_a_traceback)
    settings = WebSettings(
        sign_in=options.sign_in, origins=options.origins, sessions_file=options.data / "sessions.json"
    )
    stop = _asked_to_stop()
    if options.journal is not None:
        # Of an engine that stands by: it reads its files anew when it takes over.
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(contextlib.closing(_listen(options.host, options.port)))
        settings.check(listener.getsockname()[0])
        region = region_of(site.time_zone.key)
        customers = _customers(site, region)
        pair = await stack.enter_async_context(_pair(site, options)) if options.journal is not None else None
        journal: EventJournal
        if pair is not None:
            journal = pair.journal
        else:
            in_files = Journal.open(options.data, site=site.id, configuration=site.digest)
            stack.callback(in_files.close)
            journal = in_files
        store = await Store.open(options.database_url, identify=partial(normalise, region=region))
        stack.push_async_callback(store.close)
        clock = ServiceClock()
        web_services = DataDips(lambda: service.site.web_services)
        stack.push_async_callback(web_services.close)
        service = Service(
            site,
            lines=[_line(site, line, options.data, clock, pair) for line in options.lines],
            journal=journal,
            store=store,
            customers=customers,
            clock=clock,
            web_services=web_services,
            snapshots=Snapshots(options.data, site.id),
            poison=Poison(options.data, site.id),
        )
        replayed = await _recovered(service, pair, listener, stop)
        if replayed is None:
            return
        if pair is not None:
            clock.not_before(pair.journal.at)
        service.settle()
        stack.push_async_callback(service.close)
        await service.start()
        pages = await start_pages(service, store, Recordings(options.data / MESSAGES), listener, settings)
        stack.push_async_callback(pages.cleanup)
        await stack.enter_async_context(reloading(service, site.folder, at_once=pair is not None))
        if replayed:
            typer.echo(f"Carried on from the journal: {replayed} events.")
        keep_pauses_short()
        host, port = listener.getsockname()[:2]
        typer.echo(f"Serving {text_in(site.name, 'en')} on http://{host}:{port}  (ctrl-C ends it)")
        if pair is None:
            await stop.wait()
        else:
            await _unless(stop, pair.lost())


async def _recovered(service: Service, pair: Pair | None, listener: socket.socket, stop: asyncio.Event) -> int | None:
    """Brings ``service`` to where the journal ends, and returns how many events that took; with a pair, once this
    engine leads. None: we were asked to stop meanwhile."""
    if pair is None:
        return service.recall()
    return await _unless(stop, pair.take_the_lead(service, listener))


def _customers(site: Site, region: str | None) -> CustomerRecords:
    return NoRecords() if site.customers is None else CsvRecords(site.customers, region)


def _pair(site: Site, options: ServeOptions) -> AbstractAsyncContextManager[Pair]:
    assert options.journal is not None
    return pair_at(options.journal, site, data=options.data, terms=options.terms, waits=options.standby)


def _line(site: Site, kind: str, data: Path, clock: ServiceClock, pair: Pair | None) -> Line:
    if kind == "asterisk":
        may_act = always if pair is None else pair.leadership.may_act
        return AsteriskLine(
            site, recordings=data / MESSAGES, now=clock.now, may_act=may_act, announced=pair is not None
        )
    if kind == "twilio":
        from cti.twilio.line import TwilioLine  # noqa: PLC0415 - Twilio's library takes a quarter of a second to load

        return TwilioLine(site, messages=data / MESSAGES, now=clock.now)
    return VirtualLine(site, clock=clock)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else is started: a taken port must leave nothing half-started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # SO_REUSEADDR lets two sockets bind before one of them listens: listening now settles whose port it is.
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken by another program; end that one, or choose another: --port {port + 1}"
            ) from None
        raise PortTaken(
            f"cannot listen on {host} port {port}: {error.strerror}; choose with --host and --port"
        ) from None
    listener.setblocking(False)
    return listener


def _asked_to_stop() -> asyncio.Event:
    """Set by SIGINT and SIGTERM, from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop


T = TypeVar("T")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What ``work`` returns; None, with ``work`` broken off, once we are asked to stop."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
