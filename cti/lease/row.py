"""The lease as a row in PostgreSQL. Whether it has run out is judged by the database's clock alone."""

from __future__ import annotations

from cti.lease.core import Row
from cti.postgres import Session

TABLE = """
CREATE TABLE IF NOT EXISTS holdless_lease (
    site text PRIMARY KEY,
    holder text NOT NULL,
    name text NOT NULL,
    epoch bigint NOT NULL,
    expires timestamptz NOT NULL,
    UNIQUE (site, epoch)
)
"""
"""``epoch`` is part of a key, so that the row locks of writers (FOR KEY SHARE) hold up a change of holder, and it them,
but not the renewals between (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS)."""

_LOOK = """
SELECT holder, name, epoch, (extract(epoch FROM expires - clock_timestamp()) * 1000)::bigint AS left_ms
FROM holdless_lease WHERE site = $1
"""
_CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()
"""
_CLAIM = """
INSERT INTO holdless_lease AS lease (site, holder, name, epoch, expires)
VALUES ($1, $2, $3, 1, clock_timestamp() + $4::bigint * interval '1 millisecond')
ON CONFLICT (site) DO UPDATE
SET holder = excluded.holder, name = excluded.name, epoch = lease.epoch + 1,
    expires = clock_timestamp() + $4::bigint * interval '1 millisecond'
WHERE lease.expires <= clock_timestamp() OR lease.holder = excluded.holder
RETURNING epoch
"""
_RENEW = """
UPDATE holdless_lease SET expires = clock_timestamp() + $4::bigint * interval '1 millisecond'
WHERE site = $1 AND holder = $2 AND epoch = $3
RETURNING epoch
"""
_RELEASE = """
UPDATE holdless_lease SET expires = clock_timestamp() WHERE site = $1 AND holder = $2 AND epoch = $3
"""


def session_name(holder: str) -> str:
    """What the sessions of a holder are called at the server."""
    return f"holdless {holder}"


class LeaseRow:
    """The lease of one site. Every method raises :class:`~cti.postgres.Away`."""

    def __init__(self, session: Session, site: str) -> None:
        self._session = session
        self._site = site

    async def look(self) -> Row | None:
        """Who holds the lease, or held it last; None: nobody ever did."""
        rows = await self._session.ask(_LOOK, self._site)
        return Row(**dict(rows[0])) if rows else None

    async def claim(self, me: str, name: str, length_ms: int, former: Row | None) -> int | None:
        """Takes the lease for ``length_ms`` if it is free, and returns its new epoch; None: it is not.

        ``former``: who held it last. What they have under way at the server is ended first: a process that was frozen
        in the middle of a statement would else hold us up for as long as it is.
        """
        if former is not None and former.holder != me:
            await self._session.ask(_CUT_OFF, session_name(former.holder))
        rows = await self._session.ask(_CLAIM, self._site, me, name, length_ms)
        return rows[0]["epoch"] if rows else None

    async def renew(self, me: str, epoch: int, length_ms: int) -> bool:
        """Takes the lease for ``length_ms`` more; False: somebody else has taken it."""
        return bool(await self._session.ask(_RENEW, self._site, me, epoch, length_ms))

    async def release(self, me: str, epoch: int) -> None:
        """Lets others take the lease at once."""
        await self._session.ask(_RELEASE, self._site, me, epoch)

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()
