"""A store that is not there yet: calls do not wait for what it takes long to load and to open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from cti.store.spool import SPOOL_MOST, Spool
from cti.store.trouble import StoreAway, StoreStatus

if TYPE_CHECKING:
    from centre.calls import CallRecord
    from cti.store.contacts import Contact
    from cti.store.store import Store
    from ivr.messages import Score
    from ivr.picture import Walk


class AwaitedStore:
    """Takes in records at once, and does what :class:`~cti.store.Store` does as soon as that is open."""

    def __init__(self, identify: Callable[[str], str]) -> None:
        """``identify``: see :meth:`~cti.store.Store.open`."""
        self._identify = identify
        self._spool = Spool(SPOOL_MOST)
        self._store: Store | None = None

    async def open(self, address: str, *, site: str, may_be_refused: bool = False) -> Store:
        """Opens the database, also one that is away; see :meth:`~cti.store.Store.open` for the rest."""
        await asyncio.to_thread(import_module, "cti.store.store")
        from cti.store.store import Store  # noqa: PLC0415 - loaded by now

        self._store = await Store.open(
            address,
            site=site,
            identify=self._identify,
            spool=self._spool,
            may_be_away=True,
            may_be_refused=may_be_refused,
        )
        return self._store

    def record(self, call: CallRecord) -> None:
        """See :meth:`cti.store.Store.record`."""
        self._spool.put(call, self._identify(call.number))

    async def history(self, number: str, limit: int = 5) -> list[Contact]:
        """See :meth:`cti.store.Store.history`; nothing while it is being opened."""
        return [] if self._store is None else await self._store.history(number, limit)

    async def walks(self, flow: str, since: int, until: int) -> list[Walk]:
        """See :meth:`cti.store.Store.walks`."""
        return await self._open.walks(flow, since, until)

    async def scores(self, since: int, until: int) -> list[tuple[str, Score]]:
        """See :meth:`cti.store.Store.scores`."""
        return await self._open.scores(since, until)

    async def newest(self, before: int) -> int | None:
        """See :meth:`cti.store.Store.newest`."""
        return await self._open.newest(before)

    def status(self) -> StoreStatus:
        """How it does."""
        if self._store is not None:
            return self._store.status()
        return StoreStatus(trouble=_NOT_YET, behind=len(self._spool), dropped=self._spool.dropped)

    def health(self) -> Mapping[str, str]:
        """See :meth:`cti.store.Store.health`."""
        return {"state": _NOT_YET} if self._store is None else self._store.health()

    @property
    def _open(self) -> Store:
        if self._store is None:
            raise StoreAway(f"the database cannot be asked: {_NOT_YET}; try again in a moment")
        return self._store


_NOT_YET = "it is being opened"
