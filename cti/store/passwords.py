"""Passwords as argon2id hashes (RFC 9106), made and checked off the event loop."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 8, 256
"""Characters. The least as OWASP ASVS 5.0 (6.2.1) asks, the most so that nobody can make us hash a book."""

AT_ONCE = 2
"""Each hash takes 64 MiB and a core for some 50 ms: at the start of a shift the rest waits in line."""


class Hasher:
    """Hashes and compares."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher()
        self._line = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep; raises ValueError, with what to do, for a password that is too short or too long."""
        if not LEAST <= len(password) <= MOST:
            raise ValueError(f"a password has from {LEAST} to {MOST} characters; this one has {len(password)}")
        async with self._line:
            return await asyncio.to_thread(self._argon2.hash, _bytes(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; with nothing kept it takes as long to say no."""
        if len(password) > MOST:
            return False
        if kept is None and self._nobody is None:
            self._nobody = await self.hash("nobody has this password")
        async with self._line:
            same = await asyncio.to_thread(self._verify, kept or self._nobody or "", _bytes(password))
        return same and kept is not None

    def is_dated(self, kept: str) -> bool:
        """Whether the hash was made with parameters that are no longer the recommended ones."""
        return self._argon2.check_needs_rehash(kept)

    def _verify(self, kept: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    """The same however a keyboard composes the same characters (NFKC, as NIST SP 800-63B section 5.1.1.2 advises)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
