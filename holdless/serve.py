"""Puts a live centre together and keeps it running until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import typer

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
from cti.service.reading import BrokenOff
from cti.service.runtime import Service
from cti.snapshots import Snapshots
from cti.store import AwaitedStore, StoreError
from cti.store.address import require_url
from cti.virtual import VirtualLine
from cti.web.settings import SignIn, WebError, WebSettings
from holdless.leads import AnotherLeads
from holdless.reload import catch_up_with_the_files, hearing_hangups, reloading
from holdless.stopping import OrderlyStop, Stage, Stopped, beside

if TYPE_CHECKING:
    from aiohttp import web

    from cti.store import Store
    from holdless.pair import Pair


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


RECORDS_S = 2.0
"""How long the database may take for the last records when we stop; what it has not got by then it gets from the
journal at the next start."""
MESSAGES = "messages"
"""The folder of callers' messages in a data folder."""


def sqlite_url(folder: Path) -> str:
    """The address of the database in a data folder."""
    return f"sqlite+aiosqlite:///{quote(str(folder / 'holdless.db'))}"


def is_worth_a_traceback(record: logging.LogRecord) -> bool:
    """Whether aiohttp's servers say something that concerns us. They write a traceback for whatever comes that is no
    HTTP, so anybody who reaches a port could fill the log."""
    if record.exc_info is None:
        return True
    from aiohttp.http_exceptions import HttpProcessingError  # noqa: PLC0415 - where this is asked, it is loaded

    return not isinstance(record.exc_info[1], HttpProcessingError)


async def serve_site(site: Site, options: ServeOptions, stop: OrderlyStop) -> None:
    """Serves ``site`` until ``stop`` is asked for. Raises with nothing left running where something cannot start."""
    with contextlib.suppress(Stopped, BrokenOff):
        await _serve(site, options, stop)


async def _serve(site: Site, options: ServeOptions, stop: OrderlyStop) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = WebSettings(sign_in=options.sign_in, origins=options.origins)
    with hearing_hangups() as changed:
        await _serve_until(site, options, stop, settings, changed)


async def _serve_until(
    site: Site, options: ServeOptions, stop: OrderlyStop, settings: WebSettings, changed: asyncio.Event
) -> None:
    """``changed``: the files have changed, and are read again as soon as it serves."""
    async with stop:
        rest = AsyncExitStack()
        stop.at(Stage.REST, rest.aclose)
        logging.getLogger("aiohttp.server").addFilter(is_worth_a_traceback)
        rest.callback(logging.getLogger("aiohttp.server").removeFilter, is_worth_a_traceback)
        listener = _listen(options.host, options.port)
        rest.callback(listener.close)
        settings.check(listener.getsockname()[0])
        require_url(options.database_url)
        region = region_of(site.time_zone.key)
        customers = _customers(site, region)
        journal, pair, has_served = await _journal(site, options, stop, rest)
        records = AwaitedStore(partial(normalise, region=region))
        # An engine that stands by has the time, and what is wrong with the database is heard of before it is needed; so
        # it is at a first start, which leaves no trace then. One that is alone and was killed has callers who wait.
        is_urgent = pair is None and has_served
        store = None if is_urgent else await _store(records, site, options, stop, has_served=has_served)
        clock = ServiceClock()
        web_services = DataDips(lambda: service.site.web_services)
        rest.push_async_callback(web_services.close)
        service = Service(
            site,
            lines=[_line(site, line, options.data, clock, pair) for line in options.lines],
            journal=journal,
            store=records,
            customers=customers,
            clock=clock,
            web_services=web_services,
            snapshots=Snapshots(options.data, site.id),
            poison=Poison(options.data, site.id),
        )
        replayed = await _recovered(service, pair, listener, options.lines, stop)
        if pair is not None:
            clock.not_before(pair.journal.at)
            await catch_up_with_the_files(service, site.folder)
        service.running.settle()
        await _begin(service, stop)
        store = store or await _store(records, site, options, stop, has_served=has_served)
        recordings = Recordings(options.data / MESSAGES)
        pages = await stop.unless_asked(start_pages(service, store, recordings, listener, settings))
        stop.at(Stage.PAGES, pages.cleanup)
        reload = AsyncExitStack()
        stop.at(Stage.INTAKE, reload.aclose)
        if pair is not None:
            changed.set()  # it may have stood by for weeks
        await reload.enter_async_context(reloading(service, site.folder, changed))
        if replayed:
            typer.echo(f"Carried on from the journal: {replayed} events.")
        keep_pauses_short()
        host, port = listener.getsockname()[:2]
        typer.echo(f"Serving {text_in(site.name, 'en')} on http://{host}:{port}  (ctrl-C ends it)")
        stop.serving = True
        if pair is None:
            await stop.asked.wait()
        else:
            await stop.unless_asked(pair.lost())


