"""Who is signed in: opaque tickets in a cookie, known here only by their digest."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

MOST_SESSIONS = 10_000
LIFETIME_MS = 16 * 3_600_000
"""Longer than any shift: a sign-in never ends in the middle of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in."""

    user: str
    since: int
    """Unix milliseconds."""


class Sessions:
    """The sign-ins of one site. Only digests of tickets are kept, so the file is of no use to who reads it."""

    def __init__(self, file: Path | None = None, most: int = MOST_SESSIONS) -> None:
        """``most``: how many there may be; the oldest go first."""
        self._file = file
        self._most = most
        self._by_digest: dict[str, Session] = self._read()

    def open(self, user: str, now: int) -> str:
        """Signs ``user`` in; returns the ticket (128 random bits) for the cookie."""
        ticket = secrets.token_urlsafe(16)
        self._by_digest = {key: one for key, one in self._by_digest.items() if now - one.since < LIFETIME_MS}
        while len(self._by_digest) >= self._most:
            del self._by_digest[next(iter(self._by_digest))]
        self._by_digest[_digest(ticket)] = Session(user=user, since=now)
        self._write()
        return ticket

    def find(self, ticket: str | None, now: int) -> Session | None:
        """The sign-in that ``ticket`` stands for, unless it is unknown or too old."""
        session = self._by_digest.get(_digest(ticket)) if ticket else None
        return session if session is not None and now - session.since < LIFETIME_MS else None

    def close(self, ticket: str) -> None:
        """Ends one sign-in."""
        if self._by_digest.pop(_digest(ticket), None) is not None:
            self._write()

    def close_all_of(self, user: str) -> None:
        """Ends every sign-in of ``user``, wherever it was made."""
        left = {key: one for key, one in self._by_digest.items() if one.user != user}
        if len(left) != len(self._by_digest):
            self._by_digest = left
            self._write()

    def _read(self) -> dict[str, Session]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            return {str(key): Session(user=str(one["user"]), since=int(one["since"])) for key, one in kept.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            _log.warning("%s cannot be read: everybody signs in anew", self._file.name)
            return {}

    def _write(self) -> None:
        if self._file is None:
            return
        text = json.dumps({key: asdict(one) for key, one in self._by_digest.items()})
        draft = self._file.with_suffix(".new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            draft.replace(self._file)
        except OSError as error:
            _log.warning("sign-ins are not kept over a restart: %s", error.strerror)


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
