"""The bank on the virtual line, put together as `holdless serve` does it, in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from centre.effects import CallEnded
from cti.lease import Terms
from cti.service.runtime import Service
from cti.store import Store
from cti.virtual import VirtualLine
from cti.web import server
from cti.web.settings import SignIn
from holdless import serve
from holdless.serve import ServeOptions, serve_site, sqlite_url
from holdless.stopping import OrderlyStop
from tests.engine_process import until
from tests.virtual.house import bank


@dataclass
class Serving:
    """A served centre that can be asked to stop."""

    folder: Path
    stop: OrderlyStop
    task: asyncio.Task[None]
    service: Service
    port: int

    async def a_call_ends(self) -> str:
        """Somebody dials and hangs up; returns the name of the call."""
        ended: list[str] = []
        self.service.subscribe(
            lambda effect, _: ended.append(effect.record.call) if isinstance(effect, CallEnded) else None
        )
        line = self.service.lines["virtual"]
        assert isinstance(line, VirtualLine)
        line.place_call("+380501110003", "Emily").hang_up()
        await until(lambda: ended, "the end of the call")
        return ended[0]

    async def has_stopped(self) -> None:
        self.stop.ask()
        async with asyncio.timeout(60):
            await self.task

    async def records(self) -> list[str]:
        """The calls that the database has."""
        store = await Store.open(sqlite_url(self.folder), site=self.service.site.id)
        try:
            return [record.call for record in await store.calls(0, 2**53)]
        finally:
            await store.close()


def options_for(folder: Path) -> ServeOptions:
    """As ``holdless serve --data FOLDER --port 0``."""
    return ServeOptions(
        lines=("virtual",),
        host="127.0.0.1",
        port=0,
        data=folder,
        database=None,
        sign_in=SignIn.DEMO,
        origins=(),
        journal=None,
        standby=False,
        terms=Terms(),
    )


@asynccontextmanager
async def served(folder: Path, monkeypatch: pytest.MonkeyPatch, within_s: float) -> AsyncIterator[Serving]:
    """The centre, with its data in ``folder``; a stop may take ``within_s`` seconds."""
    found: list[tuple[Service, int]] = []

    async def caught(service: Service, store: Any, recordings: Any, listener: socket.socket, settings: Any) -> Any:
        found.append((service, listener.getsockname()[1]))
        return await server.start_pages(service, store, recordings, listener, settings)

    monkeypatch.setattr(serve, "start_pages", caught)
    stop = OrderlyStop(within_s)
    task = asyncio.create_task(serve_site(bank(), options_for(folder), stop))
    try:
        await until(lambda: stop.serving or task.done(), "serving")
        if task.done():
            task.result()
        service, port = found[0]
        yield Serving(folder, stop, task, service, port)
    finally:
        stop.ask()
        stop.ask()
        await task
