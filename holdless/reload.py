"""Reads a site's files again while the centre runs: on SIGHUP, as operators know it of other servers."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from config.errors import SiteError
from config.loader import load_and_warn, load_site
from cti.service.ports import LineError
from cti.service.runtime import Service

_log = logging.getLogger(__name__)


@contextmanager
def hearing_hangups() -> Iterator[asyncio.Event]:
    """An event of the running loop that every SIGHUP sets, also one that came since
    :func:`holdless.stopping.outlive_hangups`, until this is closed: then all is as it was before."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    # Not by loop.add_signal_handler: to take that away leaves the default, and be it for an instant.
    former = signal.signal(signal.SIGHUP, lambda _number, _frame: loop.call_soon_threadsafe(asked.set))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    try:
        yield asked
    finally:
        signal.signal(signal.SIGHUP, former)


@asynccontextmanager
async def reloading(service: Service, folder: Path, asked: asyncio.Event) -> AsyncIterator[None]:
    """While open, ``service`` goes by what the files in ``folder`` say, each time that ``asked`` is set; it may be so
    already. Who sets it afterwards is not heard: a centre that is being stopped reads its files when it starts.

    Files with a fault are refused whole: each fault is logged with file, line and column, and the running
    configuration goes on.
    """
    task = asyncio.create_task(_whenever(asked, service, folder), name="reload")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def catch_up_with_the_files(service: Service, folder: Path) -> None:
    """Where the engine before this one went by another configuration than ``service`` has: its files may have changed
    while it stood by. Not to be settled with is a file of long ago, by which new agents would be signed out."""
    if service.running.configuration == service.site.digest:
        return
    try:
        service.running.load(await asyncio.to_thread(load_site, folder))
    except (SiteError, LineError) as error:
        _log.error("the files have a fault, and the centre goes by those of when this engine started: %s", error)
    except Exception:  # nobody leads but this engine
        _log.exception("the files in %s could not be loaded, and the centre goes by those of before", folder)


async def _whenever(asked: asyncio.Event, service: Service, folder: Path) -> None:
    while True:
        await asked.wait()
        asked.clear()
        try:
            # Reading takes some tenths of a second: not in the way of calls.
            site, warnings = await asyncio.to_thread(load_and_warn, folder)
            service.reconfigure(site)
        except (SiteError, LineError) as error:
            for line in str(error).splitlines():
                _log.error("%s", line)
            _log.error("nothing was changed: the centre goes on by the configuration it has")
        except Exception:  # or no later SIGHUP would be heard
            _log.exception("the files in %s could not be loaded; please report this", folder)
        else:
            for warning in warnings:
                _log.warning("%s", warning)
            _log.info("the centre goes by the files in %s as they are now", folder)
