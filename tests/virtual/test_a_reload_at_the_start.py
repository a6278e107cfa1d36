"""Somebody changes the site's files while an engine starts, and says so: it goes by them once it serves."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from config.site import Site
from cti.service.runtime import Service
from cti.web import server
from tests.engine_process import until
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
