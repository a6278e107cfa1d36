"""While events are lost nobody new is taken in: the exchange says so to callers, and keeps them for later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cti.journal import Journal, JournalStatus, Keeping
from tests.asterisk.engine import DEADLINE_S, engine_on
from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk
from tests.asterisk.kit.sipp import caller


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    with Asterisk(tmp_path_factory.mktemp("full") / "asterisk", []) as running:
        yield running


async def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_caller_who_was_turned_away_hears_music_until_the_engine_takes_calls_again(
    exchange: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_on(exchange, tmp_path) as engine:
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "status", lambda _: JournalStatus(keeping=Keeping.FULL, trouble="no room"))
            async with caller(exchange) as customer:
                await customer.answered()
                assert await customer.rtp.hears_tone(MUSIC_HZ, within_ms=20_000)
                await until(lambda: engine.service.standing().outside == 1)
                assert engine.service.standing().turned_away == 1
                assert engine.service.centre.calls == {}
                patched.undo()
                await engine.asks("choose-language")
                assert engine.service.standing().outside == 0
                customer.hang_up()
                await engine.ended()
