"""The form of a database's address, known without the library that reads it."""

from __future__ import annotations

import re

from cti.store.trouble import StoreError

NO_URL = "cannot open the database: its address is no URL; write for example sqlite:///centre.db"

_URL = re.compile(r"[\w+]+://(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^:/?]*)(?::\d+)?(?:[/?]|$)")
"""As SQLAlchemy reads it, and a port that is a number."""


def require_url(address: str) -> None:
    """Raises :class:`StoreError` for what nobody could open, before anything is begun."""
    if not _URL.match(address):
        raise StoreError(NO_URL)
