"""Who is signed in: opaque tickets in a cookie, known here only by their digest.

Kept in the store's database, so that a sign-in outlives a restart, and with two machines a change of the leader: agents
go on where they were. A database that is away keeps nobody out; it hears of everything when it is back.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from cti.store import Session, StoreError

_log = logging.getLogger(__name__)

MOST_SESSIONS = 10_000
LIFETIME_MS = 16 * 3_600_000
"""Longer than any shift: a sign-in never ends in the middle of a call."""
LOADED_WITHIN_S = 2.0
"""How long the pages wait at their start for the sign-ins of before, which may still come later."""
KEPT_WITHIN_S = 1.0
"""How long signing in or out waits for the database."""
AGAIN_S = 1.0
"""After this a database that is away is asked again."""
LOOK_EVERY_S = 5.0
"""How long after a new password was set the sign-ins with the old one end."""


class KeepsSignIns(Protocol):
    """Where sign-ins outlive the process (``cti.store.Store`` is one). Each method raises
    :class:`~cti.store.StoreError`."""

    async def sign_ins(self, since: int) -> Mapping[str, Session]:
        """Those made after ``since`` (Unix milliseconds), by digest, oldest first."""

    async def ended_sign_ins(self) -> frozenset[str]:
        """The digests of those that a new password has ended."""

    async def change_sign_ins(self, changes: Mapping[str, Session | None], since: int) -> None:
        """Keeps each as ``changes`` has it, None for one that is over; forgets those up to ``since``."""


class Sessions:
    """The sign-ins of one site."""

    def __init__(
        self, kept: KeepsSignIns | None = None, most: int = MOST_SESSIONS, *, by_password: bool = False
    ) -> None:
        """``kept``: None keeps them in memory only. ``most``: how many there may be; the oldest go first.
        ``by_password``: how people sign in; who did so in another way signs in anew."""
        self._kept = kept
        self._by_password = by_password
        self._is_loaded = False
        self._most = most
        self._by_digest: dict[str, Session] = {}
        self._changes: dict[str, Session | None] = {}
        """What the database has not heard of."""
        self._now = 0
        self._keeping: asyncio.Task[None] | None = None

    async def load(self, now: int) -> None:
        """Takes over those of the process before this one, now or when :meth:`watch` finds that they can be read. To be
        called before any other method."""
        self._now = now
        if self._kept is not None:
            try:
                async with asyncio.timeout(LOADED_WITHIN_S):
                    await self._take_over(self._kept)
            except (StoreError, TimeoutError) as error:
                why = str(error) or f"the database has not answered within {LOADED_WITHIN_S:g} s"
                _log.warning("sign-ins cannot be read yet, everybody signs in anew: %s", why)

    async def watch(self, ended: Callable[[Collection[str]], Awaitable[None]]) -> None:
        """Ends what a new password has ended elsewhere, on and on, and tells ``ended`` the digests of the tickets."""
        while self._kept is not None:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if not self._is_loaded:
                    await self._take_over(self._kept)
                over = (await self._kept.ended_sign_ins()) & self._by_digest.keys()
            except StoreError:
                continue  # it was said where it matters: by whoever writes
            for digest in over:
                self._end(digest)
            if over:
                await ended(over)

    def open(self, user: str, now: int) -> str:
        """Signs ``user`` in; returns the ticket (128 random bits) for the cookie. ``now`` is of before the password was
        checked: see :class:`~cti.store.Session`."""
        self._now = now
        ticket = secrets.token_urlsafe(16)
        for digest in [key for key, one in self._by_digest.items() if now - one.since >= LIFETIME_MS]:
            self._end(digest)
        while len(self._by_digest) >= self._most:
            self._end(next(iter(self._by_digest)))
        digest, session = digest_of(ticket), Session(user=user, since=now, by_password=self._by_password)
        self._by_digest[digest] = session
        self._change(digest, session)
        return ticket

    def find(self, ticket: str | None, now: int) -> Session | None:
        """The sign-in that ``ticket`` stands for, unless it is unknown or too old."""
        session = self._by_digest.get(digest_of(ticket)) if ticket else None
        return session if session is not None and now - session.since < LIFETIME_MS else None

    def close(self, ticket: str) -> None:
        """Ends one sign-in, also one that could not be read from the database at the start: it ends there."""
        digest = digest_of(ticket)
        if digest in self._by_digest or len(self._changes) < self._most:  # whoever asks, it takes a bounded place
            self._end(digest)

    def close_all_of(self, user: str) -> None:
        """Ends every sign-in of ``user``, wherever it was made."""
        for digest in [key for key, one in self._by_digest.items() if one.user == user]:
            self._end(digest)

    async def kept(self, within_s: float = KEPT_WITHIN_S) -> None:
        """Waits until the database has heard of everything, for ``within_s`` seconds at most."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping}, timeout=within_s)

    async def end(self) -> None:
        """Ends what runs beside; the database hears of what it still can."""
        await self.kept()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _take_over(self, kept: KeepsSignIns) -> None:
        found = await kept.sign_ins(self._now - LIFETIME_MS)
        theirs = {
            digest: one
            for digest, one in found.items()
            if one.by_password == self._by_password and digest not in self._changes
        }
        self._by_digest = theirs | self._by_digest
        self._is_loaded = True

    def _end(self, digest: str) -> None:
        self._by_digest.pop(digest, None)
        self._change(digest, None)

    def _change(self, digest: str, session: Session | None) -> None:
        if self._kept is None:
            return
        self._changes[digest] = session
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.get_running_loop().create_task(self._keep(self._kept), name="sign-ins")

    async def _keep(self, kept: KeepsSignIns) -> None:
        is_away = False
        while changes := dict(self._changes):
            try:
                await kept.change_sign_ins(changes, self._now - LIFETIME_MS)
            except StoreError as error:
                if not is_away:
                    _log.warning("sign-ins cannot be kept, trying again: %s", error)
                is_away = True
                await asyncio.sleep(AGAIN_S)
                continue
            self._changes = {
                key: one for key, one in self._changes.items() if key not in changes or one != changes[key]
            }


def digest_of(ticket: str) -> str:
    """What is known here of a ticket."""
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
