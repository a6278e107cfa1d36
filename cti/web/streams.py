"""A state that browsers follow: a snapshot, then numbered changes.

Every change has the next number of its stream. A browser that comes back (a flapping network, a closed lid) says which
stream it followed and how far, and gets what it has missed, or a snapshot where that is too long ago or another
process's. So each browser is no more to the server than a place in one list that all of them share: who is slow finds
their place gone from it and goes on with a snapshot, and costs no memory however slow.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from cti.web.deltas import Plain, difference

State = Mapping[str, Any]
"""What a page shows, or a message to it; ready for JSON."""

CHANGES_MOST = 256
"""So many a browser may be behind, if together they are no longer than a snapshot."""
NOWHERE = -1
"""The place of a browser that knows nothing of the stream."""


class Reader(Protocol):
    """Who follows a stream."""

    def wake(self) -> None:
        """There may be something new."""

    def finish(self) -> None:
        """What is there now is the last."""


class Stream:
    """One state, for all who see the same. Made by ``make`` when somebody wants it, and anew after :meth:`touch`."""

    def __init__(self, make: Callable[[], State], *, name: str | None = None) -> None:
        """``name``: no other stream's, of this process or one before it; made up where none is given."""
        self.name = secrets.token_urlsafe(9) if name is None else name
        self.number = 0
        """Of the last change."""
        self.readers: set[Reader] = set()
        self._make = make
        self._is_old = True
        self._state: Plain = None
        self._encoded = b""
        self._changes: deque[msgspec.Raw] = deque()
        """The last ones, up to :attr:`number`."""
        self._bytes = 0

    def touch(self) -> None:
        """The state may have changed."""
        self._is_old = True
        for reader in self.readers:
            reader.wake()

    def finish(self) -> None:
        """The state changes once more, and that is the end."""
        self._is_old = True
        for reader in tuple(self.readers):
            reader.finish()

    def renew(self) -> None:
        """Looks whether the state has changed, and numbers the change."""
        if not self._is_old:
            return
        encoded = msgspec.json.encode(self._make())
        self._is_old = False
        if encoded == self._encoded:
            return
        state = msgspec.json.decode(encoded)
        change = difference(self._state, state)
        self._state, self._encoded = state, encoded
        if change is None:
            return  # another order of keys
        self.number += 1
        self._keep(msgspec.Raw(msgspec.json.encode(change)))

    def place(self, name: str, number: int) -> int:
        """Where a browser is that has followed the stream ``name`` up to ``number``."""
        return number if name == self.name and 0 < number <= self.number else NOWHERE

    def next(self, place: int) -> State | None:
        """The message for who is at ``place``: the change that follows, or a snapshot. None: there is nothing new. The
        ``number`` in the message is the place after it."""
        if place == self.number:
            return None
        kept = place - self.number + len(self._changes)
        if place != NOWHERE and kept >= 0:
            return {"type": "change", "stream": self.name, "number": place + 1, "change": self._changes[kept]}
        state = msgspec.Raw(self._encoded)
        return {"type": "snapshot", "stream": self.name, "number": self.number, "state": state}

    def beat(self) -> State:
        """A word that there is nothing new, by which a browser can tell that it has missed something."""
        return {"type": "beat", "stream": self.name, "number": self.number}

    def _keep(self, change: msgspec.Raw) -> None:
        self._changes.append(change)
        self._bytes += len(bytes(change))
        while self._changes and (len(self._changes) > CHANGES_MOST or self._bytes > len(self._encoded)):
            self._bytes -= len(bytes(self._changes.popleft()))
