"""The bounded queue between the socket and whoever reads the events."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Self

from cti.asterisk.ami_messages import AmiEvent


class Inbox:
    """Events in the order of arrival, for one reader: `async for event in inbox`.

    Bounded: `put` says when it is full, nothing is dropped in silence. Can be held, so that nobody reads the events of
    a new connection before the state of the exchange has been fetched.
    """

    def __init__(self, size: int) -> None:
        """*size*: most events kept unread, at least 1."""
        if size < 1:
            raise ValueError("an inbox has room for at least 1 event")
        self.size = size
        self._events: deque[AmiEvent] = deque()
        self._held = False
        self._ended = False
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._events)

    def unread(self) -> tuple[AmiEvent, ...]:
        """What nobody has been given yet, oldest first."""
        return tuple(self._events)

    def put(self, event: AmiEvent) -> bool:
        """Queue *event*; False when there is no room for it."""
        if len(self._events) >= self.size:
            return False
        self._events.append(event)
        self._changed.set()
        return True

    def hold(self) -> int:
        """Give out nothing until `release`, and forget what is unread; returns how much that was."""
        self._held = True
        forgotten = len(self._events)
        self._events.clear()
        return forgotten

    def release(self) -> None:
        """Give out events again."""
        self._held = False
        self._changed.set()

    def end(self) -> None:
        """No more events: what is unread is forgotten and every reader's loop ends."""
        self._ended = True
        self._events.clear()
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AmiEvent:
        while not self._ended:
            if self._events and not self._held:
                return self._events.popleft()
            self._changed.clear()
            await self._changed.wait()
        raise StopAsyncIteration
