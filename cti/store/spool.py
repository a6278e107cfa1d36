"""Calls on their way to the database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator

from centre.calls import CallRecord

SPOOL_MOST = 50_000
"""Calls that wait for a database that is away: 50 calls/s for a quarter of an hour."""

Item = tuple[CallRecord, str]
"""A record, and the key of its caller."""


class Spool:
    """First in, first out, at most ``most`` calls. A call that comes again before it left is replaced in its place."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: dict[str, Item] = {}
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self.dropped = 0
        """How many of the oldest had to go, to make room."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, record: CallRecord, caller: str) -> None:
        """Takes in a record."""
        self._items[record.call] = (record, caller)
        if len(self._items) > self._most:
            del self._items[next(iter(self._items))]
            self.dropped += 1
        self._emptied.clear()
        self._filled.set()

    def head(self, most: int) -> list[Item]:
        """The oldest items; they stay until they are :meth:`done`."""
        return list(itertools.islice(self._items.values(), most))

    def done(self, items: Iterable[Item]) -> None:
        """Lets go of what was written. A call that changed meanwhile stays, to be written again."""
        for item in items:
            call = item[0].call
            if self._items.get(call) is item:
                del self._items[call]
        if not self._items:
            self._filled.clear()
            self._emptied.set()

    def of(self, caller: str) -> Iterator[CallRecord]:
        """The records of one caller."""
        return (record for record, key in self._items.values() if key == caller)

    async def filled(self) -> None:
        """Returns once there is something to write."""
        await self._filled.wait()

    async def emptied(self) -> None:
        """Returns once there is nothing to write."""
        await self._emptied.wait()
