"""Puts a live centre together and keeps it running until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import typer

from config.site import Site
from cti.asterisk.line import AsteriskLine
from cti.crm import CsvRecords
from cti.journal import Journal, read
from cti.service.clock import ServiceClock
from cti.service.ports import Line
from cti.service.runtime import Service
from cti.store import Store
from cti.virtual import VirtualLine
from cti.web.server import start_pages

_log = logging.getLogger(__name__)


class PortTaken(Exception):
    """The pages cannot listen where they should; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line said."""

    line: str
    host: str
    port: int
    data: Path
    database: str | None


async def serve_site(site: Site, options: ServeOptions) -> None:
    """Serves ``site`` until SIGINT or SIGTERM. Raises with nothing left running where something cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(contextlib.closing(_listen(options.host, options.port)))
        url = options.database or f"sqlite+aiosqlite:///{options.data / 'holdless.db'}"
        options.data.mkdir(parents=True, exist_ok=True)
        store = await Store.open(url)
        stack.push_async_callback(store.close)
        journal = Journal.open(options.data, site=site.id)
        stack.callback(journal.close)
        service = Service(
            site,
            lines=[_line(site, options)],
            journal=journal,
            store=store,
            customers=CsvRecords(site.customers),
            clock=ServiceClock(),
        )
        replayed = service.recall(read(options.data))
        await service.start()
        stack.push_async_callback(service.close)
        pages = await start_pages(service, store, listener)
        stack.push_async_callback(pages.cleanup)
        if replayed:
            typer.echo(f"Carried on from the journal: {replayed} events.")
        host, port = listener.getsockname()[:2]
        typer.echo(f"Serving {site.name['en']} on http://{host}:{port}  (ctrl-C ends it)")
        await _asked_to_stop()


def _line(site: Site, options: ServeOptions) -> Line:
    if options.line == "asterisk":
        return AsteriskLine(site)
    return VirtualLine(site)


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


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
