"""A store for a test: closed at its end, also where the test fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cti.store import Store


@asynccontextmanager
async def closing(store: Store) -> AsyncIterator[Store]:
    """Closes ``store`` in the end. One that is left open ends its connections when the next test runs, and fails it."""
    try:
        yield store
    finally:
        await store.close()
