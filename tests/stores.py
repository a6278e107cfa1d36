"""A store for a test: closed at its end, also where the test fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from cti.store import Store


@asynccontextmanager
async def closing(store: Store) -> AsyncIterator[Store]:
    """Closes ``store`` in the end. One that is left open ends its connections when the next test runs, and fails it."""
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def opened_together(address: str, count: int) -> AsyncIterator[list[Store]]:
    """So many stores at one address, all opened at once."""
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(Store.open(address) for _ in range(count)), return_exceptions=True)
        stores = [await stack.enter_async_context(closing(one)) for one in opened if isinstance(one, Store)]
        for one in opened:
            if isinstance(one, BaseException):
                raise one
        yield stores
