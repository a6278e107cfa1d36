"""Somebody changes the site's files while an engine starts, and says so: it goes by them once it serves."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from config.site import Site
from cti.service.runtime import Service
from cti.web import server
from holdless import reload
from holdless.stopping import outlive_hangups
from tests.engine_process import until
from tests.virtual.house import bank
from tests.virtual.serving import served


async def test_a_hangup_signal_at_the_start_ends_nothing_and_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_pages = server.start_pages
    loaded: list[Site] = []

    async def told_meanwhile(*given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGHUP)
        return await start_pages(*given)

    monkeypatch.setattr(server, "start_pages", told_meanwhile)
    monkeypatch.setattr(Service, "reconfigure", lambda _, site: loaded.append(site))
    async with served(tmp_path, monkeypatch, within_s=100.0):
        await until(lambda: loaded, "the files")


async def test_a_hangup_signal_between_the_reading_of_the_files_and_the_start_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Site] = []
    monkeypatch.setattr(Service, "reconfigure", lambda _, site: loaded.append(site))
    former = signal.getsignal(signal.SIGHUP)
    outlive_hangups()
    try:
        signal.raise_signal(signal.SIGHUP)
        async with served(tmp_path, monkeypatch, within_s=100.0):
            await until(lambda: loaded, "the files")
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        signal.signal(signal.SIGHUP, former)


async def test_files_that_the_reader_stumbles_over_do_not_make_it_deaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site, loaded = bank(), list[Site]()
    read = iter([RuntimeError("nobody thought of this"), (site, ())])

    def load(_: Path) -> object:
        found = next(read)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(reload, "load_and_warn", load)
    monkeypatch.setattr(Service, "reconfigure", lambda _, site: loaded.append(site))
    asked = asyncio.Event()
    async with reload.reloading(object.__new__(Service), tmp_path, asked):
        asked.set()
        await until(lambda: "could not be loaded" in caplog.text, "the complaint")
        asked.set()
        await until(lambda: loaded == [site], "the files")


async def test_files_that_the_reader_stumbles_over_keep_nobody_from_taking_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reload, "load_site", lambda _: 1 // 0)
    running = SimpleNamespace(configuration="another", load=lambda _: None)
    service = SimpleNamespace(running=running, site=bank())
    await reload.catch_up_with_the_files(cast(Service, service), tmp_path)
    assert "ZeroDivisionError" in caplog.text
