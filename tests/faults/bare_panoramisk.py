"""panoramisk as it comes, to show beside our link the faults that the link is there to mend.

A test named `test_bare_panoramisk_...` that fails after an upgrade is good news: the fault is gone, its guard can go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from panoramisk import Manager

from tests.faults.fake_ami import SECRET, USER, FakeAmi


@asynccontextmanager
async def bare_panoramisk(fake: FakeAmi, **config: Any) -> AsyncIterator[Any]:
    """A connected panoramisk Manager that reconnects at once."""
    config = {"username": USER, "secret": SECRET, "reconnect_timeout": 0, **config}
    manager = Manager(host="127.0.0.1", port=fake.port, loop=asyncio.get_running_loop(), **config)
    await manager.connect()
    await fake.seen("Login")
    try:
        yield manager
    finally:
        manager.connect = lambda: None  # its close() does not stop a reconnect that is due (P15)
        manager.close()
        await asyncio.sleep(0)


async def answered(manager: Any) -> None:
    """Wait until an answer has come: whatever was sent before it had its chance."""
    await asyncio.wait_for(manager.send_action({"Action": "CoreStatus"}), 20)
