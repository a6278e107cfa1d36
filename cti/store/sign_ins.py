"""Who is signed in at the pages. Only digests of tickets are kept, so the table is of no use to who reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.store.contacts import storable
from cti.store.schema import is_of, passwords, sign_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in."""

    user: str
    since: int
    """Unix milliseconds, of before the password was checked: one that was set after that was not the one."""
    by_password: bool
    """False: by choosing a name, which opens nothing where passwords are asked for."""


class SignIns:
    """Those of one site, in a transaction of ``connection``."""

    def __init__(self, connection: AsyncConnection, site: str) -> None:
        self._connection = connection
        self._site = storable(site)

    async def read(self, since: int) -> dict[str, Session]:
        """Those that were made after ``since`` and are not over, by digest, oldest first."""
        found = await self._connection.execute(
            select(sign_ins)
            .where(sign_ins.c.site == self._site, sign_ins.c.since > since, sign_ins.c.is_over.is_(False))
            .order_by(sign_ins.c.since, sign_ins.c.digest)
        )
        return {
            row["digest"]: Session(user=row["user"], since=row["since"], by_password=row["by_password"])
            for row in found.mappings()
        }

    async def read_ended(self) -> frozenset[str]:
        """The digests of those that a new password has ended."""
        found = await self._connection.scalars(
            select(sign_ins.c.digest).where(sign_ins.c.site == self._site, sign_ins.c.is_over.is_(True))
        )
        return frozenset(found)

    async def write(self, changes: Mapping[str, Session | None], since: int) -> None:
        """Keeps each sign-in as ``changes`` has it, None for one that is over; forgets those up to ``since``, of
        whichever site. One of before its user's password was set is over, however late we are told of it."""
        set_at = await self._set_at({one.user for one in changes.values() if one is not None})
        await self._connection.execute(
            delete(sign_ins).where(sign_ins.c.digest.in_(changes) | (sign_ins.c.since <= since))
        )
        rows = [
            {
                "digest": digest,
                "site": self._site,
                "user": storable(one.user),
                "since": one.since,
                "by_password": one.by_password,
                "is_over": one.since <= set_at.get(storable(one.user), 0),
            }
            for digest, one in changes.items()
            if one is not None
        ]
        if rows:
            await self._connection.execute(insert(sign_ins), rows)

    async def end_all_of(self, user: str) -> None:
        """Ends every sign-in of ``user``: each engine finds it among :meth:`read_ended`."""
        mine = (sign_ins.c.site == self._site) & (sign_ins.c.user == storable(user))
        await self._connection.execute(update(sign_ins).where(mine).values(is_over=True))

    async def wait_for_others(self, users: Collection[str], *, to_change: bool) -> None:
        """Waits until no other transaction changes the passwords of ``users``, and lets none until the end of this one;
        with ``to_change``, waits for those too that write sign-ins of theirs, and lets none. SQLite has but one
        transaction that writes at a time, and waits when that begins."""
        await self._connection.execute(
            select(passwords.c.user)
            .where(is_of(self._site, passwords), passwords.c.user.in_([storable(user) for user in users]))
            .order_by(passwords.c.user, passwords.c.site)  # whoever waits in one order waits for nobody for ever
            .with_for_update(read=not to_change)
        )

    async def _set_at(self, users: Collection[str]) -> dict[str, int]:
        """When the password of each was set, Unix milliseconds, for those who have one."""
        await self.wait_for_others(users, to_change=False)
        found = await self._connection.execute(
            select(passwords.c.user, func.max(passwords.c.set_at).label("set_at"))
            .where(is_of(self._site, passwords), passwords.c.user.in_([storable(user) for user in users]))
            .group_by(passwords.c.user)
        )
        return {row.user: row.set_at for row in found}
