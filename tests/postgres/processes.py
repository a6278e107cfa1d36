"""Engines as processes of their own, on PostgreSQL and Asterisk, and what they have decided."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from centre.effects import Ask, Effect, Queued
from cti.journal.rows import Place, Rows
from cti.postgres import Session
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.sipp import Caller

PATIENCE_S = 45.0

T = TypeVar("T", bound=Effect)


@asynccontextmanager
async def engine_process(
    site: Path, data: Path, address: str, lease_s: int, *, line: str = "asterisk", says: bytes = b"Serving"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`holdless serve --standby`, once it ``says`` so."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "holdless", "serve", str(site), "--line", line, "--port", "0"),
        *("--data", str(data), "--journal", address, "--standby", "--lease", str(lease_s)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE_S):
            while says not in (said := await process.stdout.readline()):
                assert said, f"the engine did not start: {(await process.stderr.read()).decode()}"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def effects_so_far(address: str, site: str = "bank") -> list[Effect]:
    """All that the journal in the database holds."""
    rows = Rows(Session(address, name="test", answer_s=PATIENCE_S), site)
    try:
        found: list[Effect] = []
        place = Place(seq=0)
        while (page := await rows.page(place))[0]:
            entries, place = page
            found += [effect for entry in entries for effect in entry.effects]
        return found
    finally:
        rows.close()


async def decided(
    address: str,
    kind: type[T],
    matches: Callable[[T], bool] = lambda _: True,
    *,
    times: int = 1,
    site: str = "bank",
) -> T:
    """Waits for the *times*-th such effect in the journal."""
    for _ in range(int(PATIENCE_S / 0.1)):
        found = [one for one in await effects_so_far(address, site) if isinstance(one, kind) and matches(one)]
        if len(found) >= times:
            return found[times - 1]
        await asyncio.sleep(0.1)
    raise AssertionError("the engine did not come so far")


async def asked_for_the_language(customer: Caller, address: str, known: Collection[str]) -> str:
    """The name of the call, once the bank has asked its first question. *known*: the calls of before."""
    await customer.answered()
    ask = await decided(address, Ask, lambda one: one.node == "choose-language" and one.call not in known)
    return ask.call


async def walk_to_technical(customer: Caller, address: str, known: Collection[str]) -> str:
    """The name of the call, once it is in the queue for technical help."""
    call = await asked_for_the_language(customer, address, known)
    await customer.press("1")
    await decided(address, Ask, lambda one: one.node == "main" and one.call == call)
    await customer.press("3")
    await decided(address, Queued, lambda one: one.call == call)
    return call


def on_its_own_port(exchange: Asterisk, site: Path) -> Path:
    """The second machine's site: the same centre, menus served at another address."""
    settings = site / "site.yaml"
    text = settings.read_text(encoding="utf-8")
    shipped = f"port: {exchange.agi_port}"
    assert shipped in text
    settings.write_text(text.replace(shipped, f"port: {free_port()}"), encoding="utf-8")
    return site
