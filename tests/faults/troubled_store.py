"""A store whose database is away or slow: what it says meanwhile, and what the database has in the end."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from centre.calls import CallRecord
from cti.store import Store
from cti.store.contacts import write_calls
from cti.store.spool import Item

PATIENCE_S = 20.0
SLOWLY = 1_000
"""Calls that :func:`takes_calls_slowly` records."""


def ended(number: int) -> CallRecord:
    """A call that is told from others by when it came."""
    return CallRecord(
        call=f"virtual-{number}",
        line="virtual",
        number="+380501110001",
        name="",
        dialled="",
        language="en",
        path=(),
        entries=(),
        attributes={},
        customer={},
        arrived_at=number,
    )


async def kept(store: Store) -> list[int]:
    """The calls that its database has."""
    return sorted(record.arrived_at for record in await store.calls(0, 10**9, limit=10**6))


async def until_away(store: Store) -> str:
    """Waits until the store says that its database is away; returns how it says it."""
    for _ in range(int(PATIENCE_S / 0.01)):
        if (state := store.health()["state"]).startswith("away"):
            return state
        await asyncio.sleep(0.01)
    raise AssertionError("the store never noticed")


async def until_up(store: Store) -> None:
    """Waits until the database is back."""
    for _ in range(int(PATIENCE_S / 0.01)):
        if store.health()["state"] == "up":
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the database never came back: {store.health()}")


def sizes_written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many calls each transaction has, from now on."""
    sizes: list[int] = []

    async def written(connection: AsyncConnection, site: str, batch: list[Item]) -> None:
        sizes.append(len(batch))
        await write_calls(connection, site, batch)

    monkeypatch.setattr("cti.store.writer.write_calls", written)
    return sizes


async def until_slow(store: Store) -> str:
    """Waits until the store says that its database is slow; returns how it says it."""
    for _ in range(int(PATIENCE_S / 0.01)):
        if store.status().slow:
            return store.health()["state"]
        await asyncio.sleep(0.01)
    raise AssertionError("the store never noticed")


async def takes_calls_slowly(store: Store, sizes: list[int]) -> None:
    """Calls recorded for a database that is slow: the store says so, knows them meanwhile, and writes all that wait at
    once. *sizes*: :func:`sizes_written`."""
    for number in range(SLOWLY):
        store.record(ended(number))
    assert re.fullmatch(r"slow: writing takes \d+ s; calls wait for it in memory", await until_slow(store))
    assert [contact.at for contact in await store.history("+380501110001", limit=1)] == [SLOWLY - 1]
    assert await store.flush(PATIENCE_S)
    assert sizes == [50, SLOWLY - 50]
    assert store.health() == {"state": "up"}