async def start_pages(
    service: Service, store: Store, recordings: Recordings, listener: socket.socket, settings: WebSettings
) -> web.AppRunner:
    """See :func:`cti.web.server.start_pages`. What pages are made with takes a quarter of a second to load: that is
    done when callers are served already, and beside it."""
    await asyncio.to_thread(import_module, "cti.web.server")
    from cti.web import server  # noqa: PLC0415 - loaded by now

    return await server.start_pages(service, store, recordings, listener, settings)


async def _store(
    records: AwaitedStore, site: Site, options: ServeOptions, stop: OrderlyStop, *, has_served: bool
) -> Store:
    """Opens the database. One that is refused ends a first start, with a line that says what to mend; a centre that
    ``has_served`` serves on without it, says so and tries again: its callers wait for nothing that it has."""
    store = await stop.unless_asked(records.open(options.database_url, site=site.id, may_be_refused=has_served))
    stop.at(Stage.STORE, partial(store.close, RECORDS_S))
    return store


async def _journal(
    site: Site, options: ServeOptions, stop: OrderlyStop, rest: AsyncExitStack
) -> tuple[EventJournal, Pair | None, bool]:
    """The journal, and with it the lease where there may be several engines; and whether anything has ever happened."""
    if options.journal is None:
        in_files = Journal.open(options.data, site=site.id, configuration=site.digest, sources=site.sources)
        stop.at(Stage.JOURNAL, partial(beside, in_files.close))
        return in_files, None, in_files.seq > 1
    pair = await stop.unless_asked(rest.enter_async_context(_pair(options.journal, site, options)))
    stop.at(Stage.JOURNAL, pair.journal.close)
    stop.at(Stage.LEASE, pair.leadership.close)
    return pair.journal, pair, not pair.is_new


async def _begin(service: Service, stop: OrderlyStop) -> None:
    stop.at(Stage.INTAKE, service.take_no_more)
    stop.at(Stage.LINES, service.let_go)
    stop.at(Stage.SNAPSHOT, service.keep)
    await stop.unless_asked(service.start())


async def _recovered(
    service: Service, pair: Pair | None, listener: socket.socket, lines: Sequence[str], stop: OrderlyStop
) -> int:
    """Brings ``service`` to where the journal ends, and returns how many events that took; with a pair, once this
    engine leads."""
    if pair is None:
        return service.running.recall(stop.is_asked)
    with contextlib.ExitStack() as stack:
        listeners = [listener]
        twilio = service.site.twilio
        if "twilio" in lines and twilio is not None:
            try:
                webhooks = _bound(twilio.host, twilio.port)
            except OSError as error:
                raise LineError(
                    f"cannot listen for Twilio on {twilio.host} port {twilio.port}: {error.strerror}; end the program "
                    "that has this port, or choose another in site.yaml (twilio, listen)"
                ) from error
            # Closed again before the line itself listens there.
            listeners.append(stack.enter_context(webhooks))
        return await stop.unless_asked(pair.take_the_lead(service, *listeners, is_unwanted=stop.is_asked))


def _customers(site: Site, region: str | None) -> CustomerRecords:
    return NoRecords() if site.customers is None else CsvRecords(site.customers, region)


def _pair(journal: str, site: Site, options: ServeOptions) -> AbstractAsyncContextManager[Pair]:
    from holdless.pair import pair_at  # noqa: PLC0415 - one engine alone needs nothing of it

    return pair_at(journal, site, data=options.data, terms=options.terms, waits=options.standby)


def _line(site: Site, kind: str, data: Path, clock: ServiceClock, pair: Pair | None) -> Line:
    if kind == "asterisk":
        may_act = always if pair is None else pair.leadership.may_act
        return AsteriskLine(
            site, recordings=data / MESSAGES, now=clock.now, may_act=may_act, announced=pair is not None
        )
    if kind == "twilio":
        from cti.twilio.line import TwilioLine  # noqa: PLC0415 - Twilio's library takes a quarter of a second to load

        may_act = always if pair is None else pair.leadership.may_act
        return TwilioLine(site, messages=data / MESSAGES, now=clock.now, may_act=may_act)
    return VirtualLine(site, clock=clock)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else is started: a taken port must leave nothing half-started."""
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken by another program; end that one, or choose another: --port {port + 1}"
            ) from None
        raise PortTaken(
            f"cannot listen on {host} port {port}: {error.strerror}; choose with --host and --port"
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # SO_REUSEADDR lets two sockets bind before one of them listens: listening now settles whose port it is.
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
