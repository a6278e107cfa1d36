"""The store: what is kept of calls, for the next call, for reports; who is signed in, and their passwords."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cti.store.awaited import AwaitedStore
from cti.store.trouble import StoreError, StoreStatus

if TYPE_CHECKING:
    from cti.store.contacts import Contact
    from cti.store.sign_ins import Session
    from cti.store.store import Store

__all__ = ["AwaitedStore", "Contact", "Session", "Store", "StoreError", "StoreStatus"]

_LATER = {"Contact": "cti.store.contacts", "Session": "cti.store.sign_ins", "Store": "cti.store.store"}
"""What SQLAlchemy is loaded for: a quarter of a start, in which callers wait."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
