"""Reads a site's files again while the centre runs: on SIGHUP, as operators know it of other servers."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config.errors import SiteError
from config.loader import load_and_warn
from cti.service.ports import LineError
from cti.service.runtime import Service

_log = logging.getLogger(__name__)


@asynccontextmanager
async def reloading(service: Service, folder: Path, *, at_once: bool = False) -> AsyncIterator[None]:
    """While open, every SIGHUP has ``service`` go by what the files in ``folder`` say by then; ``at_once``: and so has
    the beginning, as they may have changed since they were read.

    Files with a fault are refused whole: each fault is logged with file, line and column, and the running
    configuration goes on.
    """
    asked = asyncio.Event()
    if at_once:
        asked.set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    task = asyncio.create_task(_whenever(asked, service, folder), name="reload")
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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
        else:
            for warning in warnings:
                _log.warning("%s", warning)
            _log.info("the centre goes by the files in %s as they are now", folder)
