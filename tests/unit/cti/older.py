"""Databases as earlier versions of Holdless left them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.store.database import Database
from cti.store.migrating import Migrations
from cti.store.schema import metadata


@asynccontextmanager
async def of_version(revision: str, address: str) -> AsyncIterator[AsyncConnection]:
    """A transaction in a new database with the tables that Holdless made up to this migration."""
    database = await Database.open(address)
    async with database.writing.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
        await connection.run_sync(Migrations("").run, revision)
        yield connection
    await database.close()
