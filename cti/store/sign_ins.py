"""Who is signed in at the pages. Only digests of tickets are kept, so the table is of no use to who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.store.contacts import storable
from cti.store.schema import sign_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in."""

    user: str
    since: int
    """Unix milliseconds."""


async def read_sign_ins(connection: AsyncConnection, since: int) -> dict[str, Session]:
    """The sign-ins that were made after ``since``, by digest, oldest first."""
    found = await connection.execute(
        select(sign_ins).where(sign_ins.c.since > since).order_by(sign_ins.c.since, sign_ins.c.digest)
    )
    return {row["digest"]: Session(user=row["user"], since=row["since"]) for row in found.mappings()}


async def write_sign_ins(connection: AsyncConnection, changes: Mapping[str, Session | None], since: int) -> None:
    """Keeps each sign-in as ``changes`` has it, None for one that is over; forgets those up to ``since``."""
    await connection.execute(delete(sign_ins).where(sign_ins.c.digest.in_(changes) | (sign_ins.c.since <= since)))
    rows = [
        {"digest": digest, "user": storable(one.user), "since": one.since}
        for digest, one in changes.items()
        if one is not None
    ]
    if rows:
        await connection.execute(insert(sign_ins), rows)


async def forget_sign_ins_of(connection: AsyncConnection, user: str) -> None:
    """Ends every sign-in of ``user``."""
    await connection.execute(delete(sign_ins).where(sign_ins.c.user == user))
