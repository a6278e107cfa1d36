"""Our link to the fake exchange, to be held beside a bare panoramisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cti.asterisk.ami import AmiEvent, AmiLink
from tests.faults.fake_ami import DEADLINE_S, SECRET, USER, FakeAmi


@asynccontextmanager
async def linked(fake: FakeAmi, **options: Any) -> AsyncIterator[AmiLink]:
    """A link that is up, with options of AmiLink's."""
    link = AmiLink("127.0.0.1", fake.port, USER, SECRET, **{"retry_first_ms": 10, **options})
    await link.start()
    try:
        yield link
    finally:
        await link.close()


async def next_event(link: AmiLink, name: str) -> AmiEvent:
    """Wait for the next event of this name, passing over all others."""
    async with asyncio.timeout(DEADLINE_S):
        async for event in link.events:
            if event.name == name:
                return event
    raise AssertionError(f"the events ended without {name}")
